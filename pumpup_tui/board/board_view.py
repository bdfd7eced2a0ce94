"""The board: all columns of a project drawn by one widget, the cursor being its own state.

One widget, for moving focus between column widgets restyles both and costs 24 kB and 66 ms over a slow line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.board.card_lines import CARD, HEAD, CardCache, Drawn, Place, changed_span, column_lines
from pumpup_tui.board.column_model import Columns, ColumnState
from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.pane_frame import FramedPane
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import Run, width_of, wrap

if TYPE_CHECKING:
    from api_client.models import Board, Card, Project

NARROWEST = 28
"""Cells of a column; where not all fit, the board scrolls sideways."""
WIDEST = 44


class BoardView(FramedPane, can_focus=True):
    """Columns side by side in graph order."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("board.left", "column(-1)"),
        ("board.right", "column(1)"),
        ("move.down", "card(1)"),
        ("move.up", "card(-1)"),
        ("move.first", "first"),
        ("move.last", "last"),
        ("move.page_down", "page(1)"),
        ("move.page_up", "page(-1)"),
        ("board.task", "choose"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Moved(Message):
        """The cursor is on another card, or other columns are in view."""

        def __init__(self, *, by_hand: bool = False) -> None:
            super().__init__()
            self.by_hand = by_hand
            """Whether a person moved the cursor; else the view has another size."""

    class Chosen(Message):
        """Enter on a card."""

        def __init__(self, task_id: str) -> None:
            super().__init__()
            self.task_id = task_id

    class ToEnd(Message):
        """The cursor is to go to a card beyond those that are loaded: the last, or with `first` the first."""

        def __init__(self, column: ColumnState, *, first: bool) -> None:
            super().__init__()
            self.column = column
            self.first = first

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context
        self.columns = Columns()
        self.project: Project | None = None
        self._cards = CardCache(context)
        self._first = 0
        self._words = "opening…"
        self._drawn: list[list[Drawn]] = []
        """The lines of each column in view, as they were drawn last."""

    # Content.

    @property
    def card(self) -> Card | None:
        """The card under the cursor."""
        return self.columns.here.card if self.columns.here else None

    @property
    def in_view(self) -> Sequence[ColumnState]:
        """The columns in view."""
        return self.columns.all[self._first : self._first + self._shown]

    def say(self, words: str) -> None:
        """Show this where there is no board."""
        self._words = words
        if not self.columns.all:
            self.refresh()

    def show_board(self, project: Project, board: Board) -> None:
        """Take a project's columns; another project's cards go."""
        if self.project is None or self.project.id != project.id:
            self.columns = Columns()
            self._first = 0
        self.project = project
        self.columns.take(board)
        self.show_changes()

    def redraw(self) -> None:
        """Draw again the ages that have changed."""
        self._cards.clear()
        self.show_changes()

    def show_changes(self) -> None:
        """Draw again the cells that have changed, and nothing else."""
        for column in self.columns.all:
            column.keep_in_view(self._rows)
        if self._column_in_view() or not self.columns.all:
            self.refresh()
            return
        before, self._drawn = self._drawn, self._lines()
        if len(before) != len(self._drawn):
            self.refresh()
        elif regions := self._regions(before):
            self.refresh(*regions)

    # Drawing.

    @property
    def _rows(self) -> int:
        return max(1, (self.size.height - HEAD) // CARD)

    @property
    def _width(self) -> int:
        fitting = max(1, self.size.width // NARROWEST)
        count = max(1, min(len(self.columns.all), fitting))
        return max(1, min(WIDEST, self.size.width // count))

    @property
    def _shown(self) -> int:
        return max(1, self.size.width // self._width)

    def _lines(self) -> list[list[Drawn]]:
        last = self._first + self._shown - 1
        return [
            column_lines(
                column,
                Place(
                    self._width,
                    here=index == self.columns.at,
                    more_left=index == self._first and index > 0,
                    more_right=index == last and index < len(self.columns.all) - 1,
                ),
                self.size.height,
                self._cards,
            )
            for index, column in enumerate(self.in_view, self._first)
        ]

    def _regions(self, before: list[list[Drawn]]) -> list[Region]:
        """Return the cells that differ from what was drawn."""
        regions: list[Region] = []
        for slot, (old, new) in enumerate(zip(before, self._drawn, strict=True)):
            if len(old) != len(new):
                return [Region(0, 0, *self.size)]
            for y, (one, other) in enumerate(zip(old, new, strict=True)):
                if (span := changed_span(one, other)) is not None:
                    regions.append(Region(slot * self._width + span[0], y, span[1] - span[0], 1))
        return regions

    @override
    def render_line(self, y: int) -> Strip:
        if not self.columns.all:
            words = wrap([(self._words, "muted")], self.size.width - 4)
            return paint(self, [("  ", ""), *words[y - 1]] if 0 < y <= len(words) else [], self.size.width)
        if not self._drawn or len(self._drawn[0]) != self.size.height:
            self._drawn = self._lines()
        # Runs of all columns go into one strip: each call to `paint` works out the widget's own style again.
        strips: list[Strip] = []
        runs: list[Run] = []
        for lines in self._drawn:
            drawn = lines[y]
            if drawn.over:
                strips += [paint(self, runs, width_of(runs)), paint(self, drawn.runs, self._width - 1, over=drawn.over)]
                runs = []
            else:
                runs += drawn.runs
            runs.append((" ", ""))
        strips.append(paint(self, runs, max(0, self.size.width - sum(strip.cell_length for strip in strips))))
        return Strip.join(strips).simplify()

    # Moving.

    def action_column(self, by: int) -> None:
        """Go to a column beside."""
        if self.columns.all:
            self.columns.at = max(0, min(self.columns.at + by, len(self.columns.all) - 1))
            self._moved()

    def action_card(self, by: int) -> None:
        """Go up or down the column."""
        if (column := self.columns.here) is not None:
            column.move_to(column.cursor + by)
            self._moved()

    def action_page(self, direction: int) -> None:
        """Go half a page up or down."""
        self.action_card(direction * max(1, self._rows // 2))

    def action_first(self) -> None:
        """Go to the column's first card."""
        self._to_end(first=True)

    def action_last(self) -> None:
        """Go to the column's last card."""
        self._to_end(first=False)

    def _to_end(self, *, first: bool) -> None:
        column = self.columns.here
        if column is None:
            return
        is_there = (column.begins if first else column.complete) or column.go_over(first=first)
        column.move_to(0 if first else len(column.cards) - 1)
        self._moved()
        if not is_there:
            self.post_message(self.ToEnd(column, first=first))

    def action_choose(self) -> None:
        """Open the task under the cursor."""
        if self.card is not None:
            self.post_message(self.Chosen(self.card.id))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the card that was clicked; a double click opens its task."""
        at = event.get_content_offset(self)
        index = self._first + at.x // self._width if at else len(self.columns.all)
        if at and index < len(self.columns.all) and at.y >= HEAD:
            self.columns.at = index
            column = self.columns.all[index]
            column.move_to(column.top + (at.y - HEAD) // CARD)
            self._moved()
            if event.chain == 2:
                self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down the column with the cursor."""
        event.stop()
        self.action_card(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up the column with the cursor."""
        event.stop()
        self.action_card(-1)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._column_in_view()
        self._drawn = []
        for column in self.columns.all:
            column.keep_in_view(self._rows)
        self.post_message(self.Moved())

    def _moved(self) -> None:
        self.show_changes()
        self.post_message(self.Moved(by_hand=True))

    def _column_in_view(self) -> bool:
        """Scroll sideways to the cursor's column; return whether other columns are in view now."""
        before = self._first
        last = max(0, len(self.columns.all) - self._shown)
        self._first = max(0, min(max(self.columns.at - self._shown + 1, min(before, self.columns.at)), last))
        if self._first != before:
            self._drawn = []
        return self._first != before
