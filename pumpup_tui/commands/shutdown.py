"""Leaving because of a signal or a terminal that is gone: in order where that is quick, and in any case."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

ORDERLY_SECONDS = 1.4
"""How long drafts, what is in flight and the folder have to be stored and closed."""
FORCED_SECONDS = 0.3
"""How long the rest has, where that was too short."""

if sys.platform == "win32":
    SIGNALS: tuple[signal.Signals, ...] = ()
    HANGUP = signal.SIGTERM
else:
    SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    HANGUP = signal.SIGHUP


class Leaving:
    """The end that no key asks for. Whoever asks, from any thread, does not wait.

    A signal is heard in a thread of its own: the main one may be in a call that takes its time.
    """

    def __init__(self) -> None:
        self._heard, self._wakes = os.pipe()
        self._leave: Callable[[int], None] | None = None
        self._at_last: list[Callable[[], object]] = []

    def begin(self) -> None:
        """Listen to the signals; one that is ignored, as under `nohup`, stays so."""
        if sys.platform == "win32":
            return  # a console sends none of them
        os.set_blocking(self._wakes, False)
        Thread(target=self._watch, name="leaving", daemon=True).start()
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._signalled)

    def by(self, leave: Callable[[int], None]) -> None:
        """Have `leave` called with the exit code, in another thread, in place of ending at once."""
        self._leave = leave

    def at_last(self, do: Callable[[], object]) -> None:
        """Have this done before the end where that has to be forced; what was asked for last comes first."""
        self._at_last.append(do)

    def ask(self, number: int) -> None:
        """Leave as if this signal had come."""
        with suppress(BlockingIOError):  # enough have asked
            os.write(self._wakes, bytes([number]))

    def _signalled(self, number: int, _: object) -> None:
        if self._leave is None:
            sys.exit(128 + number)

    def _watch(self) -> None:
        numbers: list[int] = []
        while not numbers:
            # Python tells of every signal that something is done about.
            numbers = [one for one in os.read(self._heard, 512) if one in SIGNALS]
        code = 128 + numbers[0]
        if self._leave is not None:
            self._leave(code)
        time.sleep(ORDERLY_SECONDS)
        forced = Thread(target=self._force, name="forced end", daemon=True)
        forced.start()
        forced.join(FORCED_SECONDS)
        os._exit(code)

    def _force(self) -> None:
        for do in reversed(self._at_last):
            do()
