"""The one thread of an open folder that writes: commands that wait together are carried out as one batch."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from api_client.errors import ApiError, StoreFault
from api_client.models import Receipt

if TYPE_CHECKING:
    from store.core.batch import Job

BATCH = 64
"""Commands that share one sync at the most."""


class Promise(Protocol):
    """Gets what comes of a job, in the writer's thread: a `concurrent.futures.Future`, or what takes its place."""

    def set_running_or_notify_cancel(self) -> bool:
        """Return whether the job, which is about to be carried out, is still wanted."""
        ...

    def set_result(self, result: Receipt) -> None:
        """Take the receipt."""
        ...

    def set_exception(self, exception: BaseException) -> None:
        """Take the refusal."""
        ...


class WriterThread:
    """A queue of jobs, whose length is that of those not begun, and the thread that carries them out."""

    def __init__(
        self, carry_out: Callable[[list[Job]], list[Receipt | ApiError]], after_batch: Callable[[], None]
    ) -> None:
        """Start the thread; `after_batch` is called in it once the callers of a batch have their answers."""
        self._carry_out, self._after_batch = carry_out, after_batch
        self._jobs: queue.SimpleQueue[tuple[Job, Promise] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return self._jobs.qsize()

    def put(self, job: Job, promise: Promise) -> None:
        """Put a job in the queue; `promise` gets the outcome."""
        self._jobs.put((job, promise))

    def stop(self) -> None:
        """Return once all jobs that were put in the queue are done, and the thread has ended."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            jobs: list[Job] = []
            promises: list[Promise] = []
            asked = self._jobs.get()
            while asked is not None:
                if asked[1].set_running_or_notify_cancel():
                    jobs.append(asked[0])
                    promises.append(asked[1])
                if len(jobs) == BATCH or self._jobs.empty():
                    break
                asked = self._jobs.get()
            going = asked is not None
            if jobs:
                self._finish(jobs, promises)

    def _finish(self, jobs: list[Job], promises: list[Promise]) -> None:
        try:
            outcomes = self._carry_out(jobs)
        except ApiError as fault:
            outcomes = [fault] * len(jobs)
        except Exception as fault:  # noqa: BLE001 - a writer that died would leave every caller waiting for ever
            outcomes = [StoreFault(f"The store failed ({type(fault).__name__}: {fault}).")] * len(jobs)
        for promise, outcome in zip(promises, outcomes, strict=True):
            if isinstance(outcome, Receipt):
                promise.set_result(outcome)
            else:
                promise.set_exception(outcome)
        self._after_batch()
