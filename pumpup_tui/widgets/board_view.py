"""The board: all columns of a project drawn by one widget, the cursor being its own state.

One widget, for moving focus between column widgets restyles both and costs 24 kB and 66 ms over a slow line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.telling import kind_of, status_run
from pumpup_tui.text import line
from pumpup_tui.widgets.board_columns import Columns, ColumnState
from pumpup_tui.widgets.painting import COMPONENT_CLASSES, Line, columns, crop, fit, joined, paint, width_of

if TYPE_CHECKING:
    from api_client.models import Board, Card, Page, Project

HEAD = 3
"""Lines above the cards: the column's name, its owner and counts, a rule."""
CARD = 4
"""Lines of a card, the last one blank."""
NARROWEST = 28
"""Cells of a column; where not all fit, the board scrolls sideways."""
WIDEST = 44
AHEAD = 20


class BoardView(Widget, can_focus=True):
    """Columns side by side in graph order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "column(-1)", "left", show=False, id="board.left", tooltip="column to the left"),
        Binding("l,right", "column(1)", "right", show=False, id="board.right", tooltip="column to the right"),
        Binding("j,down", "card(1)", show=False),
        Binding("k,up", "card(-1)", show=False),
        Binding("g,home", "card(-1000000)", show=False),
        Binding("G,end", "card(1000000)", show=False),
        Binding("ctrl+d,pagedown", "page(1)", show=False),
        Binding("ctrl+u,pageup", "page(-1)", show=False),
        Binding("enter", "choose", show=False, id="board.task", tooltip="open the task"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Moved(Message):
        """The cursor is on another card."""

    class Chosen(Message):
        """Enter on a card."""

        def __init__(self, task_id: str) -> None:
            super().__init__()
            self.task_id = task_id

    class NeedMore(Message):
        """A column's cursor nears the end of what is loaded."""

        def __init__(self, column: ColumnState) -> None:
            super().__init__()
            self.column = column

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context
        self.columns = Columns()
        self.project: Project | None = None
        self._first = 0
        self._words = "opening…"

    # What its screen tells it.

    @property
    def card(self) -> Card | None:
        """The card under the cursor."""
        return self.columns.here.card if self.columns.here else None

    def say(self, words: str) -> None:
        """Say this where there is no board."""
        self._words = words
        self.refresh()

    def show_board(self, project: Project, board: Board) -> None:
        """Take a project's columns; another project's cards go."""
        if self.project is None or self.project.id != project.id:
            self.columns = Columns()
            self._first = 0
        self.project = project
        self.columns.take(board)
        self._column_in_view()
        self.refresh()

    def take_page(self, step: str, page: Page[Card], *, first: bool, asked: int) -> None:
        """Take a page of a column's cards."""
        column = self.columns.column(step)
        if column is not None:
            column.take(page.items, first=first)
            column.next_cursor = page.next_cursor
            column.complete = len(page.items) < asked
            column.reading = False
            column.keep_in_view(self._rows)
            self.refresh()

    def select(self, task_id: str) -> None:
        """Put the cursor on a task, where it is loaded."""
        if self.columns.select(task_id):
            self._column_in_view()
            if self.columns.here:
                self.columns.here.keep_in_view(self._rows)
            self.refresh()

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

    @override
    def render_line(self, y: int) -> Strip:
        if not self.columns.all:
            return paint(self, [(f"  {self._words}", "muted")] if y == 1 else [], self.size.width)
        width = self._width
        shown = range(self._first, min(len(self.columns.all), self._first + self._shown))
        strips = [self._draw(index, y, width) for index in shown]
        return Strip.join(strips).adjust_cell_length(self.size.width, self.rich_style)

    def _draw(self, index: int, y: int, width: int) -> Strip:
        column = self.columns.all[index]
        here = index == self.columns.at
        if y < HEAD:
            return paint(self, [*self._head(index, column, y, width - 1, here=here), (" ", "")], width)
        place, part = divmod(y - HEAD, CARD)
        place += column.top
        if place >= len(column.cards):
            words = ""
            if place == 0 and part == 0:
                words = "reading…" if column.reading else "no tasks"
            elif place == len(column.cards) and part == 0 and not column.complete:
                words = "reading more…"
            return paint(self, [(f"  {words}", "muted")], width)
        at_cursor = here and place == column.cursor and part < CARD - 1
        drawn = self._card(column.cards[place], part, width - 3)
        mark: Line = [("▌" if at_cursor else " ", "accent" if at_cursor else ""), *drawn]
        gap = width - 1 - width_of(mark)
        body = paint(self, [*mark, (" " * max(0, gap), "")], width - 1, over="cursor" if at_cursor else "")
        return Strip.join([body, paint(self, [], 1)])

    def _head(self, index: int, column: ColumnState, y: int, width: int, *, here: bool) -> Line:
        about = column.about
        if y == 0:
            left = "< " if index == self._first and index > 0 else "  "
            last = index == self._first + self._shown - 1
            right = " >" if last and index < len(self.columns.all) - 1 else ""
            end = "■ " if about.terminal else ""
            name = columns(f"{left}{end}{line(about.step, 80)}", f"{about.count}{right}", width)
            return [(name, "strong" if here else "")]
        if y == 1:
            waiting = f"◌ {about.waiting} waiting" if about.waiting else ""
            owner = joined((line(about.owner.lower(), 12), "final" if about.terminal else ""))
            return [(columns(f"  {owner}", waiting, width), "muted")]
        return [("━" * width if here else "─" * width, "accent" if here else "muted")]

    def _card(self, card: Card, part: int, width: int) -> Line:
        if part == 0:
            return [(fit(line(card.name, 200), width), "")]
        if part == 1:
            overdue = (
                card.overdue_at is not None and card.overdue_at <= self.context.clock() and card.status != "CLOSED"
            )
            status = status_run(card.status)
            age = self.context.age(card.step_entered_at) + (" ◷ overdue" if overdue else " in step")
            room = width - width_of([status])
            told = " " * (room - cell_len(age)) + age if room > cell_len(age) else crop(f" {age}", room)
            return [status, (told, "bad" if overdue else "muted")]
        if part == 2:
            open_ = card.open_request
            asks = f"? {kind_of(open_.event_type)}: {line(open_.summary, 200)}" if open_ else ""
            who = f"@{line(card.assignee_id, 40)}" if card.assignee_id else ""
            return [(columns(asks, who, width), "warn" if open_ else "muted")]
        return []

    # Moving.

    def action_column(self, by: int) -> None:
        """Go to a column beside."""
        if not self.columns.all:
            return
        before = self.columns.at
        self.columns.at = max(0, min(before + by, len(self.columns.all) - 1))
        if self._column_in_view():
            self.refresh()
        else:
            for index in {before, self.columns.at}:
                self._refresh_cursor(index, head=True)
        self._told()

    def action_card(self, by: int) -> None:
        """Go up or down the column."""
        column = self.columns.here
        if column is None:
            return
        before = column.cursor
        column.move_to(before + by)
        if column.keep_in_view(self._rows):
            self.refresh(self._region(self.columns.at))
        else:
            self._refresh_cursor(self.columns.at, before)
            self._refresh_cursor(self.columns.at)
        if not (column.complete or column.reading) and len(column.cards) - column.cursor < AHEAD:
            column.reading = True
            self.post_message(self.NeedMore(column))
        self._told()

    def action_page(self, direction: int) -> None:
        """Go half a page up or down."""
        self.action_card(direction * max(1, self._rows // 2))

    def action_choose(self) -> None:
        """Open the task under the cursor."""
        if self.card is not None:
            self.post_message(self.Chosen(self.card.id))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the card that was clicked."""
        index = self._first + event.x // self._width
        if index < len(self.columns.all) and event.y >= HEAD:
            self.columns.at = index
            column = self.columns.all[index]
            column.move_to(column.top + (event.y - HEAD) // CARD)
            self.refresh()
            self._told()

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
        for column in self.columns.all:
            column.keep_in_view(self._rows)

    def _told(self) -> None:
        self.post_message(self.Moved())

    def _column_in_view(self) -> bool:
        before = self._first
        last = max(0, len(self.columns.all) - self._shown)
        self._first = max(0, min(max(self.columns.at - self._shown + 1, min(before, self.columns.at)), last))
        return self._first != before

    def _region(self, index: int) -> Region:
        return Region((index - self._first) * self._width, 0, self._width, self.size.height)

    def _refresh_cursor(self, index: int, place: int | None = None, *, head: bool = False) -> None:
        """Draw again only the lines of one card, and of the column's head where it gains or loses the cursor."""
        column = self.columns.all[index]
        x = (index - self._first) * self._width
        y = HEAD + ((column.cursor if place is None else place) - column.top) * CARD
        regions: Sequence[Region] = [Region(x, y, self._width, CARD - 1)]
        if head:
            regions = [*regions, Region(x, 0, self._width, HEAD)]
        self.refresh(*regions)
