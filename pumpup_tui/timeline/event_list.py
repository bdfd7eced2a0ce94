"""A timeline's list: one line an event, out of pages that are read as they are looked at. Flat memory at any length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message
from typing_extensions import override

from pumpup_tui.backend.page_requests import PageRequest, PageResult
from pumpup_tui.components.paged_rows import Paged
from pumpup_tui.components.record_paragraphs import WHO_CELLS
from pumpup_tui.components.row_window import Rows
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.text.labels import actor_text, event_text, event_type_run, transition_text
from pumpup_tui.text.layout import Line, fit, joined

if TYPE_CHECKING:
    from api_client.models import Event

TYPE_CELLS = 23


class TimelineList(VirtualList["Event"]):
    """Events: time, who, type, step change, text. It asks its screen for pages (`Wanted`), and draws what has come."""

    class Wanted(Message):
        """Pages that are missing around the view."""

        def __init__(self, requests: Sequence[PageRequest]) -> None:
            super().__init__()
            self.requests = requests

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="opening…")
        self.context = context
        self.pages: Paged[Event] = Paged(self.row_id)
        self.restarts = 0
        """How often the list has begun again."""
        self._looked_at: int | None = None

    @property
    @override
    def model(self) -> Rows[Event]:
        return self.pages

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
        return self.pages.has_bottom and self.window.top + self.window.height >= self.pages.count

    @override
    def row_id(self, row: Event) -> str:
        return row.id

    @override
    def draw_row(self, row: Event, width: int) -> Sequence[Line]:
        word, tone = event_type_run(row.event_type)
        head = f"{fit(self.context.stamp(row.timestamp), 12)} {fit(actor_text(row), WHO_CELLS)} "
        text = joined((transition_text(row), event_text(row)))
        room = width - 12 - 1 - WHO_CELLS - 1 - TYPE_CELLS - 1 - 1  # the last cell is the scrollbar's
        return [[(head, "muted"), (fit(word, TYPE_CELLS), tone), (" ", ""), (fit(text, room), ""), (" ", "")]]

    # Its pages.

    def restart(self) -> None:
        """Begin another list: all rows go, and the first page is asked for."""
        self.restarts += 1
        self._looked_at = None
        self.pages.reset()
        self.reported_id = None
        self.line_cache.clear()
        self.window.fit()
        self.scroll_to(y=0, animate=False)
        self.refresh()
        self.viewed()

    def arrive(self, request: PageRequest, result: PageResult[Event]) -> bool:
        """Take a page; return False where nobody waits for it any more."""
        was_last = request.kind == "last"
        with self.window.steady():
            taken = self.pages.arrive(request, result)
        if taken:
            if was_last:
                self.window.show_cursor()
            self.viewed()
        return taken

    def failed(self, request: PageRequest) -> None:
        """Take note that a page will not come; the next move asks for it again."""
        self.pages.failed(request)

    def has_news(self, *, above: bool) -> None:
        """Take note that there are new rows at an end; they are read once that end is near the view."""
        with self.window.steady():
            self.pages.has_news(above=above)
        self.viewed()

    def look_at(self, index: int | None) -> None:
        """Have the rows about `index` read as if they were in view; None: no more."""
        self._looked_at = index
        if index is not None:
            self.viewed()

    @override
    def viewed(self) -> None:
        top, height = self.window.top, max(1, self.window.height)
        if requests := self.pages.wants(top, height, self._looked_at):
            self.post_message(self.Wanted(requests))

    # Its ends.

    @override
    def action_go(self, index: int) -> None:
        if index >= 0 and self.pages.has_unread_above:
            self.restart()  # much may have come since: the newest is one page away
        elif index >= 0:
            super().action_go(index)
        elif self.pages.is_read:
            self.go_last()

    def go_last(self) -> None:
        """Move the cursor to the real end, read first where it is not known."""
        old = self.pages.cursor
        if self.pages.go_last():
            self.move_to(self.pages.cursor)
            self.window.refresh_row(old)
        else:
            self.viewed()
