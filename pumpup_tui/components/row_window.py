"""The rows of a list that are in view: where they are, and which of them are drawn again when the rows change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from textual.cache import LRUCache
from textual.strip import Strip

from pumpup_tui.components.scroll_view import LineScrollView

T_co = TypeVar("T_co", covariant=True)


class Rows(Protocol[T_co]):
    """The content of a list: rows by index, and the index that the cursor is on."""

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


class Listing(Protocol):
    """The list that a window is of."""

    line_cache: LRUCache[tuple[object, ...], Strip]

    @property
    def model(self) -> Rows[Any]:
        """The rows and the cursor."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no row to draw."""

    def rows_above_cursor(self) -> int:
        """Return how many rows above the cursor's come into view with it."""

    def report_cursor(self) -> None:
        """Report that the cursor is on another row, if it is."""


class RowWindow:
    """The view of one list, in rows."""

    def __init__(self, widget: LineScrollView, listing: Listing, row_height: int) -> None:
        """Take the list, once as the widget that scrolls."""
        self._widget = widget
        self._list = listing
        self.row_height = row_height
        """Lines of a row."""

    @property
    def top(self) -> int:
        """The index of the first row in view."""
        return self._widget.scroll_offset.y // self.row_height

    @property
    def height(self) -> int:
        """The number of rows that there is room for."""
        return self._widget.size.height // self.row_height

    def refresh_row(self, index: int) -> None:
        """Draw a row again, where it is in view."""
        self._widget.refresh_lines(index * self.row_height, self.row_height)

    def fit(self) -> None:
        """Scroll over as many rows as there are."""
        self._widget.fit_height(max(1, self._list.model.count) * self.row_height)

    def show_cursor(self, jump: int = 0) -> None:
        """Bring the cursor's row into view, and `jump` cells beyond it where that takes a scroll."""
        widget, listing, row_height = self._widget, self._list, self.row_height
        if not widget.size.height:
            return  # not laid out yet: its first size brings the cursor into view
        top = listing.model.cursor * row_height
        height = max(row_height, widget.size.height)
        if top < widget.scroll_offset.y:
            widget.scroll_to(y=max(0, top - jump), animate=False)
        elif top + row_height > widget.scroll_offset.y + height:
            widget.scroll_to(y=top + row_height - height + jump, animate=False)
        above = listing.rows_above_cursor() * row_height
        if above and top - above < widget.scroll_offset.y:
            widget.scroll_to(y=top - above, animate=False)

    def _is_in_view(self, index: int) -> bool:
        top = index * self.row_height - self._widget.scroll_offset.y
        return 0 <= top <= self._widget.size.height - self.row_height

    @contextmanager
    def steady(self, *, redraw: bool = False) -> Iterator[None]:
        """Change the rows: those in view stay where they are, and only those that differ are drawn again.

        Args:
            redraw: Rows may have been replaced by others with the same id.
        """
        widget, listing, row_height = self._widget, self._list, self.row_height
        model = listing.model
        before = self._drawn()
        held = model.cursor if self._is_in_view(model.cursor) else self.top
        mark, offset = model.mark(held), held * row_height - widget.scroll_offset.y
        at_top, at_cursor = widget.scroll_offset.y == 0, held == model.cursor
        yield
        if redraw:
            listing.line_cache.clear()
        self.fit()
        index = model.find(mark)
        if index is not None and not at_top:
            widget.scroll_to(y=max(0, index * row_height - offset), animate=False)
        if at_cursor:
            self.show_cursor()
        self._refresh_changed(before, redraw)
        listing.report_cursor()

    def _drawn(self) -> list[object]:
        """Return the content of each row in view."""
        rows, top = self._list.model, self.top
        in_view = range(top, top + self.height + 2)
        return [self._list.is_empty, *((i == rows.cursor, rows.row(i), i < rows.count) for i in in_view)]

    def _refresh_changed(self, before: list[object], redraw: bool) -> None:
        after = self._drawn()
        if redraw or before[0] or after[0] or len(before) != len(after):
            self._widget.refresh()
            return
        for place, (old, new) in enumerate(zip(before[1:], after[1:], strict=True)):
            if old is not new and old != new:
                self.refresh_row(self.top + place)
