"""Panes below and beside each other: one column on a narrow screen, two from 100 cells, three from 165."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pumpup_tui.components.pane_frame import HEAVY, MARK, THIN
from pumpup_tui.insights.pane_lines import Pane, Target, drawn
from pumpup_tui.text.layout import Line, Run, crop, width_of

WIDE, WIDEST = 100, 165
"""Cells from which there are two columns, and three."""
FRAME = 4
"""Cells of a pane's width that its frame takes."""
COLUMNS: Mapping[int, Sequence[Sequence[str]]] = {
    1: (("now", "periods", "projects", "outcomes", "deeds", "agreement", "following", "stuck", "reviewers", "agents"),),
    2: (
        ("now", "periods", "following", "stuck", "agents"),
        ("projects", "outcomes", "deeds", "agreement", "reviewers"),
    ),
    3: (
        ("now", "projects", "stuck"),
        ("periods", "outcomes", "deeds", "following"),
        ("agreement", "reviewers", "agents"),
    ),
}
"""The panes of each column, by how many there are: always in the same place, whatever their figures are."""


class Spot(NamedTuple):
    """A row of a pane: where the cursor may be."""

    pane: str
    number: int
    target: Target | None
    column: int
    y: int


class PlacedPane(NamedTuple):
    """A pane in its place; `lines` are those within its frame."""

    pane: Pane
    column: int
    top: int
    lines: Sequence[Line]
    heads: int

    @property
    def bottom(self) -> int:
        """The line of the lower edge."""
        return self.top + len(self.lines) + 1

    def spots(self) -> Iterator[Spot]:
        """Yield its rows."""
        for number, line in enumerate(self.pane.lines):
            yield Spot(self.pane.key, number, line.target, self.column, self.top + 1 + self.heads + number)


class PaneGrid:
    """All panes in their places at one width."""

    def __init__(self, panes: Sequence[Pane], width: int) -> None:
        self.width = width
        self.count = 1 if width < WIDE else 2 if width < WIDEST else 3
        self._by_name = {pane.key: pane for pane in panes}
        self.columns = [self._column(number) for number in range(self.count)]
        self.height = max((column[-1].bottom + 1 for column in self.columns if column), default=0)
        self.spots = [spot for column in self.columns for placed in column for spot in placed.spots()]

    def span(self, column: int) -> tuple[int, int]:
        """Return where a column begins, and its width in cells."""
        start, end = self.width * column // self.count, self.width * (column + 1) // self.count
        return start, end - start

    def _column(self, number: int) -> list[PlacedPane]:
        placed: list[PlacedPane] = []
        top, cells = 0, self.span(number)[1] - FRAME
        for name in COLUMNS[self.count][number]:
            if (pane := self._by_name.get(name)) is not None:
                placed.append(PlacedPane(pane, number, top, drawn(pane, cells), int(bool(pane.heads))))
                top = placed[-1].bottom + 1
        return placed

    def at(self, column: int, y: int) -> PlacedPane | None:
        """Return the pane that a column shows in a line."""
        return next((placed for placed in self.columns[column] if placed.top <= y <= placed.bottom), None)

    def line(self, column: int, y: int, active: str) -> Line:
        """Return what a column shows in a line; `active` is the pane that the cursor is in."""
        placed, width = self.at(column, y), self.span(column)[1]
        if placed is None:
            return []
        is_active = placed.pane.key == active
        chars, tone = (HEAVY, "accent") if is_active else (THIN, "edge")
        if y == placed.top:
            return _upper(placed.pane, width, chars, tone, is_active=is_active)
        if y == placed.bottom:
            return [(chars[4] + chars[1] * (width - 2) + chars[5], tone)]
        inner = placed.lines[y - placed.top - 1]
        fill = width - FRAME - width_of(inner)
        return [(chars[3], tone), (" ", ""), *inner, (" " * max(0, fill), ""), (" ", ""), (chars[3], tone)]


def _upper(pane: Pane, width: int, chars: str, tone: str, *, is_active: bool) -> Line:
    mark = f"{chars[1]}{MARK} " if is_active else f"{chars[1]} "
    count: list[Run] = [(" ", ""), *pane.tally, (" ", ""), (chars[1], tone)] if pane.tally else []
    caption = crop(pane.caption, max(0, width - 4 - len(mark)))
    if width_of(count) + len(mark) + width_of([(caption, "")]) + 4 > width:
        count = []
    fill = max(0, width - 2 - len(mark) - width_of([(caption, "")]) - 1 - width_of(count))
    return [(chars[0] + mark, tone), (caption, "strong"), (" ", ""), (chars[1] * fill, tone), *count, (chars[2], tone)]
