"""Short markdown rendered as lines: an agent's text is formatted, and can neither hide nor do anything.

Links, images, HTML and entities are off and shown as they were typed. Where the parser would drop a letter (cells over
a table's width, nesting that is too deep), the whole text is shown as it was typed. The same holds for a sign: `- 500`,
`> 1000` and `# 5` are a list, a quote and a heading to the parser. Where such a mark stands before a number, all of
them are shown as they were typed; where one would be lost even so, the whole text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from pumpup_tui.text.digits import CURRENCY
from pumpup_tui.text.firewall import BLOCK, INDENT, clean, line
from pumpup_tui.text.layout import Line, Run, fit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LINES_SHOWN = 600
"""Lines of a text that are shown; the rest is counted."""
NESTING = 20
"""Levels of quotes and lists; deeper ones would be little but prefixes."""
CELL = 28
"""Cells that a table's column is filled up to; a longer text pushes the others on."""
_OFF = ("html_block", "html_inline", "link", "image", "autolink", "reference", "entity")
_TAB_CELLS = 4
_PARTS = re.compile(
    rf"(?P<marks>(?:[^\w]|_|(?:{CURRENCY})(?![^\W_])|[A-Z]{{1,2}}(?=\$))+)|(?P<number>\d+)|(?P<word>[^\W\d_]+)"
)
"""The parts of a line: words, numbers, and the marks between them."""
_NO_SIGN = re.compile(r"[\s|│`\\]|(?<=[^\s*_])[*_]+(?=[^\d*_])|(?<=\s)[*_]+(?=[^\s\d*_])")
"""Marks that are no sign: blanks, bars, backticks, backslashes, and emphasis that is not before a digit."""
_LOST_ANYWAY = re.compile(
    r"^[ \t>]*(?:[-+*>=]{1,2}|#{1,6})[ \t]*\n\s*(?:[^\w\s][^\w\n]*)?\d|^[ \t]{0,3}(?:> ?)*>[^\s\w>]*\d", re.MULTILINE
)
"""Marks in a line of their own over a number, and a quote that stands close to one: `>=5`."""
_MAY_BE_MARKDOWN = re.compile(r"[*_`#>|~=\\]|^[^\S\n]*(?:[-+]|\d+[.)])|^(?: {4}|\t)", re.MULTILINE)


def markdown_lines(text: str, *, tone: str = "", limit: int = BLOCK, lines: int = LINES_SHOWN) -> list[Line]:
    """Return `text` as lines of clean runs, in time linear in `limit`.

    Args:
        text: A foreign text.
        tone: The tone of ordinary text.
        limit: Characters that are shown; the rest is counted.
        lines: Lines that are shown; the rest is counted.
    """
    shown = _plain(text, tone, limit)
    # Padded tables are laid out by their cells: their blanks are counted and cut after that.
    # cleaned again: each run, after the parser
    typed = clean(text, limit=limit, padding=len(text) * _TAB_CELLS)
    if _MAY_BE_MARKDOWN.search(typed) and not _LOST_ANYWAY.search(typed):
        tokens = _parser().parse(typed)
        for as_typed in (False, True):
            shaped = _Renderer(tone, as_typed=as_typed).lines(tokens)
            texts = ["".join(text for text, _ in shaped_line) for shaped_line in shaped]
            if _letters(texts) != _letters([typed]):
                break
            if _signs(texts) == _signs(typed.split("\n")):
                shown = shaped
                break
    if len(shown) > lines:
        shown = [*shown[:lines], [(f"… and {len(shown) - lines:,} more lines", "muted")]]
    return shown


def _plain(text: str, tone: str, limit: int) -> list[Line]:
    return [[(part, tone)] if part else [] for part in clean(text, limit=limit).split("\n")]


def _letters(texts: Iterable[str]) -> str:
    return "".join(char for text in texts for char in text if char.isalnum())


def _signs(lines: Iterable[str]) -> list[str]:
    """Return the marks and currencies before each number of `lines`, as far as the word before them."""
    return [sign for text in lines for sign in _signs_of(text)]


def _signs_of(text: str) -> Iterator[str]:
    lead = ""
    for part in _PARTS.finditer(text):
        if part.lastgroup == "number":
            before = "w" if part.start() > len(lead) else " "  # emphasis depends on the characters to either side
            yield _NO_SIGN.sub("", f"{before}{lead}0").removeprefix("w")
        lead = lead + part.group() if part.lastgroup == "marks" else ""


@cache
def _parser() -> MarkdownIt:
    # Imported with the first text that may be markdown: the list is painted without it.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": NESTING, "html": False}).enable("table").disable(list(_OFF))


class _Renderer:
    """Renders a parser's tokens as lines, top to bottom."""

    def __init__(self, tone: str, *, as_typed: bool) -> None:
        self._tone = tone
        self._as_typed = as_typed
        """Whether the marks of lists, quotes and headings are shown as they were typed."""
        self._lines: list[Line] = []
        self._inside: list[Run] = []
        """The prefix of each line: a quote's bar, a list's indent."""
        self._marker: Run | None = None
        """The prefix of the next line only: a list item's bullet or number."""
        self._heading = False
        self._hashes = ""
        """The prefix of a heading, where it is shown."""

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
                self._put(part if not self._hashes else [(self._hashes, "strong"), *part])
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
        is_hashed = self._as_typed and kind == "heading_open" and "#" in token.markup
        self._hashes = "#" * len(token.markup) + " " if is_hashed else ""
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
            self._inside.append(("> ", self._tone) if self._as_typed else ("│ ", "muted"))
            return
        marker = line(token.info + token.markup) if token.info or self._as_typed else "•"
        gap = " " if self._as_typed else "  "
        self._marker = (f"{marker}{gap}", self._tone if self._as_typed else "muted")
        self._inside.append((" " * (len(marker) + len(gap)), "muted"))

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
            self._put([("  ", ""), (clean(part, one_line=True, limit=BLOCK, padding=INDENT), "accent")])

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
        text = token.markup if index in shown else token.content
        if token.type == "code_inline" and _is_within_word(children, index):
            text = token.markup + token.content + token.markup
        if text:
            now = "accent" if token.type == "code_inline" else "strong" if strong else tone
            lines[-1].append((line(text, BLOCK), now))
    return list(lines)


def _marks_shown(children: Sequence[Token]) -> set[int]:
    """Return the places of emphasis marks in a word or before a digit, to be shown as typed: `2*3*4` is not 234."""
    shown: set[int] = set()
    opened: list[int] = []
    for index, token in enumerate(children):
        if token.nesting == 1:
            opened.append(index)
        elif token.nesting == -1 and opened:
            start = opened.pop()
            before, after = _beside(children, start, -1), _beside(children, index, 1)
            if before.isalnum() or after.isalnum() or _beside(children, start, 1).isdecimal():
                shown |= {start, index}
    return shown


def _is_within_word(children: Sequence[Token], index: int) -> bool:
    """Return whether code is part of a word around it: 5`000` is not 5000."""
    return _beside(children, index, -1).isalnum() or _beside(children, index, 1).isalnum()


def _beside(children: Sequence[Token], index: int, by: int) -> str:
    """Return the character beside the mark at `index`, other marks aside; empty at a line's end."""
    index += by
    while 0 <= index < len(children) and (children[index].nesting or children[index].type == "text"):
        if children[index].content:
            return children[index].content[0 if by > 0 else -1]
        index += by
    return ""
