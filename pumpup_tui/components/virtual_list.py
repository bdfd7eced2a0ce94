"""A list that draws only the lines in view, with its cursor pinned to a row's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.row_window import Rows, RowWindow
from pumpup_tui.components.scroll_view import LineScrollView
from pumpup_tui.components.searchable_rows import SearchableRows
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import Line, wrap

T = TypeVar("T")
AHEAD = 40
"""Rows before the end of what is loaded at which the next page is asked for."""
LINES_CACHED = 1000
"""Drawn lines that are cached."""


class VirtualList(LineScrollView, Generic[T], can_focus=True):
    """Rows of a fixed height, drawn on demand.

    Rows may come and go around the cursor; it stays on the row with its id. Where that row goes, the cursor moves to
    the row that took its place, and `Gone` says so.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("move.down", "move(1)"),
        ("move.up", "move(-1)"),
        ("move.first", "go(0)"),
        ("move.last", "go(-1)"),
        ("move.page_down", "page(1)"),
        ("move.page_up", "page(-1)"),
        ("move.enter", "choose"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES
    ROW_HEIGHT: ClassVar[int] = 1

    class OfRow(Message):
        """The base of a list's messages; handlers name one of its kinds, for a handler of this one would get all."""

        def __init__(self, control: VirtualList[Any], row_id: str | None) -> None:
            super().__init__()
            self._control = control
            self.row_id = row_id

        @property
        def control(self) -> VirtualList[Any]:
            """The list."""
            return self._control

    class Moved(OfRow):
        """The cursor is on another row."""

    class Chosen(OfRow):
        """Enter on the row under the cursor."""

    class NeedMore(OfRow):
        """The cursor or the view nears the end of what is loaded."""

    class Gone(OfRow):
        """The row under the cursor went; the cursor is on its neighbour."""

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._listed: SearchableRows[T] = SearchableRows(self.row_id, self.searched)
        self.reported_id: str | None = None
        """The row that `Moved` was posted for last."""
        self._empty = empty
        self._selected: set[str] = set()
        self.line_cache: LRUCache[tuple[object, ...], Strip] = LRUCache(LINES_CACHED)
        """The lines as they were drawn; cleared where rows look otherwise with the same id."""
        self._shown_lines: dict[int, Strip] = {}
        """What stands in each line of the view: the cache can't tell, for it is cleared with lines left in view."""
        self.window = RowWindow(self, self, self.ROW_HEIGHT)

    # Rows, as a list of something defines them.

    @property
    def model(self) -> Rows[T]:
        """The rows and the cursor."""
        return self._listed

    def row_id(self, row: T) -> str:
        """Return the id that the cursor is pinned to."""
        raise NotImplementedError

    def draw_row(self, row: T, width: int) -> Sequence[Line]:
        """Return the row's `ROW_HEIGHT` lines, `width` cells wide, of clean text."""
        raise NotImplementedError

    def searched(self, row: T) -> str:
        """Return the text that the search looks in."""
        return ""

    def rows_above_cursor(self) -> int:
        """Return how many rows above the cursor's come into view with it."""
        return 0

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is drawn."""
        return True

    # Content.

    @property
    def row(self) -> T | None:
        """The row under the cursor, None also while it is being read."""
        return self.model.row(self.model.cursor)

    @property
    def rows(self) -> Sequence[T]:
        """The rows that match the search, in order."""
        return self._listed.shown

    @property
    def total(self) -> int:
        """How many rows are loaded."""
        return self._listed.total

    @property
    def selected(self) -> frozenset[str]:
        """The ids that are selected, in view or not."""
        return frozenset(self._selected)

    def show(self, rows: Iterable[T]) -> None:
        """Take other rows in place of all."""
        with self.window.steady(redraw=True):
            self._listed.show(rows)

    def add(self, rows: Iterable[T]) -> None:
        """Add rows at the end; those that are there already are replaced in their place."""
        with self.window.steady(redraw=True):
            self._listed.add(rows)

    def take_away(self, ids: Iterable[str]) -> None:
        """Take rows away."""
        with self.window.steady():
            self._listed.take_away(ids)

    def search(self, needle: str) -> None:
        """Show only rows that contain `needle`, case-insensitively; all where it is empty."""
        with self.window.steady():
            self._listed.search(needle)

    def select(self, row_id: str) -> bool:
        """Put the cursor on a row; return False where it isn't there."""
        index = self.model.where(row_id)
        if index is not None:
            self.move_to(index)
        return index is not None

    def set_selected(self, ids: Iterable[str]) -> None:
        """Select these, and no others; only the lines of those that changed are drawn again."""
        before, self._selected = self._selected, set(ids)
        for row_id in before ^ self._selected:
            index = self.model.where(row_id)
            if index is not None:
                self.window.refresh_row(index)

    def redraw(self) -> None:
        """Draw again the lines that have changed: an age, or a decision in flight."""
        before = dict(self._shown_lines)
        self.line_cache.clear()
        for y in range(self.size.height):
            if self.render_line(y) != before.get(y):
                self.refresh_lines(self.scroll_offset.y + y)

    def say_when_empty(self, words: str) -> None:
        """Show this where there are no rows."""
        if words != self._empty:
            self._empty = words
            if not self.model.count:
                self.refresh()

    # Drawing.

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index, part = divmod(y + self.scroll_offset.y, self.window.row_height)
        at_cursor = index == self.model.cursor and self.shows_cursor
        if self.is_empty:
            words = wrap([(self._empty, "muted")], width - 4)
            strip = paint(self, [("  ", ""), *words[y - 1]] if 0 < y <= len(words) else [], width)
        elif index >= self.model.count:
            strip = Strip.blank(width, self.rich_style)
        elif (row := self.model.row(index)) is None:
            strip = _placeholder(self, width, part, at_cursor=at_cursor)
        else:
            row_id = self.row_id(row)
            chosen = row_id in self._selected
            key = (row_id, part, width, at_cursor, chosen, self.visual_style)
            if key not in self.line_cache:
                mark: Line = [("▌" if at_cursor else "●" if chosen else " ", "accent" if at_cursor or chosen else "")]
                for number, drawn in enumerate(self.draw_row(row, width - 1)):
                    line = paint(self, [*mark, *drawn], width, over="cursor" if at_cursor else "")
                    self.line_cache[(row_id, number, *key[2:])] = line
            strip = self.line_cache.get(key) or Strip.blank(width, Style())
        self._shown_lines[y] = strip
        return strip

    @property
    def is_empty(self) -> bool:
        """Whether there is no row to draw."""
        return self.model.count == 0

    # Moving.

    def action_move(self, by: int) -> None:
        """Move the cursor by rows; past the edge of the view, half a page of new rows comes at once."""
        # A scroll draws every line of the list: over SSH, once in half a page is enough.
        self.move_to(self.model.cursor + by, jump=self.window.height // 2 * self.window.row_height)

    def action_go(self, index: int) -> None:
        """Move the cursor to the first row, or the last."""
        self.move_to(index if index >= 0 else self.model.count - 1)

    def action_page(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self.move_to(self.model.cursor + direction * max(1, self.window.height // 2))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Chosen(self, self.model.cursor_id))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a double click opens it."""
        at = event.get_content_offset(self)
        if at is not None and (index := (at.y + self.scroll_offset.y) // self.window.row_height) < self.model.count:
            self.move_to(index)
            if event.chain == 2:
                self.action_choose()

    def on_resize(self) -> None:
        """Fit the drawn lines and the scrollbar to the new size."""
        self.line_cache.clear()
        self.window.fit()
        self.window.show_cursor()
        self.viewed()

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.viewed()

    def viewed(self) -> None:
        """Take note that other rows are in view, or that the cursor moved."""
        near = max(self.model.cursor, self.window.top + self.window.height)
        if self.model.count and self.model.count - near < AHEAD:
            self.post_message(self.NeedMore(self, self.model.cursor_id))

    def move_to(self, index: int, *, jump: int = 0) -> None:
        """Put the cursor on a row, the nearest where there is none; `jump` cells more come into view."""
        if not self.model.count:
            return
        old = self.model.cursor
        self.model.go(index)
        for changed in {old, self.model.cursor}:
            self.window.refresh_row(changed)
        self.window.show_cursor(jump)
        self.viewed()
        self.report_cursor()

    def report_cursor(self) -> None:
        """Post `Moved` where the cursor is on another row, and `Gone` where its own row went."""
        row_id = self.model.cursor_id
        if row_id != self.reported_id and (row_id is not None or not self.model.count):
            self.reported_id = row_id
            self.post_message(self.Moved(self, row_id))
        if (lost := self.model.lost) is not None:
            self.model.lost = None
            self.post_message(self.Gone(self, lost))


def _placeholder(listing: VirtualList[Any], width: int, part: int, *, at_cursor: bool) -> Strip:
    """Return a line of a row that is not loaded."""
    line: Line = [("▌" if at_cursor else " ", "accent"), (" ⋯" if part == 0 else "", "muted")]
    return paint(listing, line, width, over="cursor" if at_cursor else "")
