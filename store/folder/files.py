"""The few operations that change a folder, each through one object, so that a test can make each of them fail.

Nothing else in the store writes, syncs, renames or truncates. Every file of a folder is opened here too: never through
a symbolic link, and regular files only, so that nothing outside the folder is read or changed under one of its names.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from api_client.errors import StoreFault

_SAFELY = os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""No link is followed, and opening a named pipe that nobody writes to does not block."""
_IS_A_LINK = frozenset({errno.ELOOP, errno.EMLINK})
_MODE = 0o600
FileId = tuple[int, int]
"""The identity of a file, whatever its name: device and inode."""


def open_regular(path: Path, flags: int) -> int:
    """Return a descriptor of the regular file at `path`.

    Raises:
        StoreFault: `path` is a symbolic link, or no regular file.
        OSError: the system refused.
    """
    try:
        fd = os.open(path, flags | _SAFELY, _MODE)
    except OSError as fault:
        if fault.errno in _IS_A_LINK:
            raise StoreFault(
                f"{path} is a symbolic link: the files of a data folder must be regular files. Put the file itself "
                "in the link's place."
            ) from None
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise StoreFault(f"{path} is not a regular file. Move it out of the data folder.")
    return fd


def read_regular(path: Path, most: int) -> bytes:
    """Return the content of the regular file at `path`.

    Raises:
        StoreFault: `path` is a symbolic link, or no regular file, or holds over `most` bytes.
        FileNotFoundError: there is none.
        OSError: the system refused.
    """
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise StoreFault(
                f"{path} holds {size:,} bytes, more than this program wrote. Move it out of the data folder."
            )
        return file.read(most)


class Files:
    """The system's own operations."""

    def open(self, path: Path, *, create: bool = True) -> int:
        """Return a descriptor for reading and writing `path`, made for its owner alone where it is missing.

        Raises:
            StoreFault: `path` is a symbolic link, or no regular file.
            OSError: the system refused, or it is missing and `create` is false.
        """
        return open_regular(path, os.O_RDWR | (os.O_CREAT if create else 0))

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write `data` at `offset`; return the number of bytes that the system took, which may be fewer."""
        return os.pwrite(fd, data, offset)

    def sync(self, fd: int) -> None:
        """Return when the file's bytes are on the disk: the strongest promise that the system has."""
        if sys.platform == "darwin":
            import fcntl

            # fsync on macOS leaves the bytes in the drive's cache; this alone empties it.
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(fd, size)

    def rename(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target`, atomically."""
        source.replace(target)

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's entries are on the disk."""
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def free(self, folder: Path) -> int:
        """Return the bytes that this user may still write to the folder's disk."""
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize

    def write_all(self, fd: int, data: bytes, offset: int) -> None:
        """Write all of `data` at `offset`.

        Raises:
            StoreFault: the system took only a part. A full disk shows so, without an error of its own.
            OSError: the system refused.
        """
        taken = self.pwrite(fd, data, offset)
        if taken != len(data):
            raise StoreFault(f"The disk took only {taken} of {len(data)} bytes: it may be full. Nothing was recorded.")

    def replace(self, path: Path, *pieces: bytes) -> None:
        """Make `path` hold `pieces`, one after the other: after a crash it holds either the old bytes or all of these.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the system refused.
        """
        self.replace_with(path, pieces)

    def replace_with(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Do the same with pieces that are made one after the other, so that they need not all be in memory.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the system refused.
        """
        self._replace(path, pieces, self.sync)
        self.sync_folder(path.parent)

    def put(self, path: Path, data: bytes) -> None:
        """Make `path` hold `data`, for whoever reads it now; after a power cut it may hold the old bytes, or less.

        For what is made again where it is lost: it waits for no disk.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        self._replace(path, (data,), lambda _: None)

    def _replace(self, path: Path, pieces: Iterable[bytes], settle: Callable[[int], None]) -> None:
        """Write a temporary file, `settle` its descriptor, and give it the name; of a failure nothing remains."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()  # a killed process of the same number may have left it
        fd = self.open(temporary)
        try:
            try:
                self.truncate(fd, 0)
                offset = 0
                for piece in pieces:
                    self.write_all(fd, piece, offset)
                    offset += len(piece)
                settle(fd)
            finally:
                os.close(fd)
            self.rename(temporary, path)
        except (OSError, StoreFault):
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


class RecordFile:
    """A file of the record at its path: opened for reading, and for writing by the first write.

    Other processes may be about to create it: until it is there it reads as empty.
    """

    def __init__(self, path: Path, files: Files) -> None:
        self.path = path
        self._name = str(path)
        self._files = files
        self._fd: int | None = None
        self._read_fd: int | None = None
        self._id: FileId | None = None
        self._is_writable = False
        self._find()

    def close(self) -> None:
        """Close what is open."""
        for fd in (self._fd, self._read_fd):
            if fd is not None:
                os.close(fd)

    def is_there(self) -> bool:
        """Return whether there is a file."""
        return self._find() is not None

    def size(self) -> int:
        """Return the size in bytes, 0 where there is no file yet."""
        fd = self._fd if self._fd is not None else self._find()
        return 0 if fd is None else os.lseek(fd, 0, os.SEEK_END)  # a third of the time of fstat

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`, fewer where it ends before."""
        fd = self._fd if self._fd is not None else self._find()
        return b"" if fd is None else os.pread(fd, size, offset)

    def for_writing(self, *, create: bool = False) -> int:
        """Return a descriptor that can be written.

        Raises:
            StoreFault: another file has taken the path since this one was opened for reading.
            OSError: the system refused.
        """
        if self._fd is not None and self._is_writable:
            return self._fd
        fd = self._files.open(self.path, create=create)
        if self._find() is not None and id_of(os.fstat(fd)) != self._id:
            os.close(fd)
            raise StoreFault(moved(self.path))
        # Another thread may be reading from the first right now: it stays open.
        self._read_fd, self._fd, self._id = self._fd, fd, id_of(os.fstat(fd))
        self._is_writable = True
        return fd

    def is_in_place(self, there: FileId | None = None) -> bool:
        """Return whether the open file is still the one at the path.

        `there` is the file that was just found at the path; without it, one look is made (2 µs).
        """
        return self._fd is None or (there or id_at(self._name)) == self._id

    def _find(self) -> int | None:
        if self._fd is None:
            with contextlib.suppress(FileNotFoundError):
                self._fd = open_regular(self.path, os.O_RDONLY)
                self._id = id_of(os.fstat(self._fd))
        return self._fd


def moved(path: Path) -> str:
    """Return the sentence for a file of the record that is no longer where it was opened."""
    return (
        f"{path.name} is no longer the file that was opened: it was moved, removed or replaced. Nothing more is "
        f"recorded. Put it back, or close this program and run 'pumpup-tui doctor --data {path.parent}'."
    )


def id_of(seen: os.stat_result) -> FileId:
    """Return the identity of a file."""
    return seen.st_dev, seen.st_ino


def id_at(name: str) -> FileId | None:
    """Return the identity of the file at a path, None where there is none or it can't be known."""
    try:
        seen = os.stat(name, follow_symlinks=False)  # noqa: PTH116 - a third of the time of Path.stat
    except OSError:
        return None
    return seen.st_dev, seen.st_ino
