"""Paragraphs of a document: our own words, and foreign text with a bar in the margin of each of its lines.

An agent can write whatever looks like a part of the screen. It can't write in the margin: the first cell of a line is
drawn here alone, and the firewall shows the bar's character as its code where it stands in foreign text.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pumpup_tui.text.firewall import BAR
from pumpup_tui.text.layout import Line, Run, crop, width_of, wrap

Place: TypeAlias = tuple[Hashable, int, int]
"""A line among paragraphs: what its paragraph is known by, which line of it at how many cells."""
MARGIN: Run = (" ", "")
FOREIGN: Run = (BAR, "foreign")
LEAST = 12
"""Cells that foreign text has at least beside the words of ours that lead to it; with fewer it begins below them."""
BELOW = 4
"""Cells that it goes in below words of ours that take more than a third of the line."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line before it is wrapped. All text in it is clean."""

    runs: tuple[Run, ...]
    head: tuple[Run, ...] = ()
    """Our own words that lead to `runs`, which keep to the right of them."""
    foreign: bool = False
    """Whether `runs` are someone else's words."""
    indent: int = 0
    """Cells that later lines go in, where there is no head."""
    most: int = 0
    """Lines that it may take, the last says how many are folded; 0 is any number."""
    folds: str = ""
    """The key that unfolds the rest of them."""
    known_as: str = ""
    """What it is remembered by as having been seen, where its words change with time."""

    @property
    def says(self) -> bool:
        """Whether there is anything to read in it."""
        return any(text and not text.isspace() for text, _ in (*self.head, *self.runs))

    def wrapped(self, cells: int) -> list[Line]:
        """Return all its lines: a cell of margin, and at most `cells` cells of text."""
        return self._beside(cells) if self.head else self._alone(cells)

    @property
    def _mark(self) -> Run:
        return FOREIGN if self.foreign else MARGIN

    def _alone(self, cells: int) -> list[Line]:
        return [[self._mark, *piece] for piece in wrap(self.runs, cells, indent=min(self.indent, cells // 2))]

    def _beside(self, cells: int) -> list[Line]:
        before = width_of(self.head)
        indent = before if before <= cells // 3 else BELOW
        if cells - before >= LEAST:
            first, *rest = wrap(self.runs, cells, indent=indent, first=cells - before)
            return [[MARGIN, *self.head, *first], *([self._mark, *piece] for piece in rest)]
        first, *later = wrap(self.head, cells)
        over: list[Line] = [[MARGIN, *first], *([self._mark, *piece] for piece in later)]  # a name may be in it
        below = wrap(self.runs, cells - BELOW) if any(text for text, _ in self.runs) else []
        return over + [[self._mark, (" " * BELOW, ""), *piece] for piece in below]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line as it is drawn, and what it is of."""

    line: Line
    at: Place | None = None
    """Where it is in what must be seen; None where it says nothing, or not all of what it stands for."""


def ours(*runs: Run, indent: int = 0, known_as: str = "") -> Paragraph:
    """Return a paragraph of our own words."""
    return Paragraph(runs, indent=indent, known_as=known_as)


def foreign(*runs: Run, indent: int = 0, most: int = 0, folds: str = "") -> Paragraph:
    """Return a paragraph of someone else's words."""
    return Paragraph(runs, foreign=True, indent=indent, most=most, folds=folds)


def led(head: Line, *runs: Run, most: int = 0, folds: str = "", known_as: str = "") -> Paragraph:
    """Return a paragraph that begins with our own words and ends in someone else's."""
    return Paragraph(runs, head=tuple(head), foreign=True, most=most, folds=folds, known_as=known_as)


def collapsed(paragraphs: Iterable[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs with each run of empty ones as a single one: hundreds would push the rest out of view."""
    kept: list[Paragraph] = []
    for one in paragraphs:
        if one.says or (kept and kept[-1].says):
            kept.append(one)
    while kept and not kept[-1].says:
        kept.pop()
    return kept


def named(source: Iterable[Paragraph]) -> Iterator[tuple[Paragraph, Hashable]]:
    """Yield each paragraph with what it is known by: equal ones by how many of them stand before it."""
    equal: dict[Hashable, int] = {}
    for one in source:
        same = one.known_as or (one.head, one.runs)
        equal[same] = before = equal.get(same, -1) + 1
        yield one, (same, before)


def drawn(source: Iterable[Paragraph], cells: int) -> list[Drawn]:
    """Return the lines of paragraphs at `cells` cells of text."""
    lines: list[Drawn] = []
    for one, name in named(source):
        pieces = one.wrapped(cells)
        over = len(pieces) - one.most if one.most else 0
        if over > 0:
            pieces = [*pieces[: one.most - 1], _folded(pieces[one.most - 1], cells, over + 1, one.folds)]
        for nth, piece in enumerate(pieces):
            says = any(text and not text.isspace() for text, _ in piece[1:])
            is_cut = over > 0 and nth == one.most - 1
            lines.append(Drawn(piece, (name, nth, cells) if says and not is_cut else None))
    return lines


def _folded(piece: Line, cells: int, count: int, folds: str) -> Line:
    margin, *runs = piece
    more = f" … +{count:,} line{'s' if count != 1 else ''}{f', {folds} unfolds' if folds else ''}"
    text = crop("".join(text for text, _ in runs).rstrip(), max(4, cells - len(more)))
    return [margin, (text, runs[-1][1] if runs else ""), (more, "muted")]
