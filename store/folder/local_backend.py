"""LocalBackend: the contract over a folder on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from api_client.actor import Actor
from api_client.backend import PAGE
from api_client.errors import ApiError
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
from api_client.times import Clock, utc_now
from api_client.wire import read
from store.core.capabilities import REVIEWER_MAY, REVIEWER_SEES
from store.core.event_ids import random_token
from store.core.figures import Figures
from store.core.health import Health
from store.core.idempotency import KeyScope
from store.core.state_view import Doc
from store.core.timeline_pages import TimelineAsked
from store.core.upload_limits import UploadLimits
from store.folder.engine import Store
from store.folder.files import Files
from store.folder.folder_figures import folder_figures
from store.folder.journal_follower import Progress
from store.folder.loop_bridge import set_from_thread
from store.folder.open_folder import OpenFolder
from store.folder.timeouts import Timeouts

if TYPE_CHECKING:
    from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
    from api_client.commands import Command
    from api_client.proofs import Proofs
    from api_client.settled import SettledQuery, SettledRequest
    from store.core.command_limits import CommandLimits


async def open_local(
    folder: Path,
    actor: Actor,
    *,
    clock: Clock = utc_now,
    tokens: Callable[[], str] = random_token,
    files: Files | None = None,
    uploads: UploadLimits = UploadLimits(),  # noqa: B008 - it can't be changed
    progress: Progress = lambda *_: None,
    fires_timeouts: bool = False,
    for_reading: bool = False,
    limits: CommandLimits | None = None,
) -> LocalBackend:
    """Open a data folder, creating it where it is missing, and return the backend of `actor` over it.

    Opened `for_reading` nothing is created or written, and every command is refused. With `fires_timeouts` the timeouts
    of steps are fired while it is open, as a process that has a folder open for long should. `progress` is called, from
    another thread, while a journal is replayed: with the bytes read, and with all bytes.

    Raises:
        StoreError: the folder can't be created, locked or read.
    """
    threads = ThreadPoolExecutor(4, thread_name_prefix="store")
    open_store = partial(Store, folder, clock=clock, tokens=tokens, files=files, progress=progress)
    try:
        store = await asyncio.get_running_loop().run_in_executor(
            threads, lambda: open_store(for_reading=for_reading, limits=limits)
        )
    except ApiError:
        threads.shutdown(wait=False)
        raise
    if fires_timeouts:
        Timeouts(store).start()
    return LocalBackend(OpenFolder(store, threads, uploads), actor)


class LocalBackend:
    """A Backend for one actor. All that are made from one by `acting_as` share its open folder."""

    def __init__(self, folder: OpenFolder, actor: Actor) -> None:
        self._folder, self._actor = folder, actor
        self._store, self._reader = folder.store, folder.reader
        self._in_thread = folder.in_thread

    def acting_as(self, actor: Actor) -> LocalBackend:
        """Return a backend for another caller over the same open folder; only one of them is to be closed."""
        return LocalBackend(self._folder, actor)

    @property
    def notices(self) -> Sequence[str]:
        """See `Backend.notices`: what was repaired, what is wrong with the folder, what can't be relied on there."""
        return [*self._store.placement_warnings, *self._store.warnings]

    @property
    def proofs(self) -> Proofs:
        """See `Backend.proofs`."""
        # With the first of them: opening a folder does not wait for what signs.
        from store.folder.folder_proofs import FolderProofs

        return FolderProofs(self._folder)

    def break_off(self) -> None:
        """Refuse commands whose metadata takes long to check from now on: the folder is about to be closed."""
        self._store.checks.break_off()

    async def aclose(self) -> None:
        """See `Backend.aclose`. Finishes what was submitted and writes the checkpoint."""
        await self._folder.close()

    async def me(self) -> Me:
        """See `Backend.me`."""
        await self._in_thread(self._store.journal.check_in_place)
        is_agent = self._actor.role == "agent"
        may = () if is_agent or self._store.read_only else REVIEWER_MAY
        sees = () if is_agent else REVIEWER_SEES
        role: Role = "agent" if is_agent else "reviewer"
        return Me(subject=self._actor.subject, tags=self._actor.tags, role=role, capabilities=(*may, *sees))

    async def projects(self, *, name: str | None = None) -> Sequence[Project]:
        """See `Backend.projects`."""
        return await self._in_thread(self._reader.projects, name)

    async def project(self, project_id: str) -> Project:
        """See `Backend.project`."""
        return await self._in_thread(self._reader.project, project_id)

    async def board(self, project_id: str, *, at: str | None = None) -> Board:
        """See `Backend.board`."""
        if at is not None:
            return await self._in_thread(self._folder.history.board, project_id, at)
        return await self._in_thread(self._reader.board, project_id)

    async def cards(
        self, project_id: str, step: str, *, cursor: str | None = None, limit: int = PAGE, at: str | None = None
    ) -> Page[Card]:
        """See `Backend.cards`."""
        if at is not None:
            return await self._in_thread(self._folder.history.cards, project_id, step, cursor, limit, at)
        return await self._in_thread(self._reader.cards, project_id, step, cursor, limit)

    async def tasks(self, *, project_id: str | None = None, name: str | None = None) -> Sequence[Task]:
        """See `Backend.tasks`."""
        return await self._in_thread(self._reader.tasks, project_id, name)

    async def task_pieces(self, *, project_id: str | None = None, name: str | None = None) -> AsyncIterator[bytes]:
        """Yield what `tasks` returns as the JSON of a list, in pieces that are made when they are asked for."""
        pieces = self._reader.task_pieces(project_id, name)
        while piece := await self._in_thread(next, pieces, b""):
            yield piece

    async def task(self, task_id: str, *, at: str | None = None) -> TaskDetail:
        """See `Backend.task`."""
        if at is not None:
            return await self._in_thread(self._folder.history.task, task_id, at)
        return await self._in_thread(self._reader.task, task_id)

    async def inbox(
        self, *, project_id: str | None = None, cursor: str | None = None, limit: int = PAGE, context: bool = False
    ) -> Page[InboxItem]:
        """See `Backend.inbox`."""
        return await self._in_thread(
            lambda: self._reader.inbox(project_id, cursor, limit, self._actor, context=context)
        )

    async def request(self, request_id: str) -> RequestDetail:
        """See `Backend.request`."""
        return await self._in_thread(self._reader.request, request_id, self._actor)

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
        return await self._in_thread(self._reader.events, asked)

    async def settled(self, query: SettledQuery) -> Page[SettledRequest]:
        """See `Backend.settled`."""
        # With the first figures: opening a folder does not wait for them.
        from store.folder.settled_reads import settled_page

        return await self._in_thread(settled_page, self._store, query)

    async def policy(self, project_id: str) -> PolicyInForce:
        """See `Backend.policy`."""
        return await self._in_thread(self._folder.authority.policy, project_id)

    async def grants(self, project_id: str | None = None) -> Sequence[Grant]:
        """See `Backend.grants`."""
        return await self._in_thread(self._folder.authority.grants, project_id)

    async def grant_trial(self, terms: GrantTerms) -> Trial:
        """See `Backend.grant_trial`."""
        return await self._in_thread(self._folder.authority.trial, terms, self._actor)

    async def authority(self) -> AuthorityStatus:
        """See `Backend.authority`."""
        return await self._in_thread(self._folder.authority.status)

    async def approval_result(self, request_id: str, *, wait: float = 0) -> ApprovalResult | None:
        """See `Backend.approval_result`."""
        if not wait and self._store.is_pending(request_id, APPROVAL_REQUESTED):
            return None  # what agents ask all the time
        result = await self._result(request_id, APPROVAL_REQUESTED, wait)
        return None if result is None else read(ApprovalResult, result)

    async def elicitation_result(self, request_id: str, *, wait: float = 0) -> ElicitationResult | None:
        """See `Backend.elicitation_result`."""
        if not wait and self._store.is_pending(request_id, ELICITATION_REQUESTED):
            return None  # what agents ask all the time
        result = await self._result(request_id, ELICITATION_REQUESTED, wait)
        return None if result is None else read(ElicitationResult, result)

    async def _result(self, request_id: str, event_type: str, wait: float) -> Doc | None:
        result = None
        if not self._store.is_pending(request_id, event_type):
            result = await self._in_thread(self._reader.result, request_id, event_type)
        if result is not None or wait <= 0:
            return result
        await self._folder.settlements.wait(request_id, wait)
        return await self._result(request_id, event_type, 0)

    async def upload(self, upload_id: str) -> Upload:
        """See `Backend.upload`."""
        return await self._in_thread(self._reader.upload_info, upload_id)

    async def download(self, upload_id: str) -> AsyncIterator[bytes]:
        """See `Backend.download`."""
        pieces = await self._folder.pieces(upload_id)
        while piece := await self._in_thread(next, pieces, b""):
            yield piece

    async def changes(self, cursor: str | None = None) -> AsyncIterator[Change]:
        """See `Backend.changes`."""
        committed, loop = asyncio.Event(), asyncio.get_running_loop()
        stop_listening = self._store.listen(partial(set_from_thread, loop, committed))
        try:
            seq = await self._in_thread(self._reader.last_seq, cursor)
            while True:
                committed.clear()
                news = await self._in_thread(self._reader.news, seq)
                for change in news.changes:
                    yield change
                if news.seq == seq:
                    await self._folder.next_commit(committed, seq)
                seq = news.seq
        finally:
            stop_listening()

    async def submit(self, command: Command, *, key: str, content: AsyncIterable[bytes] | None = None) -> Receipt:
        """See `Backend.submit`."""
        # The rules are loaded with the first write: opening a folder does not wait for them.
        return await _submit()(self._folder, command, self._actor, key, content)

    async def recall(self, path: str, key: str) -> Receipt | None:
        """Return what this caller's key was answered on the concrete `path`, None where it never was."""
        return await self._in_thread(lambda: self._store.recall(KeyScope(self._actor.subject, path, key)))

    async def sweep(self) -> int:
        """Remove what killed processes left over and uploads that no task ever had; return how many uploads.

        Raises:
            StoreError: the folder is busy, or can't be read.
        """
        from store.folder.sweep import sweep

        return await self._in_thread(sweep, self._store, self._store.clock())

    async def check(self) -> None:
        """Check that writes can be recorded.

        Raises:
            StoreError: they can't, for this reason.
        """
        await self._in_thread(self._store.check)

    async def figures(self, since: int) -> Figures:
        """Return the folder's figures, with the decisions after the event at `since`."""
        return await self._in_thread(folder_figures, self._store, since)

    async def health(self) -> Health | None:
        """Return None: behind a folder there is no database."""
        return None


@cache
def _submit() -> Callable[..., Coroutine[None, None, Receipt]]:
    """Load what submits commands, with the first of them: opening a folder does not wait for the rules."""
    from store.folder.submitting import submit

    return submit
