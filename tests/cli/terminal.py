"""A terminal for the tests: a pseudo-terminal with a real process in it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.waiting import HANG_SECONDS

_CONTROL = re.compile(r"\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[\[?][0-9;?<>=]*[ -/]*[@-~]|\x1b.")


def _text_of(raw: bytes) -> str:
    return " ".join(_CONTROL.sub("", raw.decode(errors="replace")).split())


class Terminal:
    """One process in a terminal: what it wrote, and keys for it."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process, self._master = process, master
        self.raw = b""
        self.is_dropped = False
        self._before_key = b""
        """What had been drawn when keys were pressed that nothing was waited for since."""

    def wait_for(self, words: str, seconds: float = HANG_SECONDS) -> None:
        """Return once `words` have been drawn, control sequences and runs of blanks aside.

        Words that were there before the last keys say nothing of them: whoever waits for such ones sends the next keys
        too early, and on a busy machine only.
        """
        before, self._before_key = _text_of(self._before_key), b""
        assert words not in before, f"{words!r} stood there before the keys were pressed: wait for what they draw"
        end = time.monotonic() + seconds
        while words not in self.text():
            assert time.monotonic() < end, f"never drawn: {words!r} in {self.text()[-3000:]!r}"
            self._read(0.1)

    def text(self) -> str:
        """Return all that was drawn so far, as running text."""
        return _text_of(self.raw)

    def press(self, keys: str, encoding: str = "utf-8") -> None:
        """Send these keys, as a terminal of this encoding does."""
        self._before_key = self.raw
        os.write(self._master, keys.encode(encoding))

    def drop(self) -> None:
        """Close the terminal under the process, as a lost connection does."""
        os.close(self._master)
        self.is_dropped = True

    def gone(self, seconds: float = HANG_SECONDS) -> int:
        """Return the exit code, once the process has ended; nothing that it writes is read."""
        return self.process.wait(seconds)

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size, and tell the process as a terminal does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def rest(self, quiet: float = 0.15) -> None:
        """Return once nothing has been drawn for this many seconds."""
        while self._read(quiet):
            pass

    def pause(self, quiet: float = 0.02) -> None:
        """Return once nothing more has come for this many seconds, without reading what came."""
        before = -1
        while before != (before := self._pending()):
            time.sleep(quiet)

    def _pending(self) -> int:
        return int.from_bytes(fcntl.ioctl(self._master, termios.FIONREAD, bytes(4)), sys.byteorder)

    def end(self, seconds: float = HANG_SECONDS) -> int:
        """Return the exit code, once the process has ended."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still running: {self.text()[-3000:]!r}"
            self._read(0.1)
        while self._read(0.1):
            pass
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:
            return False  # Linux's way to say that the other end is closed
        self.raw += piece
        return bool(piece)


@contextmanager
def terminal(
    words: Sequence[str],
    environment: dict[str, str],
    *,
    columns: int = 100,
    rows: int = 30,
    controlling: bool = False,
    before: Callable[[], object] = lambda: None,
) -> Iterator[Terminal]:
    """Run a command in a terminal of this size.

    Args:
        words: The command.
        environment: All of its environment.
        columns: How wide the terminal is.
        rows: How high it is.
        controlling: Whether it is the one that sends the command's session its signals, as a login's is.
        before: Called in the new process before the command is.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def prepare() -> None:
        if controlling:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        before()

    process = subprocess.Popen(
        words,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - system calls alone
    )
    os.close(slave)
    shown = Terminal(process, master)
    try:
        yield shown
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if not shown.is_dropped:
            os.close(master)
