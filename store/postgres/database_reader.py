"""Reads of a workspace, answered in the contract's models: one round trip each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import orjson

from api_client.backend import PAGE_MAX
from api_client.errors import InvalidRequest
from api_client.models import (
    OVERDUE_MOST,
    Board,
    Card,
    Change,
    Event,
    Page,
    Project,
    Task,
    TaskDetail,
)
from api_client.task_trail import CLOSED, SETTLING, TaskTrail
from api_client.times import Clock
from api_client.wire import read
from store.core import read_models, wire_objects
from store.core.cursors import ALL_EVENTS, Scope, cursor_at, seq_at
from store.core.event_heads import agent_of, settled_at
from store.core.event_ids import seq_of
from store.core.event_types import CODES, OFF_TIMELINE_CODES
from store.core.figures import AGE_NAMES, AGES, Figures
from store.core.paging import PAGE_BYTES, checked_limit
from store.core.read_models import StepLoad
from store.core.state_view import Doc, Table
from store.core.timeout_rules import timed_steps
from store.postgres import statements
from store.postgres.connections import storable
from store.postgres.found_page import NO_AUTHORITY, FoundPage, RowDocuments
from store.postgres.known_authority import KnownAuthority
from store.postgres.loaded_view import KnownProjects, event_of
from store.postgres.lookup import LAST_SEQ, Statement
from store.postgres.pooled import ReadPool, Rows

T = TypeVar("T")

_TASKS = 500
"""Tasks that one trip brings."""
_QUICK_BYTES = 200_000
"""A page of more is made in a thread: it would hold up the event loop for more than a few milliseconds."""
_TURNS = [CODES[name] for name in (*SETTLING, CLOSED)]
"""The types of events after which it may be the agent's turn, whoever sent them."""


class DatabasePlaceInChain(NamedTuple):
    """A place in the chain: an event's seq, and its hash; no event's by default."""

    seq: int = 0
    hash: bytes = b""


class DatabaseNews(NamedTuple):
    """New events, and the place up to which the timeline was looked through."""

    changes: list[Change]
    place: DatabasePlaceInChain


