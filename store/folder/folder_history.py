"""A folder as it was: boards out of the index's columns, tasks out of their own events. All of it blocks.

The store is held for a slice at a time, so that commits and other readers get in between.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice, takewhile
from typing import Any

from api_client.models import APPROVAL_REQUESTED, ELICITATION_REQUESTED, Board, Card, Page, TaskDetail
from store.core import read_models
from store.core.paging import checked_limit
from store.core.past import PastBoard, PastBoards, PastCards, PastTask, moment_of, no_event
from store.core.read_models import document
from store.core.state_view import Doc
from store.core.step_codes import IGNORED, UNNAMED, entered_step
from store.folder.engine import Store
from store.folder.event_index import SEGMENT, EventIndex
from store.folder.event_segment import part
from store.folder.folder_timelines import events_before
from store.folder.state import State

_SLICE = 1_000
"""Events of a task that are read while the store is held, …"""
_TASKS = 10_000
"""… and tasks that are put into their steps."""


class FolderHistory:
    """Reads of one store as of earlier moments."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._boards = PastBoards()

    def task(self, task_id: str, at: str) -> TaskDetail:
        """Return a task and its open requests as they were."""
        until = self._seq_at(at)
        return self._folded(self._store.read(lambda state: document(state, "tasks", task_id)), until).detail()

    def board(self, project_id: str, at: str) -> Board:
        """Return a project's columns as they were."""
        past, at_seq = self._past(project_id, self._seq_at(at)), self._store.events.at
        oldest = past.oldest()
        times = self._store.read(lambda _: {step: str(at_seq(seq)["timestamp"]) for step, seq in oldest.items()})
        return past.board(times)

    def cards(self, project_id: str, step: str, cursor: str | None, limit: int, at: str) -> Page[Card]:
        """Return a page of one column as it was."""
        until, scope, events = self._seq_at(at), ("cards", project_id, step, at), self._store.events
        past = self._past(project_id, until)
        read_models.check_step(past.project, step)
        start = self._store.read(lambda _: events.read_cursor(scope, cursor))
        entries = past.after(step, start)
        cards = PastCards(checked_limit(limit), entries)
        for seq in entries:
            if not cards.add(seq, self._task_at(seq, until)):
                break
        last = cards.last
        return cards.page(self._store.read(lambda _: events.cursor(scope, last)) if last else cursor)

    def _task_at(self, seq: int, until: int) -> PastTask:
        return self._folded(self._store.read(lambda state: state.task_at(seq)), until)

    def _folded(self, task: Doc, until: int) -> PastTask:
        """Return a task with its events up to `until`, read slice by slice."""
        past = PastTask(task["id"], self._store.read(lambda state: document(state, "projects", task["projectId"])))
        last = 0
        while events := self._store.read(lambda state: self._slice(state, task["no"], last, until)):  # noqa: B023 - called at once
            past.fold(events)
            last = events[-1]["seq"]
        return past

    def _slice(self, state: State, task: int, last: int, until: int) -> list[dict[str, Any]]:
        seqs = takewhile(until.__ge__, state.index.walk(task=task, start=last))
        return [self._store.events.at(seq) for seq in islice(seqs, _SLICE)]

    # -- places

    def _seq_at(self, at: str) -> int:
        """Return the last event of the moment that `at` names."""
        moment, events = moment_of(at), self._store.events

        def look(state: State) -> int:
            if moment is not None:
                return events_before(events, state.seq, moment + timedelta(microseconds=1))
            event = events.find(at)
            if event is None:
                raise no_event(at)
            return int(event["seq"])

        return self._store.read(look)

    # -- boards

    def _past(self, project_id: str, until: int) -> PastBoard:
        known = self._boards.get(project_id, until)
        if known is None:
            known = self._made(project_id, until)
            self._boards.add(project_id, until, known)
        return known

    def _made(self, project_id: str, until: int) -> PastBoard:
        project = self._store.read(lambda state: document(state, "projects", project_id))
        entries = _Entries(self._store.read(lambda state: state.count("tasks")))
        while entries.done < until:
            self._store.read(lambda state: entries.take(state.index, until))
        tasks = self._store.read(lambda state: _tasks_of(state.index, project["no"], until))
        waiting = self._store.read(lambda state: _waiting_in(state.index, project["no"], until, entries.settled))
        past = PastBoard(project, waiting)
        for first in range(0, len(tasks), _TASKS):
            some = tasks[first : first + _TASKS]
            self._store.read(lambda state: self._place(state.index, past, entries, some))  # noqa: B023 - called at once
        past.sort()
        return past

    def _place(self, index: EventIndex, past: PastBoard, entries: _Entries, tasks: Iterable[int]) -> None:
        """Put tasks into the steps that they were in."""
        for task in tasks:
            seq = entries.by_task[task]
            code = index.step_of(seq) if seq else 0
            past.put(task, seq, entered_step(self._store.events.at(seq)) if code == UNNAMED else code)


class _Entries:
    """The last event with which each task entered a step, and the requests that were settled: in a few slices."""

    def __init__(self, tasks: int) -> None:
        self.by_task = array("I", bytes(4 * (tasks + 1)))
        self.settled: set[int] = set()
        self.done = 0
        """Events that were looked at."""

    def take(self, index: EventIndex, until: int) -> None:
        """Take in the next slice of the events up to `until`."""
        before, segment = index.segment_of(self.done + 1)
        first, last = self.done - before, min(until - before, self.done - before + SEGMENT, len(segment))
        by_task = self.by_task
        rows = zip(part(segment.tasks, first, last), part(segment.steps, first, last), strict=True)
        for seq, (task, step) in enumerate(rows, self.done + 1):
            if step and step != IGNORED:
                by_task[task] = seq
        if not first:
            self.settled.update(asked for asked, reply in segment.replies() if reply <= until)
        self.done = before + last


def _tasks_of(index: EventIndex, project: int, until: int) -> list[int]:
    """Return the numbers of the tasks that a project had."""
    created = index.walk(project=project, types=("TASK_CREATED",))
    return [index.task_of(seq) for seq in takewhile(until.__ge__, created) if index.step_of(seq) != IGNORED]


def _waiting_in(index: EventIndex, project: int, until: int, settled: set[int]) -> set[int]:
    """Return the numbers of the tasks with a request that was open."""
    asked = (index.walk(project=project, types=(name,)) for name in (APPROVAL_REQUESTED, ELICITATION_REQUESTED))
    open_ = (seq for seqs in asked for seq in takewhile(until.__ge__, seqs) if seq not in settled)
    return {index.task_of(seq) for seq in open_ if index.step_of(seq) != IGNORED}
