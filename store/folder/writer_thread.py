"""The one thread of an open folder that writes: commands that wait together are carried out as one batch."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from api_client.errors import ApiError, StoreFault
from api_client.models import Receipt

if TYPE_CHECKING:
    from store.core.batch import Job

BATCH = 64
"""Commands that share one sync at the most."""


class WriterThread:
    """A queue of jobs, whose length is that of those not begun, and the thread that carries them out."""

    def __init__(
        self, carry_out: Callable[[list[Job]], list[Receipt | ApiError]], after_batch: Callable[[], None]
    ) -> None:
        """Start the thread; `after_batch` is called in it once the callers of a batch have their answers."""
        self._carry_out, self._after_batch = carry_out, after_batch
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return self._jobs.qsize()

    def put(self, job: Job) -> None:
        """Put a job in the queue; its `done` gets the outcome."""
        self._jobs.put(job)

    def stop(self) -> None:
        """Return once all jobs that were put in the queue are done, and the thread has ended."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch: list[Job] = []
            job = self._jobs.get()
            while job is not None:
                if job.done.set_running_or_notify_cancel():
                    batch.append(job)
                if len(batch) == BATCH or self._jobs.empty():
                    break
                job = self._jobs.get()
            going = job is not None
            if batch:
                self._finish(batch)

    def _finish(self, batch: list[Job]) -> None:
        try:
            outcomes = self._carry_out(batch)
        except ApiError as fault:
            outcomes = [fault] * len(batch)
        except Exception as fault:  # noqa: BLE001 - a writer that died would leave every caller waiting for ever
            outcomes = [StoreFault(f"The store failed ({type(fault).__name__}: {fault}).")] * len(batch)
        for job, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Receipt):
                job.done.set_result(outcome)
            else:
                job.done.set_exception(outcome)
        self._after_batch()
