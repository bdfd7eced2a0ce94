"""The standard streams of a command, made safe for a reader that is gone and for a disk that is full.

What a command did must not depend on whether somebody reads what it prints: a write that was recorded ends well, so
that nothing does it twice. Each stream is guarded at its lowest level, where every way of printing ends: click's, ours
and the interpreter's own flush at the end.
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
    """Output could not be written, for another reason than that nobody reads it. Raised once: what follows is lost."""


class _Guarded(io.FileIO):
    """A descriptor that is written to for as long as it takes anything."""

    def __init__(self, descriptor: int, *, tells: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._tells = tells
        self.has_reader = True
        self._is_lost = False

    def write(self, data: Buffer, /) -> int:
        """Write; once the reader is gone or the first failure was raised, take everything and keep nothing.

        Raises:
            NotPrinted: the output takes no more, and this stream tells of it.
        """
        size = memoryview(data).nbytes
        if self._is_lost:
            return size
        try:
            return self._written(data)
        except BrokenPipeError:
            self._is_lost, self.has_reader = True, False
        except OSError as fault:
            self._is_lost = True
            if self._tells:
                raise NotPrinted(fault.errno, fault.strerror) from None
        return size

    def _written(self, data: Buffer) -> int:
        # A descriptor that someone made non-blocking, as ssh does with a terminal that it shares, returns None.
        while (count := super().write(data)) is None:
            select.select([], [self], [])
        return count


_out: _Guarded | None = None
_replaced: list[TextIO | None] = []
"""The streams that were there before: one that is let go of closes its descriptor."""


def guard() -> None:
    """Guard stdout and stderr, and open what was closed on nothing.

    A closed descriptor would be given to the next file that is opened: what is printed would end in the journal.
    """
    global _out  # noqa: PLW0603 - a process has one stdout
    closed = _occupied()
    _replaced.extend((sys.stdout, sys.stderr))
    _out = _Guarded(1, tells=True)
    _out.has_reader = 1 not in closed
    sys.stdout = _text_over(_out, sys.stdout)
    sys.stderr = _text_over(_Guarded(2, tells=False), sys.stderr)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)


def has_reader() -> bool:
    """Return whether anybody may still read what is printed: False where stdout was closed before or meanwhile."""
    return _out is None or _out.has_reader


def _occupied() -> set[int]:
    """Open each standard descriptor that is closed on nothing; return which those were."""
    closed: set[int] = set()
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.add(descriptor)
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:  # something else took a lower one meanwhile
                os.dup2(opened, descriptor)
                os.close(opened)
    return closed


def _text_over(raw: _Guarded, before: TextIO | None) -> TextIO:
    """Return a text stream over a guarded descriptor, in the coding of the one that it takes the place of."""
    if before is not None:
        before.flush()
    errors = "strict" if raw.fileno() == 1 else "backslashreplace"
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before is not None else "utf-8",
        errors=(before.errors if before is not None else None) or errors,
        line_buffering=raw.fileno() == 2 or raw.isatty(),
    )
