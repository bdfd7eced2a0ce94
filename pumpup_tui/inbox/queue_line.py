"""The line over the inbox's list: in which order, which of them, and what is new; and a line where work is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, fit, joined, width_of


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the line tells."""

    order: str = ""
    only: str = ""
    """What is shown of all, raw; empty where it is all."""
    matched: int = 0
    total: int = 0
    complete: bool = False
    """Whether all requests are read."""
    reading: bool = False
    """Whether the rest is being read."""
    news: int = 0
    """Requests that came while a decision is armed, and are not shown yet."""
    selected: int = 0
    overdue: int = 0
    overdue_for: str = ""
    """How long the longest has been overdue."""


class QueueLine(Lines):
    """The queue's state in a line or two."""

    def __init__(self) -> None:
        super().__init__()
        self.state = QueueState()

    def tell(self, state: QueueState) -> None:
        """Say how the queue is now."""
        if state != self.state:
            self.state = state
            self.retell()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        shown: list[Line] = [self._head(width)]
        if self.state.overdue:
            one = self.state.overdue == 1
            more = "" if self.state.complete else "+"
            words = f"{self.state.overdue:,}{more} {'is' if one and not more else 'are'} overdue"
            longest = f", the longest by {self.state.overdue_for}" if self.state.overdue_for else ""
            shown.append([(crop(f" ◷ {words}{longest}", width), "bad")])
        return shown

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
        left = joined((state.order, f"only {line(state.only, 100)}" if state.only else ""))
        room = max(0, width - width_of(right) - 1)
        return [(" ", ""), (fit(left, room), "muted"), *right]
