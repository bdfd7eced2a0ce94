"""The line over a timeline: its scope at the left, progress and news at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.layout import Line, crop, width_of

if TYPE_CHECKING:
    from textual.timer import Timer


REFRESH_SECONDS = 0.5
"""Between two refreshes that are not pressing."""


class ScopeLine(Lines):
    """The scope at the left; progress and news at the right."""

    def __init__(self, words: Callable[[], str], state: Callable[[], Line]) -> None:
        """Take what returns the words of what is shown, and the runs at the right."""
        super().__init__(id="events-bar")
        self._words = words
        self._state = state
        self._drawn_at = 0.0
        self._timer: Timer | None = None

    @override
    def lines(self, width: int) -> Sequence[Line]:
        right = self._state()
        left = crop(self._words(), max(0, width - width_of(right) - 2))
        gap = max(1, width - width_of([(left, "")]) - width_of(right) - 2)
        return [[(f" {left}", "muted"), (" " * gap, ""), *right, (" ", "")]]

    @override
    def update_lines(self) -> None:
        self._drawn_at, self._timer = monotonic(), None
        super().update_lines()

    def update_soon(self) -> None:
        """Draw the line again, at most twice a second."""
        wait = REFRESH_SECONDS - (monotonic() - self._drawn_at)
        if wait <= 0:
            self.update_lines()
        elif self._timer is None:
            # What is held back is drawn all the same: the last state must be the true one.
            self._timer = self.set_timer(wait, self.update_lines)
