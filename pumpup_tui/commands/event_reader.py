"""A timeline for the command line: all of its events, or the latest ones and then each new one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pumpup_tui.commands.all_pages import latest_events
from pumpup_tui.commands.id_lookup import check_types, project_of, task_of
from pumpup_tui.commands.task_names import TaskNames
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.event_filter import EventFilter
    from api_client.models import Event
    from pumpup_tui.backend.timeline_query import Query

_LATEST = 10
"""Earlier events that `--follow` begins with, unless `--limit` asks for more."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
"""Seconds between tries to reach a server that does not answer."""

EventSink = Callable[[Sequence["Event"], Mapping[str, str]], None]
"""Takes events, and the names of their tasks by id where those are wanted."""


class EventReader:
    """One timeline: of a task, a project or all, with all types of events or some."""

    def __init__(
        self, task: str | None, project: str | None, types: tuple[str, ...], limit: int | None, only: EventFilter
    ) -> None:
        """Take what the user named, and what is asked for beside it."""
        self._task, self._project = task, project
        self._types = types
        self._limit = limit
        self._only = only
        self._names: TaskNames | None = None
        self._printed = 0

    async def read(self, backend: Backend, *, follow: bool, named: bool, print_events: EventSink) -> None:
        """Print the events, oldest first; with `follow` the latest, and then each new one until the user stops it.

        Where there is none, stderr says so. With `named` the names of the tasks are read too.

        Raises:
            ApiError: the backend could not be read.
            Failed: there is no such task or project.
            UsageError: there is no such event type.
        """
        query = await self._resolved(backend)
        self._names = TaskNames() if named else None
        if follow:
            await self._follow(backend, query, print_events)
            return
        if self._limit is None:
            from pumpup_tui.backend.timeline_scan import Timeline

            async for _, events in Timeline(backend, query).all():
                await self._print(backend, events, print_events)
        else:
            await self._print(backend, await latest_events(backend, query, self._limit), print_events)
        if not self._printed:
            await self._tell_no_match(backend)

    async def _print(self, backend: Backend, events: Sequence[Event], print_events: EventSink) -> None:
        self._printed += len(events)
        print_events(events, await self._names.of(backend, events) if self._names else {})

    async def _tell_no_match(self, backend: Backend) -> None:
        from api_client.event_filter import DECISIONS, decider_of
        from pumpup_tui.commands.no_match import LATEST, tell_no_match

        only = self._only
        page = await backend.events(types=DECISIONS, order="desc", limit=LATEST) if only.decided_by else None
        names = (decider_of(event.subject, event.payload) for event in page.items) if page else ()
        tell_no_match(only.since, only.until, only.decided_by, names)

    async def _resolved(self, backend: Backend) -> Query:
        """Return the query with the ids of what the user named."""
        from pumpup_tui.backend.timeline_query import Query

        await check_types(backend, self._types)
        return Query(
            task_id=(await task_of(backend, self._task)).task.id if self._task else None,
            project_id=(await project_of(backend, self._project)).id if self._project else None,
            newest_first=False,
            types=self._types,
            only=self._only,
        )

    async def _follow(self, backend: Backend, query: Query, print_events: EventSink) -> None:
        cursor = (await backend.events(order="desc", limit=1)).next_cursor
        latest = await latest_events(backend, query, self._limit or _LATEST)
        await self._print(backend, latest, print_events)
        # An event that came between the two reads is in both.
        printed = {event.id for event in latest}
        async for event in _new_events(backend, cursor):
            if query.takes(event) and event.id not in printed:
                await self._print(backend, [event], print_events)


async def _new_events(backend: Backend, cursor: str | None) -> AsyncIterator[Event]:
    """Yield each new event behind a cursor; after a lost connection, go on from where it was lost."""
    import asyncio

    from api_client.errors import Unreachable
    from pumpup_tui.commands.output import print_line

    pause, is_lost = _FIRST_PAUSE, False
    while True:
        try:
            async for change in backend.changes(cursor):
                cursor, pause, is_lost = change.cursor, _FIRST_PAUSE, False
                yield change.event
        except Unreachable as fault:
            if not is_lost:
                print_line(f"{line(fault.message)}: trying again (ctrl+c ends)", err=True)
            is_lost = True
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
