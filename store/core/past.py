"""Tasks as they were: the fold of `fold`, over a task's own events up to a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, OrderedDict, deque
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any

import orjson
from msgspec.structs import replace

from api_client.errors import InvalidRequest, NotFound
from api_client.models import Board, Card, Page, TaskDetail
from api_client.task_trail import AGENT, TaskTrail, decided_at
from api_client.times import parse_time
from api_client.wire import read
from store.core import read_models, wire_objects
from store.core.fold import apply_recorded
from store.core.paging import PAGE_BYTES
from store.core.read_models import StepLoad
from store.core.state_view import Doc, Table
from store.core.step_codes import entered_step

EVENT_ID = "evt_"
"""The beginning of every event's id (`event_ids`)."""
FOLDED_MOST = 20_000
"""Events that are folded for one page of cards: it ends early behind them."""
LOOKED_BACK = 20
"""Events of a task that are looked at for its last settlement."""
BOARDS_MOST = 4
"""Boards of earlier moments that are remembered."""


class PastTask:
    """One task with its requests, as its events add up to them."""

    def __init__(self, task_id: str, project: Doc) -> None:
        self.task_id = task_id
        self.folded = 0
        """Events so far."""
        self._tables: dict[Table, dict[str, Doc]] = {"projects": {project["id"]: project}}
        self._entered: Doc = {}
        self._latest: deque[Doc] = deque(maxlen=LOOKED_BACK)
        self._maker: str | None = None

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        return self._tables.get(table, {}).get(doc_id)

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of the document with this id."""
        self._tables.setdefault(table, {})[doc_id] = doc

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document."""
        self._tables.get(table, {}).pop(doc_id, None)

    def count(self, table: Table) -> int:
        """Return the number of documents in the table."""
        return len(self._tables.get(table, {}))

    def fold(self, events: Sequence[Doc]) -> None:
        """Bring the documents up to date with the task's next events."""
        for event in events:
            if apply_recorded(self, event) and entered_step(event):
                self._entered = event
                self._maker = self._maker or _agent_of(event)
        self._latest.extend(events)
        self.folded += len(events)

    def detail(self) -> TaskDetail:
        """Return the task and its open requests.

        Raises:
            NotFound: there was no such task yet.
        """
        doc = self.get("tasks", self.task_id)
        if doc is None:
            raise NotFound(f"There was no task {self.task_id!r} then.")
        return read(TaskDetail, {"task": wire_objects.task(doc), "openRequests": wire_objects.open_on(self, doc)})

    def card(self) -> dict[str, Any]:
        """Return the task, which there was, as a Card."""
        doc = self.get("tasks", self.task_id) or {}
        is_settled = doc.get("status") != "CLOSED" and doc.get("openRequests") == []
        turns = ((event["eventType"], event["source"], event["timestamp"]) for event in reversed(self._latest))
        trail = TaskTrail(_agent_of(self._entered) or self._maker, decided_at(turns) if is_settled else None)
        return wire_objects.card(self, doc, trail)


def _agent_of(event: Doc) -> str | None:
    """Return the subject of the agent that sent an event; None where no agent did."""
    return event.get("subject") if event.get("source") == AGENT else None


class PastBoard:
    """The tasks in each step of a project as of one moment."""

    def __init__(self, project: Doc, waiting: Container[int]) -> None:
        """Begin with no task; `waiting` has the numbers of those with an open request."""
        self.project, self._waiting = project, waiting
        self._steps = [str(step["name"]) for step in project["steps"]["steps"]]
        self._in_step: dict[str, list[int]] = {name: [] for name in self._steps}
        self._counts: Counter[str] = Counter()

    def put(self, task: int, seq: int, step: int | str | None) -> None:
        """Put the task with this number into a step, by its name or code, which it entered with the event `seq`."""
        name = (self._steps[step - 1] if 0 < step <= len(self._steps) else None) if isinstance(step, int) else step
        if name in self._in_step:
            self._in_step[name].append(seq)
            self._counts[name] += task in self._waiting

    def sort(self) -> None:
        """Sort each step by the entries, once all tasks are in."""
        for queue in self._in_step.values():
            queue.sort()

    def board(self, oldest_at: Mapping[str, str]) -> Board:
        """Return the project's columns in graph order; `oldest_at` has the time of the first entry into a step."""

        def load(step: str) -> StepLoad:
            return StepLoad(len(self._in_step[step]), self._counts[step], 0, oldest_at.get(step))

        board = read_models.board(self.project, load)
        return replace(board, columns=tuple(replace(column, overdue=None) for column in board.columns))

    def oldest(self) -> dict[str, int]:
        """Return the first entry into each step that has a task."""
        return {step: queue[0] for step, queue in self._in_step.items() if queue}

    def after(self, step: str, seq: int) -> list[int]:
        """Return the entries into a step after the event `seq`, in order."""
        queue = self._in_step[step]
        return queue[bisect_right(queue, seq) :]


class PastBoards:
    """The boards that were put together lately: the pages of a column are read one after the other."""

    def __init__(self) -> None:
        self._by_moment: OrderedDict[tuple[str, int], PastBoard] = OrderedDict()
        self._lock = Lock()

    def get(self, project_id: str, seq: int) -> PastBoard | None:
        """Return a project's board as of an event, None where it is not among them."""
        with self._lock:
            return self._by_moment.get((project_id, seq))

    def add(self, project_id: str, seq: int, board: PastBoard) -> None:
        """Remember one."""
        with self._lock:
            self._by_moment[project_id, seq] = board
            if len(self._by_moment) > BOARDS_MOST:
                self._by_moment.popitem(last=False)


class PastCards:
    """A page of cards as they were, in the making."""

    def __init__(self, limit: int, entries: Sequence[int]) -> None:
        """Begin one of `limit` cards at the most, of the tasks that entered their step with these events."""
        self._limit, self._left = limit, len(entries)
        self._cards: list[dict[str, Any]] = []
        self._folded = self._size = 0
        self.last = 0
        """The entry of the last card; 0 where there is none."""

    def add(self, seq: int, task: PastTask) -> bool:
        """Add the task that entered the step with the event `seq`, and return whether the page takes another."""
        card = task.card()
        self._size += len(orjson.dumps(card))
        if self._cards and self._size > PAGE_BYTES:
            return False
        self._cards.append(card)
        self._folded += task.folded
        self._left, self.last = self._left - 1, seq
        return len(self._cards) < self._limit and self._folded < FOLDED_MOST

    def page(self, cursor: str | None) -> Page[Card]:
        """Return the page, whose end `cursor` names."""
        more = bool(self._left) and len(self._cards) < self._limit
        return read(Page[Card], {"items": self._cards, "nextCursor": cursor, "more": more or None})


def moment_of(at: str) -> datetime | None:
    """Return the time that `at` names, None where it names an event.

    Raises:
        InvalidRequest: it names neither.
    """
    if at.startswith(EVENT_ID):
        return None
    try:
        return parse_time(at)
    except (ValueError, OverflowError):
        raise InvalidRequest("at: must be an event's id, or a time like 2026-01-31T09:30:00Z.") from None


def no_event(event_id: str) -> NotFound:
    """Return the error for an id that names no event."""
    return NotFound(f"There is no event {event_id!r}.")
