"""A timeline's list: one line an event, out of pages that are read as they are looked at. Flat memory at any length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from textual.message import Message
from typing_extensions import override

from pumpup_tui.backend.page_requests import PageRequest, PageResult
from pumpup_tui.components.paged_rows import Paged
from pumpup_tui.components.row_window import Rows
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.text.durations import day_words
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit
from pumpup_tui.timeline.event_words import run_text, said_text, verb_run, who_text
from pumpup_tui.timeline.lookups import Lookups
from pumpup_tui.timeline.rows import TimelineRow, TimelineRows

if TYPE_CHECKING:
    from api_client.models import Event

WHEN, WHO, VERB, TASK = 5, 10, 12, 16
"""Cells of a row's columns; the text has the rest."""
NARROW = 70
"""Cells under which the task's column is narrower."""


class TimelineList(VirtualList[TimelineRow]):
    """Events: when, who, what with its outcome, which task, text. It asks its screen for pages, and draws what came."""

    class Wanted(Message):
        """Pages that are missing around the view."""

        def __init__(self, requests: Sequence[PageRequest]) -> None:
            super().__init__()
            self.requests = requests

    def __init__(self, context: Context, *, id: str, is_of_task: Callable[[], bool] = lambda: False) -> None:  # noqa: A002 - Textual's own name for it
        """Take what tells whether all events are one task's, which then has no column."""
        super().__init__(id=id, empty="opening…")
        self.context = context
        self.lookups = Lookups()
        self.pages: Paged[Event] = Paged(lambda event: event.id)
        self._day_of: Callable[[Event], date] = lambda event: context.there(event.timestamp).date()
        self.all_rows = TimelineRows(self.pages, self._day_of)
        self.ask_for_names: Callable[[Sequence[str]], None] = lambda _: None
        """Called with the ids whose names rows in view lack."""
        self.restarts = 0
        """How often the list has begun again."""
        self._is_of_task = is_of_task
        self._looked_at: int | None = None

    @property
    @override
    def model(self) -> Rows[TimelineRow]:
        return self.all_rows

    @property
    @override
    def is_empty(self) -> bool:
        return not self.pages.is_read or self.pages.count == 0

    @property
    def is_at_top(self) -> bool:
        """Whether the first row is in view."""
        return self.scroll_offset.y == 0

    @property
    def is_at_last(self) -> bool:
        """Whether the last row is in view."""
        return self.pages.has_bottom and self.window.top + self.window.height >= self.model.count

    @override
    def row_id(self, row: TimelineRow) -> str:
        return row.id

    @override
    def rows_above_cursor(self) -> int:
        return int(self.all_rows.is_day(self.model.cursor - 1))

    @override
    def draw_row(self, row: TimelineRow, width: int) -> Sequence[Line]:
        if row.kind == "day":
            words = f"{day_words(self._day_of(row.event), self.context.there(self.context.clock()).date())} "
            rest = "─" * max(0, width - len(words) - 4)
            return [[("── ", "edge"), (words, "muted"), (rest, "edge"), (" ", "")]]
        event = row.event
        when = self.context.there(event.timestamp).strftime("%H:%M")
        head: Line = [(f"{when} ", "muted"), (f"{fit(who_text(event), WHO)} ", "muted")]
        verb, tone = ("▸ did", "accent") if row.kind == "run" else verb_run(event)
        task = 0 if self._is_of_task() else TASK if width >= NARROW else 12
        name = line(self.lookups.known_name(event.task_id), 80) if row.tasks == 1 else ""
        room = width - WHEN - WHO - VERB - 3 - (task + 1 if task else 0) - 1  # the last cell is the scrollbar's
        text = run_text(row.count, row.tasks) if row.kind == "run" else said_text(event, self.lookups)
        text = "" if task and text == name else text
        named: Line = [(f"{fit(name, task)} ", "")] if task else []
        return [[*head, (f"{fit(verb, VERB)} ", tone), *named, (fit(text, room), ""), (" ", "")]]

    # Its pages.

    def restart(self, at: str | None = None) -> None:
        """Begin another list: all rows go, and the first page is asked for, about the event `at` if there is one."""
        self.restarts += 1
        self._looked_at = None
        self.lookups.forget_asked()
        self.pages.reset(at)
        self.reported_id = None
        self.line_cache.clear()
        self.window.fit()
        self.scroll_to(y=0, animate=False)
        self.refresh()
        self.viewed()

    def arrive(self, request: PageRequest, result: PageResult[Event]) -> bool:
        """Take a page; return False where nobody waits for it any more."""
        goes_first = request.kind == "new" and self.pages.is_to_first
        with self.window.steady():
            taken = self.pages.arrive(request, result)
        if taken:
            if request.kind == "last" or result.begins_within or goes_first:
                self.window.show_cursor()
            self.viewed()
        return taken

    def has_news(self, *, above: bool) -> None:
        """Take note that there are new rows at an end; they are read once that end is near the view."""
        with self.window.steady():
            self.pages.has_news(above=above)
        self.viewed()

    def look_at(self, index: int | None) -> None:
        """Have the events about `index` read as if they were in view; None: no more."""
        self._looked_at = index
        if index is not None:
            self.viewed()

    @override
    def viewed(self) -> None:
        top, height = self.window.top, max(1, self.window.height)
        if requests := self.all_rows.wants(top, height, self._looked_at):
            self.post_message(self.Wanted(requests))
        in_view = [row.event for index in range(top, top + height) if (row := self.all_rows.row(index)) is not None]
        if names := self.lookups.missing(in_view):
            self.ask_for_names(names)

    # Moving.

    def toggle_run(self) -> bool:
        """Open the run of actions under the cursor, or close the one that its event is of."""
        with self.window.steady(redraw=True):
            has_run = self.all_rows.toggle()
        if has_run:
            self.window.show_cursor()
            self.viewed()
            self.reported_id = None
            self.report_cursor()
        return has_run

    @override
    def action_choose(self) -> None:
        row = self.row
        if row is None or row.kind != "run" or not self.toggle_run():
            super().action_choose()

    @override
    def action_go(self, index: int) -> None:
        if index >= 0:
            super().action_go(index)
            if index == 0 and not self.pages.go_first():
                self.restart()  # much may have come since: the newest is one page away
        elif self.pages.is_read:
            self.go_last()

    def go_last(self) -> None:
        """Move the cursor to the real end, read first where it is not known."""
        old = self.model.cursor
        if self.pages.go_last():
            self.move_to(self.model.cursor)
            self.window.refresh_row(old)
        else:
            self.viewed()
