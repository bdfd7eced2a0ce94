"""The few operations that change a folder, each through one object, so that a test can make each of them fail.

Nothing else in the store writes, syncs, renames or truncates.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from typing_extensions import override

from api_client.errors import StoreFault


class Files:
    """The system's own operations."""

    def open(self, path: Path) -> int:
        """Return a descriptor for reading and writing `path`, made for its owner alone where it is missing."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

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
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        fd = self.open(temporary)
        try:
            try:
                self.truncate(fd, 0)
                offset = 0
                for piece in pieces:
                    self.write_all(fd, piece, offset)
                    offset += len(piece)
                self.sync(fd)
            finally:
                os.close(fd)
            self.rename(temporary, path)
        except (OSError, StoreFault):
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        self.sync_folder(path.parent)


class ReadingFiles(Files):
    """Opens what is there for reading alone; what is missing reads as empty."""

    @override
    def open(self, path: Path) -> int:
        """Return a descriptor for reading `path`."""
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
