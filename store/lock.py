"""The folder's lock: one writer at a time over all processes and threads."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api_client.errors import StoreBusy

LOCK_SECONDS = 10.0
"""How long a writer waits for the other processes' writers."""
_POLL_SECONDS = 0.001

if sys.platform == "win32":
    from filelock import FileLock, Timeout

    class _FileLock:
        """The lock of a file, by the library."""

        def __init__(self, path: Path) -> None:
            self._lock = FileLock(path, thread_local=False)

        def take(self) -> bool:
            """Take it if it is free."""
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                return False
            return True

        def give(self) -> None:
            """Give it back."""
            self._lock.release()

        def close(self) -> None:
            """Let go of the file."""

else:
    import fcntl

    class _FileLock:
        """The lock of a file, on a descriptor that stays open.

        The library opens, resolves and closes the file each time: 60 µs to flock's own 1.3, on a path where a
        whole durable commit takes 300. Both are the same lock to the system.
        """

        def __init__(self, path: Path) -> None:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

        def take(self) -> bool:
            """Take it if it is free."""
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        def give(self) -> None:
            """Give it back."""
            fcntl.flock(self._fd, fcntl.LOCK_UN)

        def close(self) -> None:
            """Let go of the file."""
            os.close(self._fd)


class FolderLock:
    """The lock of one folder, for all threads of this process."""

    def __init__(self, folder: Path) -> None:
        """Open the lock's file.

        Raises:
            OSError: it can't be made.
        """
        self._folder = folder
        self._file = _FileLock(folder / "lock")
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
                self._file.give()

    def close(self) -> None:
        """Let go of the lock's file."""
        self._file.close()

    def _wait(self) -> None:
        end = time.monotonic() + LOCK_SECONDS
        while not self._file.take():
            if time.monotonic() > end:
                message = f"Another program has held {self._folder} for {LOCK_SECONDS:.0f} s. End it, or try again."
                raise StoreBusy(message)
            time.sleep(_POLL_SECONDS)
