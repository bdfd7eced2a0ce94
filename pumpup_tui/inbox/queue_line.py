"""The line over the inbox's list: filters as tabs, order, news, what is overdue, and the pace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from typing_extensions import override

from pumpup_tui.components.hot_spots import control
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
    only: str = ""
    """The filter in words, raw; empty where all requests are shown."""
    order: str = ""
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
        self.choose: Callable[[str], None] = lambda _: None
        """Shows the filter of a tab that is clicked."""

    def show(self, state: QueueState) -> None:
        """Show another state."""
        if state != self.state:
            self.state = state
            self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        tabs, news = self._parts(width)
        runs = [run for _, run in tabs]
        return [[*runs, (" " * max(0, width - width_of(runs) - width_of(news)), ""), *news]]

    @override
    def on_click(self, event: events.Click) -> None:
        """Show the filter of the tab that is clicked."""
        offset = event.get_content_offset(self)
        tabs, _ = self._parts(self.size.width)
        left = offset.x if offset is not None else -1
        for tab, run in tabs:
            if 0 <= left < width_of([run]):
                event.stop()
                event.prevent_default()  # it is not the key of the next tab that was meant
                self.choose(tab.text)
                return
            left -= width_of([run])

    def _parts(self, width: int) -> tuple[Sequence[tuple[Tab, Run]], Line]:
        """Return the tabs that have room, and the news; what matters least goes first."""
        state = self.state
        on = next((tab for tab in state.tabs if tab.text == state.text), None)
        least = width_of([_tab_run(on, is_on=True)]) if on is not None else 0
        news = [*self._news(short=False), (" ", "")]
        if width_of(news) + width_of([_tab_run(tab, is_on=False) for tab in state.tabs]) > width:
            news = [*self._news(short=True), (" ", "")]
        while len(news) > 2 and width_of(news) + least > width:
            news.pop(-2)
        return shown_tabs(state.tabs, state.text, width - width_of(news)), news

    def _news(self, *, short: bool) -> list[Run]:
        """Return what there is to say, what matters most first."""
        state = self.state
        news: list[Run] = []
        if state.selected:
            news.append((f"  ● {state.selected:,} selected", "accent"))
        if state.news:
            news.append((f"  {state.news:,} new", "accent"))
        if state.overdue:
            news.append(control(f"  ◷ {self._overdue_words(short=short)}", "needs", "inbox.overdue"))
        if state.only and all(tab.text != state.text for tab in state.tabs):
            news.append(control(f"  only {line(state.only, 60)}", "muted", "inbox.filter"))
        if state.order:
            news.append(control(f"  {state.order}", "muted", "inbox.sort"))
        if state.reading:
            news.append((f"  loading, {state.total:,} so far", "muted"))
        if state.pace:
            news.append((f"  {state.pace}", "muted"))
        return news

    def _overdue_words(self, *, short: bool) -> str:
        state = self.state
        more = "" if state.complete else "+"
        if short:
            return f"{state.overdue:,}{more} overdue"
        words = f"{state.overdue:,}{more} {'is' if state.overdue == 1 and not more else 'are'} overdue"
        longest = f", the longest by {state.overdue_for}" if state.overdue_for else ""
        snoozed = f", {state.snoozed_overdue:,} of them snoozed" if state.snoozed_overdue else ""
        return words + longest + snoozed


def shown_tabs(tabs: Sequence[Tab], text: str, cells: int) -> Sequence[tuple[Tab, Run]]:
    """Return the tabs that have room in `cells` cells, as they are drawn; the one that is on stays."""
    shown = [(tab, _tab_run(tab, is_on=tab.text == text)) for tab in tabs]
    while shown and width_of([run for _, run in shown]) > cells:
        shown.pop(-1 if shown[-1][0].text != text or len(shown) == 1 else -2)
    return shown


def _tab_run(tab: Tab, *, is_on: bool) -> Run:
    words = f" {'▸' if is_on else ' '}{line(tab.name, TAB_CELLS)}"
    return control(words, "strong" if is_on else "muted", "inbox.next_tab")
