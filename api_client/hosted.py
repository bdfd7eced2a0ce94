"""A reviewer's reads out of the agent API alone, for a server that keeps its reviewer part to itself.

Nothing can be decided there; everything can be seen: the inbox out of the open requests of the tasks that wait, the
board and the timelines out of the lists. What this code does not know (event types, statuses, steps) is shown as it is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from itertools import islice
from operator import attrgetter

from msgspec.structs import asdict

from api_client.backend import PAGE_MAX
from api_client.connection import Sleep
from api_client.errors import InvalidRequest, NotFound
from api_client.hosted_tasks import Told, Watch, Watched
from api_client.http_reads import Reader
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
from api_client.times import wire_time

ME = Me(subject="", role="agent", capabilities=("board",))
"""Who one is to such a server: nobody that it names, with everything to see and nothing to write."""
LOOK = 1.0
"""Seconds between two looks for new events, or four times as long as the last one took where that is longer."""


class Hosted:
    """The reviewer's part of a Backend, read-only."""

    def __init__(self, reader: Reader, sleep: Sleep) -> None:
        self._watch = Watch(reader)
        self._sleep = sleep

    async def inbox(self, *, project_id: str | None, cursor: str | None, limit: int) -> Page[InboxItem]:
        """Return a page of the open requests, oldest first."""
        await self._watch.look()
        waiting = [
            (_inbox_place(request), watched, request)
            for watched in self._watch.tasks.values()
            if project_id in (None, watched.task.project_id)
            for request in watched.open
        ]
        waiting.sort(key=lambda one: one[0])
        after = _after("open", cursor)
        left = [one for one in waiting if after is None or one[0] > after]
        page = left[: _checked(limit)]
        items = tuple(self._inbox_item(watched, request) for _, watched, request in page)
        return Page(items=items, next_cursor=f"open:{page[-1][0]}" if page else cursor)

    async def board(self, project_id: str) -> Board:
        """Return the project's columns; a step that tasks are in and the project does not name comes last."""
        project = await self._project(project_id)
        known = project.steps.in_graph_order()
        tasks = self._tasks(project_id)
        count = Counter(one.task.current_step for one in tasks)
        waiting = Counter(one.task.current_step for one in tasks if one.open)
        shown: list[tuple[str, str, bool]] = [(step.name, step.owner, not step.exits) for step in known]
        shown += [(name, "", False) for name in sorted(count.keys() - {step.name for step in known})]
        columns = (
            Column(step=name, owner=owner, terminal=terminal, count=count[name], waiting=waiting[name])
            for name, owner, terminal in shown
        )
        return Board(columns=tuple(columns))

    async def cards(self, project_id: str, step: str, *, cursor: str | None, limit: int) -> Page[Card]:
        """Return a page of a column, in the order in which the server lists its tasks."""
        project = await self._project(project_id)
        here = [one for one in self._tasks(project_id) if one.task.current_step == step]
        if not here and project.steps.step(step) is None:
            raise NotFound(f"The project has no step {step!r}.")
        start = _start(here, _after("card", cursor))
        page = here[start : start + _checked(limit)]
        end = f"card:{start + len(page)} {page[-1].task.id}" if page else cursor
        return Page(items=tuple(map(_card, page)), next_cursor=end)

    async def request(self, request_id: str) -> RequestDetail:
        """Return all that is known of a request.

        Raises:
            NotFound: it is none that waits, and of no timeline that was read.
        """
        await self._watch.look()
        if request_id not in self._watch.by_id:
            # Listed as open while its event was on its way.
            await self._watch.read_on(lambda one: any(request.request_id == request_id for request in one.open))
        told = self._watch.by_id.get(request_id)
        watched = self._watch.tasks.get(told.event.task_id) if told else None
        if told is None or watched is None:
            raise NotFound(f"There is no request {request_id!r} among what waits.")
        event = told.event
        settled = next((one for one in watched.events if one.in_response_to == request_id), None)
        result = None
        if settled is not None:
            ids = {"requestId": request_id, "taskId": event.task_id, "decidedAt": wire_time(settled.timestamp)}
            result = {**settled.payload, **ids}
        return RequestDetail(
            event=event,
            hash=event.hash or "",
            task=watched.task,
            project=await self._project(event.project_id),
            result=result,
        )

    async def events(
        self,
        *,
        project_id: str | None,
        task_id: str | None,
        types: Sequence[str],
        order: Order,
        cursor: str | None,
        limit: int,
    ) -> Page[Event]:
        """Return a page of a timeline, put together from the tasks' own."""
        await self._watch.read_events(project_id, task_id)
        if task_id is not None and task_id not in self._watch.tasks:
            raise NotFound(f"There is no task {task_id!r}.")
        if project_id is not None:
            await self._project(project_id)
        page = list(islice(self._walk(cursor, order, project_id, task_id, types), _checked(limit)))
        return Page(items=tuple(one.event for one in page), next_cursor=page[-1].event.id if page else cursor)

    async def changes(self, cursor: str | None) -> AsyncGenerator[Change, None]:
        """Give events as they are found new, by looking for them."""
        news = self._watch.news
        at = len(news)
        if cursor is not None:
            if cursor not in self._watch.by_id:
                raise InvalidRequest("cursor: is none of this list")
            at = next((number for number, event in enumerate(news, 1) if event.id == cursor), 0)
        while True:
            await self._watch.look()
            while at < len(news):
                at += 1
                yield Change(event=news[at - 1], cursor=news[at - 1].id)
            await self._sleep(max(LOOK, 4 * self._watch.took))

    def _walk(
        self, cursor: str | None, order: Order, project_id: str | None, task_id: str | None, types: Sequence[str]
    ) -> Iterable[Told]:
        line = self._watch.line
        begin, end = 0, len(line)
        if cursor is not None:
            told = self._watch.by_id.get(cursor)
            if told is None:
                raise InvalidRequest("cursor: is none of this list")
            begin = bisect_right(line, told.place, key=attrgetter("place"))
            end = bisect_left(line, told.place, key=attrgetter("place"))
        numbers = range(begin, len(line)) if order == "asc" else reversed(range(end))
        for number in numbers:
            event = line[number].event
            if (
                project_id in (None, event.project_id)
                and task_id in (None, event.task_id)
                and (not types or event.event_type in types)
            ):
                yield line[number]

    def _tasks(self, project_id: str) -> list[Watched]:
        return [one for one in self._watch.tasks.values() if one.task.project_id == project_id]

    async def _project(self, project_id: str) -> Project:
        await self._watch.look()
        if project_id not in self._watch.projects:
            await self._watch.read_projects()
        if project_id not in self._watch.projects:
            raise NotFound(f"There is no project {project_id!r}.")
        return self._watch.projects[project_id]

    def _inbox_item(self, watched: Watched, request: OpenRequest) -> InboxItem:
        task = watched.task
        project = self._watch.projects.get(task.project_id)
        told = self._watch.by_id.get(request.request_id)
        payload = told.event.payload if told else {}
        fields = payload.get("fields")
        return InboxItem(
            **asdict(request),
            requested_by=(told.event.subject or "") if told else "",
            task_id=task.id,
            task_name=task.name,
            project_id=task.project_id,
            project_name=project.name if project else task.project_id,
            step=task.current_step,
            assignee_id=watched.assignee,
            recommendation=payload.get("recommendation") if request.event_type == APPROVAL_REQUESTED else None,
            field_count=len(fields) if isinstance(fields, list) else None,
        )


