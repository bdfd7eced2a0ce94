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

from api_client.errors import StoreBusy, StoreFault
from store.folder.files import FileId, id_at, id_of, open_regular

LOCK_SECONDS = 10.0
"""How long a writer waits for the other processes' writers."""
_POLL_SECONDS = 0.001


class FolderLock:
    """The lock of one folder, for all threads of this process.

    It is held on the file `lock`, and on the journal too: `lock` can be removed while someone holds it, and whoever
    came next would make a new one and write over the same place. That a journal is removed, its writer notices.
    """

    def __init__(self, folder: Path) -> None:
        """Open nothing yet: the lock's file is created by the first writer."""
        self._own = _LockFile(folder / "lock", os.O_RDWR | os.O_CREAT)
        self._journal = _LockFile(folder / "journal.jsonl", os.O_RDWR)
        self._turn = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[FileId | None]:
        """Hold the lock as the one writer; give the identity of the file at the journal's path, None without one.

        Raises:
            StoreBusy: another process has held it for `LOCK_SECONDS`.
            StoreFault: one of its files is a symbolic link, or no regular file.
            OSError: the system has no locks here, or the folder can't be written.
        """
        journal = self.take()
        try:
            yield journal
        finally:
            self.release()

    def take(self) -> FileId | None:
        """Take the lock, to be given back by `release`: what `held` does, without its 3 µs.

        Raises:
            StoreBusy: another process has held it for `LOCK_SECONDS`.
            StoreFault: one of its files is a symbolic link, or no regular file.
            OSError: the system has no locks here, or the folder can't be written.
        """
        # A file's lock belongs to the process: a second thread would walk in beside the first.
        self._turn.acquire()
        try:
            self._own.take()
            return self._journal.take()
        except BaseException:  # an interrupted wait, too, must leave the lock to others
            self.release()
            raise

    def release(self) -> None:
        """Give the lock back, for other threads and processes."""
        try:
            self._journal.release()
            self._own.release()
        finally:
            self._turn.release()

    @contextmanager
    def reading(self, *, wait: bool = True) -> Iterator[bool]:
        """Keep writers out for the while, as one of many readers; nothing is created for it.

        Gives True where no writer is at work: it was kept out, or there is no file to lock.

        Args:
            wait: whether to wait for a writer; without, False is given where one is at work.

        Raises:
            StoreBusy: another process has held the lock for `LOCK_SECONDS`.
        """
        with self._own.shared(wait=wait) as quiet, self._journal.shared(wait=wait) as still:
            yield quiet and still

    def close(self) -> None:
        """Close the lock's files."""
        self._own.close()
        self._journal.close()


class _LockFile:
    """A file that is locked, and stays open from the first time on."""

    def __init__(self, path: Path, flags: int) -> None:
        self._path, self._flags = path, flags
        self._name = str(path)
        self._fd: int | None = None
        self._id: FileId | None = None
        self._is_held = False

    def take(self) -> FileId | None:
        """Lock the file that is at the path now, and return its identity; None without a file."""
        while True:
            if self._fd is None:
                try:
                    self._fd = open_regular(self._path, self._flags)
                except FileNotFoundError:
                    if self._flags & os.O_CREAT:
                        raise
                    return None
                self._id = id_of(os.fstat(self._fd))
            if not _try(self._fd, fcntl.LOCK_EX):
                self._wait(self._fd, fcntl.LOCK_EX)
            self._is_held = True
            # Removed or replaced, it would not keep out those who come later.
            if id_at(self._name) == self._id:
                return self._id
            self.close()

    def release(self) -> None:
        """Unlock the file, where it is locked."""
        if self._is_held and self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        self._is_held = False

    @contextmanager
    def shared(self, *, wait: bool) -> Iterator[bool]:
        try:
            fd = open_regular(self._path, os.O_RDONLY)
        except (OSError, StoreFault):
            yield True
            return
        try:
            yield self._share(fd, wait=wait)
        finally:
            os.close(fd)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd, self._is_held = None, False

    def _share(self, fd: int, *, wait: bool) -> bool:
        try:
            return self._wait(fd, fcntl.LOCK_SH) if wait else _try(fd, fcntl.LOCK_SH)
        except OSError:
            return True  # the file system has no locks: a writer could not work here either

    def _wait(self, fd: int, kind: int) -> bool:
        end = time.monotonic() + LOCK_SECONDS
        while not _try(fd, kind):
            if time.monotonic() > end:
                where = self._path.parent
                raise StoreBusy(f"Another program has held {where} for {LOCK_SECONDS:.0f} s. End it, or try again.")
            time.sleep(_POLL_SECONDS)
        return True


def _try(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
