"""From the writer's thread back to the callers' event loops: one wake-up for all that shared a sync.

A wake-up is a system call, and after each the two threads would take turns for every answer of a batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
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
        self._loops: dict[asyncio.AbstractEventLoop, _LoopReceipts] = {}
        """One loop, unless tests do otherwise."""
        store.listen(self._wake)

    def submit(self, job: Job) -> asyncio.Future[Receipt]:
        """Submit a job; return what gets its receipt, or the `ApiError` that refuses it.

        A job that has not begun is cancelled with its caller.
        """
        loop = asyncio.get_running_loop()
        receipts = self._loops.get(loop) or self._enter(loop)
        asked = _AskedReceipt(receipts, loop.create_future())
        self._store.submit(job, asked)
        if receipts.answered:  # refused at once
            receipts.deliver()
        return asked.receipt

    def _enter(self, loop: asyncio.AbstractEventLoop) -> _LoopReceipts:
        for closed in [one for one in list(self._loops) if one.is_closed()]:
            self._loops.pop(closed, None)
        return self._loops.setdefault(loop, _LoopReceipts(loop))

    def _wake(self) -> None:
        """Wake the loops of a batch's callers; called in the writer's thread."""
        for receipts in list(self._loops.values()):
            receipts.wake()


class _LoopReceipts:
    """The commands of one event loop that were answered, and whose callers are still to hear of it."""

    __slots__ = ("answered", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.answered: deque[_AskedReceipt] = deque()

    def wake(self) -> None:
        """Have the loop call `deliver` where there is something to deliver; called in the writer's thread."""
        if self.answered and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.deliver)

    def deliver(self) -> None:
        """Give the callers their answers; called in the loop."""
        while self.answered:
            self.answered.popleft().deliver()


class _AskedReceipt:
    """The `Promise` of a command whose caller waits in an event loop: without the locks of a future of threads."""

    __slots__ = ("_answer", "_receipts", "receipt")

    def __init__(self, receipts: _LoopReceipts, receipt: asyncio.Future[Receipt]) -> None:
        self._receipts = receipts
        self.receipt = receipt
        self._answer: Receipt | BaseException | None = None

    def set_running_or_notify_cancel(self) -> bool:
        """See `Promise`: a cancelled caller's command is not begun."""
        return not self.receipt.cancelled()

    def set_result(self, result: Receipt) -> None:
        """See `Promise`."""
        self._answer = result
        self._receipts.answered.append(self)

    def set_exception(self, exception: BaseException) -> None:
        """See `Promise`."""
        self._answer = exception
        self._receipts.answered.append(self)

    def deliver(self) -> None:
        """Give the caller the answer, in the loop; one that was cancelled does not hear it."""
        if self.receipt.done():
            return
        if isinstance(self._answer, Receipt):
            self.receipt.set_result(self._answer)
        elif self._answer is not None:
            self.receipt.set_exception(self._answer)
