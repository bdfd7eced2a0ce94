"""The line over the inbox's list: its order, filter and news; and a second line where work is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from typing_extensions import override

from pumpup_tui.components.hot_spots import control
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, width_of


@dataclass(frozen=True, slots=True)
class QueueState:
    """The contents of the line."""

    order: str = ""
    only: str = ""
    """The filter in words, raw; empty where all requests are shown."""
    matched: int = 0
    total: int = 0
    complete: bool = False
    """Whether all requests are loaded."""
    reading: bool = False
    """Whether the rest is being loaded."""
    news: int = 0
    """The number of requests that came while a decision was armed, and are not shown yet."""
    selected: int = 0
    overdue: int = 0
    overdue_for: str = ""
    """The longest time that one of them has been overdue."""


class QueueLine(Lines):
    """The queue's state in a line or two."""

    def __init__(self) -> None:
        super().__init__()
        self.state = QueueState()

    def show(self, state: QueueState) -> None:
        """Show another state."""
        if state != self.state:
            self.state = state
            self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        lines: list[Line] = [self._head(width)]
        if self.state.overdue:
            one = self.state.overdue == 1
            more = "" if self.state.complete else "+"
            words = f"{self.state.overdue:,}{more} {'is' if one and not more else 'are'} overdue"
            longest = f", the longest by {self.state.overdue_for}" if self.state.overdue_for else ""
            lines.append([(crop(f" ◷ {words}{longest}", width), "bad")])
        return lines

    def _head(self, width: int) -> Line:
        state = self.state
        right: list[Run] = []
        if state.selected:
            right.append((f"● {state.selected:,} selected  ", "accent"))
        if state.news:
            right.append((f"{state.news:,} new  ", "warn"))
        if state.reading:
            right.append((f"reading, {state.total:,} so far  ", "muted"))
        if state.only:
            total = f"{state.total:,}{'' if state.complete else '+'}"
            right.append((f"{state.matched:,} of {total} ", "muted"))
        room = max(0, width - width_of(right) - 1)
        order = crop(state.order, room)
        only = crop(f"only {line(state.only, 100)}", room - cell_len(order) - 3) if state.only else ""
        left: list[Run] = [control(order, "muted", "inbox.sort")] if order else []
        if only:
            left += [(" · ", "muted"), control(only, "muted", "inbox.filter")]
        return [(" ", ""), *left, (" " * (room - width_of(left)), ""), *right]
