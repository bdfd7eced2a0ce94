"""The list of the decisions that a batch would send: columns of what differs, and which of its lines were drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from api_client.request_facts import recommended_type
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.decisions.desk import Verb
from pumpup_tui.inbox.batch_columns import BatchColumn, columns_of
from pumpup_tui.inbox.request_row import author_words
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import recommendation_run
from pumpup_tui.text.layout import Line, Run, fit, joined, width_of
from pumpup_tui.text.needs_words import HIDDEN_SHORT

if TYPE_CHECKING:
    from api_client.models import InboxItem

AGENT_CELLS, DIFFERS = 17, "≠ differs"
NO_COLUMNS = (0, 0, 0)
SUMMARY_CELLS = 28
"""The fewest cells of a summary beside columns of context."""


class PlannedList(VirtualList["InboxItem"]):
    """The decisions that would be sent, two lines each: the request with its columns, and where it comes from."""

    ROW_HEIGHT = 2

    class Seen(Message):
        """A line of a row was drawn for the first time."""

    def __init__(self, verb: Verb) -> None:
        super().__init__(id="batch")
        self._verb = verb
        self._lines_drawn: set[tuple[str, int]] = set()
        """Lines of rows that were drawn: a request's id, and the line of its row."""
        self._agreements: Mapping[str, str] = {}
        self.contexts: dict[str, Mapping[str, str]] = {}
        """The requests' contexts by id, as far as they are read."""
        self._columns: Sequence[BatchColumn] = ()
        self._columns_of = NO_COLUMNS
        """The width and the numbers of contexts and rows that the columns were made for."""

    def take_agreements(self, agreements: Mapping[str, str]) -> None:
        """Take the words for what is only agreed to, by the ids of the requests."""
        self._agreements = agreements

    def take_contexts(self, contexts: Mapping[str, Mapping[str, str]]) -> None:
        """Take in the contexts of some requests, for the columns."""
        self.contexts |= contexts
        self._columns_of = NO_COLUMNS
        self.line_cache.clear()
        self.refresh()

    @override
    def take_away(self, ids: Iterable[str]) -> None:
        """Take rows away; the others are drawn in the columns of what is left."""
        super().take_away(ids)
        self.line_cache.clear()
        self.refresh()

    def columns(self, width: int) -> Sequence[BatchColumn]:
        """Return the columns of context that have room in a row."""
        of = (width, len(self.contexts), len(self.rows))
        if self._columns_of != of:
            room = width - SUMMARY_CELLS - AGENT_CELLS - _differs_cells(width) - 2
            self._columns_of = of
            self._columns = columns_of([self.contexts.get(row.request_id) for row in self.rows], room)
        return self._columns

    def header(self) -> Sequence[Line]:
        """Return the names of the columns, and a line of totals: both from the first frame on."""
        width = (self.size.width or 80) - 1
        columns = self.columns(width)
        names = "".join(f"  {column.header}" for column in columns)
        totals = "".join(f"  {column.total_cell}" for column in columns)
        end = f"  {fit('Agent', AGENT_CELLS)}{' ' * _differs_cells(width)}"
        room = width - cell_len(names) - cell_len(end)
        total = "  total" if totals.strip() else ""
        return [[(f" {fit('  Request', room)}{names}{end}", "muted")], [(f" {fit(total, room)}{totals}", "strong")]]

    def unseen(self) -> int:
        """Return the number of rows of which not every line has been on the screen yet."""
        return sum(not self._is_seen(row) for row in self.rows)

    def show_unseen(self) -> None:
        """Show a page of rows, from the first one that was not on the screen yet."""
        first = next((n for n, row in enumerate(self.rows) if not self._is_seen(row)), None)
        if first is not None:
            self.select(self.rows[first].request_id)
            self.scroll_to(y=first * self.ROW_HEIGHT, animate=False, force=True, immediate=True)

    def _is_seen(self, row: InboxItem) -> bool:
        return all((row.request_id, part) in self._lines_drawn for part in range(self.ROW_HEIGHT))

    @override
    def row_id(self, row: InboxItem) -> str:
        return row.request_id

    @override
    def render_line(self, y: int) -> Strip:
        index, part = divmod(y + self.scroll_offset.y, self.ROW_HEIGHT)
        if index < len(self.rows) and (self.rows[index].request_id, part) not in self._lines_drawn:
            self._lines_drawn.add((self.rows[index].request_id, part))
            self.post_message(self.Seen())
        return super().render_line(y)

    @override
    def draw_row(self, row: InboxItem, width: int) -> Sequence[Line]:
        context = self.contexts.get(row.request_id)
        columns = self.columns(width)
        cells = "".join(
            f"  {column.cell(context) if context is not None else ' ' * column.cells}" for column in columns
        )
        hidden: Run = (HIDDEN_SHORT, "muted")
        offer, tone = hidden if row.blind else recommendation_run(row.recommendation, row.field_count)
        differs_cells = _differs_cells(width)
        other = fit(DIFFERS if differs_cells > 2 else "≠", differs_cells) if differs(row, self._verb) else ""
        end: Line = [("  ", ""), (fit(offer or "nothing", AGENT_CELLS), tone if offer else "muted")]
        room = width - cell_len(cells) - width_of(end) - differs_cells
        first: Line = [(fit(f"  {line(row.summary, 300)}", room), ""), (cells, "strong"), *end, (other, "warn")]
        does = self._agreements.get(row.request_id, "")
        where = joined((line(does), author_words(row), line(row.project_name, 60), line(row.task_name, 200)))
        return [first, [(fit(f"  {where}", width), "muted")]]


def _differs_cells(width: int) -> int:
    """Return the cells of the word that says that the agent recommends something else; it has room from 80 on."""
    return len(DIFFERS) + 1 if width >= 79 else 2


def differs(item: InboxItem, verb: Verb) -> bool:
    """Return whether the agent recommends something else."""
    recommended = recommended_type(item.recommendation)
    return recommended not in ("", verb)
