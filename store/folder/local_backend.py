"""LocalBackend: the contract over a folder on this machine."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from api_client.actor import Actor
from api_client.backend import PAGE
from api_client.errors import ApiError, InvalidRequest, NotFound, StoreFault, TooManyRequests
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
from store.core.idempotency import KeyScope
from store.core.state_view import Doc
from store.folder import uploads
from store.folder.engine import Progress, Store
from store.folder.figures import Figures, figures
from store.folder.files import Files
from store.folder.loop_bridge import Answers
from store.folder.queries import FolderReader
from store.folder.settlements import Settlements
from store.folder.timeouts import Timeouts
from store.folder.upload_allowance import UploadRoom

if TYPE_CHECKING:
    from api_client.commands import Command
    from store.core.batch import Job
    from store.core.command_limits import CommandLimits
    from store.core.ruling import Content

T = TypeVar("T")

LOOK_SECONDS = 0.2
"""How often those that wait look for what other processes wrote; own writes are heard at once."""
_REVIEWER_MAY = ("decide", "answer", "assign", "move", "note", "create_project", "board")


def random_token() -> str:
    """Return 48 random bits in hex: the part of an id that can't be guessed."""
    return secrets.token_hex(6)


async def open_local(
    folder: Path,
    actor: Actor,
    *,
    clock: Clock = utc_now,
    tokens: Callable[[], str] = random_token,
    files: Files | None = None,
    max_upload_bytes: int = uploads.MAX_BYTES,
    keep_free: int = 0,
    loose_bytes: int = 0,
    progress: Progress = lambda *_: None,
    fires_timeouts: bool = False,
    for_reading: bool = False,
    limits: CommandLimits | None = None,
) -> LocalBackend:
    """Open a data folder, making it where it is missing, and return the backend of `actor` over it.

    Opened `for_reading` nothing is made or written, and every command is refused. With `fires_timeouts` the timeouts of
    steps are fired while it is open, as whoever holds a folder for long should. `progress` hears, from another thread,
    of a journal that must be replayed: bytes read, bytes in all. Uploads leave `keep_free` bytes of the disk free, and
    no caller has more than `loose_bytes` of them that no task has (0: no limit).

    Raises:
        StoreError: the folder can't be made, locked or read.
    """
    threads = ThreadPoolExecutor(4, thread_name_prefix="store")
    loop = asyncio.get_running_loop()
    try:
        store = await loop.run_in_executor(
            threads,
            lambda: Store(
                folder,
                clock=clock,
                tokens=tokens,
                files=files,
                progress=progress,
                for_reading=for_reading,
                limits=limits,
            ),
        )
    except ApiError:
        threads.shutdown(wait=False)
        raise
    if fires_timeouts:
        Timeouts(store).start()
    room = UploadRoom(store, loose_bytes)
    return LocalBackend(store, actor, threads, max_upload_bytes, keep_free=keep_free, room=room)


