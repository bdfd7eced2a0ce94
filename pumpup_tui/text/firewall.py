"""The text firewall: makes foreign text safe for the terminal.

Text from an agent, a customer or a server is hostile until `clean` has been over it. Nothing is hidden and nothing is
executed: characters that would control the terminal, reorder a line or take no room are shown visibly (`␛`,
`⟨U+202E⟩`), and a text that is too long ends in a count of the rest. The store has the text as it was sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from textual.content import Content

LINE = 500
"""Characters that are shown in one line, where the caller sets no limit."""
BLOCK = 20_000
"""Characters that are shown of a text of many lines."""

BAR = "▎"
"""The mark in the margin of foreign text, which itself can't contain it."""

_TAB = "    "
_NAMED = {
    ord(BAR): f"⟨U+{ord(BAR):04X}⟩",
    # An emoji's presentation mark, behind its emoji: common, without a picture of its own.
    0xFE0F: "",
    0x7F: "␡",
}
_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_MAY_BE_MARKS = re.compile("(?:[^\\w\\s!-~]|[\u1160-\u11ff\ud7b0-\ud7ff]){5,}")
"""A run without letters, digits, blanks and ASCII: combining marks, and the vowels that Hangul writes below."""
_MARKS_LIMIT = 4
"""Marks that may stand on one letter; no script needs more."""
PADDING = 16
"""Cells of blanks in a row that are shown; more could push words to another place on the screen."""
INDENT = 64
"""Cells of blanks in a row that are shown where blanks are the layout: code and JSON."""
_MAY_BE_PADDING = re.compile(r"[^\S\n]{5,}")
_BLANKS = " " * (PADDING + 1)
_STRAY = re.compile("(?<![^\\w\\s\ufe0f]|ℹ)(?<![0-9](?=\ufe0f\u20e3))\ufe0f")  # noqa: RUF001 - the emoji, meant
"""An emoji presentation mark without an emoji before it: invisible, and possibly one bit of a hidden text."""


class DrawableCharacters(Protocol):
    """The characters that a terminal can draw."""

    def draws(self, char: str) -> bool:
        """Return whether the terminal can draw a character as itself."""

    def substituted(self, text: str) -> str:
        """Return `text` with a substitute of the same width for each character that can't be drawn."""


class _Pictures(dict[int, str]):
    """A table for `str.translate` from characters to their visible form; filled as characters are met."""

    def __init__(self, *, newline: str, tab: str) -> None:
        self._fixed = {0x0A: newline, 0x09: tab, **_NAMED}
        self._charset: DrawableCharacters | None = None
        super().__init__(self._fixed)

    def __missing__(self, code: int) -> str:
        shown = _picture(code)
        if self._charset is not None:
            if shown == chr(code) and not self._charset.draws(shown):
                shown = _spelt(code)
            shown = self._charset.substituted(shown)  # what is cleaned twice is spelt once
        self[code] = shown
        return shown

    def limit(self, charset: DrawableCharacters | None) -> None:
        """Spell out the characters that a charset lacks, from now on."""
        self._charset = charset
        self.clear()
        fixed = self._fixed.items()
        if charset is None:
            self.update(fixed)
        else:
            self.update({code: charset.substituted(shown) for code, shown in (*fixed, (0x27E8, "⟨"), (0x27E9, "⟩"))})


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    # With the first character that is met: `--help` loads no part of the contract.
    from api_client.unicode_scripts import INVISIBLE

    char = chr(code)
    if code in INVISIBLE or unicodedata.category(char) in _HIDDEN_CATEGORIES:
        return _spelt(code)
    return char


def _spelt(code: int) -> str:
    return f"⟨U+{code:04X}⟩"


_AS_IT_IS = _Pictures(newline="\n", tab=_TAB)
_IN_LINE = _Pictures(newline="⏎", tab="⇥")
_IN_BLOCK = _Pictures(newline="\n", tab=_TAB)


def draw_only(charset: DrawableCharacters | None) -> None:
    """Have `clean` spell out the characters that a terminal can't draw, from now on; None for all of Unicode."""
    for pictures in (_IN_LINE, _IN_BLOCK):
        pictures.limit(charset)


