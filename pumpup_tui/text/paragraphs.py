"""Paragraphs of a document: our own words, and foreign text with a bar in the margin of each of its lines.

An agent can write a text that looks like a part of the screen. It can't write in the margin: the first cell of a line
is drawn here alone, and the firewall spells the bar's character out in foreign text.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from pumpup_tui.text.firewall import BAR
from pumpup_tui.text.layout import Line, Run, crop, cropped, width_of, wrap

Place: TypeAlias = tuple[Hashable, int, int]
"""A line among paragraphs: the identity of its paragraph, the number of the line in it, and the width in cells."""
MARGIN: Run = (" ", "")
FOREIGN: Run = (BAR, "foreign")
LEAST = 12
"""The fewest cells for foreign text beside our own words that lead to it; with fewer it begins below them."""
_SIDE = "│ "
BELOW = 4
"""The indent below our own words, where these take more than a third of the line."""


class _OwnTone(str):
    """The tone of our own words behind foreign ones: a line is broken without regard to whose words it holds."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line before it is wrapped, of clean text."""

    runs: tuple[Run, ...]
    head: tuple[Run, ...] = ()
    """Our own words before `runs`, which stay to the right of them."""
    tail: tuple[Run, ...] = ()
    """Our own words after `runs`: a line of nothing else has no bar."""
    foreign: bool = False
    """Whether `runs` are someone else's words."""
    indent: int = 0
    """The indent of later lines, where there is no head."""
    most: int = 0
    """The most lines that are shown, the last with a count of the folded ones; 0 for any number."""
    folds: str = ""
    """The key that unfolds the rest of them."""
    known_as: str = ""
    """Its identity among what has been seen, where its words change with time."""
    edge: str = ""
    """The tone of the box's sides that it stands between; empty where it stands in none."""
    rule: str = ""
    """What draws a rule behind `runs` to the end of the line, and ends it: `─`, or `─╮`; empty where it is no rule."""

    @property
    def has_text(self) -> bool:
        """Whether there is anything to read in it."""
        return any(text and not text.isspace() for text, _ in (*self.head, *self.runs, *self.tail))

    def room(self, cells: int) -> int:
        """Return how many of `cells` cells its text has, beside the sides of a box."""
        return max(4, cells - 2 * len(_SIDE)) if self.edge and not self.rule else cells

    def wrapped(self, cells: int) -> list[Line]:
        """Return all its lines: a cell of margin, and at most `cells` cells of text. A box's sides come after."""
        if self.rule:
            return [self._ruled(cells)]
        return self._beside(cells) if self.head else self._alone(cells)

    def framed(self, piece: Line, room: int) -> Line:
        """Return one of its lines between the sides of its box; as it is where it stands in none."""
        if not self.edge or self.rule:
            return piece
        margin, *text = piece
        runs = cropped(text, room)
        rest = " " * (room - width_of(runs))
        return [margin, (_SIDE, self.edge), *runs, (rest + _SIDE[::-1], self.edge)]

    def _ruled(self, cells: int) -> Line:
        fill, end = self.rule[0], self.rule[1:]
        runs = cropped(self.runs, max(0, cells - len(end) - 1))
        return [MARGIN, *runs, (fill * (cells - width_of(runs) - len(end)) + end, self.edge)]

    @property
    def _mark(self) -> Run:
        return FOREIGN if self.foreign else MARGIN

    def _alone(self, cells: int) -> list[Line]:
        return [self._marked(piece) for piece in wrap(self._said, cells, indent=min(self.indent, cells // 2))]

    @property
    def _said(self) -> Line:
        """`runs` and our own words after them, which stay known as such where the line is broken."""
        return [*self.runs, *((text, _OwnTone(tone)) for text, tone in self.tail)]

    def _marked(self, piece: Line) -> Line:
        """Return a line with its margin: the bar, unless all that stands in it is our own."""
        own = [isinstance(tone, _OwnTone) for text, tone in piece if text and not text.isspace()]
        return [MARGIN if own and all(own) else self._mark, *piece]

    def _beside(self, cells: int) -> list[Line]:
        before = width_of(self.head)
        indent = before if before <= cells // 3 else BELOW
        if cells - before >= LEAST:
            first, *rest = wrap(self._said, cells, indent=indent, first=cells - before)
            return [[MARGIN, *self.head, *first], *map(self._marked, rest)]
        first, *later = wrap(self.head, cells)
        over: list[Line] = [[MARGIN, *first], *([self._mark, *piece] for piece in later)]  # it may contain a name
        below = wrap(self._said, cells - BELOW) if any(text for text, _ in self._said) else []
        return over + [self._marked([(" " * BELOW, ""), *piece]) for piece in below]


@dataclass(frozen=True, slots=True)
class WrappedLine:
    """A line after wrapping, and its place."""

    line: Line
    at: Place | None = None
    """Its place among what must be seen; None where it has no text, or is cut by a fold."""


def ours(*runs: Run, indent: int = 0, known_as: str = "") -> Paragraph:
    """Return a paragraph of our own words."""
    return Paragraph(runs, indent=indent, known_as=known_as)


def foreign(*runs: Run, tail: Line = (), indent: int = 0, most: int = 0, folds: str = "") -> Paragraph:
    """Return a paragraph of someone else's words, with `tail` of our own after them."""
    return Paragraph(runs, tail=tuple(tail), foreign=True, indent=indent, most=most, folds=folds)


def led(head: Line, *runs: Run, tail: Line = (), most: int = 0, folds: str = "", known_as: str = "") -> Paragraph:
    """Return a paragraph that begins with our own words, goes on in someone else's and may end in `tail`, ours."""
    return Paragraph(runs, head=tuple(head), tail=tuple(tail), foreign=True, most=most, folds=folds, known_as=known_as)


def rule(start: str, *words: Run, edge: str = "edge", end: str = "") -> Paragraph:
    """Return a line of our own words between the start of a rule and the rest of it, which goes on to the end."""
    return Paragraph(((start, edge), *words), edge=edge, rule=f"─{end}")


def boxed(title: Line, paragraphs: Iterable[Paragraph], edge: str) -> list[Paragraph]:
    """Return paragraphs in a box of drawn lines, its edge in a tone.

    What is someone else's in it keeps the bar in the margin, outside of the box.
    """
    top = rule("╭─ ", *title, (" ", ""), edge=edge, end="╮")
    inside = [replace(paragraph, edge=edge) for paragraph in paragraphs]
    return [top, *inside, rule("╰", edge=edge, end="╯")]


def section(words: str) -> Paragraph:
    """Return the rule over a part of a document; `words` are our own."""
    return rule("── ", (words, "muted"), (" ", ""))


def collapsed(paragraphs: Iterable[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs with each run of empty ones as a single one: hundreds would push the rest out of view."""
    shown: list[Paragraph] = []
    for paragraph in paragraphs:
        if paragraph.has_text or (shown and shown[-1].has_text):
            shown.append(paragraph)
    while shown and not shown[-1].has_text:
        shown.pop()
    return shown


def named(source: Iterable[Paragraph]) -> Iterator[tuple[Paragraph, Hashable]]:
    """Yield each paragraph with its identity: equal ones differ by how many of them come before."""
    equal: dict[Hashable, int] = {}
    for paragraph in source:
        same = paragraph.known_as or (paragraph.head, paragraph.runs, paragraph.tail)
        equal[same] = before = equal.get(same, -1) + 1
        yield paragraph, (same, before)


def drawn(source: Iterable[Paragraph], cells: int) -> list[WrappedLine]:
    """Return the lines of paragraphs at `cells` cells of text."""
    lines: list[WrappedLine] = []
    for paragraph, name in named(source):
        room, most = paragraph.room(cells), paragraph.most
        pieces = paragraph.wrapped(room)
        over = len(pieces) - most if most else 0
        if over > 0:
            pieces = [*pieces[: most - 1], _folded(pieces[most - 1], room, over + 1, paragraph.folds)]
        for number, piece in enumerate(pieces):
            is_cut = over > 0 and number == most - 1
            runs = paragraph.runs[1:] if paragraph.rule else piece[1:]  # the corner of a rule is no text
            has_text = any(text and not text.isspace() for text, _ in runs)
            at = (name, number, cells) if has_text and not is_cut else None
            lines.append(WrappedLine(paragraph.framed(piece, room), at))
    return lines


def _folded(piece: Line, cells: int, count: int, folds: str) -> Line:
    margin, *runs = piece
    more = f" … +{count:,} line{'s' if count != 1 else ''}{f', {folds} unfolds' if folds else ''}"
    text = crop("".join(text for text, _ in runs).rstrip(), max(4, cells - len(more)))
    return [margin, (text, runs[-1][1] if runs else ""), (more, "muted")]
