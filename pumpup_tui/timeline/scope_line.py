"""What a timeline shows and how far its reading is, in one line over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.layout import Line, crop, width_of


class TimelineBar(Lines):
    """What is shown at the left; progress and what is new at the right."""

    def __init__(self, told: Callable[[], tuple[str, Line]], *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._tell = told

    @override
    def lines(self, width: int) -> Sequence[Line]:
        left, right = self._tell()
        room = width - width_of(right) - 2
        left = crop(left, max(0, room))
        gap = max(1, width - width_of([(left, "")]) - width_of(right) - 2)
        return [[(f" {left}", "muted"), (" " * gap, ""), *right, (" ", "")]]
