"""The line over the inbox's list: filters as tabs, order and news; and a second line where work is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, fit, joined, width_of

TAB_CELLS = 24
"""Cells of a tab's name, at the most."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter with a name, as the line shows it."""

    name: str
    """Raw: the reader's own word."""
    text: str
    """The filter; empty shows all."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """The contents of the line."""

    tabs: Sequence[Tab] = ()
    text: str = ""
    """The whole filter; the tab with the same text is the one that is on."""
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
    snoozed_overdue: int = 0
    """The number of them that the reader snoozed."""
    pace: str = ""
    """The decisions of this session, in words."""


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
            lines.append([(crop(f" ◷ {self._overdue_words()}", width), "bad")])
        return lines

    def _overdue_words(self) -> str:
        state = self.state
        more = "" if state.complete else "+"
        words = f"{state.overdue:,}{more} {'is' if state.overdue == 1 and not more else 'are'} overdue"
        longest = f", the longest by {state.overdue_for}" if state.overdue_for else ""
        snoozed = f", {state.snoozed_overdue:,} of them snoozed" if state.snoozed_overdue else ""
        return words + longest + snoozed

    def _head(self, width: int) -> Line:
        state = self.state
        right = [*self._counts(), (" ", "")]
        is_named = any(tab.text == state.text for tab in state.tabs)
        only = f"only {line(state.only, 100)}" if state.only and not is_named else ""
        words = joined((only, state.order, state.pace))
        tabs = tab_runs(state.tabs, state.text, width - width_of(right) - 2)
        room = width - width_of(tabs) - width_of(right) - 1
        return [*tabs, (" ", ""), (fit(words, room), "muted"), *right]

    def _counts(self) -> Line:
        state = self.state
        counts: list[Run] = []
        if state.selected:
            counts.append((f"  ● {state.selected:,} selected", "accent"))
        if state.news:
            counts.append((f"  {state.news:,} new", "warn"))
        if state.reading:
            counts.append((f"  loading, {state.total:,} so far", "muted"))
        if state.only:
            total = f"{state.total:,}{'' if state.complete else '+'}"
            counts.append((f"  {state.matched:,} of {total}", "muted"))
        return counts


def tab_runs(tabs: Sequence[Tab], text: str, cells: int) -> Line:
    """Return the tabs side by side, the one that is on marked, in at most `cells` cells: the last ones go first."""
    runs: list[Run] = [
        (f" {'▸' if tab.text == text else ' '}{line(tab.name, TAB_CELLS)}", "strong" if tab.text == text else "muted")
        for tab in tabs
    ]
    on = next((run for run, tab in zip(runs, tabs, strict=True) if tab.text == text), None)
    while runs and width_of(runs) > cells:
        # The one that is on stays in view, in place of the last that has room.
        runs.pop(-1 if runs[-1] is not on or len(runs) == 1 else -2)
    return runs
