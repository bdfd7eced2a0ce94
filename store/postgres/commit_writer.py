"""The writer of one workspace in this process: commands that wait together share a transaction of two round trips.

The first trip locks the head's row and reads what the rules need, the second stores what they made of it and commits.
Only then do the callers get their receipts. Other servers do the same: the head's row is the chain's lock.

A commit whose outcome is not known (the connection was lost in it, or its wait for a standby was cancelled) is looked
up: whoever has the chain's lock sees whether it is there, and a commit of its own that waits for the standby proves
that what came before it is durable as well.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import Diagnostic

from api_client.errors import ApiError, StoreAbsent, StoreBusy, StoreError, StoreFault, StoreLogin, Unreachable
from api_client.models import Receipt
from api_client.times import Clock
from store.core.authority_lookup import ALL
from store.core.batch import Batch, Job, scope_of
from store.core.draft import CommitDraft
from store.core.schema_questions import SchemaChecks
from store.postgres.address import DatabaseAddress
from store.postgres.commit_rows import CommitRows
from store.postgres.connections import WRITING, connected, is_lost, store_error
from store.postgres.known_authority import KnownAuthority
from store.postgres.loaded_view import KnownProjects, LoadedView, NotLoaded, WorkspaceHead
from store.postgres.lookup import Key, Statement, keys_of, lookup, record_key
from store.postgres.round_trip import roll_back, round_trip

log = logging.getLogger("pumpup.store")

Session: TypeAlias = AsyncConnection[tuple[Any, ...]]

BATCH = 64
"""Commands that share a transaction at the most."""
ANSWER_SECONDS = 30.0
"""A caller waits for so long at the most; then it learns that the outcome is not known, or that nothing was begun."""
RECONNECT_SECONDS = 0.25
"""Seconds between two attempts to reach a database that was lost."""
_TURNS = 8
"""Turns of the event loop that bring no further command before a batch is begun."""
TURN_SECONDS = 0.002
"""Seconds for which the rules hold the event loop before others get their turn."""

_LOCK = b"""
    select seq, hash, commits, projects, tasks, authority from pumpup.workspace
    where id = %(ws)s and not importing and set_config('synchronous_commit',
        case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, true) <> ''
    for no key update
"""
"""Takes the chain's lock, and makes the commit durable whatever the session's setting is: behind a pooler that gives
sessions to several it may be another's."""
TOUCH = b"update pumpup.workspace set seq = seq where id = %(ws)s"
"""Changes nothing, and is written all the same: a commit of it is behind all that were committed before."""
_IS_THERE = b"select 1 from pumpup.workspace where id = %(ws)s"
_IS_STORED = b"select hash = %(hash)s from pumpup.event where ws = %(ws)s and seq = %(seq)s"


@dataclass(slots=True, eq=False)
class Waiting:
    """A command in the writer's queue, and the caller that waits for its outcome."""

    job: Job
    answer: asyncio.Future[Receipt]
    is_begun: bool = False

    def give(self, outcome: Receipt | ApiError) -> None:
        """Give the caller, if it still waits, its outcome."""
        if self.answer.done():
            return
        if isinstance(outcome, Receipt):
            self.answer.set_result(outcome)
        else:
            self.answer.set_exception(outcome)


@dataclass(slots=True)
class _Attempt:
    """A transaction that may or may not have been committed, and the outcomes to give if it was."""

    outcomes: list[Receipt | ApiError] = field(default_factory=list)
    seq: int = 0
    hash: str = ""


