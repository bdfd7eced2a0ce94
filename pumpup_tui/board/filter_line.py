"""The lines over the board: the filter that is on, and the progress of a long read."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from pumpup_tui.board.filter import BoardFilter
from pumpup_tui.components.hot_spots import control
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.text.layout import Line, crop, width_of


class FilterLine(Lines):
    """A line for a filter that is on, with its counts and keys; a line for a long read that is in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = BoardFilter()
        self.matched = 0
        self.total = 0
        self.progress = ""
        """The state of a long read, in clean words; empty where none is in flight."""

    def show_progress(self, words: str) -> None:
        """Show the state of a long read, in clean words; nothing where they are empty."""
        self.progress = words
        self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        shown: list[Line] = []
        if self.filter.is_on:
            counts = f"  {self.matched:,} of {self.total:,}"
            key = names_at(self)
            keys: Line = [
                ("  ", ""),
                control(f"{key('board.filter')} change", "accent", "board.filter"),
                ("  ", ""),
                control(f"{key('move.back')} clears", "accent", "move.back"),
                (" ", ""),
            ]
            room = width - len(counts) - width_of(keys) - 10
            head: Line = [(" FILTER ", "cursor"), (" ", ""), (crop(self.filter.words(), max(10, room)), "")]
            line_: Line = [*head, (counts, "strong"), *keys]
            fits = width_of(line_) <= width
            shown += [line_] if fits else [head, [(f"{counts} ", "strong"), *keys]]
        if self.progress:
            shown.append([(crop(f" … {self.progress}", width), "muted")])
        return shown
