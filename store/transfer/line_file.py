"""A file of lines that is read several times, each from its start; a pipe is copied first."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO

from store.transfer.record_lines import LINE_MOST

Progress = Callable[[int, int], None]
"""Called with the bytes that were read, and all bytes."""

_CHUNK = 1 << 20


class LineFile:
    """The lines of a regular file, from where it stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._start = file, file.tell()
        self.size = os.fstat(file.fileno()).st_size - self._start

    def lines(self, progress: Progress = lambda *_: None) -> Iterator[bytes]:
        """Yield the lines; one that is too long for an export is cut, and the last."""
        place, rest = self._start, b""
        while chunk := os.pread(self._file.fileno(), _CHUNK, place):
            place += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
            if len(rest) > LINE_MOST:
                break
            progress(min(place - self._start, self.size - 1), self.size)
        if rest:
            yield rest
        progress(self.size, self.size)


@contextmanager
def replayable(source: BinaryIO) -> Iterator[LineFile]:
    """Give the lines of a file or a pipe; of a pipe by way of a temporary file, as large as all that comes.

    Raises:
        OSError: it can't be read or copied.
    """
    if stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        yield LineFile(source)
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(source, copy, _CHUNK)
        copy.seek(0)
        copy.flush()
        yield LineFile(copy)
