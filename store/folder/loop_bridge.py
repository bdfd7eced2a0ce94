"""From the writer's thread back to the callers' event loops: one wake-up for all that shared a sync.

A wake-up is a system call, and after each the two threads would take turns for every answer of a batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent import futures
from typing import TYPE_CHECKING

from api_client.models import Receipt
from store.folder.engine import Store

if TYPE_CHECKING:
    from store.core.batch import Job


def set_from_thread(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    """Set an event of a loop, in another thread; does nothing once the loop is closed."""
    if not loop.is_closed() and not event.is_set():
        loop.call_soon_threadsafe(event.set)


class PendingReceipts:
    """The commands of one store's callers that are in flight."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._come: deque[tuple[asyncio.Future[Receipt], futures.Future[Receipt]]] = deque()
        self._loops: set[asyncio.AbstractEventLoop] = set()
        """Whose answers have come since they were last woken: one loop, unless tests do otherwise."""
        store.listen(self._wake)

    async def submit(self, job: Job) -> Receipt:
        """Submit a job and return its receipt; a job that has not begun is cancelled with its caller.

        Raises:
            ApiError: the command was refused.
        """
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[Receipt] = loop.create_future()

        def come(done: futures.Future[Receipt]) -> None:
            self._come.append((asked, done))
            self._loops.add(loop)

        self._store.submit(job)
        job.done.add_done_callback(come)
        if job.done.done():  # refused at once, or carried out before it was listened for
            self._deliver()
        try:
            return await asked
        finally:
            if asked.cancelled():
                job.done.cancel()

    def _wake(self) -> None:
        """Wake the loops of a batch's callers; called in the writer's thread."""
        loops, self._loops = self._loops, set()
        for loop in loops:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(len(self._come)):
            asked, done = self._come.popleft()
            if asked.get_loop() is not loop:
                self._come.append((asked, done))
            elif asked.done() or done.cancelled():
                continue
            elif (fault := done.exception()) is not None:
                asked.set_exception(fault)
            else:
                asked.set_result(done.result())
