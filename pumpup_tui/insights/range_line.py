"""The line over the figures: the ranges to choose from, the scope, and how far they are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message
from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.layout import Line, Run, crop, width_of

Choices = Sequence[tuple[str, str]]
"""The name and the key of each range."""


class RangeLine(Lines):
    """The ranges at the left, each to be clicked; scope and progress at the right."""

    class Clicked(Message):
        """A range was clicked: its place among the choices."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, choices: Callable[[], Choices], state: Callable[[], tuple[str, Line]]) -> None:
        """Take what returns the ranges with their keys, and the name of the one that is shown with what goes on."""
        super().__init__(id="range")
        self._choices, self._state = choices, state

    @override
    def lines(self, width: int) -> Sequence[Line]:
        chosen, right = self._state()
        left: list[Run] = [run for part in self._parts(chosen) for run in part]
        room = max(0, width - width_of(left) - 2)
        if width_of(right) > room:
            right = [(crop("".join(text for text, _ in right), room), "muted")]
        gap = max(1, width - width_of(left) - width_of(right) - 1)
        return [[*left, (" " * gap, ""), *right, (" ", "")]]

    def _parts(self, chosen: str) -> list[list[Run]]:
        names = self._choices()
        known = any(name == chosen for name, _ in names)
        parts: list[list[Run]] = []
        for place, (name, key) in enumerate(names):
            is_last = place == len(names) - 1
            here = name == chosen or (is_last and not known)
            words = chosen if is_last and not known else name
            parts.append([(f" {key} ", "accent"), (f"{'▸' if here else ''}{words} ", "cursor" if here else "muted")])
        return parts

    def on_click(self, event: events.Click) -> None:
        """Choose the range that was clicked."""
        end = 0
        for place, part in enumerate(self._parts(self._state()[0])):
            end += width_of(part)
            if event.x < end:
                self.post_message(self.Clicked(place))
                return
