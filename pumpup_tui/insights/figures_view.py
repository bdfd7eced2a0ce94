"""The figures on the screen: panes in one, two or three columns, drawn by one widget, the cursor on a row of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.scroll_view import LineScrollView
from pumpup_tui.insights.pane_grid import PaneGrid, Spot
from pumpup_tui.insights.pane_lines import Pane, Target
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import wrap


class FiguresView(LineScrollView, can_focus=True):
    """Panes of figures. The cursor stays on its row while figures change."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("move.down", "row(1)"),
        ("move.up", "row(-1)"),
        ("move.first", "end(0)"),
        ("move.last", "end(-1)"),
        ("move.page_down", "page(1)"),
        ("move.page_up", "page(-1)"),
        ("insights.left", "column(-1)"),
        ("insights.right", "column(1)"),
        ("move.enter", "choose"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Chosen(Message):
        """Enter on a row that leads somewhere."""

        def __init__(self, target: Target) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._panes: Sequence[Pane] = ()
        self._grid = PaneGrid((), 0)
        self._at = 0
        """Which spot of the grid the cursor is on."""
        self._words = ""
        self._was: Spot | None = None
        """The row that the cursor was on last, also while there are no figures."""

    @property
    def spots(self) -> Sequence[Spot]:
        """All rows, column by column."""
        return self._grid.spots

    @property
    def spot(self) -> Spot | None:
        """The row under the cursor; None where there is none."""
        return self._grid.spots[self._at] if self._at < len(self._grid.spots) else None

    def say(self, words: str) -> None:
        """Show this, of clean text, in place of figures, where there are none yet."""
        if not self._panes and words != self._words:
            self._words = words
            self.refresh()

    def show(self, panes: Sequence[Pane]) -> None:
        """Show other figures; only the lines that changed are drawn again."""
        if panes is self._panes:
            return
        before = self._visible()
        self._panes = panes
        self._fit()
        top = self.scroll_offset.y
        for y, (old, new) in enumerate(zip(before, self._visible(), strict=True)):
            if old != new:
                self.refresh_lines(top + y)

    def clear(self, words: str) -> None:
        """Show these words, of clean text, until there are figures."""
        self._panes, self._words = (), words
        self._fit()
        self.refresh()

    def _visible(self) -> list[Strip]:
        return [self.render_line(y) for y in range(self.size.height)]

    def _fit(self) -> None:
        """Lay the panes out at the present width, with the cursor on the row that it was on, or on one of its pane."""
        self._was = was = self.spot or self._was
        self._grid = PaneGrid(self._panes, self.lines_width)
        spots = self._grid.spots
        inside = [at for at, spot in enumerate(spots) if was and spot.pane == was.pane and spot.number <= was.number]
        self._at = inside[-1] if inside else min(self._at, max(0, len(spots) - 1))
        self.fit_height(self._grid.height)

    def on_resize(self) -> None:
        """Lay the panes out again where the width is another."""
        self._fit()
        self._show_cursor()
        self.refresh()

    # Drawing.

    @override
    def render_line(self, y: int) -> Strip:
        grid, at = self._grid, y + self.scroll_offset.y
        if not self._panes:
            words = wrap([(self._words, "muted")], max(10, self.size.width - 4))
            return paint(self, [("  ", ""), *words[y - 1]] if 0 < y <= len(words) else [], self.size.width)
        spot = self.spot
        active = spot.pane if spot is not None and self.has_focus else ""
        strips = [self._part(column, at, spot, active) for column in range(grid.count)]
        return Strip.join(strips).adjust_cell_length(self.size.width, self.rich_style)

    def _part(self, column: int, y: int, spot: Spot | None, active: str) -> Strip:
        """Return the part of a line that belongs to one column."""
        line, cells = self._grid.line(column, y, active), self._grid.span(column)[1]
        if spot is None or not active or (spot.column, spot.y) != (column, y):
            return paint(self, line, cells)
        edge, inner, end = line[:1], line[1:-1], line[-1:]
        return Strip.join([paint(self, edge, 1), paint(self, inner, cells - 2, over="cursor"), paint(self, end, 1)])

    # Moving.

    def action_row(self, by: int) -> None:
        """Go to the next row down or up the column."""
        spot, wanted = self.spot, self._at + by
        if spot is None or not 0 <= wanted < len(self._grid.spots):
            return
        if self._grid.spots[wanted].column == spot.column:
            self._go(wanted)

    def action_page(self, direction: int) -> None:
        """Go half a page down or up the column."""
        spot = self.spot
        if spot is not None:
            self._go(self._nearest(spot.column, spot.y + direction * max(1, self.size.height // 2)))

    def action_end(self, at: int) -> None:
        """Go to the first row of the column, or the last."""
        spot = self.spot
        if spot is not None:
            self._go(self._nearest(spot.column, self._grid.height if at else 0))

    def action_column(self, by: int) -> None:
        """Go to the row beside this one, in the column to the left or right."""
        spot = self.spot
        if spot is not None and 0 <= spot.column + by < self._grid.count:
            self._go(self._nearest(spot.column + by, spot.y))

    def _nearest(self, column: int, y: int) -> int:
        spots = self._grid.spots
        inside = [at for at, spot in enumerate(spots) if spot.column == column]
        return min(inside, key=lambda at: abs(spots[at].y - y), default=self._at)

    def _go(self, at: int) -> None:
        before, self._at = self.spot, at
        after = self.spot
        if before is None or after is None:
            return
        if before.pane == after.pane:
            self._redraw(before.column, before.y, 1)
            self._redraw(after.column, after.y, 1)
        else:
            for spot in (before, after):
                placed = self._grid.at(spot.column, spot.y)
                if placed is not None:
                    self._redraw(spot.column, placed.top, placed.bottom - placed.top + 1)
        self._show_cursor()

    def _redraw(self, column: int, y: int, height: int) -> None:
        start, width = self._grid.span(column)
        self.refresh(Region(start, y - self.scroll_offset.y, width, height))

    def _show_cursor(self) -> None:
        """Scroll the row under the cursor into view, with the edge of its pane where that is next to it."""
        spot = self.spot
        placed = self._grid.at(spot.column, spot.y) if spot is not None else None
        if spot is None or placed is None or not self.size.height:
            return
        top = placed.top if spot.number == 0 else spot.y
        bottom = placed.bottom if spot.number == len(placed.pane.lines) - 1 else spot.y
        y, height = self.scroll_offset.y, self.size.height
        wanted = top if top < y else min(top, bottom - height + 1) if bottom >= y + height else y
        if wanted != y:
            self.scroll_to(y=wanted, animate=False, immediate=True)

    @override
    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        self.refresh()

    def action_choose(self) -> None:
        """Open what the row leads to."""
        if self.spot is not None and self.spot.target is not None:
            self.post_message(self.Chosen(self.spot.target))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a second click opens it."""
        y = event.y + self.scroll_offset.y
        for at, spot in enumerate(self._grid.spots):
            start, width = self._grid.span(spot.column)
            if spot.y == y and start <= event.x < start + width:
                self._go(at)
                if event.chain > 1:
                    self.action_choose()