def _card(watched: Watched) -> Card:
    return Card(
        **asdict(watched.task),
        step_entered_at=watched.step_entered_at,
        assignee_id=watched.assignee,
        open_request=watched.open[0] if watched.open else None,
        open_request_count=len(watched.open),
    )


def _start(here: Sequence[Watched], after: str | None) -> int:
    """Return which card comes after a place; where its card has left the column, the one that moved up into it."""
    if after is None:
        return 0
    number, _, task_id = after.partition(" ")
    found = next((index for index, one in enumerate(here, 1) if one.task.id == task_id), None)
    if found is not None:
        return found
    if not number.isdecimal():
        raise InvalidRequest("cursor: is none of this list")
    return max(0, int(number) - 1)


def _inbox_place(request: OpenRequest) -> str:
    return f"{wire_time(request.requested_at)} {request.request_id}"


def _after(kind: str, cursor: str | None) -> str | None:
    """Return the place that a cursor of this kind names.

    Raises:
        InvalidRequest: it is another list's.
    """
    if cursor is None:
        return None
    found, _, place = cursor.partition(":")
    if found != kind or not place:
        raise InvalidRequest("cursor: is none of this list")
    return place


def _checked(limit: int) -> int:
    if limit < 1:
        raise InvalidRequest("limit: must be a whole number from 1 on")
    return min(limit, PAGE_MAX)
