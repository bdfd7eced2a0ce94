"""The progress bar: there when something takes over a second on a terminal, and never in anyone's way."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from pumpup_tui.commands.progress import progress_bar


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def told_after(seconds: float) -> Callable[[], float]:
    """Return a clock whose second look is `seconds` later than its first."""
    times = iter([0.0, seconds, seconds, seconds, seconds])
    return lambda: next(times)


@pytest.mark.parametrize(
    ("stderr", "seconds", "shown"),
    [(Terminal(), 1.5, True), (Terminal(), 0.5, False), (io.StringIO(), 1.5, False)],
    ids=["slow", "quick", "no terminal"],
)
def test_the_bar_is_for_slow_work_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, seconds: float, shown: bool
) -> None:
    """It appears after a second with its label and share, and not where it would be noise."""
    monkeypatch.setattr("sys.stderr", stderr)
    with progress_bar("Verifying", told_after(seconds)) as progress:
        progress(50, 100)
        progress(100, 100)
    assert ("Verifying" in stderr.getvalue()) is shown
    assert ("100%" in stderr.getvalue()) is shown
