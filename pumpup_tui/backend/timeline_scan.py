"""Reading a timeline's pages off a Backend, in either direction, with what the backend can't filter filtered here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api_client.errors import NotFound
from pumpup_tui.backend.page_requests import PAGE_MOST, PageRequest, PageResult
from pumpup_tui.backend.timeline_query import DECISIONS
from pumpup_tui.text.truncation import short_events

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event, Order, Page
    from pumpup_tui.backend.timeline_query import Query

ABOVE = 20
"""Events that are read above the one about which a list begins."""
SCAN_MOST = 5_000
"""Events that one call looks at before it reports how far it came."""


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page, and how many events were looked at for it."""

    result: PageResult[Event]
    looked: int


@dataclass(frozen=True, slots=True)
class TimelineNames:
    """The raw names of the projects and tasks of a timeline, by id."""

    projects: Mapping[str, str]
    tasks: Mapping[str, str]


class Timeline:
    """One query's timeline on a Backend."""

    def __init__(self, backend: Backend, query: Query) -> None:
        self._backend = backend
        self._query = query
        self._tasks_found: dict[str, str] | None = None
        """The names that contain the query's text, by task."""

    async def _find_tasks(self) -> None:
        """Read which tasks have the query's text in their names: an event has only the id of its task."""
        query = self._query
        if self._tasks_found is None:
            is_asked = query.text and not query.task_id
            found = await self._backend.tasks(project_id=query.project_id, name=query.text) if is_asked else ()
            self._tasks_found = {task.id: task.name for task in found}

    def _finds(self, event: Event) -> bool:
        return self._query.finds(event, (self._tasks_found or {}).get(event.task_id, ""))

    async def names(self) -> TimelineNames:
        """Read the names that the events of the timeline refer to.

        Raises:
            ApiError: the backend could not be read.
        """
        projects = {project.id: project.name for project in await self._backend.projects()}
        if self._query.task_id:
            tasks = [(await self._backend.task(self._query.task_id)).task]
        else:
            tasks = list(await self._backend.tasks(project_id=self._query.project_id))
        return TimelineNames(projects, {task.id: task.name for task in tasks})

    async def asked(self, events: Sequence[Event]) -> dict[str, Event]:
        """Read the requests that these events settle, by their ids; those that aren't there are left out.

        Raises:
            ApiError: the backend could not be read.
        """
        there = {event.id: event for event in events}
        wanted = (event.in_response_to for event in events if event.event_type in DECISIONS and event.in_response_to)
        found: dict[str, Event] = {}
        for request_id in dict.fromkeys(wanted):
            if request_id in there:
                found[request_id] = there[request_id]
                continue
            with suppress(NotFound):
                found[request_id] = (await self._backend.request(request_id)).event
        return found

    async def read(self, request: PageRequest) -> ScannedPage:
        """Read what a list asks for.

        Raises:
            ApiError: the backend could not be read.
        """
        await self._find_tasks()
        down = request.down if request.kind != "last" else False
        if request.kind == "first" and request.cursor is not None:
            return await self._begun_at(request.cursor, request)
        if request.kind not in ("first", "last"):
            return await self._scan(request.cursor, down=down, request=request)
        page = await self._page(down=down, cursor=None, limit=1)
        if not page.items and not page.more:
            return ScannedPage(PageResult([], None, more=False), 0)
        rest = await self._scan(page.next_cursor, down=down, request=request)
        edge = short_events(filter(self._finds, page.items))
        result = PageResult(rest.result.rows, rest.result.cursor, rest.result.more, edge, page.next_cursor)
        return ScannedPage(result, rest.looked + 1)

    async def _begun_at(self, event_id: str, request: PageRequest) -> ScannedPage:
        """Read about an event, a few rows above it included; from the list's own end where there are none."""
        above = await self._page(down=False, cursor=event_id, limit=ABOVE)
        if above.next_cursor == event_id or not above.items:
            return await self.read(replace(request, cursor=None))
        page = await self._scan(above.next_cursor, down=True, request=request)
        start = sum(map(self._finds, above.items[:-1]))
        result = replace(page.result, edge_cursor=above.next_cursor, begins_within=True, start=start)
        return ScannedPage(result, page.looked + len(above.items))

    async def _scan(self, cursor: str | None, *, down: bool, request: PageRequest) -> ScannedPage:
        rows: list[Event] = []
        looked = 0
        limit = PAGE_MOST if self._query.is_scanned else request.limit
        while True:
            page = await self._page(down=down, cursor=cursor, limit=limit)
            looked += PAGE_MOST if page.more else len(page.items)
            rows += short_events(filter(self._finds, page.items))
            cursor = page.next_cursor or cursor
            more = not page.is_last(limit)
            # A page that was given up comes back whole; others report how far they came.
            enough = len(rows) >= request.limit or (looked >= SCAN_MOST and request.kind != "again")
            if enough or not more:
                return ScannedPage(PageResult(rows if down else rows[::-1], cursor, more), looked)

    async def _page(self, *, down: bool, cursor: str | None, limit: int) -> Page[Event]:
        order: Order = "desc" if down == self._query.newest_first else "asc"
        query = self._query
        return await self._backend.events(
            project_id=query.project_id,
            task_id=query.task_id,
            types=query.types,
            order=order,
            cursor=cursor,
            limit=limit,
            only=query.only,
        )

    async def all(self) -> AsyncIterator[tuple[int, Sequence[Event]]]:
        """Yield page after page in the query's order: how many were looked at, and those that are shown."""
        await self._find_tasks()
        cursor: str | None = None
        while True:
            page = await self._page(down=True, cursor=cursor, limit=PAGE_MOST)
            yield len(page.items), [event for event in page.items if self._finds(event)]
            cursor = page.next_cursor
            if page.is_last(PAGE_MOST):
                return
