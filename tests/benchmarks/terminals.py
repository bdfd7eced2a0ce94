"""A terminal of 120 columns and 40 rows with one process in it: when bytes came, and how many."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUIET = 0.08
"""Seconds without a byte after which a key's answer is over."""
_SEQUENCE = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a key was answered with; times in milliseconds after the key."""

    first: float
    last: float
    size: int


class Measured:
    """A running process, its terminal's other end, and all that it wrote."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, started: float) -> None:
        self.process, self._master, self._started = process, master, started
        self.raw = bytearray()

    def shows(self, words: bytes, seconds: float = 60) -> float:
        """Return the milliseconds from the start of the process until `words` were drawn."""
        end = time.perf_counter() + seconds
        while words not in _SEQUENCE.sub(b"", self.raw):
            if time.perf_counter() > end or not (self._read(1.0) or self.process.poll() is None):
                raise TimeoutError(f"never drawn: {words!r} in {bytes(self.raw[-2000:])!r}")
        return (time.perf_counter() - self._started) * 1e3

    def press(self, key: bytes) -> Answer:
        """Send a key; return when its first and last byte came."""
        start = time.perf_counter()
        os.write(self._master, key)
        first = last = 0.0
        size = 0
        while read := self._read(QUIET if size else 1.0):
            last = (time.perf_counter() - start) * 1e3
            first = first or last
            size += read
        return Answer(first, last, size)

    def answered(self, key: bytes, *words: bytes, seconds: float = 10) -> float:
        """Send a key; return the milliseconds until all `words` were drawn after it."""
        at, start = len(self.raw), time.perf_counter()
        os.write(self._master, key)
        while not all(word in _SEQUENCE.sub(b"", self.raw[at:]) for word in words):
            if time.perf_counter() > start + seconds:
                raise TimeoutError(f"{key!r} never drew {words!r}: {bytes(self.raw[at:])!r}")
            self._read(1.0)
        return (time.perf_counter() - start) * 1e3

    def rest(self, seconds: float) -> int:
        """Return the bytes that came in this time."""
        end = time.perf_counter() + seconds
        size = 0
        while (left := end - time.perf_counter()) > 0:
            size += self._read(left)
        return size

    def memory(self, what: str = "VmHWM") -> float:
        """Return the peak (VmHWM) or present (VmRSS) memory in MB."""
        # Not getrusage: its peak is inherited from the process that started this one.
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{what}:")[1].split()[0]) / 1024

    def _read(self, seconds: float) -> int:
        if not select.select([self._master], [], [], seconds)[0]:
            return 0
        try:
            piece = os.read(self._master, 1 << 20)
        except OSError:
            return 0  # Linux's way to say that the other end is closed
        self.raw += piece
        return len(piece)


@contextmanager
def measured(module: str, *arguments: str | Path, columns: int = 120, rows: int = 40) -> Iterator[Measured]:
    """Run a module in a terminal of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    words: Sequence[str] = [sys.executable, "-m", module, *map(str, arguments)]
    # As it is installed: our modules compiled, as a library's are; where this is set, the first run would not be kept.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment.update(TERM="xterm-256color", PYTHONPATH=str(ROOT))
    started = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        yield Measured(process, master, started)
    finally:
        process.kill()
        process.wait()
        os.close(master)
