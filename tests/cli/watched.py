"""What stands on a terminal, cell by cell: for what draws again what the screens drew, as `screen` and `mosh` do."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

import pyte

from tests.cli.terminal import Terminal
from tests.waiting import HANG_SECONDS

_KEPT = re.compile(rb"\x1b[\[?][<>=][0-9;]*[a-zA-Z]")
"""Sequences that pyte takes for others: they ask for a kind of keyboard, and draw nothing."""

_AGE = re.compile(r" +(?:\d+[smhdwy]|now)\b")
"""An age goes on while a test runs; its width changes with it."""


class Watched:
    """A terminal, as its user sees it; of 80 by 24 where nothing else is said."""

    def __init__(self, terminal: Terminal, columns: int = 80, rows: int = 24) -> None:
        self.terminal = terminal
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self.lines()  # what came before was drawn for the old one
        self._screen.resize(rows, columns)
        self.terminal.resize(columns, rows)

    def lines(self) -> list[str]:
        """Return what stands in the lines now."""
        raw = self.terminal.raw
        self._stream.feed(_KEPT.sub(b"", raw[self._fed :]))
        self._fed = len(raw)
        return [line.rstrip() for line in self._screen.display]

    def sees(self, *words: str, gone: Sequence[str] = ()) -> None:
        """Return once all `words` stand on it, and none of `gone`."""

        def stands(lines: list[str], part: str) -> bool:
            return any(part in line for line in lines)

        self._wait(
            lambda lines: all(stands(lines, word) for word in words) and not any(stands(lines, word) for word in gone),
            (*words, *(f"without {word}" for word in gone)),
        )

    def becomes(self, wanted: Sequence[str]) -> None:
        """Return once just these lines stand on it, whatever became of the ages in them meanwhile."""
        ageless = [_AGE.sub(" age", line) for line in wanted]
        self._wait(lambda lines: [_AGE.sub(" age", line) for line in lines] == ageless, wanted)

    def begun(self) -> list[str]:
        """Return what stands in the lines once the words of welcome have gone, which the first key takes away."""
        self.terminal.press("g")
        self.sees(gone=("new here?",))
        return self.settled()

    def settled(self) -> list[str]:
        """Return what stands in the lines once nothing more comes."""
        self.terminal.rest(0.5)
        return self.lines()

    def spoil(self) -> None:
        """Write over it, as another program does."""
        self._stream.feed(b"\x1b[5;1Hspoilt\x1b[20;30Hspoilt\x1b[1;1H\x1b[2K")

    def _wait(self, stands: Callable[[list[str]], bool], wanted: Sequence[str]) -> None:
        end = time.monotonic() + HANG_SECONDS
        while not stands(self.lines()):
            assert time.monotonic() < end, "\n".join(("this never came:", *wanted, "this stands there:", *self.lines()))
            self.terminal.rest(0.05)