class DatabaseReader:
    """Reads of one workspace; each sees the state as of one moment."""

    def __init__(self, pool: ReadPool, workspace: int, projects: KnownProjects, clock: Clock) -> None:
        self._pool, self._workspace, self._known, self._clock = pool, workspace, projects, clock
        self._authority = KnownAuthority()

    async def projects(self, name: str | None) -> list[Project]:
        """Return the projects whose name or slug contains `name`."""
        (rows,) = await self.ask((statements.PROJECTS, {}))

        def made() -> list[Project]:
            docs = [orjson.loads(doc) for (doc,) in rows]
            return [read(Project, wire_objects.project(doc)) for doc in docs if read_models.is_project_named(doc, name)]

        return await made_of(rows, made)

    async def project(self, project_id: str) -> Project:
        """Return one project."""
        return read(Project, wire_objects.project(await self.project_doc(project_id)))

    async def board(self, project_id: str) -> Board:
        """Return a project's columns in graph order."""
        doc = await self.project_doc(project_id)
        timed = [step for step, _ in timed_steps(doc)]
        asked = {"id": project_id, "timed": timed, "now": self._clock(), "most": OVERDUE_MOST}
        (rows,) = await self.ask((statements.COUNTS, asked))
        loads = {row[0]: StepLoad(row[1], row[2], row[3], _entered_at(row[4])) for row in rows}
        return read_models.board(doc, lambda step: loads.get(step, StepLoad()))

    async def cards(self, project_id: str, step: str, cursor: str | None, limit: int) -> Page[Card]:
        """Return a page of one column."""
        project = await self.project_doc(project_id)
        read_models.check_step(project, step)
        scope = ("cards", project_id, step)
        page = await self.page_after(scope, cursor, limit, statements.CARDS, id=project_id, step=step, turns=_TURNS)

        def card(row: tuple[Any, ...]) -> dict[str, Any]:
            task = orjson.loads(row[1])
            oldest = [orjson.loads(row[3])] if row[3] else []
            docs = RowDocuments(tasks=[task], projects=[project], requests=oldest)
            return wire_objects.card(docs, task, trail_of(row[4:]))

        return await made_of(page.rows, lambda: page.of(Card, card, lambda row: row[2].hex()))

    async def tasks(self, project_id: str | None, name: str | None) -> AsyncIterator[Task]:
        """Yield the tasks of a project, or all, whose name contains `name`, in the order in which they came."""
        if project_id is not None and not storable(project_id):
            return
        statement = statements.tasks(of_project=project_id is not None)
        last = 0
        while True:
            (rows,) = await self.ask((statement, {"no": last, "id": project_id, "limit": _TASKS, "bytes": PAGE_BYTES}))
            for number, text in rows:
                doc = orjson.loads(text)
                if (name or "").lower() in doc["name"].lower():
                    yield read(Task, wire_objects.task(doc))
                last = number
            if is_last(rows, _TASKS):
                return

    async def task(self, task_id: str) -> TaskDetail:
        """Return a task and its open requests, oldest first."""
        _check_id("tasks", task_id)
        found, requests = await self.ask((statements.TASK, {"id": task_id}), (statements.OPEN_ON, {"id": task_id}))
        doc = _first(found, "tasks", task_id)

        def made() -> TaskDetail:
            asked = [wire_objects.open_request(orjson.loads(request)) for (request,) in requests]
            return read(TaskDetail, {"task": wire_objects.task(doc), "openRequests": asked})

        return await made_of(requests, made)

    async def result(self, request_id: str, event_type: str) -> dict[str, Any] | None:
        """Return what settled a request of this type, None while it is open."""
        row = await self.request_row(statements.RESULT, request_id, (event_type,))
        return wire_objects.result_of_call(request_id, event_of(row[2:4])) if row[2] else None

    async def last_place(self, cursor: str | None) -> DatabasePlaceInChain:
        """Return the place to continue from: the cursor's, or without one the last event's."""
        if cursor is None:
            (rows,) = await self.ask((statements.HEAD, {}))
            return DatabasePlaceInChain(rows[0][0], rows[0][2]) if rows else DatabasePlaceInChain()
        (rows,) = await self.ask(_place(cursor))
        return DatabasePlaceInChain(_seq_at(ALL_EVENTS, cursor, rows), rows[0][0])

    async def place(self, scope: Scope, cursor: str | None) -> int:
        """Return the seq of a cursor of the list `scope`, 0 without one."""
        return 0 if cursor is None else _seq_at(scope, cursor, (await self.ask(_place(cursor)))[0])

    async def head(self) -> tuple[int, int]:
        """Return the last event's seq, and the number of commits."""
        (rows,) = await self.ask((statements.HEAD, {}))
        return (rows[0][0], rows[0][1]) if rows else (0, 0)

    async def news(self, after: DatabasePlaceInChain) -> DatabaseNews:
        """Return what came after a place, as much as one page holds.

        Raises:
            InvalidRequest: the chain no longer has this place: the database was put back to an earlier one.
        """
        asked = {"start": after.seq, "limit": PAGE_MAX, "bytes": PAGE_BYTES}
        places, rows = await self.ask((statements.HASH_AT, {"place": after.seq}), (statements.NEWS, asked))
        if after.seq and (not places or places[0][0] != after.hash):
            raise InvalidRequest("The record was put back to an earlier state: begin again without a cursor.")

        def made() -> DatabaseNews:
            changes = [
                Change(event=read(Event, event_of((body, hash_), at)), cursor=cursor_at(ALL_EVENTS, at, hash_.hex()))
                for at, code, body, hash_ in rows
                if code not in OFF_TIMELINE_CODES
            ]
            return DatabaseNews(changes, DatabasePlaceInChain(rows[-1][0], rows[-1][3]) if rows else after)

        return await made_of(rows, made)

    async def settled_since(self, seq: int) -> tuple[int, list[int]]:
        """Return the head's seq, and the places of the requests that were settled after the event `seq`."""
        (rows,) = await self.ask((statements.SETTLED_SINCE, {"seq": seq}))
        return (rows[0][0] if rows else 0), [place for _, place in rows if place is not None]

    async def upload(self, upload_id: str) -> Doc:
        """Return an upload's document."""
        _check_id("uploads", upload_id)
        (rows,) = await self.ask((statements.UPLOAD, {"id": upload_id}))
        return _first(rows, "uploads", upload_id)

    async def figures(self, since: int, now: datetime) -> Figures:
        """Return figures for monitoring, with the decisions after the event at `since`."""
        seq, commits = await self.head()
        asked = [now - most for _, most in AGES]
        counts = await self.ask(
            *((statements.WAITING_SINCE, {"since": moment}) for moment in (*asked, datetime.min.replace(tzinfo=UTC)))
        )
        waiting: Counter[tuple[str, str]] = Counter()
        younger: dict[str, int] = {}
        for age, rows in zip(AGE_NAMES, counts, strict=True):
            waiting.update({(slug, age): count - younger.get(slug, 0) for slug, count in rows})
            younger = dict(rows)
        return Figures(waiting, await self._outcomes(since, seq), commits, seq)

    async def _outcomes(self, since: int, until: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        while since < until:
            values = {"type": CODES["APPROVAL_DECIDED"], "seq": since, "limit": PAGE_MAX, "bytes": PAGE_BYTES}
            (rows,) = await self.ask((statements.OF_TYPE_SINCE, values))
            outcomes.update(str(event_of(row[1:], row[0])["payload"]["outcome"]["type"]) for row in rows)
            since = until if is_last(rows, PAGE_MAX) else rows[-1][0]
        return outcomes

    # -- parts

    async def ask(self, *asked: tuple[bytes, Mapping[str, Any]]) -> list[Rows]:
        """Return the rows of each statement, whose workspace is this one's, in one round trip."""
        return await self._pool.ask(*((text, {"ws": self._workspace, **values}) for text, values in asked))

    async def with_authority(self, *asked: Statement) -> tuple[Mapping[str, Doc], list[Rows]]:
        """Return the documents of authority as they are now, and the rows of each statement, in one round trip."""
        while True:
            known, changed = self._authority.changed(self._workspace)
            changes, *found = await self.ask(changed, *asked)
            if self._authority.take(known, changes):
                return self._authority.docs, found

    def forget(self) -> None:
        """Forget what was read before: the database may be another one now, which lacks the last of it."""
        self._known.forget()
        self._authority.forget()

    async def project_doc(self, project_id: str) -> Doc:
        """Return a project's document."""
        if (known := self._known.by_id.get(project_id)) is not None:
            return known
        _check_id("projects", project_id)
        (rows,) = await self.ask((statements.PROJECT, {"id": project_id}))
        return self._known.add(_first(rows, "projects", project_id))

    async def projects_of(self, tasks: Iterable[Doc]) -> list[Doc]:
        """Return the projects of some tasks."""
        ids = dict.fromkeys(task["projectId"] for task in tasks)
        return [await self.project_doc(project_id) for project_id in ids]

    async def task_doc(self, task_id: str) -> Doc:
        """Return a task's document, which has its number."""
        _check_id("tasks", task_id)
        (rows,) = await self.ask((statements.TASK, {"id": task_id}))
        return _first(rows, "tasks", task_id)

    async def request_row(self, statement: bytes, request_id: str, types: tuple[str, ...]) -> tuple[Any, ...]:
        """Return the row of a request of one of these types.

        Raises:
            NotFound: there is none.
        """
        seq = seq_of(request_id)
        (rows,) = await self.ask((statement, {"seq": seq if seq < LAST_SEQ else 0}))
        return request_in(rows, request_id, types)

    async def page_after(
        self, scope: Scope, cursor: str | None, limit: int, statement: bytes, *, authority: bool = False, **values: Any
    ) -> FoundPage:
        """Return the rows of a page after a cursor, which is checked in the same trip; `start` says where else.

        With `authority` the documents of authority come with them.
        """
        wanted = checked_limit(limit)
        asked: list[Statement] = [
            (statement, {"start": place_of(cursor or ""), **values, "limit": wanted, "bytes": 2 * PAGE_BYTES})
        ]
        if cursor is not None:
            asked.insert(0, _place(cursor))
        docs, found = await self.with_authority(*asked) if authority else (NO_AUTHORITY, await self.ask(*asked))
        if cursor is not None:
            _seq_at(scope, cursor, found[0])
        return FoundPage(scope, cursor, wanted, found[-1], docs)


def request_in(rows: Rows, request_id: str, types: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the row of a request of one of these types, which begins with its event.

    Raises:
        NotFound: there is none.
    """
    event = event_of(rows[0][:2], seq_of(request_id)) if rows else None
    if event is None or event["id"] != request_id or event["eventType"] not in types:
        raise read_models.no_request(request_id)
    return rows[0]


def _entered_at(task: bytes | None) -> str | None:
    return None if task is None else str(orjson.loads(task)["stepEnteredAt"])


def trail_of(heads: tuple[bytes | None, ...]) -> TaskTrail:
    """Return a task's trail: of the heads of two events that may have an agent's name, and of the last turn's."""
    entered, made, turn = heads
    return TaskTrail(agent_of(entered) or agent_of(made), settled_at([turn] if turn else ()))


def _place(cursor: str) -> Statement:
    return statements.HASH_AT, {"place": place_of(cursor)}


def place_of(cursor: str) -> int:
    """Return the place that a cursor names, 0 where it names none that a database could hold."""
    try:
        place = int(cursor.partition("-")[0], 16)
    except ValueError:
        return 0
    return place if 0 < place < LAST_SEQ else 0


def _seq_at(scope: Scope, cursor: str, rows: Rows) -> int:
    """Return the seq of a cursor; `rows` are what its place holds.

    Raises:
        InvalidRequest: no page of this list returned it.
    """
    hash_, last = rows[0] if rows else (b"", 0)
    return seq_at(scope, cursor, last=last, hash_of=lambda _: hash_.hex())


def _check_id(table: Table, doc_id: str) -> None:
    if not storable(doc_id):
        raise read_models.not_found(table, doc_id)


def _first(rows: Rows, table: Table, doc_id: str) -> Doc:
    if not rows:
        raise read_models.not_found(table, doc_id)
    doc: Doc = orjson.loads(rows[0][-1])
    return doc


def is_last(rows: Rows, limit: int, size: int = 0) -> bool:
    """Return whether no row is behind these: a piece has `limit` at the most, and ends over `size` or `PAGE_BYTES`."""
    return len(rows) < limit and _size_of(rows) <= (size or PAGE_BYTES)


def _size_of(rows: Rows) -> int:
    return sum(len(value) for row in rows for value in row if isinstance(value, bytes))


async def made_of(rows: Rows, make: Callable[[], T]) -> T:
    """Return what `make` returns, made in a thread where the rows are large."""
    return make() if _size_of(rows) < _QUICK_BYTES else await asyncio.to_thread(make)
