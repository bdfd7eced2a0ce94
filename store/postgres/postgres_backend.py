"""PostgresBackend: the contract over a workspace of a database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence

from api_client.actor import Actor
from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
from api_client.backend import PAGE
from api_client.commands import Command, ReceiveUpload
from api_client.errors import InvalidRequest, StoreReadOnly, TooManyRequests
from api_client.event_filter import NO_FILTER, EventFilter
from api_client.models import (
    APPROVAL_REQUESTED,
    ELICITATION_REQUESTED,
    ApprovalResult,
    Board,
    Card,
    Change,
    ElicitationResult,
    Event,
    InboxItem,
    Me,
    Order,
    Page,
    Project,
    Receipt,
    RequestDetail,
    Role,
    Task,
    TaskDetail,
    Upload,
)
from api_client.proofs import Proofs
from api_client.settled import SettledQuery, SettledRequest
from api_client.wire import read
from store.core import read_models
from store.core.batch import Job
from store.core.capabilities import REVIEWER_MAY, REVIEWER_SEES
from store.core.figures import Figures, PoolFigures
from store.core.health import Health
from store.core.idempotency import KeyScope
from store.core.schema_questions import CheckNeeded
from store.core.state_view import Doc
from store.core.timeline_pages import TimelineAsked
from store.postgres.blob_sweep import sweep_blobs
from store.postgres.database_health import HEALTH, STANDBY, health_of
from store.postgres.open_workspace import OpenWorkspace
from store.postgres.recall import recall
from store.postgres.settled_rows import SettledRows
from store.schemas.checks import TRIES

_LIST_PIECE = 64_000
"""Bytes after which the next piece of a list begins."""


class PostgresBackend:
    """A Backend for one actor. All that are made from one by `acting_as` share its open workspace."""

    def __init__(self, workspace: OpenWorkspace, actor: Actor) -> None:
        self._workspace, self._actor = workspace, actor
        self._reader, self._timelines, self._history = workspace.reader, workspace.timelines, workspace.history
        self.keys = workspace.keys
        """The keys of the workspace's callers, for a server."""

    def acting_as(self, actor: Actor) -> PostgresBackend:
        """Return a backend for another caller over the same workspace; only one of them is to be closed."""
        return PostgresBackend(self._workspace, actor)

    @property
    def notices(self) -> Sequence[str]:
        """See `Backend.notices`."""
        why = self._workspace.read_only
        return [f"Opened for reading only. {why}"] if why == STANDBY else []

    @property
    def proofs(self) -> Proofs:
        """See `Backend.proofs`."""
        return self._workspace.proofs

    def break_off(self) -> None:
        """Refuse commands whose metadata takes long to check from now on: the workspace is about to be closed."""
        self._workspace.checks.break_off()

    async def aclose(self) -> None:
        """See `Backend.aclose`. Finishes what was submitted."""
        await self._workspace.close()

    async def me(self) -> Me:
        """See `Backend.me`."""
        await self._reader.head()  # who asks wants to know whether the database answers, too
        is_agent = self._actor.role == "agent"
        may = () if is_agent or self._workspace.read_only else REVIEWER_MAY
        sees = () if is_agent else REVIEWER_SEES
        role: Role = "agent" if is_agent else "reviewer"
        return Me(subject=self._actor.subject, tags=self._actor.tags, role=role, capabilities=(*may, *sees))

    async def projects(self, *, name: str | None = None) -> Sequence[Project]:
        """See `Backend.projects`."""
        return await self._reader.projects(name)

    async def project(self, project_id: str) -> Project:
        """See `Backend.project`."""
        return await self._reader.project(project_id)

    async def board(self, project_id: str, *, at: str | None = None) -> Board:
        """See `Backend.board`."""
        if at is not None:
            return await self._history.board(project_id, at)
        return await self._reader.board(project_id)

    async def cards(
        self, project_id: str, step: str, *, cursor: str | None = None, limit: int = PAGE, at: str | None = None
    ) -> Page[Card]:
        """See `Backend.cards`."""
        if at is not None:
            return await self._history.cards(project_id, step, cursor, limit, at)
        return await self._reader.cards(project_id, step, cursor, limit)

    async def tasks(self, *, project_id: str | None = None, name: str | None = None) -> Sequence[Task]:
        """See `Backend.tasks`."""
        return [task async for task in self._reader.tasks(project_id, name)]

    async def task_pieces(self, *, project_id: str | None = None, name: str | None = None) -> AsyncIterator[bytes]:
        """Yield what `tasks` returns as the JSON of a list, in pieces that are made when they are asked for."""
        piece, number = bytearray(b'{"items":['), 0
        async for task in self._reader.tasks(project_id, name):
            piece += b"," * bool(number) + task.wire_bytes()
            number += 1
            if len(piece) >= _LIST_PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece + b"]}")

    async def task(self, task_id: str, *, at: str | None = None) -> TaskDetail:
        """See `Backend.task`."""
        if at is not None:
            return await self._history.task(task_id, at)
        return await self._reader.task(task_id)

    async def inbox(
        self, *, project_id: str | None = None, cursor: str | None = None, limit: int = PAGE, context: bool = False
    ) -> Page[InboxItem]:
        """See `Backend.inbox`."""
        return await self._workspace.requests.inbox(project_id, cursor, limit, self._actor, context=context)

    async def request(self, request_id: str) -> RequestDetail:
        """See `Backend.request`."""
        return await self._workspace.requests.request(request_id, self._actor)

    async def events(
        self,
        *,
        project_id: str | None = None,
        task_id: str | None = None,
        types: Sequence[str] = (),
        order: Order = "asc",
        cursor: str | None = None,
        limit: int = PAGE,
        only: EventFilter = NO_FILTER,
    ) -> Page[Event]:
        """See `Backend.events`."""
        asked = TimelineAsked(
            project_id=project_id, task_id=task_id, types=types, order=order, cursor=cursor, limit=limit, only=only
        )
        return await self._timelines.page(asked)

    async def settled(self, query: SettledQuery) -> Page[SettledRequest]:
        """See `Backend.settled`."""
        return await SettledRows(self._workspace.pool, self._workspace.number).page(query)

    async def policy(self, project_id: str) -> PolicyInForce:
        """See `Backend.policy`."""
        return await self._workspace.authority.policy(project_id)

    async def grants(self, project_id: str | None = None) -> Sequence[Grant]:
        """See `Backend.grants`."""
        return await self._workspace.authority.grants(project_id)

    async def grant_trial(self, terms: GrantTerms) -> Trial:
        """See `Backend.grant_trial`."""
        return await self._workspace.authority.trial(terms, self._actor, self._workspace.settings.clock())

    async def authority(self) -> AuthorityStatus:
        """See `Backend.authority`."""
        return await self._workspace.authority.status()

    async def approval_result(self, request_id: str, *, wait: float = 0) -> ApprovalResult | None:
        """See `Backend.approval_result`."""
        result = await self._result(request_id, APPROVAL_REQUESTED, wait)
        return None if result is None else read(ApprovalResult, result)

    async def elicitation_result(self, request_id: str, *, wait: float = 0) -> ElicitationResult | None:
        """See `Backend.elicitation_result`."""
        result = await self._result(request_id, ELICITATION_REQUESTED, wait)
        return None if result is None else read(ElicitationResult, result)

    async def _result(self, request_id: str, event_type: str, wait: float) -> Doc | None:
        if wait > 0:
            async with self._workspace.results.settlement(request_id) as settled:
                if (result := await self._reader.result(request_id, event_type)) is not None:
                    return result
                await asyncio.wait([settled], timeout=wait)
        return await self._reader.result(request_id, event_type)

    async def upload(self, upload_id: str) -> Upload:
        """See `Backend.upload`."""
        return read_models.upload(await self._reader.upload(upload_id))

    async def download(self, upload_id: str) -> AsyncIterator[bytes]:
        """See `Backend.download`."""
        async for piece in self._workspace.blobs.pieces(await self._reader.upload(upload_id)):
            yield piece

    async def changes(self, cursor: str | None = None) -> AsyncIterator[Change]:
        """See `Backend.changes`."""
        watch = self._workspace.watch
        async with watch.watching():
            place = await self._reader.last_place(cursor)
            while True:
                signal = watch.next_signal()
                news = await self._reader.news(place)
                for change in news.changes:
                    yield change
                if news.place == place:
                    await signal.wait()
                place = news.place

    async def submit(self, command: Command, *, key: str, content: AsyncIterable[bytes] | None = None) -> Receipt:
        """See `Backend.submit`."""
        if self._workspace.read_only:
            raise StoreReadOnly(f"This workspace takes no writes. {self._workspace.read_only}")
        if not isinstance(command, ReceiveUpload):
            return await self._submit(Job(command, self._actor, key, verdicts={}))
        if content is None:
            raise InvalidRequest("An upload needs its content.")
        async with self._workspace.allowance.taking(self._actor.subject) as take:
            received = await self._workspace.blobs.receive(content, take, self._workspace.settings.uploads.max_bytes)
            return await self._submit(Job(command, self._actor, None, received))

    async def _submit(self, job: Job) -> Receipt:
        """Submit a job, and check its metadata in between as often as the rules ask for it.

        Raises:
            TooManyRequests: the state went on moving while it was checked.
        """
        for _ in range(TRIES):
            try:
                return await self._workspace.writer.submit(job)
            except CheckNeeded as needed:
                question = needed.question
            verdict = await asyncio.wrap_future(self._workspace.checks.ask(question, job.actor.subject))
            job = job.with_verdict(question, verdict)
        raise TooManyRequests("The task changed each time that this was checked; nothing was recorded.", retry_after=1)

    async def recall(self, path: str, key: str) -> Receipt | None:
        """Return what this caller's key was answered on the concrete `path`, None where it never was."""
        scope = KeyScope(self._actor.subject, path, key)
        return await recall(self._workspace.pool, self._workspace.number, scope)

    async def sweep(self) -> int:
        """Remove what killed servers left over and uploads that no task ever had; return how many contents.

        Raises:
            StoreError: the database can't be used.
        """
        found = self._workspace
        if found.read_only:
            return 0
        return await sweep_blobs(
            found.pool, found.blobs, found.number, found.settings.clock(), found.checks.limits.loose_seconds
        )

    async def check(self) -> None:
        """Check that writes can be recorded.

        Raises:
            StoreError: they can't, for this reason.
        """
        health = await self.health()
        if health.is_standby:
            raise StoreReadOnly(STANDBY)
        if not health.may_append:
            raise StoreReadOnly("The role may not append events.")

    async def health(self) -> Health:
        """Return the state of the database.

        Raises:
            StoreError: it can't be asked.
        """
        ((row,),) = await self._workspace.pool.ask((HEALTH, {}))
        return health_of(row, listens=self._workspace.watch.hears)

    def pool_figures(self) -> PoolFigures:
        """Return the connections that read, and how many calls wait for one."""
        found = self._workspace.pool.figures()
        return PoolFigures(found["pool_size"], found["pool_available"], found["requests_waiting"])

    async def figures(self, since: int) -> Figures:
        """Return the workspace's figures, with the decisions after the event at `since`."""
        return await self._reader.figures(since, self._workspace.settings.clock())