def clean(text: str, *, one_line: bool = False, limit: int | None = None, padding: int = PADDING) -> str:
    """Return `text` in a form that is safe to show.

    Args:
        text: Anything, also with lone surrogates.
        one_line: Show newlines as `⏎`, for a place that has one line.
        limit: Characters of `text` that are shown; the rest is counted. `LINE` or `BLOCK` if left out.
        padding: Cells of blanks in a row that are shown; the rest is counted.

    Returns:
        A text without control characters (but for newlines, unless `one_line`), in time linear in `limit`.
    """
    most = limit if limit is not None else (LINE if one_line else BLOCK)
    left_out = len(text) - most
    if left_out > 0:
        text = text[:most]
    if not (text.isascii() and text.isprintable()):
        text = _shown(text, _IN_LINE if one_line else _IN_BLOCK)
    if _BLANKS in text or not text.isascii():
        text = _MAY_BE_PADDING.sub(partial(_narrowed, cells=padding), text)
    if left_out > 0:
        text += f"… +{left_out:,} characters"
    return text


def line(text: object, limit: int = LINE) -> str:
    """Return any value as clean text for one line; None is an empty text."""
    return "" if text is None else clean(text if isinstance(text, str) else str(text), one_line=True, limit=limit)


def content(text: str, style: str = "", *, one_line: bool = False, limit: int | None = None) -> Content:
    """Return foreign text as content for Textual's widgets: clean, and never read as markup."""
    from textual.content import Content

    return Content.styled(clean(text, one_line=one_line, limit=limit), style)


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_shown_as_is(char: str) -> bool:
    """Return whether `clean` shows a character as itself; newlines and tabs of ordinary text are taken to be."""
    return _AS_IT_IS[ord(char)] in (char, _TAB)


def stray_marks(text: str) -> list[int]:
    """Return the places of emoji presentation marks that have no emoji before them."""
    return [match.start() for match in _STRAY.finditer(text)] if "\ufe0f" in text else []


def stacked_marks(text: str) -> list[int]:
    """Return the places of marks that are too many for the letter below them."""
    stacks = ((run.start(), stack) for run in _MAY_BE_MARKS.finditer(text) for stack in _stacks(run.group()))
    return [start + index for start, (begin, end) in stacks for index in range(begin, end)]


def wide_gaps(text: str) -> list[int]:
    """Return the places where more blanks in a row begin than are shown."""
    if text.isascii() and _BLANKS not in text and "\t" not in text:
        return []
    return [run.start() for run in _MAY_BE_PADDING.finditer(text) if _cells(run.group()) > PADDING]


def without_controls(text: str) -> str:
    """Return `text` with every control character replaced: a second check, behind `clean`."""
    return _CONTROLS.sub("\ufffd", text) if _CONTROLS.search(text) else text


def _shown(text: str, pictures: _Pictures) -> str:
    text = _STRAY.sub("⟨U+FE0F⟩", text.replace("\r\n", "\n")).translate(pictures)
    if text.isascii():
        return text
    text = _MAY_BE_MARKS.sub(_unstacked, text)
    if text and _is_mark(text[0]):
        text = "◌" + text  # else it would sit on what we wrote before it
    return text


def _is_mark(char: str) -> bool:
    """Return whether a character stands on the one before it, in no cell of its own."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff"


def _stacks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each run of marks in `text` that are too many for one letter."""
    begin = None
    for index, char in enumerate(text):
        if _is_mark(char):
            begin = index if begin is None else begin
            continue
        if begin is not None and index - begin > _MARKS_LIMIT:
            yield begin + _MARKS_LIMIT, index
        begin = None
    if begin is not None and len(text) - begin > _MARKS_LIMIT:
        yield begin + _MARKS_LIMIT, len(text)


def _unstacked(run: re.Match[str]) -> str:
    text, parts, end = run.group(), list[str](), 0
    for begin, after in _stacks(text):
        parts += [text[end:begin], f"⟨+{after - begin} marks⟩"]
        end = after
    return "".join((*parts, text[end:]))


def _narrowed(run: re.Match[str], *, cells: int) -> str:
    blanks = run.group()
    if _cells(blanks) <= cells:
        return blanks
    shown = room = 0
    while (room := room + _cells(blanks[shown])) <= cells:
        shown += 1
    left_out = len(blanks) - shown
    return f"{blanks[:shown]}⟨+{left_out:,} space{'s' if left_out != 1 else ''}⟩"


def _cells(blanks: str) -> int:
    return len(blanks) + blanks.count("\u3000") + (len(_TAB) - 1) * blanks.count("\t")
