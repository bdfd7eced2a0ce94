"""The line over the inbox's list: filters as tabs, news, what is overdue, and the pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, width_of

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
    total: int = 0
    """The number of requests that are loaded."""
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
    """The queue's state in one line: one of them, so that nothing below it moves."""

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
        state = self.state
        on = next((tab for tab in state.tabs if tab.text == state.text), None)
        least = width_of(tab_runs([on], state.text, width)) if on is not None else 0
        news = [*self._counts(short=False), (" ", "")]
        if width_of(news) + least > width:
            news = [*self._counts(short=True), (" ", "")]
        while len(news) > 2 and width_of(news) + least > width:
            news.pop(-2)  # the last one matters least
        tabs = tab_runs(state.tabs, state.text, width - width_of(news))
        return [[*tabs, (" " * max(0, width - width_of(tabs) - width_of(news)), ""), *news]]

    def _counts(self, *, short: bool) -> Line:
        """Return what there is to say, what matters most first."""
        state = self.state
        counts: list[Run] = []
        if state.selected:
            counts.append((f"  ● {state.selected:,} selected", "accent"))
        if state.news:
            counts.append((f"  {state.news:,} new", "accent"))
        if state.overdue:
            counts.append((f"  ◷ {self._overdue_words(short=short)}", "needs"))
        if state.reading:
            counts.append((f"  loading, {state.total:,} so far", "muted"))
        if state.pace:
            counts.append((f"  {state.pace}", "muted"))
        return counts

    def _overdue_words(self, *, short: bool) -> str:
        state = self.state
        more = "" if state.complete else "+"
        if short:
            return f"{state.overdue:,}{more} overdue"
        words = f"{state.overdue:,}{more} {'is' if state.overdue == 1 and not more else 'are'} overdue"
        longest = f", the longest by {state.overdue_for}" if state.overdue_for else ""
        snoozed = f", {state.snoozed_overdue:,} of them snoozed" if state.snoozed_overdue else ""
        return words + longest + snoozed


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
