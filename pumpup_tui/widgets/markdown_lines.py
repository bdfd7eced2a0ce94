"""Short markdown as lines to draw: what an agent wrote gets its shape, and hides and does nothing.

Links, images, HTML and entities are off: they stand there as they were typed. What a parser would drop (cells over a
table's width, what is nested too deep) brings the whole text back as it was typed, so that no letter is ever lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from pumpup_tui.text import BLOCK, clean, line
from pumpup_tui.widgets.painting import Line, Run, fit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LINES_KEPT = 600
"""Lines that a text may become; the rest is counted."""
NESTING = 20
"""Levels of quotes and lists; one may be mostly prefixes from there."""
CELL = 28
"""Cells that a table's column is filled up to; a longer text pushes the others on."""
_OFF = ("html_block", "html_inline", "link", "image", "autolink", "reference", "entity")
_MAY_BE_MARKDOWN = re.compile(r"[*_`#>|~=\\]|^\s*(?:[-+]|\d+[.)])|^(?: {4}|\t)", re.MULTILINE)


def markdown_lines(text: str, *, tone: str = "", limit: int = BLOCK) -> list[Line]:
    """Return `text` as lines of clean runs, in time linear in `limit`.

    Args:
        text: Anything that someone else wrote.
        tone: What ordinary text is said in.
        limit: Characters that are kept; the rest is counted.
    """
    cleaned = clean(text, limit=limit)
    lines = _plain(cleaned, tone)
    if _MAY_BE_MARKDOWN.search(cleaned):
        shaped = _Shape(tone).lines(_parser().parse(cleaned))
        if _letters(run for one in shaped for run, _ in one) == _letters([cleaned]):
            lines = shaped
    if len(lines) > LINES_KEPT:
        lines = [*lines[:LINES_KEPT], [(f"… and {len(lines) - LINES_KEPT:,} more lines", "muted")]]
    return lines


def _plain(cleaned: str, tone: str) -> list[Line]:
    return [[(part, tone)] if part else [] for part in cleaned.split("\n")]


def _letters(texts: Iterable[str]) -> str:
    return "".join(char for text in texts for char in text if char.isalnum())


@cache
def _parser() -> MarkdownIt:
    # Imported with the first text that may be markdown: the list is painted without it.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": NESTING, "html": False}).enable("table").disable(list(_OFF))


class _Shape:
    """Turns a parser's tokens into lines, top to bottom."""

    def __init__(self, tone: str) -> None:
        self._tone = tone
        self._lines: list[Line] = []
        self._inside: list[Run] = []
        """What begins each line: a quote's bar, a list's indent."""
        self._marker: Run | None = None
        """What begins the next line only: a list item's bullet or number."""
        self._heading = False

    def lines(self, tokens: Sequence[Token]) -> list[Line]:
        """Return the lines of a whole text."""
        rest = iter(tokens)
        for token in rest:
            self._take(token, rest)
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        return self._lines

    def _take(self, token: Token, rest: Iterator[Token]) -> None:
        kind = token.type
        if kind == "inline":
            for part in _inline(token.children or (), "strong" if self._heading else self._tone):
                self._put(part)
        elif kind in ("fence", "code_block"):
            self._code(token)
        elif kind == "hr":
            self._put([("─" * 24, "muted")])
        elif kind == "table_open":
            self._table(rest)
        elif kind in ("blockquote_open", "list_item_open"):
            self._open(token)
        elif kind in ("blockquote_close", "list_item_close"):
            self._inside.pop()
            self._marker = None
        self._heading = kind == "heading_open" or (self._heading and kind == "inline")
        if self._ends(token):
            self._gap()

    def _ends(self, token: Token) -> bool:
        """Return whether an empty line follows: after a block, but not within a tight list."""
        if token.type.endswith("_list_close"):
            return not (self._inside and self._inside[-1][0].isspace())
        if token.type.endswith("_close"):
            return not token.hidden and token.type not in ("list_item_close", "th_close")
        return token.type in ("fence", "code_block", "hr", "table_open")

    def _open(self, token: Token) -> None:
        if token.type == "blockquote_open":
            self._inside.append(("│ ", "muted"))
            return
        marker = line(token.info + token.markup) if token.info else "•"
        self._marker = (f"{marker}  ", "muted")
        self._inside.append((" " * (len(marker) + 2), "muted"))

    def _put(self, part: Line) -> None:
        inside = self._inside
        if self._marker is not None:
            inside, self._marker = [*inside[:-1], self._marker], None
        self._lines.append([*inside, *part])

    def _gap(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append([])

    def _code(self, token: Token) -> None:
        if info := line(token.info.strip(), 80):
            self._put([(info, "muted")])
        for part in token.content.rstrip("\n").split("\n"):
            self._put([("  ", ""), (line(part, BLOCK), "accent")])

    def _table(self, rest: Iterator[Token]) -> None:
        rows: list[list[str]] = []
        for token in rest:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                parts = _inline(token.children or (), "")
                rows[-1].append(" ".join("".join(text for text, _ in part) for part in parts))
        for number, row in enumerate(table_lines(rows)):
            self._put([(row, "strong" if number == 0 else self._tone)])


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of clean cells as lines whose columns stand below each other."""
    widths = [0] * max((len(row) for row in rows), default=0)
    for row in rows:
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], min(cell_len(cell), CELL))
    return [" │ ".join(_filled(cell, widths[index]) for index, cell in enumerate(row)).rstrip() for row in rows]


def _filled(cell: str, width: int) -> str:
    return fit(cell, width) if cell_len(cell) < width else cell


def _inline(children: Sequence[Token], tone: str) -> list[Line]:
    """Return a paragraph's lines, broken where it was broken."""
    lines: list[list[Run]] = [[]]
    shown = _marks_shown(children)
    strong = 0
    for index, token in enumerate(children):
        if token.type in ("softbreak", "hardbreak"):
            lines.append([])
            continue
        strong += token.nesting if token.type.startswith(("em_", "strong_")) else 0
        said = token.markup if index in shown else token.content
        if said:
            now = "accent" if token.type == "code_inline" else "strong" if strong else tone
            lines[-1].append((line(said, BLOCK), now))
    return list(lines)


def _marks_shown(children: Sequence[Token]) -> set[int]:
    """Return where marks of emphasis stand within a word, to be shown as typed: `2*3*4` is not 234."""
    shown: set[int] = set()
    opened: list[int] = []
    for index, token in enumerate(children):
        if token.nesting == 1:
            opened.append(index)
        elif token.nesting == -1 and opened:
            start = opened.pop()
            before, after = _beside(children, start, -1), _beside(children, index, 1)
            if before.isalnum() or after.isalnum():
                shown |= {start, index}
    return shown


def _beside(children: Sequence[Token], index: int, by: int) -> str:
    """Return the character beside the mark at `index`, other marks aside; empty at a line's end."""
    index += by
    while 0 <= index < len(children) and (children[index].nesting or children[index].type == "text"):
        if children[index].content:
            return children[index].content[0 if by > 0 else -1]
        index += by
    return ""
