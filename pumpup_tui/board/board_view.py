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

from pumpup_tui.board.card_lines import CardCache, Drawn, changed_span, column_lines
from pumpup_tui.board.column_head import HEAD, one_line
from pumpup_tui.board.column_model import Columns, ColumnState
from pumpup_tui.board.column_widths import ColumnSlot, Place, slots
from pumpup_tui.board.lane_lines import Lanes, scrolled
from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.pane_frame import FramedPane
from pumpup_tui.components.task_turn import TaskRules
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Run, joined, width_of, wrap

if TYPE_CHECKING:
    from api_client.models import Board, Card, Project


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
        self.compact = False
        """Whether each card has one line."""
        self._order = ""
        """The order of the cards in words, where it is not the board's own."""
        self.by_lanes = False
        """Whether the cards are to be in lanes by assignee, once they all are loaded in that order."""
        self._lanes: Lanes | None = None
        self._lanes_of: object = None
        """The cards that the lanes are made of."""
        self._top = 0
        """The first line of the lanes in view."""
        self._cards = CardCache(context.key, self.rules)
        self._slots: list[ColumnSlot] = []
        """The columns in view."""
        self._words = "opening…"
        self.show_title()
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
        return [self.columns.all[slot.index] for slot in self._slots]

    @property
    def rules(self) -> TaskRules:
        """The time now, and when a task of the project counts as stuck."""
        name = self.project.project_name if self.project else ""
        escalated = {task.task_id: task.at for task in self.context.status.escalated}
        return TaskRules.of(self.context.clock(), self.context.preferences.stuck, name, escalated)

    def say(self, words: str) -> None:
        """Show this where there is no board."""
        self._words = words
        if not self.columns.all:
            self.refresh()

    def show_board(self, project: Project, board: Board) -> None:
        """Take a project's columns; another project's cards go."""
        if self.project is None or self.project.id != project.id:
            self.columns = Columns()
            self._slots = []
        self.project = project
        self.columns.take(board)
        self.redraw()

    def order(self, words: str, *, by_lanes: bool) -> None:
        """Say in the title in which order the cards are, where that is not the board's own; put them into lanes."""
        self._order, self.by_lanes = words, by_lanes
        self.show_title()

    def show_title(self) -> None:
        """Name the project in the frame, with the order of its cards and the number of its open tasks."""
        project = line(self.project.name, 80) if self.project else ""
        count = sum(column.about.count for column in self.columns.all if not column.about.terminal)
        self.frame.set_title(joined(("Board", project, self._order)), f"{count:,} open" if self.columns.all else "")

    def redraw(self) -> None:
        """Draw again the ages that have changed."""
        self._cards.renew(self.rules)
        self.show_changes()

    def show_escalated(self) -> bool:
        """Draw again the cards that are escalated now, or no longer; return whether there are any."""
        if self._cards.rules.escalated == self.rules.escalated:
            return False
        self.redraw()
        return True

    def set_compact(self, *, compact: bool) -> None:
        """Show each card in one line, or in its frame."""
        self.compact = compact
        self._drawn = []
        self.show_changes()

    def show_changes(self) -> None:
        """Draw again the cells that have changed, and nothing else."""
        if self._place_columns() or not self.columns.all or not self._drawn:
            self.refresh()
            return
        before, self._drawn = self._drawn, self._lines()
        if len(before) != len(self._drawn):
            self.refresh()
        elif regions := self._regions(before):
            self.refresh(*regions)

    # Drawing.

    def _place_columns(self) -> bool:
        """Place the columns so that the one with the cursor is in view; return whether any has another place now."""
        before = self._slots
        narrow = [_has_nothing_to_do(column) for column in self.columns.all]
        first = before[0].index if before else 0
        wanted = [one_line(column) for column in self.columns.all]
        self._slots = slots(narrow, self.columns.at, first, self.size.width, wanted)
        for place in self._places():
            self.columns.all[place.slot.index].keep_in_view(self._rows(place))
        self._make_lanes()
        if before != self._slots:
            self._drawn = []
        return before != self._slots

    def _make_lanes(self) -> None:
        """Put the cards that are loaded into lanes, with the cursor's in view."""
        if not self.by_lanes or any(column.matched is None for column in self.columns.all):
            self._lanes = None
            return
        places, columns = self._places(), self.in_view
        made_of = [(column.cards, place.card_height) for column, place in zip(columns, places, strict=True)]
        if self._lanes is None or made_of != self._lanes_of:
            self._lanes, self._lanes_of = Lanes(columns, places), made_of
        self._lanes.places = places
        for slot, place in enumerate(places):
            if place.here:
                first = self._lanes.line_of(slot, columns[slot].cursor)
                self._top = scrolled(self._top, first, place.card_height, self.size.height - HEAD)

    def _places(self) -> list[Place]:
        last, columns = len(self._slots) - 1, self.columns
        return [
            Place(
                slot,
                here=slot.index == columns.at,
                compact=self.compact,
                more_left=number == 0 and slot.index > 0,
                more_right=number == last and slot.index < len(columns.all) - 1,
            )
            for number, slot in enumerate(self._slots)
        ]

    def _rows(self, place: Place) -> int:
        """Return how many cards of a column are in view."""
        return max(1, (self.size.height - HEAD) // place.card_height)

    @property
    def _rows_here(self) -> int:
        return next((self._rows(place) for place in self._places() if place.here), 1)

    def _lines(self) -> list[list[Drawn]]:
        height = self.size.height
        if self._lanes is not None:
            return self._lanes.drawn(self._top, height, self._cards)
        return [
            column_lines(self.columns.all[place.slot.index], place, height, self._cards) for place in self._places()
        ]

    def _regions(self, before: list[list[Drawn]]) -> list[Region]:
        """Return the cells that differ from what was drawn."""
        regions: list[Region] = []
        for slot, old, new in zip(self._slots, before, self._drawn, strict=True):
            if len(old) != len(new):
                return [Region(0, 0, *self.size)]
            for y, (one, other) in enumerate(zip(old, new, strict=True)):
                if (span := changed_span(one, other)) is not None:
                    regions.append(Region(slot.x + span[0], y, span[1] - span[0], 1))
        return regions

    @override
    def render_line(self, y: int) -> Strip:
        if not self.columns.all:
            words = wrap([(self._words, "muted")], self.size.width - 4)
            return paint(self, [("  ", ""), *words[y - 1]] if 0 < y <= len(words) else [], self.size.width)
        if not self._drawn or len(self._drawn[0]) != self.size.height:
            self._place_columns()
            self._drawn = self._lines()
        # Runs of all columns go into one strip: each call to `paint` works out the widget's own style again.
        strips: list[Strip] = []
        runs: list[Run] = []
        for slot, lines in zip(self._slots, self._drawn, strict=True):
            drawn = lines[y]
            if drawn.over:
                strips += [paint(self, runs, width_of(runs)), paint(self, drawn.runs, slot.width - 1, over=drawn.over)]
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
            before = self._line_at_cursor()
            self.columns.at = max(0, min(self.columns.at + by, len(self.columns.all) - 1))
            self._keep_to_lane(before)
            self._moved()

    def _line_at_cursor(self) -> int | None:
        """Return the line of the lanes at which the cursor's card begins; None where there are no lanes."""
        slot = next((number for number, one in enumerate(self._slots) if one.index == self.columns.at), None)
        if self._lanes is None or slot is None or self.columns.here is None:
            return None
        return self._lanes.line_of(slot, self.columns.here.cursor)

    def _keep_to_lane(self, number: int | None) -> None:
        """Put the cursor of another column on the card that is nearest to a line of the lanes."""
        self._place_columns()
        slot = next((number for number, one in enumerate(self._slots) if one.index == self.columns.at), None)
        if self._lanes is not None and slot is not None and number is not None:
            self.columns.all[self.columns.at].move_to(self._lanes.nearest(slot, number))

    def action_card(self, by: int) -> None:
        """Go up or down the column."""
        if (column := self.columns.here) is not None:
            column.move_to(column.cursor + by)
            self._moved()

    def action_page(self, direction: int) -> None:
        """Go half a page up or down."""
        self.action_card(direction * max(1, self._rows_here // 2))

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

    def go_with(self, task_id: str, step: str) -> None:
        """Put the cursor on a task in the column that it has gone to."""
        index = next((n for n, column in enumerate(self.columns.all) if column.about.step == step), None)
        if index is not None:
            self.columns.at = index
            self.columns.all[index].seek(task_id)
            self._moved()

    def action_choose(self) -> None:
        """Open the task under the cursor."""
        if self.card is not None:
            self.post_message(self.Chosen(self.card.id))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the card that was clicked; a double click opens its task."""
        at = event.get_content_offset(self)
        place = next((one for one in self._places() if at and 0 <= at.x - one.slot.x < one.slot.width), None)
        if at and place and at.y >= HEAD:
            self.columns.at = place.slot.index
            column = self.columns.all[place.slot.index]
            column.move_to(self._card_at(place, at.y - HEAD))
            self._moved()
            if event.chain == 2:
                self.action_choose()

    def _card_at(self, place: Place, y: int) -> int:
        """Return the card of a column that is drawn at a line below its head."""
        column = self.columns.all[place.slot.index]
        if self._lanes is None:
            return column.top + y // place.card_height
        found = self._lanes.card_at(self._slots.index(place.slot), self._top + y)
        return column.cursor if found is None else found

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
        self._drawn = []
        self._place_columns()
        self.post_message(self.Moved())

    def _moved(self) -> None:
        self.show_changes()
        self.post_message(self.Moved(by_hand=True))


def _has_nothing_to_do(column: ColumnState) -> bool:
    """Return whether a column is narrow: it is empty or final, or nothing in it matches."""
    if column.is_filtered:
        return not column.matched
    return column.about.terminal or not column.about.count
