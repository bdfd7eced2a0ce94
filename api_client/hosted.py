"""The reads of a reviewer, made of the agent API alone, for a server that offers no reviewer part.

Nothing can be decided there, and everything can be seen: the inbox is made of the open requests of the tasks that wait,
the board and the timelines of the lists. Unknown event types, statuses and steps are displayed as they are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from itertools import islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from api_client.backend import PAGE_MAX
from api_client.connection import Sleep
from api_client.errors import InvalidRequest, NotFound
from api_client.event_filter import EventFilter
from api_client.hosted_tasks import HostedTask, HostedTasks, PlacedEvent
from api_client.http_reads import HttpReads
from api_client.models import (
    APPROVAL_REQUESTED,
    Board,
    Card,
    Change,
    Column,
    Event,
    InboxItem,
    Me,
    OpenRequest,
    Order,
    Page,
    Project,
    RequestDetail,
)
from api_client.request_facts import listed_context, settled_id
from api_client.settled import SETTLING, SettledQuery, SettledRequest, settled_request
from api_client.times import wire_time

if TYPE_CHECKING:
    from api_client.hosted_deeds import HostedDeeds

ME = Me(subject="", role="agent", capabilities=("board", "deeds"))
"""The caller at such a server, which names nobody: everything can be read, nothing written."""
REFRESH_SECONDS = 1.0
"""The pause between two refreshes, or four times as long as the last one took if that is longer."""


class HostedReads:
    """The reads of a Backend's reviewer part."""

    def __init__(self, reader: HttpReads, sleep: Sleep) -> None:
        self._tasks = HostedTasks(reader)
        self._sleep = sleep

    async def inbox(
        self, *, project_id: str | None, cursor: str | None, limit: int, context: bool = False
    ) -> Page[InboxItem]:
        """Return a page of the open requests, oldest first, with their context where that is asked for."""
        await self._tasks.refresh()
        waiting = [
            (_inbox_place(request), hosted, request)
            for hosted in self._tasks.by_task_id.values()
            if project_id in (None, hosted.task.project_id)
            for request in hosted.open
        ]
        waiting.sort(key=itemgetter(0))
        after = _after("open", cursor)
        following = [entry for entry in waiting if after is None or entry[0] > after]
        page = following[: _checked(limit)]
        items = tuple(self._inbox_item(hosted, request, context=context) for _, hosted, request in page)
        return Page(items=items, next_cursor=f"open:{page[-1][0]}" if page else cursor)

    async def board(self, project_id: str) -> Board:
        """Return the project's columns; steps of tasks that the project does not name come last."""
        project = await self._project(project_id)
        declared = project.steps.in_graph_order()
        tasks = self._tasks_of(project_id)
        count = Counter(hosted.task.current_step for hosted in tasks)
        waiting = Counter(hosted.task.current_step for hosted in tasks if hosted.open)
        steps: list[tuple[str, str, bool]] = [(step.name, step.owner, not step.exits) for step in declared]
        steps += [(name, "", False) for name in sorted(count.keys() - {step.name for step in declared})]
        columns = (
            Column(step=name, owner=owner, terminal=terminal, count=count[name], waiting=waiting[name])
            for name, owner, terminal in steps
        )
        return Board(columns=tuple(columns))

    async def cards(self, project_id: str, step: str, *, cursor: str | None, limit: int) -> Page[Card]:
        """Return a page of a column, in the order in which the server lists its tasks."""
        project = await self._project(project_id)
        tasks = [hosted for hosted in self._tasks_of(project_id) if hosted.task.current_step == step]
        if not tasks and project.steps.step(step) is None:
            raise NotFound(f"The project has no step {step!r}.")
        start = _start(tasks, _after("card", cursor))
        page = tasks[start : start + _checked(limit)]
        end = f"card:{start + len(page)} {page[-1].task.id}" if page else cursor
        return Page(items=tuple(map(_card, page)), next_cursor=end)

    async def request(self, request_id: str) -> RequestDetail:
        """Return all that was read of a request.

        Raises:
            NotFound: it is not open, and in no timeline that was read.
        """
        await self._tasks.refresh()
        if request_id not in self._tasks.by_event_id:
            # Listed as open before its event could be read.
            await self._tasks.read_events_where(
                lambda hosted: any(request.request_id == request_id for request in hosted.open)
            )
        placed = self._tasks.by_event_id.get(request_id)
        hosted = self._tasks.by_task_id.get(placed.event.task_id) if placed else None
        if placed is None or hosted is None:
            raise NotFound(f"There is no request {request_id!r} among what waits.")
        event = placed.event
        response = next((other for other in hosted.events if settled_id(other) == request_id), None)
        result = None
        if response is not None:
            ids = {"requestId": request_id, "taskId": event.task_id, "decidedAt": wire_time(response.timestamp)}
            result = {**response.payload, **ids}
        return RequestDetail(
            event=event,
            hash=event.hash or "",
            task=hosted.task,
            project=await self._project(event.project_id),
            result=result,
            deeds=self._deeds().of(response) if response is not None else None,
        )

    def _deeds(self) -> HostedDeeds:
        from api_client.hosted_deeds import HostedDeeds  # with the first approval that is decided

        return HostedDeeds(self._tasks)

    async def events(
        self,
        *,
        project_id: str | None,
        task_id: str | None,
        types: Sequence[str],
        order: Order,
        cursor: str | None,
        limit: int,
        only: EventFilter,
    ) -> Page[Event]:
        """Return a page of a timeline, merged from those of the tasks."""
        await self._tasks.read_events(project_id, task_id)
        if task_id is not None and task_id not in self._tasks.by_task_id:
            raise NotFound(f"There is no task {task_id!r}.")
        if project_id is not None:
            await self._project(project_id)
        found = self._events(cursor, order, project_id, task_id, types)
        if only.deed:
            return self._deeds().page(found, only, _checked(limit), cursor)
        page = list(islice((placed for placed in found if only.takes(placed.event)), _checked(limit)))
        return Page(items=tuple(placed.event for placed in page), next_cursor=page[-1].event.id if page else cursor)

    async def settled(self, query: SettledQuery) -> Page[SettledRequest]:
        """Return a page of the requests that were settled, as far as their tasks' events were read."""
        await self._tasks.read_events(query.project_id, None)
        if query.project_id is not None:
            await self._project(query.project_id)
        rows: list[SettledRequest] = []
        cursor = query.cursor
        for placed in self._events(cursor, query.order, query.project_id, None, SETTLING):
            row = settled_request(placed.event.wire_bytes(), self._request_bytes)
            if row is not None and query.is_past(row.settled_at):
                break
            if row is not None and not query.is_before(row.settled_at):
                rows.append(row)
                cursor = placed.event.id
            if len(rows) == _checked(query.limit):
                break
        return Page(items=tuple(rows), next_cursor=cursor)

    def _request_bytes(self, request_id: str) -> bytes | None:
        placed = self._tasks.by_event_id.get(request_id)
        return placed.event.wire_bytes() if placed else None

    async def changes(self, cursor: str | None) -> AsyncGenerator[Change, None]:
        """Yield new events, found by polling."""
        new_events = self._tasks.new_events
        position = len(new_events)
        if cursor is not None:
            if cursor not in self._tasks.by_event_id:
                raise InvalidRequest("cursor: is none of this list")
            position = next((number for number, event in enumerate(new_events, 1) if event.id == cursor), 0)
        while True:
            await self._tasks.refresh()
            while position < len(new_events):
                event = new_events[position]
                position += 1
                yield Change(event=event, cursor=event.id)
            await self._sleep(max(REFRESH_SECONDS, 4 * self._tasks.refresh_seconds))

    def _events(
        self, cursor: str | None, order: Order, project_id: str | None, task_id: str | None, types: Sequence[str]
    ) -> Iterable[PlacedEvent]:
        timeline = self._tasks.timeline
        after, before = 0, len(timeline)
        if cursor is not None:
            last_read = self._tasks.by_event_id.get(cursor)
            if last_read is None:
                raise InvalidRequest("cursor: is none of this list")
            after = bisect_right(timeline, last_read.place, key=attrgetter("place"))
            before = bisect_left(timeline, last_read.place, key=attrgetter("place"))
        for index in range(after, len(timeline)) if order == "asc" else reversed(range(before)):
            event = timeline[index].event
            if (
                project_id in (None, event.project_id)
                and task_id in (None, event.task_id)
                and (not types or event.event_type in types)
            ):
                yield timeline[index]

    def _tasks_of(self, project_id: str) -> list[HostedTask]:
        return [hosted for hosted in self._tasks.by_task_id.values() if hosted.task.project_id == project_id]

    async def _project(self, project_id: str) -> Project:
        await self._tasks.refresh()
        if project_id not in self._tasks.projects:
            await self._tasks.read_projects()
        if project_id not in self._tasks.projects:
            raise NotFound(f"There is no project {project_id!r}.")
        return self._tasks.projects[project_id]

    def _inbox_item(self, hosted: HostedTask, request: OpenRequest, *, context: bool) -> InboxItem:
        task = hosted.task
        project = self._tasks.projects.get(task.project_id)
        placed = self._tasks.by_event_id.get(request.request_id)
        payload = placed.event.payload if placed else {}
        fields = payload.get("fields")
        return InboxItem(
            **asdict(request),
            requested_by=(placed.event.subject or "") if placed else "",
            task_id=task.id,
            task_name=task.name,
            project_id=task.project_id,
            project_name=project.name if project else task.project_id,
            step=task.current_step,
            assignee_id=hosted.assignee,
            recommendation=payload.get("recommendation") if request.event_type == APPROVAL_REQUESTED else None,
            field_count=len(fields) if isinstance(fields, list) else None,
            key_value_context=(listed_context(payload.get("keyValueContext")) or None) if context else None,
        )


