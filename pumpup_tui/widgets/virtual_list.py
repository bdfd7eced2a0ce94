"""A list that draws only the lines in view, with its cursor pinned to a row's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.widgets.painting import COMPONENT_CLASSES, Line, paint, wrap

T = TypeVar("T")
AHEAD = 40
"""Rows before the end of what is loaded at which the next page is asked for."""


class VirtualList(ScrollView, Generic[T], can_focus=True):
    """Rows of a fixed height, drawn on demand.

    Rows may come and go around the cursor; it stays on the row with its id. Where that row goes, the cursor moves to
    the row that took its place.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "down", show=False, id="move.down", tooltip="down"),
        Binding("k,up", "move(-1)", "up", show=False, id="move.up", tooltip="up"),
        Binding("g,home", "go(0)", "first", show=False, id="move.first", tooltip="to the first"),
        Binding("G,end", "go(-1)", "last", show=False, id="move.last", tooltip="to the last that is loaded"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="move.page_down", tooltip="half a page down"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="move.page_up", tooltip="half a page up"),
        Binding("enter", "choose", "open", show=False, id="move.enter", tooltip="open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES
    ROW_HEIGHT: ClassVar[int] = 1

    class Told(Message):
        """Base of what a list tells; handlers name one of its kinds, for a handler of this one would get all."""

        def __init__(self, control: VirtualList[Any], row_id: str | None) -> None:
            super().__init__()
            self._control = control
            self.row_id = row_id

        @property
        def control(self) -> VirtualList[Any]:
            """The list."""
            return self._control

    class Moved(Told):
        """The cursor is on another row."""

    class Chosen(Told):
        """Enter on the row under the cursor."""

    class NeedMore(Told):
        """The cursor or the view nears the end of what is loaded."""

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._all: list[T] = []
        self._rows: list[T] = []
        self._cursor = 0
        self._cursor_id: str | None = None
        self._needle = ""
        self._empty = empty
        self._cache: LRUCache[tuple[object, ...], Strip] = LRUCache(1000)

    # What a list of something says about its rows.

    def row_id(self, row: T) -> str:
        """Return the id that the cursor is pinned to."""
        raise NotImplementedError

    def draw_row(self, row: T, width: int) -> Sequence[Line]:
        """Return the row's `ROW_HEIGHT` lines, `width` cells wide, of clean text."""
        raise NotImplementedError

    def searched(self, row: T) -> str:
        """Return the text that the search looks in."""
        return ""

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is drawn."""
        return True

    # What its screen tells it.

    @property
    def row(self) -> T | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def rows(self) -> Sequence[T]:
        """The rows that match the search, in order."""
        return self._rows

    @property
    def total(self) -> int:
        """How many rows are loaded."""
        return len(self._all)

    def show(self, rows: Iterable[T]) -> None:
        """Take other rows in place of all."""
        self._all = list(rows)
        self._refilter()

    def add(self, rows: Iterable[T]) -> None:
        """Add rows at the end; those that are there already are replaced in their place."""
        place = {self.row_id(row): index for index, row in enumerate(self._all)}
        for row in rows:
            index = place.get(self.row_id(row))
            if index is None:
                place[self.row_id(row)] = len(self._all)
                self._all.append(row)
            else:
                self._all[index] = row
        self._refilter()

    def put_first(self, rows: Iterable[T]) -> None:
        """Put new rows before all others."""
        known = {self.row_id(row) for row in self._all}
        self._all = [row for row in rows if self.row_id(row) not in known] + self._all
        self._refilter()

    def take_away(self, ids: Iterable[str]) -> None:
        """Take rows away."""
        gone = set(ids)
        self._all = [row for row in self._all if self.row_id(row) not in gone]
        self._refilter()

    def search(self, needle: str) -> None:
        """Show only rows that contain `needle`, case-insensitively; all where it is empty."""
        self._needle = needle.casefold()
        self._refilter()

    def select(self, row_id: str) -> bool:
        """Put the cursor on a row; return False where it isn't there."""
        for index, row in enumerate(self._rows):
            if self.row_id(row) == row_id:
                self._to(index)
                return True
        return False

    def redraw(self) -> None:
        """Draw again: the age of something has changed."""
        self._cache.clear()
        self.refresh()

    def say_when_empty(self, words: str) -> None:
        """Say this where there are no rows."""
        self._empty = words
        self.redraw()

    # Drawing.

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index, part = divmod(y + self.scroll_offset.y, self.ROW_HEIGHT)
        if not self._rows:
            words = wrap([(self._empty, "muted")], width - 4)
            return paint(self, [("  ", ""), *words[y - 1]] if 0 < y <= len(words) else [], width)
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[index]
        at_cursor = index == self._cursor and self.shows_cursor
        key = (self.row_id(row), part, width, at_cursor, self.rich_style)
        if key not in self._cache:
            mark: Line = [("▌" if at_cursor else " ", "accent" if at_cursor else "")]
            for number, drawn in enumerate(self.draw_row(row, width - 1)):
                strip = paint(self, [*mark, *drawn], width, over="cursor" if at_cursor else "")
                self._cache[(*key[:1], number, *key[2:])] = strip
        return self._cache.get(key) or Strip.blank(width, Style())

    # Moving.

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._to(self._cursor + by)

    def action_go(self, index: int) -> None:
        """Move the cursor to the first row, or the last."""
        self._to(index if index >= 0 else len(self._rows) - 1)

    def action_page(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self._to(self._cursor + direction * max(1, self.size.height // self.ROW_HEIGHT // 2))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self._rows:
            self.post_message(self.Chosen(self, self._cursor_id))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        index = (event.y + self.scroll_offset.y) // self.ROW_HEIGHT
        if index < len(self._rows):
            self._to(index)

    def on_resize(self) -> None:
        """Fit the drawn lines and the scrollbar to the new size."""
        self._cache.clear()
        self._fit()

    def _to(self, index: int) -> None:
        if not self._rows:
            return
        old, self._cursor = self._cursor, max(0, min(index, len(self._rows) - 1))
        for changed in {old, self._cursor}:
            self.refresh_lines(changed * self.ROW_HEIGHT, self.ROW_HEIGHT)
        self._in_view()
        if len(self._rows) - self._cursor < AHEAD:
            self.post_message(self.NeedMore(self, self._cursor_id))
        self._tell()

    def _in_view(self) -> None:
        top = self._cursor * self.ROW_HEIGHT
        height = max(self.ROW_HEIGHT, self.size.height)
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif top + self.ROW_HEIGHT > self.scroll_offset.y + height:
            self.scroll_to(y=top + self.ROW_HEIGHT - height, animate=False)

    def _tell(self) -> None:
        row_id = self.row_id(self._rows[self._cursor]) if self._rows else None
        if row_id != self._cursor_id:
            self._cursor_id = row_id
            self.post_message(self.Moved(self, row_id))

    def _refilter(self) -> None:
        before = self._cursor
        offset = before * self.ROW_HEIGHT - self.scroll_offset.y
        needle = self._needle
        self._rows = [row for row in self._all if needle in self.searched(row).casefold()] if needle else self._all[:]
        ids = {self.row_id(row): index for index, row in enumerate(self._rows)}
        last = max(0, len(self._rows) - 1)
        self._cursor = ids.get(self._cursor_id or "", min(before, last))
        self._cache.clear()
        self._fit()
        if self._cursor != before:
            # What was under the eye stays under the eye.
            self.scroll_to(y=max(0, self._cursor * self.ROW_HEIGHT - offset), animate=False)
        self._in_view()
        self.refresh()
        self._tell()

    def _fit(self) -> None:
        self.virtual_size = Size(self.size.width, max(1, len(self._rows)) * self.ROW_HEIGHT)
