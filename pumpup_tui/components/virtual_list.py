"""A list that draws only the lines in view, with its cursor pinned to a row's id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.scroll_view import Scrolled
from pumpup_tui.components.searchable_rows import Listed
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import Line, wrap

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
AHEAD = 40
"""Rows before the end of what is loaded at which the next page is asked for."""
LINES_KEPT = 1000
"""Drawn lines that are kept."""


class Rows(Protocol[T_co]):
    """What a list draws: rows by index, and the index that the cursor is on."""

    lost: str | None

    @property
    def count(self) -> int:
        """How many rows there are."""

    @property
    def cursor(self) -> int:
        """The index that the cursor is on."""

    @property
    def cursor_id(self) -> str | None:
        """The id that the cursor is on; None where it is not known yet."""

    def row(self, index: int) -> T_co | None:
        """Return a row, None where it is not here."""

    def where(self, row_id: str) -> int | None:
        """Return a row's index, None where it is not here."""

    def mark(self, index: int) -> object:
        """Return what finds the row at `index` again after others have come and gone."""

    def find(self, mark: object) -> int | None:
        """Return where a marked row is now, None where it went."""

    def go(self, index: int) -> None:
        """Put the cursor on a row, the nearest where there is none."""


class VirtualList(Scrolled, Generic[T], can_focus=True):
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

    class Gone(Told):
        """The row under the cursor went; the cursor is on its neighbour."""

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._listed: Listed[T] = Listed(self.row_id, self.searched)
        self._told_id: str | None = None
        self._empty = empty
        self._selected: set[str] = set()
        self._cache: LRUCache[tuple[object, ...], Strip] = LRUCache(LINES_KEPT)

    # What a list of something says about its rows.

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

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor is drawn."""
        return True

    # What its screen tells it.

    @property
    def row(self) -> T | None:
        """The row under the cursor, None also while it is on its way."""
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
        with self._steady(redraw=True):
            self._listed.show(rows)

    def add(self, rows: Iterable[T]) -> None:
        """Add rows at the end; those that are there already are replaced in their place."""
        with self._steady(redraw=True):
            self._listed.add(rows)

    def take_away(self, ids: Iterable[str]) -> None:
        """Take rows away."""
        with self._steady():
            self._listed.take_away(ids)

    def search(self, needle: str) -> None:
        """Show only rows that contain `needle`, case-insensitively; all where it is empty."""
        with self._steady():
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
                self._refresh_row(index)

    def redraw(self) -> None:
        """Draw again what has changed: the age of something, or what is on its way."""
        top, shown = self.scroll_offset.y, range(self.size.height)
        before = [self.render_line(y) for y in shown]
        self._cache.clear()
        for y in shown:
            if self.render_line(y) != before[y]:
                self.refresh_lines(top + y)

    def say_when_empty(self, words: str) -> None:
        """Say this where there are no rows."""
        if words != self._empty:
            self._empty = words
            if not self.model.count:
                self.refresh()

    # Drawing.

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index, part = divmod(y + self.scroll_offset.y, self.ROW_HEIGHT)
        if self.is_empty:
            words = wrap([(self._empty, "muted")], width - 4)
            return paint(self, [("  ", ""), *words[y - 1]] if 0 < y <= len(words) else [], width)
        if index >= self.model.count:
            return Strip.blank(width, self.rich_style)
        row = self.model.row(index)
        at_cursor = index == self.model.cursor and self.shows_cursor
        if row is None:
            return self._placeholder(width, part, at_cursor=at_cursor)
        row_id = self.row_id(row)
        chosen = row_id in self._selected
        key = (row_id, part, width, at_cursor, chosen, self.visual_style)
        if key not in self._cache:
            mark: Line = [("▌" if at_cursor else "●" if chosen else " ", "accent" if at_cursor or chosen else "")]
            for number, drawn in enumerate(self.draw_row(row, width - 1)):
                strip = paint(self, [*mark, *drawn], width, over="cursor" if at_cursor else "")
                self._cache[(row_id, number, *key[2:])] = strip
        return self._cache.get(key) or Strip.blank(width, Style())

    @property
    def is_empty(self) -> bool:
        """Whether there is no row to draw."""
        return self.model.count == 0

    def _placeholder(self, width: int, part: int, *, at_cursor: bool) -> Strip:
        line: Line = [("▌" if at_cursor else " ", "accent"), (" ⋯" if part == 0 else "", "muted")]
        return paint(self, line, width, over="cursor" if at_cursor else "")

    # Moving.

    def action_move(self, by: int) -> None:
        """Move the cursor by rows; past the edge of the view, half a page of new rows comes at once."""
        # A scroll draws every line of the list: over SSH, once in half a page is enough.
        self.move_to(self.model.cursor + by, jump=self.size.height // self.ROW_HEIGHT // 2 * self.ROW_HEIGHT)

    def action_go(self, index: int) -> None:
        """Move the cursor to the first row, or the last."""
        self.move_to(index if index >= 0 else self.model.count - 1)

    def action_page(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self.move_to(self.model.cursor + direction * max(1, self.size.height // self.ROW_HEIGHT // 2))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Chosen(self, self.model.cursor_id))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        index = (event.y + self.scroll_offset.y) // self.ROW_HEIGHT
        if index < self.model.count:
            self.move_to(index)

    def on_resize(self) -> None:
        """Fit the drawn lines and the scrollbar to the new size."""
        self._cache.clear()
        self._fit()
        self._in_view()
        self.viewed()

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.viewed()

    def viewed(self) -> None:
        """Take note that other rows are in view, or that the cursor moved."""
        near = max(self.model.cursor, self._top + self.size.height // self.ROW_HEIGHT)
        if self.model.count and self.model.count - near < AHEAD:
            self.post_message(self.NeedMore(self, self.model.cursor_id))

    @property
    def _top(self) -> int:
        return self.scroll_offset.y // self.ROW_HEIGHT

    def move_to(self, index: int, *, jump: int = 0) -> None:
        """Put the cursor on a row, the nearest where there is none; `jump` cells more come into view."""
        if not self.model.count:
            return
        old = self.model.cursor
        self.model.go(index)
        for changed in {old, self.model.cursor}:
            self._refresh_row(changed)
        self._in_view(jump)
        self.viewed()
        self._tell()

    def _refresh_row(self, index: int) -> None:
        self.refresh_lines(index * self.ROW_HEIGHT, self.ROW_HEIGHT)

    def _is_in_view(self, index: int) -> bool:
        top = index * self.ROW_HEIGHT - self.scroll_offset.y
        return 0 <= top <= self.size.height - self.ROW_HEIGHT

    def _in_view(self, jump: int = 0) -> None:
        if not self.size.height:
            return  # not laid out yet: its first size brings the cursor into view
        top = self.model.cursor * self.ROW_HEIGHT
        height = max(self.ROW_HEIGHT, self.size.height)
        if top < self.scroll_offset.y:
            self.scroll_to(y=max(0, top - jump), animate=False)
        elif top + self.ROW_HEIGHT > self.scroll_offset.y + height:
            self.scroll_to(y=top + self.ROW_HEIGHT - height + jump, animate=False)

    def _tell(self) -> None:
        row_id = self.model.cursor_id
        if row_id != self._told_id and (row_id is not None or not self.model.count):
            self._told_id = row_id
            self.post_message(self.Moved(self, row_id))
        if (lost := self.model.lost) is not None:
            self.model.lost = None
            self.post_message(self.Gone(self, lost))

    @contextmanager
    def _steady(self, *, redraw: bool = False) -> Iterator[None]:
        """Change the rows: what is under the eye stays there, and only what differs is drawn again.

        Args:
            redraw: Rows may have been replaced by others with the same id.
        """
        before = self._drawn()
        held = self.model.cursor if self._is_in_view(self.model.cursor) else self._top
        mark, offset = self.model.mark(held), held * self.ROW_HEIGHT - self.scroll_offset.y
        at_top, at_cursor = self.scroll_offset.y == 0, held == self.model.cursor
        yield
        if redraw:
            self._cache.clear()
        self._fit()
        found = self.model.find(mark)
        if found is not None and not at_top:
            self.scroll_to(y=max(0, found * self.ROW_HEIGHT - offset), animate=False)
        if at_cursor:
            self._in_view()
        self._refresh_changed(before, redraw)
        self._tell()

    def _drawn(self) -> list[object]:
        """Return what stands on each row in view."""
        rows, top = self.model, self._top
        shown = range(top, top + self.size.height // self.ROW_HEIGHT + 2)
        return [self.is_empty, *((i == rows.cursor, rows.row(i), i < rows.count) for i in shown)]

    def _refresh_changed(self, before: list[object], redraw: bool) -> None:
        after = self._drawn()
        if redraw or before[0] or after[0] or len(before) != len(after):
            self.refresh()
            return
        for place, (old, new) in enumerate(zip(before[1:], after[1:], strict=True)):
            if old is not new and old != new:
                self._refresh_row(self._top + place)

    def _fit(self) -> None:
        self.fit_height(max(1, self.model.count) * self.ROW_HEIGHT)