def _card(hosted: HostedTask) -> Card:
    return Card(
        **asdict(hosted.task),
        step_entered_at=hosted.step_entered_at,
        assignee_id=hosted.assignee,
        open_request=hosted.open[0] if hosted.open else None,
        open_request_count=len(hosted.open),
        agent=hosted.agent,
        last_event_at=hosted.events[-1].timestamp if hosted.events else None,
        decided_at=None if hosted.open else hosted.decided_at,
    )


def _start(tasks: Sequence[HostedTask], after: str | None) -> int:
    """Return the index of the card after a place; if its card has left the column, of the one that moved up into it."""
    if after is None:
        return 0
    number, _, task_id = after.partition(" ")
    following = next((index for index, hosted in enumerate(tasks, 1) if hosted.task.id == task_id), None)
    if following is not None:
        return following
    if not number.isdecimal():
        raise InvalidRequest("cursor: is none of this list")
    return max(0, int(number) - 1)


def _inbox_place(request: OpenRequest) -> str:
    return f"{wire_time(request.requested_at)} {request.request_id}"


def _after(list_name: str, cursor: str | None) -> str | None:
    """Return the place that a cursor of this list names.

    Raises:
        InvalidRequest: it is another list's.
    """
    if cursor is None:
        return None
    name, _, place = cursor.partition(":")
    if name != list_name or not place:
        raise InvalidRequest("cursor: is none of this list")
    return place


def _checked(limit: int) -> int:
    if limit < 1:
        raise InvalidRequest("limit: must be a whole number from 1 on")
    return min(limit, PAGE_MAX)
