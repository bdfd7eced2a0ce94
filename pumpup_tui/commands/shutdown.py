"""Shutdown on a signal or a lost terminal: orderly where that is quick enough, else forced."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

ORDERLY_SECONDS = 1.4
"""Time to store drafts and commands in flight, and to close the folder."""
FORCED_SECONDS = 0.3
"""Time for the last cleanup where the first was too short."""

if sys.platform == "win32":
    SIGNALS: tuple[signal.Signals, ...] = ()
    HANGUP = signal.SIGTERM
else:
    SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    HANGUP = signal.SIGHUP


class Shutdown:
    """A shutdown that no key asked for. It can be requested from any thread without waiting.

    A thread of its own waits for signals: the main one may be in a long call.
    """

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._on_request: Callable[[int], None] | None = None
        self._cleanups: list[Callable[[], object]] = []

    def listen(self) -> None:
        """Handle the signals from now on; an ignored one, as under `nohup`, stays ignored."""
        if sys.platform == "win32":
            return  # a console sends none of them
        os.set_blocking(self._write_end, False)
        Thread(target=self._watch, name="shutdown", daemon=True).start()
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._signalled)

    def handle_by(self, shut_down: Callable[[int], None]) -> None:
        """Call `shut_down` with the exit code, in another thread, instead of exiting at once."""
        self._on_request = shut_down

    def add_cleanup(self, cleanup: Callable[[], object]) -> None:
        """Add a function to call before a forced exit; the last added is called first."""
        self._cleanups.append(cleanup)

    def request(self, number: int) -> None:
        """Shut down as if this signal had come."""
        with suppress(BlockingIOError):  # the pipe is full of requests
            os.write(self._write_end, bytes([number]))

    def _signalled(self, number: int, _: object) -> None:
        if self._on_request is None:
            sys.exit(128 + number)

    def _watch(self) -> None:
        numbers: list[int] = []
        while not numbers:
            # Python writes the number of every signal with a handler, of others too.
            numbers = [number for number in os.read(self._read_end, 512) if number in SIGNALS]
        code = 128 + numbers[0]
        if self._on_request is not None:
            self._on_request(code)
        time.sleep(ORDERLY_SECONDS)
        forced = Thread(target=self._force, name="forced shutdown", daemon=True)
        forced.start()
        forced.join(FORCED_SECONDS)
        os._exit(code)

    def _force(self) -> None:
        for cleanup in reversed(self._cleanups):
            cleanup()