class LocalBackend:
    """A Backend for one actor. All that are made from one by `acting_as` share its open folder."""

    def __init__(
        self,
        store: Store,
        actor: Actor,
        threads: ThreadPoolExecutor,
        max_upload_bytes: int,
        *,
        keep_free: int = 0,
        answers: Answers | None = None,
        settlements: Settlements | None = None,
        room: UploadRoom | None = None,
    ) -> None:
        self._store = store
        self._reader = FolderReader(store)
        self._actor = actor
        self._threads = threads
        self._max_upload_bytes = max_upload_bytes
        self._keep_free = keep_free
        self._room = UploadRoom(store, 0) if room is None else room
        self._answers = Answers(store) if answers is None else answers
        if settlements is None:  # where nobody waits it is empty, and as good as nothing to a plain `or`
            settlements = Settlements(store, self._catch_up, every=LOOK_SECONDS)
        self._settlements = settlements

    def acting_as(self, actor: Actor) -> LocalBackend:
        """Return a backend for another caller over the same open folder; only one of them is to be closed."""
        return LocalBackend(
            self._store,
            actor,
            self._threads,
            self._max_upload_bytes,
            keep_free=self._keep_free,
            answers=self._answers,
            settlements=self._settlements,
            room=self._room,
        )

    @property
    def notices(self) -> Sequence[str]:
        """See `Backend.notices`: what was healed or is wrong in the folder, and what can't be relied on where it is."""
        return [*self._store.doubts, *self._store.warnings]

    def break_off(self) -> None:
        """Have commands whose metadata takes long to check fail from now on: the folder is about to be closed."""
        self._store.checks.break_off()

    async def aclose(self) -> None:
        """See `Backend.aclose`. Finishes what was submitted and writes the checkpoint."""
        await self._in_thread(self._store.close)
        self._threads.shutdown(wait=False)

    async def me(self) -> Me:
        """See `Backend.me`."""
        await self._in_thread(self._store.journal.check_in_place)
        is_agent = self._actor.role == "agent"
        may = () if is_agent or self._store.read_only else _REVIEWER_MAY
        role: Role = "agent" if is_agent else "reviewer"
        return Me(subject=self._actor.subject, tags=self._actor.tags, role=role, capabilities=may)

    async def projects(self, *, name: str | None = None) -> Sequence[Project]:
        """See `Backend.projects`."""
        return await self._in_thread(self._reader.projects, name)

    async def project(self, project_id: str) -> Project:
        """See `Backend.project`."""
        return await self._in_thread(self._reader.project, project_id)

    async def board(self, project_id: str) -> Board:
        """See `Backend.board`."""
        return await self._in_thread(self._reader.board, project_id)

    async def cards(self, project_id: str, step: str, *, cursor: str | None = None, limit: int = PAGE) -> Page[Card]:
        """See `Backend.cards`."""
        return await self._in_thread(self._reader.cards, project_id, step, cursor, limit)

    async def tasks(self, *, project_id: str | None = None, name: str | None = None) -> Sequence[Task]:
        """See `Backend.tasks`."""
        return await self._in_thread(self._reader.tasks, project_id, name)

    async def task_pieces(self, *, project_id: str | None = None, name: str | None = None) -> AsyncIterator[bytes]:
        """Yield what `tasks` returns as the JSON of a list, in pieces that are made when they are asked for."""
        pieces = self._reader.task_pieces(project_id, name)
        while piece := await self._in_thread(next, pieces, b""):
            yield piece

    async def task(self, task_id: str) -> TaskDetail:
        """See `Backend.task`."""
        return await self._in_thread(self._reader.task, task_id)

    async def inbox(
        self, *, project_id: str | None = None, cursor: str | None = None, limit: int = PAGE
    ) -> Page[InboxItem]:
        """See `Backend.inbox`."""
        return await self._in_thread(self._reader.inbox, project_id, cursor, limit)

    async def request(self, request_id: str) -> RequestDetail:
        """See `Backend.request`."""
        return await self._in_thread(self._reader.request, request_id)

    async def events(
        self,
        *,
        project_id: str | None = None,
        task_id: str | None = None,
        types: Sequence[str] = (),
        order: Order = "asc",
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Page[Event]:
        """See `Backend.events`."""
        return await self._in_thread(
            lambda: self._reader.events(
                project_id=project_id, task_id=task_id, types=types, order=order, cursor=cursor, limit=limit
            )
        )

    async def approval_result(self, request_id: str, *, wait: float = 0) -> ApprovalResult | None:
        """See `Backend.approval_result`."""
        if not wait and self._store.is_pending(request_id, APPROVAL_REQUESTED):
            return None  # what agents ask all the time
        found = await self._result(request_id, APPROVAL_REQUESTED, wait)
        return None if found is None else read(ApprovalResult, found)

    async def elicitation_result(self, request_id: str, *, wait: float = 0) -> ElicitationResult | None:
        """See `Backend.elicitation_result`."""
        if not wait and self._store.is_pending(request_id, ELICITATION_REQUESTED):
            return None  # what agents ask all the time
        found = await self._result(request_id, ELICITATION_REQUESTED, wait)
        return None if found is None else read(ElicitationResult, found)

    async def _result(self, request_id: str, event_type: str, wait: float) -> Doc | None:
        found = None
        if not self._store.is_pending(request_id, event_type):
            found = await self._in_thread(self._reader.result, request_id, event_type)
        if found is not None or wait <= 0:
            return found
        await self._settlements.wait(request_id, wait)
        return await self._result(request_id, event_type, 0)

    async def upload(self, upload_id: str) -> Upload:
        """See `Backend.upload`."""
        return await self._in_thread(self._reader.shown_upload, upload_id)

    async def download(self, upload_id: str) -> AsyncIterator[bytes]:
        """See `Backend.download`."""
        doc = await self._in_thread(self._reader.upload, upload_id)
        if not doc.get("attached") and not await self._in_thread(self._has_content, doc["sha256"]):
            raise NotFound(f"The upload {upload_id!r} was attached to nothing: its content was dropped.")
        pieces = uploads.pieces(self._store.folder / "uploads", doc["sha256"])
        while piece := await self._in_thread(next, pieces, b""):
            yield piece

    async def changes(self, cursor: str | None = None) -> AsyncIterator[Change]:
        """See `Backend.changes`."""
        heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop_listening = self._store.listen(lambda: _wake(loop, heard))
        try:
            seq = await self._in_thread(self._reader.last_seq, cursor)
            while True:
                heard.clear()
                news = await self._in_thread(self._reader.news, seq)
                for change in news.changes:
                    yield change
                if news.seq == seq:
                    await self._news(heard, seq)
                seq = news.seq
        finally:
            stop_listening()

    async def submit(self, command: Command, *, key: str, content: AsyncIterable[bytes] | None = None) -> Receipt:
        """See `Backend.submit`."""
        # The rules come with the first write: who opens a folder does not wait for them.
        from api_client.commands import ReceiveUpload
        from store.core.batch import Job

        if isinstance(command, ReceiveUpload):
            if content is None:
                raise InvalidRequest("An upload needs its content.")
            with self._room.taking(self._actor.subject) as take:
                return await self._checked(Job(command, self._actor, None, await self._receive(content, take)))
        return await self._checked(Job(command, self._actor, key, verdicts={}))

    async def _checked(self, job: Job) -> Receipt:
        """Submit a job, and check its metadata in between as often as the rules ask for it.

        Raises:
            TooManyRequests: the state went on moving while it was checked.
        """
        from store.core.schema_questions import CheckNeeded
        from store.schemas.checks import TRIES

        for _ in range(TRIES):
            try:
                return await self._answers.submit(job)
            except CheckNeeded as needed:
                question = needed.question
            verdict = await asyncio.wrap_future(self._store.checks.ask(question, job.actor.subject))
            job = job.with_verdict(question, verdict)
        raise TooManyRequests("The task changed each time that this was checked; nothing was recorded.", retry_after=1)

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
        return await self._in_thread(figures, self._store, since)

    async def _news(self, heard: asyncio.Event, seq: int) -> None:
        """Return when there may be news after `seq`: this process has committed, or another one's head has moved."""
        while not heard.is_set() and self._store.state.seq == seq and not await self._in_thread(self._look):
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await heard.wait()
            except TimeoutError:
                continue

    async def _catch_up(self) -> None:
        """Bring the state up to date with what other processes wrote.

        Raises:
            StoreError: the record can't be read, or was moved away.
        """
        if await self._in_thread(self._look):
            await self._in_thread(self._store.read, lambda _: None)

    def _look(self) -> bool:
        """Return whether another process has committed.

        Raises:
            StoreFault: the record was moved away: no news would ever come.
        """
        self._store.journal.check_in_place()
        return self._store.journal.head.has_news()

    def _has_content(self, sha256: str) -> bool:
        return uploads.content_path(self._store.folder / "uploads", sha256).exists()

    async def _receive(self, content: AsyncIterable[bytes], take: Callable[[int], None]) -> Content:
        folder = self._store.folder / "uploads"
        files, token = self._store.files, self._store.tokens()
        bounds = self._max_upload_bytes, self._keep_free
        try:
            receiver = await self._in_thread(uploads.Receiver, folder, files, token, *bounds)
            try:
                async for piece in content:
                    take(len(piece))
                    await self._in_thread(receiver.take, piece)
                return await self._in_thread(receiver.finish)
            finally:
                await self._in_thread(receiver.close)
        except OSError as fault:
            raise StoreFault(f"The upload can't be kept: {fault.strerror or fault}.") from fault

    async def _in_thread(self, call: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)


def _wake(loop: asyncio.AbstractEventLoop, heard: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(heard.set)
