"""Character sets of terminals without UTF-8: the characters that they draw, and substitutes as wide for the others."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")
"""Environment variables that name the locale, the first that is set counts."""
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""Values that Python gives LC_CTYPE where a locale is not installed, or is C: they say nothing about the terminal."""
_PRINTABLE = range(0xA0, 0x100)
"""Bytes that are no control characters in any of these character sets."""
_DRAWN_WITH = {
    "-": "─━╸–—−▫▪",  # noqa: RUF001 - the characters that they replace
    "=": "═",
    "|": "│┃║▍▎▐▏▕·",
    "+": "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛",
    "^": "▲↑␛␡",
    "v": "▼▾↓✓",
    ">": "▌▸▶►→⇥⟩»",
    "<": "◂◀◄←⟨«≤",
    "*": "●◆•",
    "o": "○◇◌◷⊘",
    "#": "■█▉▊▋▓",
    ":": "▒",
    ".": "□░⋯",
    "~": "…≈",
    "\\": "⏎",
    "x": "✗×",  # noqa: RUF001
    "!": "⚠≠≥",
    "e": "✎",
    "n": "¶",
    "r": "↺",
    "?": "\ufffd",
    '"': "▀▔“”„",
    "_": "▄▁▂▃▅▆▇",
    "'": "‘’",  # noqa: RUF001
    "i": "ℹ",  # noqa: RUF001
    " ": "\xa0",
}
SUBSTITUTES = {glyph: ascii_ for ascii_, glyphs in _DRAWN_WITH.items() for glyph in glyphs}
"""ASCII characters for our glyphs and Textual's, each as wide. Foreign text is not substituted but spelt out."""


class Charset:
    """A character set of one byte a character. One with more bytes, or an unknown one, is treated as ASCII."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._bytes = {char: chr(byte) for byte in _PRINTABLE if len(char := _decoded(byte, name)) == 1}
        self._table = _EncodingTable(self._bytes)

    @property
    def decodes(self) -> str:
        """The codec of what is typed: UTF-8 for ASCII, whose terminals send nothing else."""
        return self.name if self._bytes else "utf-8"

    def draws(self, char: str) -> bool:
        """Return whether the terminal can draw a character as itself."""
        return char < "\x80" or char in self._bytes

    def substituted(self, text: str) -> str:
        """Return `text` with a substitute of the same width for each character that can't be drawn."""
        return text if text.isascii() else "".join(char if self.draws(char) else substitute(char) for char in text)

    def encode(self, text: str) -> bytes:
        """Return the bytes that draw `text`, in as many cells."""
        return text.translate(self._table).encode("latin-1")


class _EncodingTable(dict[int, str]):
    """A table for `str.translate` from characters to those of one byte; filled as characters are met."""

    def __init__(self, drawn: Mapping[str, str]) -> None:
        super().__init__({ord(char): byte for char, byte in drawn.items()})

    def __missing__(self, code: int) -> str:
        self[code] = encoded = chr(code) if code < 0x80 else substitute(chr(code))
        return encoded


def substitute(char: str) -> str:
    """Return ASCII that takes as many cells as a character."""
    if ascii_ := SUBSTITUTES.get(char):
        return ascii_
    if "\u2400" <= char <= "\u241f":
        return "^"  # a picture of a control
    if "\ud800" <= char <= "\udfff":
        return "?"
    from rich.cells import cell_len

    return "?" * cell_len(char)


def charset_of(environment: Mapping[str, str], started_with: Path = Path("/proc/self/environ")) -> Charset | None:
    """Return the character set of the terminal by the names of its locale; None where it is UTF-8, or not named.

    Args:
        environment: The environment variables of the process.
        started_with: A file with the variables that it was started with, where the system has one.
    """
    values = {name: environment.get(name, "") for name in _VARIABLES}
    named = next((value for value in values.values() if value), "")
    if named == values["LC_CTYPE"] and named in _COERCED and values["LANG"]:
        named = values["LANG"] if _is_coerced(started_with) else named
    if not named or named.lower().partition("@")[0].endswith(("utf-8", "utf8")):
        return None
    if named in ("C", "POSIX"):
        return Charset("ascii")
    import locale  # a large table of names, which few terminals need

    codeset = locale.normalize(named).partition(".")[2].partition("@")[0]
    try:
        name = codecs.lookup(codeset).name
    except LookupError:
        name = "ascii"
    return None if name == "utf-8" else Charset(name)


def fit_text(environment: Mapping[str, str]) -> None:
    """Have the firewall spell out what the terminal can't draw."""
    if (charset := charset_of(environment)) is not None:
        from pumpup_tui.text.firewall import draw_only

        draw_only(charset)


def _is_coerced(started_with: Path) -> bool:
    try:
        variables = started_with.read_bytes().split(b"\0")
    except OSError:
        return False
    return not any(text.startswith(b"LC_CTYPE=") and text != b"LC_CTYPE=" for text in variables)


def _decoded(byte: int, name: str) -> str:
    try:
        char = bytes([byte]).decode(name)
    except (UnicodeDecodeError, LookupError):
        return ""
    return char if char.isprintable() and char > "\x9f" else ""
