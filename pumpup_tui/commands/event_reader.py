"""Reading a timeline to its end, and on with each new event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from pumpup_tui.commands.id_lookup import check_types, project_of, task_of
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event

_PAGE = 500
_LATEST = 10
"""Events of before that a reader who follows sees first, unless more are asked for."""

_WAIT_FIRST, _WAIT_MOST = 1.0, 30.0
"""Seconds between tries to reach a server that does not answer."""

Told = Callable[[Sequence["Event"]], None]


class Follow:
    """One timeline: of a task, a project or all, and which of its events."""

    def __init__(self, task: str | None, project: str | None, types: tuple[str, ...], limit: int | None) -> None:
        self._task, self._project = task, project
        self._types = types
        self._limit = limit

    async def read(self, backend: Backend, *, follow: bool, told: Told) -> None:
        """Tell the events, oldest first; with `follow` the latest, and then each new one for ever.

        Raises:
            ApiError: the backend could not be read.
            Failed: there is no such task or project.
            UsageError: there is no such event type.
        """
        await check_types(backend, self._types)
        task_id = (await task_of(backend, self._task)).task.id if self._task else None
        project_id = (await project_of(backend, self._project)).id if self._project else None
        if not follow and self._limit is None:
            await self._all(backend, task_id, project_id, told)
            return
        last = (await backend.events(order="desc", limit=1)).next_cursor if follow else None
        latest = await self._latest(backend, task_id, project_id, self._limit or _LATEST)
        told(latest)
        if follow:
            # What came between the two looks is in both.
            seen = {event.id for event in latest}
            async for event in _changes(backend, last):
                if self._takes(event, task_id, project_id) and event.id not in seen:
                    told([event])

    async def _all(self, backend: Backend, task_id: str | None, project_id: str | None, told: Told) -> None:
        cursor: str | None = None
        while True:
            page = await backend.events(
                task_id=task_id, project_id=project_id, types=self._types, cursor=cursor, limit=_PAGE
            )
            told(page.items)
            cursor = page.next_cursor
            if page.is_last(_PAGE):
                return

    async def _latest(self, backend: Backend, task_id: str | None, project_id: str | None, count: int) -> list[Event]:
        found: list[Event] = []
        cursor: str | None = None
        while len(found) < count:
            wanted = min(_PAGE, count - len(found))
            page = await backend.events(
                task_id=task_id, project_id=project_id, types=self._types, order="desc", cursor=cursor, limit=wanted
            )
            found += page.items
            cursor = page.next_cursor
            if page.is_last(wanted):
                break
        return found[::-1]

    def _takes(self, event: Event, task_id: str | None, project_id: str | None) -> bool:
        return (
            (task_id is None or event.task_id == task_id)
            and (project_id is None or event.project_id == project_id)
            and (not self._types or event.event_type in self._types)
        )


async def _changes(backend: Backend, cursor: str | None) -> AsyncIterator[Event]:
    """Give each new event for ever; after a lost connection, from where it was lost."""
    import asyncio

    from api_client.errors import Unreachable
    from pumpup_tui.commands.output import tell

    wait, lost = _WAIT_FIRST, False
    while True:
        try:
            async for change in backend.changes(cursor):
                cursor, wait, lost = change.cursor, _WAIT_FIRST, False
                yield change.event
        except Unreachable as fault:
            if not lost:
                tell(f"{line(fault.message)}: trying again (ctrl+c ends)", err=True)
            lost = True
        await asyncio.sleep(wait)
        wait = min(wait * 2, _WAIT_MOST)