class CommitWriter:
    """A queue of commands, and the task that carries them out."""

    def __init__(
        self,
        address: DatabaseAddress,
        workspace: int,
        *,
        clock: Clock,
        tokens: Callable[[], str],
        checks: SchemaChecks,
        projects: KnownProjects,
        on_connect: Callable[[], None],
        on_commit: Callable[[int, float], None],
    ) -> None:
        """Set up a writer, without connecting: the first command does.

        Args:
            address: the database.
            workspace: the number of the workspace.
            clock: the time now.
            tokens: returns the random part of an id.
            checks: what is known of schemas.
            projects: what is known of projects, shared with the readers.
            on_connect: called where it connects, perhaps to another database that lacks the last commits.
            on_commit: called after each commit with the new head's seq, and the seconds from lock to answer.
        """
        self._address, self._workspace = address, workspace
        self._clock, self._tokens, self._checks, self._projects = clock, tokens, checks, projects
        self._authority = KnownAuthority()
        self._on_connect, self._on_commit = on_connect, on_commit
        self._queue: deque[Waiting] = deque()
        self._come = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: Session | None = None
        self._warned = False
        self._is_closed = False
        self._last_size = 0
        """Commands of the last batch."""

    async def submit(self, job: Job) -> Receipt:
        """Carry out a command and return its receipt; one that has not begun is cancelled with its caller.

        Raises:
            ApiError: the command was refused, or nothing was recorded.
            Unreachable: its outcome is not known (`maybe_done`); the same key tells it later.
        """
        if self._is_closed:
            raise StoreFault("The workspace was closed.")
        waiting = Waiting(job, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._come.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="commit-writer")
        return await self._answer(waiting)

    async def _answer(self, waiting: Waiting) -> Receipt:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await waiting.answer
        except TimeoutError:
            if waiting.is_begun:
                raise _not_confirmed() from None
            raise StoreBusy(
                f"The database {self._address.shown} did not answer in time; nothing was recorded."
            ) from None

    async def close(self) -> None:
        """Finish what was submitted, and close the connection."""
        self._is_closed = True
        if self._task is not None:
            self._come.set()
            await asyncio.wait([self._task], timeout=ANSWER_SECONDS)  # longer no caller waits either
            self._task.cancel()
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while self._queue or not self._is_closed:
            await self._gather()
            batch = self._next_batch()
            if not batch:
                self._come.clear()
                if not self._is_closed:
                    await self._come.wait()
                continue
            for waiting, outcome in zip(batch, await self._outcomes(batch), strict=True):
                waiting.give(outcome)

    async def _outcomes(self, batch: list[Waiting]) -> list[Receipt | ApiError]:
        try:
            return await self._carry_out(batch)
        except ApiError as fault:
            return [fault] * len(batch)

    async def _gather(self) -> None:
        """Let those who are about to submit do so, for as long as they come: a transaction has its price.

        A call needs some turns of the event loop from its arrival until it submits. One caller alone waits for nobody.
        """
        idle, waiting = 0, len(self._queue)
        while idle < (_TURNS if max(self._last_size, waiting) > 1 else 1) and 0 < waiting < BATCH:
            await asyncio.sleep(0)
            idle, waiting = idle + 1 if len(self._queue) == waiting else 0, len(self._queue)

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while self._queue and len(batch) < BATCH:
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                waiting.is_begun = True
                batch.append(waiting)
        self._last_size = len(batch) or self._last_size
        return batch

    # -- one transaction

    async def _carry_out(self, batch: list[Waiting]) -> list[Receipt | ApiError]:
        """Carry out a batch, and again where it is certain that a lost connection left nothing of it behind.

        Raises:
            ApiError: nothing was recorded.
            Unreachable: it is not known whether anything was.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        unsure: _Attempt | None = None
        while True:
            attempt = _Attempt()
            try:
                if unsure is not None and await self._is_stored(unsure):
                    return unsure.outcomes
                unsure = None
                return await self._transact(batch, attempt)
            except psycopg.Error as fault:
                await self._drop_connection()
                last: ApiError = store_error(self._address, fault)
                if unsure is None and not is_lost(fault):
                    raise last from fault
                unsure = attempt if attempt.seq else unsure
            except StoreError as fault:
                if unsure is None and not self._may_be_reached_later(fault):
                    raise
                last = fault
            except Exception as fault:  # a writer that died would leave every caller waiting for ever
                await self._drop_connection()
                _log_failure(fault)
                is_sent = unsure is not None or attempt.seq
                raise (
                    _not_confirmed() if is_sent else StoreFault(f"The store failed ({type(fault).__name__}).")
                ) from fault
            if time.monotonic() > deadline or self._is_closed:
                raise _not_confirmed() if unsure is not None else last
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _transact(self, batch: list[Waiting], attempt: _Attempt) -> list[Receipt | ApiError]:
        """Carry out a batch in one transaction; `attempt` is filled in before it is committed."""
        connection = await self._connected()
        view, head = await self._locked(connection, [key for waiting in batch for key in _keys_of(waiting.job)])
        began = time.perf_counter()
        made = Batch(CommitDraft(view), head.hash, clock=self._clock, tokens=view.token, checks=self._checks)
        outcomes = await self._ruled(connection, [waiting.job for waiting in batch], view, made)
        has_replay = any(isinstance(outcome, Receipt) and outcome.replayed for outcome in outcomes)
        if not made.commits and not has_replay:
            await roll_back(connection)
            return outcomes
        attempt.outcomes, attempt.seq, attempt.hash = outcomes, made.draft.seq, made.last_hash
        await self._store(connection, made)
        if made.commits:
            if authority := made.draft.changed("authority"):
                self._authority.add(authority, authority[ALL]["seq"])
            self._on_commit(made.draft.seq, time.perf_counter() - began)
        return outcomes

    async def _locked(self, connection: Session, asked: list[Key]) -> tuple[LoadedView, WorkspaceHead]:
        """Begin a transaction that holds the chain's lock; return the rows that were asked for, and the head."""
        async with round_trip(connection):
            await connection.execute(b"begin isolation level read committed read write")
            locked = await connection.execute(_LOCK, {"ws": self._workspace}, binary=True)
            known, statement = self._authority.changed(self._workspace)
            changed = await connection.execute(*statement, binary=True) if known else None
            rows = await connection.execute(*lookup(self._workspace, asked), binary=True)
        row = await locked.fetchone()
        if row is None:
            await connection.execute(b"rollback")
            if not await (await connection.execute(_IS_THERE, {"ws": self._workspace})).fetchall():
                raise StoreAbsent("The workspace is no longer there: its operator has removed it.")
            raise StoreBusy("An import into the workspace is not finished: nothing is recorded until it is.")
        head = WorkspaceHead(*row)
        self._authority.take(known, await changed.fetchall() if changed else [])
        await self._authority.bring_up_to(head.authority, connection, self._workspace)
        view = LoadedView(head, self._projects, self._authority.docs, self._tokens)
        view.load(asked, await rows.fetchall())
        return view, head

    async def _ruled(
        self, connection: Session, jobs: list[Job], view: LoadedView, made: Batch
    ) -> list[Receipt | ApiError]:
        """Apply the jobs one after the other, and look up what they ask for beyond what was read."""
        outcomes: list[Receipt | ApiError] = []
        turn = time.perf_counter()
        for job in jobs:
            while isinstance(outcome := made.take(job, view.recall), NotLoaded):
                more = await connection.execute(*lookup(self._workspace, [outcome.key]), binary=True)
                view.load([outcome.key], await more.fetchall())
            outcomes.append(outcome)
            if time.perf_counter() - turn > TURN_SECONDS:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        return outcomes

    async def _store(self, connection: Session, made: Batch) -> None:
        """Store a batch's rows and commit.

        A repeat is an acknowledgement too: it is given once a commit has proved that the first one is durable.

        Raises:
            psycopg.Error: it is not certain that it is durable.
        """
        if made.commits:
            rows = CommitRows.of(made.draft, made.commits)
            await self._commit(connection, rows.statement(self._workspace, commits=len(made.commits)))
        else:
            await self._commit(connection, (TOUCH, {"ws": self._workspace}))

    async def _commit(self, connection: Session, statement: Statement) -> None:
        self._warned = False
        async with round_trip(connection):
            await connection.execute(*statement)
            await connection.execute(b"commit")
        if self._warned:
            # A wait for the standby that was cancelled ends in a commit with a warning: durable here, and perhaps
            # nowhere else.
            raise psycopg.OperationalError("the wait for the standby was cancelled")

    async def _is_stored(self, attempt: _Attempt) -> bool:
        """Return whether an attempt was committed, once that is certain and durable.

        Raises:
            psycopg.Error: it is still not certain.
        """
        connection = await self._connected()
        values = {"ws": self._workspace, "seq": attempt.seq, "hash": bytes.fromhex(attempt.hash)}
        await connection.execute(b"begin isolation level read committed read write")
        await connection.execute(_LOCK, values)  # whoever has it knows that no earlier attempt is still under way
        row = await (await connection.execute(_IS_STORED, values)).fetchone()
        if row is None or not row[0]:
            await roll_back(connection)
            return False
        await self._commit(connection, (TOUCH, values))
        self._on_commit(attempt.seq, 0.0)
        return True

    # -- the connection

    async def _connected(self) -> Session:
        if self._connection is None or self._connection.closed:
            self._connection = None
            self._connection = await connected(self._address, WRITING)
            self._authority.forget()  # it may lead to a standby that was promoted, and lacked the last commits
            self._on_connect()
            self._connection.add_notice_handler(self._note_warning)
        return self._connection

    def _may_be_reached_later(self, fault: StoreError) -> bool:
        is_connected = self._connection is not None and not self._connection.closed
        return not is_connected and not isinstance(fault, StoreLogin | StoreAbsent)

    def _note_warning(self, notice: Diagnostic) -> None:
        self._warned = self._warned or notice.severity_nonlocalized in ("WARNING", None)

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()


def _log_failure(fault: Exception) -> None:
    # The fault's own words may hold what a caller sent.
    log.error("A commit failed: %s\n%s", type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__)))


def _not_confirmed() -> Unreachable:
    return Unreachable("The database has not confirmed it: the same key tells what became of it.", maybe_done=True)


def _keys_of(job: Job) -> list[Key]:
    """Return what is looked up for a job before it is ruled on."""
    keys = list(keys_of(job.command))
    with suppress(ApiError):  # the rules refuse it in their turn
        if (scope := scope_of(job)) is not None:
            keys.append(record_key(scope))
    return keys
