"""The tasks of a server that has the agent API alone, with their events, refreshed by polling.

Its lists name no changes, so each refresh is one call for all tasks, and one for each task that waits for a person or
has changed. The events of a task are stored with the cursor of the last one, and never read twice.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from api_client.backend import PAGE_MAX
from api_client.commands import path_part
from api_client.connection import PATIENCE, SHORT_PATIENCE
from api_client.errors import NotFound
from api_client.http_reads import HttpReads
from api_client.models import Event, OpenRequest, Page, Project, Task, TaskDetail
from api_client.task_trail import AGENT, decided_at

IN_FLIGHT = 4
"""Calls at the same time: past four, httpx serves fewer a second."""
FRESH = 0.5
"""Seconds after a refresh in which there is no other."""
SMALLEST_PAGE = 20
"""A server may give fewer items than it was asked for though there are more; a page smaller than this is the last."""
_AT_REST = frozenset(("RUNNING", "CLOSED"))

Place = tuple[datetime, str, int]
"""The position of an event among all: its time, its task, its number in the task."""


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event and its place."""

    place: Place
    event: Event


@dataclass(slots=True)
class HostedTask:
    """A task, with the events and open requests that were read of it."""

    task: Task
    cursor: str | None = None
    events: list[Event] = field(default_factory=list)
    is_read: bool = False
    """Whether its events were ever read, up to the cursor."""
    is_due: bool = False
    """Whether it has changed, and its new events were not read yet."""
    seen_count: int | None = None
    """How many of its events are not new any more; None before they were read for the first time."""
    open: tuple[OpenRequest, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether it may be waiting for a person, as it may with an unknown status."""
        return self.task.status not in _AT_REST

    @property
    def step_entered_at(self) -> datetime | None:
        """The time at which the task came to its step, if that event was read."""
        moves = (event for event in reversed(self.events) if event.transition_to is not None or event is self.events[0])
        last_move = next(moves, None)
        return last_move.timestamp if last_move else None

    @property
    def agent(self) -> str | None:
        """The agent that brought the task to its step, or created it, as far as the server names it."""
        entries = (e for e in reversed(self.events) if e.transition_to is not None or e is self.events[0])
        return next((event.subject for event in entries if event.source == AGENT), None)

    @property
    def decided_at(self) -> datetime | None:
        """The time at which its last request was settled, where its agent has done nothing since."""
        return decided_at((event.event_type, event.source, event.timestamp) for event in reversed(self.events))

    @property
    def assignee(self) -> str | None:
        """The person to whom the task was last assigned, if that event was read."""
        assignment = next((event for event in reversed(self.events) if event.event_type == "ASSIGNMENT"), None)
        return str(assignment.payload.get("assigneeId") or "") or None if assignment else None


class HostedTasks:
    """All tasks of one server, as of the last refresh."""

    def __init__(self, reader: HttpReads) -> None:
        self._reader = reader
        self._lock = asyncio.Lock()
        self._patience = PATIENCE
        self._fresh_until = 0.0
        self._is_begun = False
        self._newest: datetime | None = None
        self._since: datetime | None = None
        """The time of the newest event at the refresh before: later ones may have come since."""
        self.refresh_seconds = 0.0
        """The time that the last refresh took."""
        self.by_task_id: dict[str, HostedTask] = {}
        self.projects: dict[str, Project] = {}
        self.timeline: list[PlacedEvent] = []
        """All events that were read, in the order of their places."""
        self.by_event_id: dict[str, PlacedEvent] = {}
        self.new_events: list[Event] = []
        """The events since the first refresh, in the order in which they were read."""

    async def refresh(self) -> None:
        """Bring all tasks up to date.

        Raises:
            ApiError: a call failed; all that was read before it stays, and no event is missed or reported twice.
        """
        async with self._lock:
            now = asyncio.get_running_loop().time
            started = now()
            if started < self._fresh_until:
                return
            # The server's own times, for no two clocks may be compared.
            self._since, self._newest = self._newest, self.timeline[-1].place[0] if self.timeline else None
            tasks = await self._reader.get_all(Task, "/api/tasks", patience=self._patience)
            self._patience = max(SHORT_PATIENCE, 4 * (now() - started))
            if not self.projects or any(task.project_id not in self.projects for task in tasks):
                await self.read_projects()
            await self._for_each(self._replace(tasks), self._read_new)
            self._is_begun = True
            self.refresh_seconds = now() - started
            self._fresh_until = now() + FRESH

    async def read_projects(self) -> None:
        """Bring the projects up to date."""
        projects = await self._reader.get_all(Project, "/api/projects", patience=self._patience)
        self.projects = {project.id: project for project in projects}

    async def read_events(self, project_id: str | None, task_id: str | None) -> None:
        """Refresh, and read the events of a task, of all tasks of a project, or of all, that were never read."""
        await self.refresh()
        await self.read_events_where(
            lambda hosted: (
                not hosted.is_read
                and task_id in (None, hosted.task.id)
                and project_id in (None, hosted.task.project_id)
            )
        )

    async def read_events_where(self, is_wanted: Callable[[HostedTask], bool]) -> None:
        """Read the new events of the tasks that `is_wanted` accepts."""
        await self._for_each([hosted for hosted in self.by_task_id.values() if is_wanted(hosted)], self._read_events)

    def _replace(self, tasks: Iterable[Task]) -> list[HostedTask]:
        """Replace the tasks; return those that must be read: all that wait, have changed or are new."""
        known, self.by_task_id = self.by_task_id, {}
        for task in tasks:
            hosted = known.get(task.id)
            if hosted is None:
                hosted = HostedTask(task, is_due=self._is_begun, seen_count=0 if self._is_begun else None)
            hosted.is_due = hosted.is_due or hosted.task != task
            hosted.task = task
            self.by_task_id[task.id] = hosted
        return [hosted for hosted in self.by_task_id.values() if hosted.is_due or hosted.waits]

    async def _read_new(self, hosted: HostedTask) -> None:
        """Read the new events of a task, and its open requests if there may be any."""
        count_before = len(hosted.events)
        await self._read_events(hosted)
        if hosted.is_due or len(hosted.events) > count_before:
            hosted.open = await self._open_requests(hosted) if hosted.waits else ()
        hosted.is_due = False
        seen_count = hosted.seen_count
        if seen_count is None:
            later = (
                index
                for index, event in enumerate(hosted.events)
                if self._since is None or event.timestamp > self._since
            )
            seen_count = next(later, len(hosted.events))
        if self._is_begun:
            self.new_events += hosted.events[seen_count:]
        hosted.seen_count = len(hosted.events)

    async def _open_requests(self, hosted: HostedTask) -> tuple[OpenRequest, ...]:
        path = f"/api/tasks/{path_part(hosted.task.id)}"
        return (await self._reader.get(TaskDetail, path, patience=self._patience)).open_requests

    async def _read_events(self, hosted: HostedTask) -> None:
        """Read a task's events after its cursor."""
        path = f"/api/tasks/{path_part(hosted.task.id)}/events"
        while True:
            try:
                page = await self._reader.get(
                    Page[Event], path, patience=self._patience, cursor=hosted.cursor, limit=PAGE_MAX
                )
            except NotFound:
                return  # the task is gone since it was listed
            for event in page.items:
                self._add(hosted, event)
            hosted.cursor = page.next_cursor or hosted.cursor
            if page.is_last(SMALLEST_PAGE) or page.next_cursor is None:
                hosted.is_read = True
                return

    def _add(self, hosted: HostedTask, event: Event) -> None:
        if event.id in self.by_event_id:
            return
        earliest = self.by_event_id[hosted.events[-1].id].place[0] if hosted.events else event.timestamp
        placed = PlacedEvent((max(earliest, event.timestamp), hosted.task.id, len(hosted.events)), event)
        hosted.events.append(event)
        insort(self.timeline, placed, key=attrgetter("place"))
        self.by_event_id[event.id] = placed

    @staticmethod
    async def _for_each(due: Iterable[HostedTask], read: Callable[[HostedTask], Awaitable[object]]) -> None:
        semaphore = asyncio.Semaphore(IN_FLIGHT)

        async def limited(hosted: HostedTask) -> None:
            async with semaphore:
                await read(hosted)

        try:
            async with asyncio.TaskGroup() as group:
                for hosted in due:
                    group.create_task(limited(hosted))
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
