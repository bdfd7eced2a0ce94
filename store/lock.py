"""The folder's lock: one writer at a time over all processes and threads.

It is flock on a descriptor that stays open. The filelock library (which guards `keys.json`) opens, resolves and
closes its file each time: 60 µs to flock's own 1.3, on a path where a whole durable commit takes 300.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api_client.errors import StoreBusy

LOCK_SECONDS = 10.0
"""How long a writer waits for the other processes' writers."""
_POLL_SECONDS = 0.001


class FolderLock:
    """The lock of one folder, for all threads of this process."""

    def __init__(self, folder: Path) -> None:
        """Open the lock's file.

        Raises:
            OSError: it can't be made.
        """
        self._folder = folder
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._turn = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            StoreBusy: another process has held it for `LOCK_SECONDS`.
            OSError: the system has no locks here.
        """
        # A file's lock belongs to the process: a second thread would walk in beside the first.
        with self._turn:
            self._wait()
            try:
                yield
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the lock's file."""
        os.close(self._fd)

    def _wait(self) -> None:
        end = time.monotonic() + LOCK_SECONDS
        while not self._take():
            if time.monotonic() > end:
                message = f"Another program has held {self._folder} for {LOCK_SECONDS:.0f} s. End it, or try again."
                raise StoreBusy(message)
            time.sleep(_POLL_SECONDS)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
