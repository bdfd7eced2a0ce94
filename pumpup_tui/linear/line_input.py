"""Lines of standard input, read in a thread: the event loop never waits for a person or a pipe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from threading import Semaphore, Thread

LONGEST = 64_000
"""Bytes of a line that are taken; a longer one is refused as a whole."""
CHUNK = 65_536
AHEAD = 4
"""Pieces that are read before they are asked for."""


class UnfitLine(ValueError):
    """A line that is not taken; the message says why."""


class LineInput:
    """Yields lines, and None at the end; bytes come from `read`, which may block."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = Semaphore(AHEAD)
        self._rest = b""
        self._has_begun = self._is_over = False

    async def next(self) -> str | None:
        """Return the next line without its end; None where there is none.

        Raises:
            UnfitLine: it is too long, no UTF-8, or has control characters.
        """
        if not self._has_begun:
            self._begin()
        while b"\n" not in self._rest and not self._is_over:
            piece = await self._pieces.get()
            self._room.release()
            self._is_over = not piece
            self._rest += piece if len(self._rest) <= LONGEST else piece[piece.find(b"\n") :] * (b"\n" in piece)
        raw, newline, self._rest = self._rest.partition(b"\n")
        return _decoded_line(raw) if newline or raw else None

    def _begin(self) -> None:
        self._has_begun = True
        loop = asyncio.get_running_loop()

        def read() -> None:
            piece = b"-"
            while piece:
                self._room.acquire()
                try:
                    piece = self._read()
                except OSError:  # the terminal is gone
                    piece = b""
                try:
                    loop.call_soon_threadsafe(self._pieces.put_nowait, piece)
                except RuntimeError:  # the loop has ended
                    return

        Thread(target=read, name="line input", daemon=True).start()


def standard_input() -> bytes:
    """Return the next bytes of standard input; none at its end."""
    return os.read(0, CHUNK)


def _decoded_line(raw: bytes) -> str:
    if len(raw) > LONGEST:
        raise UnfitLine(f"That line is longer than {LONGEST:,} bytes: nothing of it was taken.")
    try:
        text = raw.decode("utf-8").removesuffix("\r")
    except UnicodeDecodeError:
        raise UnfitLine("That line is no UTF-8 text: nothing of it was taken.") from None
    if any((char < " " and char != "\t") or "\x7f" <= char <= "\x9f" for char in text):
        raise UnfitLine("That line has control characters in it, of an arrow key perhaps: type it again.")
    return text
