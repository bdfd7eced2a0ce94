"""The standard streams of a command, guarded against a closed pipe and a full disk.

A command's exit code must not depend on whether somebody reads its output: a recorded write ends with success, so that
nobody repeats it. Each stream is guarded at its lowest level, below click's output, ours and the interpreter's own
flush at exit.
"""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer


class NotPrinted(OSError):
    """Output could not be written, for another reason than a closed pipe. Raised once: later output is dropped."""


class _GuardedStream(io.FileIO):
    """A file descriptor that drops its output after the first failure."""

    def __init__(self, descriptor: int, *, raises: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._raises = raises
        self.has_reader = True
        self._is_lost = False

    def write(self, data: Buffer, /) -> int:
        """Write the data; after a closed pipe or a first failure, drop it.

        Raises:
            NotPrinted: the output could not be written, and this stream raises.
        """
        size = memoryview(data).nbytes
        if self._is_lost:
            return size
        try:
            return self._write(data)
        except BrokenPipeError:
            self._is_lost, self.has_reader = True, False
        except OSError as fault:
            self._is_lost = True
            if self._raises:
                raise NotPrinted(fault.errno, fault.strerror) from None
        return size

    def _write(self, data: Buffer) -> int:
        # A non-blocking descriptor, which ssh makes of a terminal that it shares, returns None.
        while (count := super().write(data)) is None:
            select.select([], [self], [])
        return count


_out: _GuardedStream | None = None
_replaced: list[TextIO | None] = []
"""The original streams: when one is garbage-collected it closes its descriptor."""


def guard() -> None:
    """Guard stdout and stderr, and open closed descriptors on the null device.

    The next file that is opened would get a closed descriptor's number: output would end up in the journal.
    """
    global _out  # noqa: PLW0603 - a process has one stdout
    closed = _open_closed()
    _replaced.extend((sys.stdout, sys.stderr))
    _out = _GuardedStream(1, raises=True)
    _out.has_reader = 1 not in closed
    sys.stdout = _text_over(_out, sys.stdout)
    sys.stderr = _text_over(_GuardedStream(2, raises=False), sys.stderr)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)


def has_reader() -> bool:
    """Return whether somebody may still read the output: False where stdout is closed."""
    return _out is None or _out.has_reader


def _open_closed() -> set[int]:
    """Open each closed standard descriptor on the null device; return their numbers."""
    closed: set[int] = set()
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.add(descriptor)
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:  # another thread took the number meanwhile
                os.dup2(opened, descriptor)
                os.close(opened)
    return closed


def _text_over(raw: _GuardedStream, replaced: TextIO | None) -> TextIO:
    """Return a text stream over a guarded descriptor, with the encoding of the stream that it replaces."""
    if replaced is not None:
        replaced.flush()
    errors = "strict" if raw.fileno() == 1 else "backslashreplace"
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=replaced.encoding if replaced is not None else "utf-8",
        errors=(replaced.errors if replaced is not None else None) or errors,
        line_buffering=raw.fileno() == 2 or raw.isatty(),
    )
