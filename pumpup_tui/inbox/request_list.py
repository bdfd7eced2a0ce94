"""The inbox's list: two lines a request, and two over a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.cells import cell_len
from typing_extensions import override

from pumpup_tui.components.decision_bar import MARKS
from pumpup_tui.components.row_window import Rows
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Phase
from pumpup_tui.inbox.filter import is_overdue
from pumpup_tui.inbox.queue import Heading, Queued, QueueRow, row_id_of
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import recommendation_run
from pumpup_tui.text.layout import Line, Run, fit, joined

if TYPE_CHECKING:
    from api_client.models import InboxItem

LETTERS = {"APPROVAL_REQUESTED": "A", "ELICITATION_REQUESTED": "E"}


class RequestList(VirtualList[QueueRow]):
    """Open requests, oldest first unless another order is chosen."""

    ROW_HEIGHT = 2

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="opening…")
        self.context = context
        self.queue = Queued(context.clock)
        self._on_way: Mapping[str, str] = {}
        self.is_going_last = False
        """Whether the cursor is on its way to the real end, which is not read yet."""

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
    def changing(self) -> Iterator[Queued]:
        """Change the queue: what is under the eye stays there, and only what differs is drawn again."""
        self.line_cache.clear()
        with self.window.steady():
            yield self.queue

    def redraw_on_way(self) -> None:
        """Draw again the rows whose decision went a step on its way."""
        words = {one.intent.target: one.word for one in self.context.outbox.desk.unfinished()}
        changed = {row_id for row_id, _ in words.items() ^ self._on_way.items()}
        self._on_way = words
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
            words = f"{line(row.name, 80)} · {row.count:,} "
            return [[], [(words, "strong"), ("─" * max(0, width - cell_len(words) - 1), "muted")]]
        return self._draw_item(row, width)

    def _draw_item(self, item: InboxItem, width: int) -> Sequence[Line]:
        waits = f" {self.context.age(item.requested_at)} "
        overdue = is_overdue(item, self.context.clock())
        if overdue:
            waits = f" ◷ overdue{waits}"
        letter = LETTERS.get(item.event_type, "·")
        mark = "● " if item.request_id in self.selected else "  "
        room = width - 3 - cell_len(waits)
        first: Line = [
            (f"{letter}{mark}", "accent"),
            (fit(line(item.summary, 300), room), ""),
            (waits, "bad" if overdue else "muted"),
        ]
        offer = self._offer(item)
        project = "" if self.context.project_id else line(item.project_name, 60)
        where = joined((by_words(item), self._assignee(item), project, line(item.task_name, 200)))
        room = width - 3 - cell_len(offer[0]) - 2
        second: Line = [("   ", ""), (fit(where, room), "muted"), (" ", ""), offer, (" ", "")]
        return [first, second]

    def _offer(self, item: InboxItem) -> Run:
        on_way = self.context.outbox.desk.in_flight(item.request_id)
        if on_way is not None:
            glyph, tone = MARKS[on_way.phase]
            return f"{glyph} {on_way.word}{'…' if on_way.phase is Phase.SENDING else ''}", tone
        return recommendation_run(item.recommendation, item.field_count)

    @staticmethod
    def _assignee(item: InboxItem) -> str:
        return f"@{line(item.assignee_id, 40)}" if item.assignee_id else ""


def by_words(item: InboxItem) -> str:
    """Return by whom a request is, in clean words."""
    return f"by {line(item.requested_by, 40)}" if item.requested_by else "by an agent"
