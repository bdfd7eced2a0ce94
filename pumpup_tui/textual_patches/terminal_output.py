"""Output to a terminal that may stall or go away: no writer waits for it.

Reason: Textual's writer is a queue of thirty pieces in front of a thread. A terminal that is gone ends the thread, one
that takes nothing stalls it, and either way the thirty-first piece blocks the event loop for ever, signals and all.

Performance: not measured alone.

Test: tests/cli/test_dropped_terminals.py.
"""

from __future__ import annotations

import os
import select
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Condition, Thread

CLOGGED = 256_000
"""Bytes that may wait for a terminal. More is left out, and all is drawn again when these are written."""
SHORT = 64
"""Bytes of a sequence that turns a mode on or off: queued up to twice `CLOGGED`, for no repaint brings it back."""
CHUNK = 4096
"""Bytes that are written at once."""


class Output:
    """Writes in a thread of its own, in order.

    A failed write means that the terminal is gone: `gone` is called once, in that thread, and all that follows is
    dropped. `caught_up` is called, in that thread, when everything is written after something was left out.
    """

    def __init__(self, descriptor: int, *, gone: Callable[[], None], caught_up: Callable[[], None]) -> None:
        self._descriptor, self._gone, self._caught_up = descriptor, gone, caught_up
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._written = 0
        self._left_out = False
        self._ended = False
        self._changed = Condition()
        # A daemon: one that hangs in a write to a stalled terminal keeps no process alive.
        self._thread = Thread(target=self._run, name="terminal-output", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Queue `data`, or leave it out where too much waits already."""
        with self._changed:
            if self._ended or not data:
                return
            room = CLOGGED if len(data) > SHORT else 2 * CLOGGED
            if self._waiting and self._waiting + len(data) > room:
                self._left_out = True
                return
            self._pieces += (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))
            self._waiting += len(data)
            self._changed.notify_all()

    def discard(self) -> bool:
        """Drop all that is not being written yet; return whether anything is dropped now or was left out before."""
        with self._changed:
            dropped = bool(self._pieces) or self._left_out
            self._waiting -= sum(map(len, self._pieces))
            self._pieces.clear()
            self._left_out = False
            return dropped

    def close(self, patience: float) -> None:
        """Return once all is written, or after `patience` seconds without progress; write no more after that."""
        with self._changed:
            while self._waiting and not self._ended:
                if not self._changed.wait_for(partial(self._went_on, self._written), patience):
                    break
            self._ended = True
            self._changed.notify_all()

    def _went_on(self, written: int) -> bool:
        return self._ended or self._written != written

    def _run(self) -> None:
        while (piece := self._next()) is not None:
            try:
                self._hand_over(piece)
            except OSError:
                with self._changed:
                    self._ended = True
                    self._changed.notify_all()
                self._gone()
                return
            with self._changed:
                self._waiting -= len(piece)
                self._written += len(piece)
                again = self._left_out and not self._waiting
                self._left_out = self._left_out and not again
                self._changed.notify_all()
            if again:
                self._caught_up()

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._ended)
            return None if self._ended else self._pieces.popleft()

    def _hand_over(self, piece: bytes) -> None:
        while piece:
            with suppress(BlockingIOError):
                piece = piece[os.write(self._descriptor, piece) :]
                continue
            # Another program on this terminal has made it non-blocking, for all that have it open.
            select.select([], [self._descriptor], [], 1.0)
