"""The line over a timeline: its scope at the left, progress and news at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.hot_spots import Control, control
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.layout import Line, Run, crop, width_of

if TYPE_CHECKING:
    from textual.timer import Timer


REFRESH_SECONDS = 0.5
"""Between two refreshes that are not pressing."""


class ScopeLine(Lines):
    """The scope at the left; progress and news at the right."""

    def __init__(self, scope: Callable[[], Sequence[Control]], state: Callable[[], Line]) -> None:
        """Take what returns the runs of what is shown, and those at the right."""
        super().__init__(id="events-bar")
        self._scope = scope
        self._state = state
        self._drawn_at = 0.0
        self._timer: Timer | None = None

    @override
    def lines(self, width: int) -> Sequence[Line]:
        right = self._state()
        left: list[Run] = []
        for run in self._scope():
            room = width - width_of(left) - width_of(right) - 5
            if room > 0:
                left += [(" · " if left else " ", "muted"), control(crop(run[0], room), run[1], run.key)]
        gap = max(1, width - width_of(left) - width_of(right) - 1)
        return [[*left, (" " * gap, ""), *right, (" ", "")]]

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
