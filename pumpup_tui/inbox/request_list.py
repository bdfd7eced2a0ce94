"""The inbox's list: two lines a request, and two for the heading of a section or group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typing_extensions import override

from api_client.request_query import Reader, is_overdue
from pumpup_tui.components.density import is_compact
from pumpup_tui.components.row_window import Rows
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.inbox.queue import Heading, QueueRow, RequestQueue, row_id_of
from pumpup_tui.inbox.request_row import compact_row, heading_row, request_row
from pumpup_tui.text.layout import Line

if TYPE_CHECKING:
    from api_client.models import InboxItem


class RequestList(VirtualList[QueueRow]):
    """Open requests, oldest first unless another order is chosen."""

    ROW_HEIGHT = 2

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="opening…")
        self.context = context
        self.queue = RequestQueue(self.reader)
        self._in_flight: Mapping[str, str] = {}
        """The state of each request's decision in flight, in a word."""
        self.is_going_last = False
        """Whether the cursor is to go to the real end, which is not loaded yet."""

    def reader(self) -> Reader:
        """Return the person and the time that filters and sections depend on."""
        status = self.context.status
        snoozed = self.context.snoozes.by_request
        return Reader(status.reviewer, self.context.clock(), status.capabilities, snoozed)

    @property
    @override
    def model(self) -> Rows[QueueRow]:
        return self.queue

    @property
    @override
    def row(self) -> InboxItem | None:
        return self.queue.item

    @property
    @override
    def rows(self) -> Sequence[InboxItem]:
        return list(self.queue.items())

    @property
    @override
    def total(self) -> int:
        return self.queue.total

    @contextmanager
    def changing(self) -> Iterator[RequestQueue]:
        """Change the queue: the rows in view stay where they are, and only those that differ are drawn again."""
        self.line_cache.clear()
        with self.window.steady():
            yield self.queue

    def take_over(self, arrived: Iterable[InboxItem], gone: AbstractSet[str]) -> None:
        """Show requests that arrived or changed, and remove those that are gone, selected or not."""
        with self.changing() as queue:
            queue.add(arrived)
            queue.remove(gone)
        if self.selected:
            self.set_selected(self.selected - gone)

    def following(self, by: int) -> str | None:
        """Return the id of the next request (the one before, where `by` is -1) without a decision in flight."""
        desk = self.context.outbox.desk
        return self.queue.beyond(by, lambda request_id: desk.in_flight(request_id) is None)

    def step(self, by: int) -> bool:
        """Put the cursor on the request that `following` returns; return False where there is none."""
        request_id = self.following(by)
        return request_id is not None and self.select(request_id)

    def step_to_overdue(self) -> None:
        """Put the cursor on the next overdue request, from the top again where none follows."""
        request_id = self.queue.next_overdue()
        if request_id is None or not self.select(request_id):
            here = self.row is not None and is_overdue(self.row, self.context.clock())
            self.context.outbox.hint("no other request is overdue" if here else "no request is overdue")

    def step_on(self) -> None:
        """Put the cursor on the next request without a decision in flight; at the end, on the one before."""
        if not self.step(1):
            self.step(-1)

    def redraw_in_flight(self) -> None:
        """Draw again the rows whose decision in flight, or whose draft, has changed."""
        words = {request_id: str(count) for request_id, count in self.context.drafts.opened.items() if count}
        words |= {sent.intent.target: sent.word for sent in self.context.outbox.desk.unfinished()}
        changed = {row_id for row_id, _ in words.items() ^ self._in_flight.items()}
        self._in_flight = words
        if changed:
            self.line_cache.clear()
        for row_id in changed:
            if (index := self.queue.where(row_id)) is not None:
                self.window.refresh_row(index)

    @override
    def viewed(self) -> None:
        if self.is_going_last and self.model.cursor < self.model.count - 1:
            self.is_going_last = False
        super().viewed()

    @override
    def action_go(self, index: int) -> None:
        self.is_going_last = index < 0
        super().action_go(index)

    @override
    def rows_above_cursor(self) -> int:
        # A group's first request shows which group it begins.
        return 1 if isinstance(self.queue.row(self.queue.cursor - 1), Heading) else 0

    @override
    def row_id(self, row: QueueRow) -> str:
        return row_id_of(row)

    @override
    def draw_row(self, row: QueueRow, width: int) -> Sequence[Line]:
        if isinstance(row, Heading):
            return heading_row(row, width)[-self.window.row_height :]
        draw = request_row if self.window.row_height > 1 else compact_row
        return draw(self.context, row, width, selected=row.request_id in self.selected)

    @override
    def on_resize(self) -> None:
        """Have one line a row where the screens are compact: their frames are of another size then."""
        height = 1 if is_compact(self) else self.ROW_HEIGHT
        if height != self.window.row_height:
            self.window.row_height = height
            self.refresh()
        super().on_resize()
