"""The tasks of a server that has the agent API alone: what is known of each, and what is new.

Its lists name no changes, so it is looked at: one call for all tasks, and one for each that waits for a person or has
changed. What was read of a task's events is kept with the cursor to go on from, and never read twice.
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
from api_client.http_reads import Reader
from api_client.models import Event, OpenRequest, Page, Project, Task, TaskDetail

IN_FLIGHT = 4
"""Calls at the same time: past four, httpx serves fewer a second."""
FRESH = 0.5
"""Seconds for which what was looked at is not looked at again."""
SMALLEST_PAGE = 20
"""A server may give less than it was asked for, and there be more; a page smaller than this is the last one."""
_AT_REST = frozenset(("RUNNING", "CLOSED"))

Place = tuple[datetime, str, int]
"""Where an event stands among all: its time, its task, its number in the task."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event and its place."""

    place: Place
    event: Event


@dataclass(slots=True)
class Watched:
    """What is known of one task."""

    task: Task
    cursor: str | None = None
    events: list[Event] = field(default_factory=list)
    is_read: bool = False
    """Whether all its events up to the cursor were read."""
    is_due: bool = False
    """Whether it changed and was not read on since."""
    heard: int | None = None
    """How many of its events are no news any more; None where that was never asked."""
    open: tuple[OpenRequest, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether a person may be waited for; a status that nobody here knows may mean so."""
        return self.task.status not in _AT_REST

    @property
    def step_entered_at(self) -> datetime | None:
        """When the task came to its step, where that was read."""
        moves = (one for one in reversed(self.events) if one.transition_to is not None or one is self.events[0])
        entered = next(moves, None)
        return entered.timestamp if entered else None

    @property
    def assignee(self) -> str | None:
        """Whom the task was given to last, where that was read."""
        given = next((one for one in reversed(self.events) if one.event_type == "ASSIGNMENT"), None)
        return str(given.payload.get("assigneeId") or "") or None if given else None


class Watch:
    """All tasks of one server, as they were when last looked at."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = asyncio.Lock()
        self._patience = PATIENCE
        self._fresh_until = 0.0
        self._is_begun = False
        self._newest: datetime | None = None
        self._since: datetime | None = None
        """What is later than this may have come after the look before."""
        self.took = 0.0
        """Seconds that the last look took."""
        self.tasks: dict[str, Watched] = {}
        self.projects: dict[str, Project] = {}
        self.line: list[Told] = []
        """All events that were read, in their order."""
        self.by_id: dict[str, Told] = {}
        self.news: list[Event] = []
        """Events that came since the first look, as they were found."""

    async def look(self) -> None:
        """Bring all up to date.

        Raises:
            ApiError: a call failed; what was read before it is kept, and nothing is missed or told twice.
        """
        async with self._lock:
            now = asyncio.get_running_loop().time
            begun = now()
            if begun < self._fresh_until:
                return
            # The server's own times: no two clocks are compared.
            self._since, self._newest = self._newest, self.line[-1].place[0] if self.line else None
            tasks = await self._reader.get_all(Task, "/api/tasks", patience=self._patience)
            self._patience = max(SHORT_PATIENCE, 4 * (now() - begun))
            if not self.projects or any(task.project_id not in self.projects for task in tasks):
                await self.read_projects()
            await self._each(self._compare(tasks), self._read_on)
            self._is_begun = True
            self.took = now() - begun
            self._fresh_until = now() + FRESH

    async def read_projects(self) -> None:
        """Bring the projects up to date."""
        found = await self._reader.get_all(Project, "/api/projects", patience=self._patience)
        self.projects = {project.id: project for project in found}

    async def read_events(self, project_id: str | None, task_id: str | None) -> None:
        """Look, and read the events of all tasks of a project, or of one or of all, that were never read."""
        await self.look()
        await self.read_on(
            lambda one: not one.is_read and task_id in (None, one.task.id) and project_id in (None, one.task.project_id)
        )

    async def read_on(self, wanted: Callable[[Watched], bool]) -> None:
        """Read on the events of the tasks that `wanted` takes."""
        await self._each([one for one in self.tasks.values() if wanted(one)], self._read_events)

    def _compare(self, tasks: Iterable[Task]) -> list[Watched]:
        """Take in the list; return what must be read on: all that waits, has changed or is new."""
        known, self.tasks = self.tasks, {}
        for task in tasks:
            watched = known.get(task.id)
            if watched is None:
                watched = Watched(task, is_due=self._is_begun, heard=0 if self._is_begun else None)
            watched.is_due = watched.is_due or watched.task != task
            watched.task = task
            self.tasks[task.id] = watched
        return [watched for watched in self.tasks.values() if watched.is_due or watched.waits]

    async def _read_on(self, watched: Watched) -> None:
        """Read what is new of a task, and what is open on it where anything is."""
        before = len(watched.events)
        await self._read_events(watched)
        if watched.is_due or len(watched.events) > before:
            watched.open = await self._open_on(watched) if watched.waits else ()
        watched.is_due = False
        heard = watched.heard
        if heard is None:
            later = (one for one in enumerate(watched.events) if self._since is None or one[1].timestamp > self._since)
            heard = next((number for number, _ in later), len(watched.events))
        if self._is_begun:
            self.news += watched.events[heard:]
        watched.heard = len(watched.events)

    async def _open_on(self, watched: Watched) -> tuple[OpenRequest, ...]:
        path = f"/api/tasks/{path_part(watched.task.id)}"
        return (await self._reader.get(TaskDetail, path, patience=self._patience)).open_requests

    async def _read_events(self, watched: Watched) -> None:
        """Read a task's events, from where it was read to."""
        path = f"/api/tasks/{path_part(watched.task.id)}/events"
        while True:
            try:
                page = await self._reader.get(
                    Page[Event], path, patience=self._patience, cursor=watched.cursor, limit=PAGE_MAX
                )
            except NotFound:
                return  # gone since it was listed
            for event in page.items:
                self._take(watched, event)
            watched.cursor = page.next_cursor or watched.cursor
            if page.is_last(SMALLEST_PAGE) or page.next_cursor is None:
                watched.is_read = True
                return

    def _take(self, watched: Watched, event: Event) -> None:
        if event.id in self.by_id:
            return
        before = self.by_id[watched.events[-1].id].place[0] if watched.events else event.timestamp
        told = Told((max(before, event.timestamp), watched.task.id, len(watched.events)), event)
        watched.events.append(event)
        insort(self.line, told, key=attrgetter("place"))
        self.by_id[event.id] = told

    @staticmethod
    async def _each(due: Iterable[Watched], read: Callable[[Watched], Awaitable[object]]) -> None:
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def gated(watched: Watched) -> None:
            async with gate:
                await read(watched)

        try:
            async with asyncio.TaskGroup() as group:
                for watched in due:
                    group.create_task(gated(watched))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
