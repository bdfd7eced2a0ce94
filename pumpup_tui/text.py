"""The text firewall: what may reach the terminal.

Everything that an agent, a customer or a server wrote is hostile until `clean` has been over it. Nothing is
hidden and nothing acts: characters that would steer the terminal, reorder a line or take no room are shown as
what they are (`␛`, `⟨U+202E⟩`), and a text that is too long says how much is left out. What the store keeps is
untouched.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.content import Content

LINE = 500
"""Characters that a one-line place keeps, where it names no limit of its own."""
BLOCK = 20_000
"""Characters that a text of many lines keeps."""

_TAB = "    "
_NAMED = {
    # An emoji's presentation mark, behind its emoji: common, without a picture of its own.
    0xFE0F: "",
    0x7F: "␡",
}
_BLANKS = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0))
_SELECTORS = frozenset((*range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)))
"""Characters without a picture that Unicode counts among letters, marks and symbols."""
_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_STACKED_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5,}")
_MARKS_KEPT = 4
_STRAY = re.compile("(?<![^\\w\\s\ufe0f]|ℹ)(?<![0-9](?=\ufe0f\u20e3))\ufe0f")  # noqa: RUF001 - the emoji, meant
"""A presentation mark where no emoji stands before it: it presents nothing, and may be one bit of a hidden text."""


class _Pictures(dict[int, str]):
    """What each character is shown as; filled as characters are met, for most texts use few."""

    def __init__(self, *, newline: str, tab: str) -> None:
        super().__init__({0x0A: newline, 0x09: tab, **_NAMED})

    def __missing__(self, code: int) -> str:
        shown = _picture(code)
        self[code] = shown
        return shown


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    char = chr(code)
    if code in _BLANKS or code in _SELECTORS or unicodedata.category(char) in _HIDDEN_CATEGORIES:
        return f"⟨U+{code:04X}⟩"
    return char


_IN_LINE = _Pictures(newline="⏎", tab="⇥")
_IN_BLOCK = _Pictures(newline="\n", tab=_TAB)


def clean(text: str, *, one_line: bool = False, limit: int | None = None) -> str:
    """Return `text` as it may be shown.

    Args:
        text: Anything, also with lone surrogates.
        one_line: Show newlines as `⏎`, for a place that has one line.
        limit: Characters of `text` that are kept; the rest is counted. `LINE` or `BLOCK` if left out.

    Returns:
        A text without control characters (but for newlines, unless `one_line`), in time linear in `limit`.
    """
    kept = limit if limit is not None else (LINE if one_line else BLOCK)
    left_out = len(text) - kept
    if left_out > 0:
        text = text[:kept]
    if not (text.isascii() and text.isprintable()):
        text = _shown(text, _IN_LINE if one_line else _IN_BLOCK)
    if left_out > 0:
        text += f"… +{left_out:,} characters"
    return text


def line(text: object, limit: int = LINE) -> str:
    """Return anything as clean text for a one-line place; None is an empty text."""
    return "" if text is None else clean(text if isinstance(text, str) else str(text), one_line=True, limit=limit)


def content(text: str, style: str = "", *, one_line: bool = False, limit: int | None = None) -> Content:
    """Return foreign text as what Textual's widgets take: clean, and never read as markup."""
    from textual.content import Content

    return Content.styled(clean(text, one_line=one_line, limit=limit), style)


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_shown_as_is(char: str) -> bool:
    """Return whether `clean` shows a character as itself; newlines and tabs of ordinary text are taken to be."""
    return _IN_BLOCK[ord(char)] in (char, _TAB)


def stray_marks(text: str) -> list[int]:
    """Return where presentation marks of emoji stand without an emoji."""
    return [match.start() for match in _STRAY.finditer(text)] if "\ufe0f" in text else []


def without_controls(text: str) -> str:
    """Return `text` with every control character replaced: the net below `clean`, for whatever slipped by."""
    return _CONTROLS.sub("\ufffd", text) if _CONTROLS.search(text) else text


def _shown(text: str, pictures: _Pictures) -> str:
    text = _STRAY.sub("⟨U+FE0F⟩", text.replace("\r\n", "\n")).translate(pictures)
    text = _STACKED_MARKS.sub(_unstack, text)
    if text and unicodedata.combining(text[0]):
        text = "◌" + text  # else it would sit on what we wrote before it
    return text


def _unstack(run: re.Match[str]) -> str:
    marks = run.group()
    return f"{marks[:_MARKS_KEPT]}⟨+{len(marks) - _MARKS_KEPT} marks⟩"
