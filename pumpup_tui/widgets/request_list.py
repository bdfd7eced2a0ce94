"""The inbox's list: two lines a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.decision import Phase
from pumpup_tui.telling import recommendation_run
from pumpup_tui.text import line
from pumpup_tui.widgets.decision_bar import MARKS
from pumpup_tui.widgets.painting import Line, Run, fit, joined
from pumpup_tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from api_client.models import InboxItem

LETTERS = {"APPROVAL_REQUESTED": "A", "ELICITATION_REQUESTED": "E"}


class RequestList(VirtualList["InboxItem"]):
    """Open requests, oldest first."""

    ROW_HEIGHT = 2

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="opening…")
        self.context = context
        self.is_going_last = False
        """Whether the cursor is on its way to the real end, which is not read yet."""

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
    def row_id(self, row: InboxItem) -> str:
        return row.request_id

    @override
    def searched(self, row: InboxItem) -> str:
        return joined((row.summary, row.task_name, row.project_name, row.step, row.assignee_id or ""))

    @override
    def draw_row(self, row: InboxItem, width: int) -> Sequence[Line]:
        waits = f" {self.context.age(row.requested_at)} "
        overdue = row.overdue_at is not None and row.overdue_at <= self.context.clock()
        if overdue:
            waits = f" ◷ overdue{waits}"
        letter = LETTERS.get(row.event_type, "·")
        room = width - 3 - cell_len(waits)
        first: Line = [
            (f"{letter}  ", "accent"),
            (fit(line(row.summary, 300), room), ""),
            (waits, "bad" if overdue else "muted"),
        ]
        offer = self._offer(row)
        where = joined((line(row.project_name, 60), line(row.task_name, 200), self._assignee(row)))
        room = width - 3 - cell_len(offer[0]) - 2
        second: Line = [("   ", ""), (fit(where, room), "muted"), (" ", ""), offer, (" ", "")]
        return [first, second]

    def _offer(self, row: InboxItem) -> Run:
        on_way = self.context.outbox.desk.on_way(row.request_id)
        if on_way is not None:
            glyph, tone = MARKS[on_way.phase]
            return f"{glyph} {on_way.phase.value}{'…' if on_way.phase is Phase.SENDING else ''}", tone
        return recommendation_run(row.recommendation, row.field_count)

    @staticmethod
    def _assignee(row: InboxItem) -> str:
        return f"@{line(row.assignee_id, 40)}" if row.assignee_id else ""
