"""An open folder as the backends of all its callers share it: its store, its threads, and the calls that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from api_client.errors import NotFound, StoreFault
from store.core.upload_allowance import UploadAllowance
from store.core.upload_limits import UploadLimits
from store.folder import uploads
from store.folder.engine import Store
from store.folder.folder_history import FolderHistory
from store.folder.loop_bridge import PendingReceipts
from store.folder.queries import FolderReader
from store.folder.settlements import Settlements

if TYPE_CHECKING:
    from store.core.ruling import Content
    from store.folder.authority_reads import AuthorityReader
    from store.folder.record_tree import RecordTree

T = TypeVar("T")

LOOK_SECONDS = 0.2
"""Seconds between two looks for what other processes wrote; this process's own commits notify at once."""


class OpenFolder:
    """One store, and what calls its blocking methods from an event loop."""

    def __init__(self, store: Store, threads: ThreadPoolExecutor, upload_limits: UploadLimits) -> None:
        self.store = store
        self.reader = FolderReader(store)
        self.history = FolderHistory(store)
        self.receipts = PendingReceipts(store)
        self.settlements = Settlements(store, self._catch_up, every=LOOK_SECONDS)
        self.upload_limits = upload_limits
        self.allowance = UploadAllowance(lambda subject: store.state.loose.get(subject, 0), upload_limits.loose_bytes)
        self._threads = threads
        # One of its own: a first checkpoint of a large record takes many seconds, and the others are to read meanwhile.
        self._proof_thread = ThreadPoolExecutor(1, thread_name_prefix="proofs")

    @cached_property
    def authority(self) -> AuthorityReader:
        """The reads of policies and grants. Opening a folder does not wait for the rules."""
        from store.folder.authority_reads import AuthorityReader

        return AuthorityReader(self.store)

    @cached_property
    def tree(self) -> RecordTree:
        """The tree over the chain. What signs is loaded with the first checkpoint."""
        from store.folder.record_tree import RecordTree

        return RecordTree(self.store)

    async def in_thread(self, call: Callable[..., T], *args: object) -> T:
        """Return what a blocking call returns, having waited for it in one of the folder's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)

    async def in_proof_thread(self, call: Callable[[RecordTree], T]) -> T:
        """Return what a blocking call of the tree returns, one call at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._proof_thread, lambda: call(self.tree))

    async def close(self) -> None:
        """Finish what was submitted, and close the store."""
        await self.in_thread(self.store.close)
        self._threads.shutdown(wait=False)
        self._proof_thread.shutdown(wait=False, cancel_futures=True)

    # -- what other processes write

    async def next_commit(self, committed: asyncio.Event, seq: int) -> None:
        """Return when there may be events after `seq`.

        Args:
            committed: Is set when this process commits.
            seq: The last event that the caller has.
        """
        while not committed.is_set() and self.store.state.seq == seq and not await self.in_thread(self._has_news):
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await committed.wait()
            except TimeoutError:
                continue

    async def _catch_up(self) -> None:
        """Bring the state up to date with what other processes wrote.

        Raises:
            StoreError: the record can't be read, or was moved away.
        """
        if await self.in_thread(self._has_news):
            await self.in_thread(self.store.read, lambda _: None)

    def _has_news(self) -> bool:
        """Return whether another process has committed.

        Raises:
            StoreFault: the record was moved away: no news would ever come.
        """
        self.store.journal.check_in_place()
        return self.store.journal.head.has_news()

    # -- uploads

    async def receive(self, content: AsyncIterable[bytes], take: Callable[[int], None]) -> Content:
        """Store the bytes of an upload, and return their hash and size; `take` counts them for the caller's allowance.

        Raises:
            TooLarge: it is over the limit.
            StoreFault: the disk refused.
        """
        store, limits = self.store, self.upload_limits
        bounds = limits.max_bytes, limits.keep_free
        try:
            receiver = await self.in_thread(
                uploads.Receiver, store.folder / "uploads", store.files, store.tokens(), *bounds
            )
            try:
                async for piece in content:
                    take(len(piece))
                    await self.in_thread(receiver.take, piece)
                return await self.in_thread(receiver.finish)
            finally:
                await self.in_thread(receiver.close)
        except OSError as fault:
            raise StoreFault(f"The upload can't be kept: {fault.strerror or fault}.") from fault

    async def pieces(self, upload_id: str) -> Iterator[bytes]:
        """Return the bytes of an upload, to be read in threads.

        Raises:
            NotFound: there is no such upload, or its content was dropped.
        """
        upload, folder = await self.in_thread(self.reader.upload, upload_id), self.store.folder / "uploads"
        content = uploads.content_path(folder, upload["sha256"])
        if not upload.get("attached") and not await self.in_thread(content.exists):
            raise NotFound(f"The upload {upload_id!r} was attached to nothing: its content was dropped.")
        return uploads.pieces(folder, upload["sha256"])
