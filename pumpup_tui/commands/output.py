"""Output of the commands: clean text in tables that fit the terminal, or JSON.

It stops without an error where nobody reads it any more.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click

from pumpup_tui.commands.failure import reason
from pumpup_tui.commands.standard_streams import NotPrinted, has_reader
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from pumpup_tui.text.charset import Charset

_TONES: dict[str, dict[str, Any]] = {
    "": {},
    "muted": {"dim": True},
    "strong": {"bold": True},
    "accent": {"fg": "cyan"},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
}
_UNLIMITED = 10_000
"""Columns of a line that goes to no terminal: nothing is truncated there."""
_GAP = 2
_BAR = "│"
_NAME_WIDTH = 24
"""Columns of a name with its value beside it; a longer name stands above its value."""

_CONTROLS = re.compile("\x1b\\[[0-9;]*m|[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _without_controls(text: str) -> str:
    """Return `text` with nothing that acts on a terminal but colours: a second check behind `line` and `clean`."""
    return _CONTROLS.sub(lambda match: match[0] if len(match[0]) > 1 else "\ufffd", text)


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout.isatty()


def can_prompt() -> bool:
    """Return whether the user can be prompted: the question goes to stderr, the answer comes from stdin."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def is_confirmed(question: str) -> bool:
    """Return whether the user answers a question with yes; just enter, and leaving it, are a no."""
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        return False


def line_width() -> int:
    """Return the columns available for a line."""
    return shutil.get_terminal_size().columns if is_terminal() or "COLUMNS" in os.environ else _UNLIMITED


def is_truncated() -> bool:
    """Return whether lines are truncated to fit; a file gets them whole."""
    return line_width() != _UNLIMITED


def print_line(text: str = "", *, err: bool = False) -> None:
    """Print a line; where nobody reads the output any more, do nothing.

    Raises:
        NotPrinted: stdout takes no more.
    """
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    coloured = _uses_colours(err=err)
    text = _without_controls(text)
    charset = _charset(stream)
    if charset is not None:
        click.echo(charset.encode(text if coloured else click.unstyle(text)), err=err)
        return
    # Characters that a file's encoding lacks are written as escapes.
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(text, err=err, color=None if coloured else False)


def in_charset(text: str) -> str:
    """Return clean text for a cell, with our glyphs replaced where stdout's character set lacks them."""
    charset = _charset(sys.stdout)
    return text if charset is None else charset.substituted(text)


def _charset(stream: TextIO) -> Charset | None:
    """Return the character set of a terminal without UTF-8; None for any other terminal, and for a file or a pipe."""
    if not stream.isatty():
        return None
    from pumpup_tui.text.charset import charset_of

    return charset_of(os.environ)


def stop_without_reader() -> None:
    """End a command with a long output where nobody reads it any more.

    Raises:
        Exit: stdout is closed.
    """
    if not has_reader():
        raise click.exceptions.Exit(0)


@contextmanager
def after_recording(what: str) -> Iterator[None]:
    """Print the result of a recorded write; a failure to print it is a warning and no error.

    With a non-zero exit code, the caller would repeat the write.

    Args:
        what: The name of the recorded thing, as foreign text.
    """
    try:
        yield
    except NotPrinted as fault:
        print_line(f"recorded, but could not be printed: {reason(fault)} ({line(what, 80)})", err=True)


def print_json(value: Any, *, one_line: bool = False) -> None:
    """Print JSON; every character outside ASCII is escaped, so that no text in it acts on a terminal."""
    print_line(json.dumps(value, indent=None if one_line else 2))


def styled(text: str, tone: str) -> str:
    """Return clean text in a tone; `print_line` removes the colours again where they can't be shown."""
    return click.style(text, **_TONES[tone]) if tone and text else text


def _uses_colours(*, err: bool) -> bool:
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its name in the configuration, its title and its widths in cells."""

    name: str
    title: str
    min_width: int = 0
    """The width under which it is not truncated; 0: never truncated, but left out where there is no room."""
    stream_width: int = 0
    """The width in a stream, whose rows are not known beforehand."""
    rank: int = 0
    """The order in which columns are dropped where there is too little room: the highest first, of equals the last."""
    tone: str = ""


class RowStream:
    """A table whose rows are printed one by one: each column has its stream width."""

    def __init__(self, columns: Sequence[TableColumn]) -> None:
        self._columns = columns
        self._room = line_width()
        self._widths = fit_widths([(column, column.stream_width) for column in columns], self._room)

    def print_row(self, cells: Sequence[object]) -> None:
        """Print a row; foreign text in it is cleaned here."""
        parts = []
        for cell, width, column in zip(cells, self._widths, self._columns, strict=True):
            text = line(cell)
            if width:
                text = text if self._room == _UNLIMITED else _truncated(text, width)
                parts.append(styled(_padded(text, width), column.tone))
        print_line((" " * _GAP).join(parts).rstrip())


def print_table(columns: Sequence[TableColumn], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under titles, as wide as the terminal; some columns are dropped where there is too little room.

    Args:
        columns: The columns, in order.
        rows: A cell for each column; foreign text in it is cleaned here.
        empty: The message on stderr where there are no rows.
    """
    if not rows:
        print_line(empty, err=True)
        return
    cells = [[line(cell) for cell in row] for row in rows]
    natural = [_natural_width(column, [row[index] for row in cells]) for index, column in enumerate(columns)]
    widths = fit_widths(list(zip(columns, natural, strict=True)))
    shown = [index for index, width in enumerate(widths) if width]
    titles = [_padded(_truncated(columns[index].title, widths[index]), widths[index]) for index in shown]
    print_line(styled((" " * _GAP).join(titles).rstrip(), "muted"))
    for row in cells:
        parts = [_truncated(row[index], widths[index]) for index in shown]
        # The last cell is not padded: with a tone it would end in coloured blanks.
        padded = [*map(_padded, parts[:-1], [widths[index] for index in shown[:-1]]), parts[-1]]
        tones = [columns[index].tone for index in shown]
        print_line((" " * _GAP).join(map(styled, padded, tones)).rstrip())


def fit_widths(wanted: Sequence[tuple[TableColumn, int]], room: int | None = None) -> list[int]:
    """Return the width of each column, 0 for a dropped one: columns are dropped first, then truncated."""
    room = line_width() if room is None else room
    widths = [width for _, width in wanted]
    least = [min(width, column.min_width or width) for column, width in wanted]
    ranked = sorted(range(len(wanted)), key=lambda index: (wanted[index][0].rank, index))
    for index in reversed(ranked[1:]):
        if _total_width(least) <= room:
            break
        least[index] = widths[index] = 0
    # The widest is truncated first, cell by cell, so that the rest is shared evenly.
    while (over := _total_width(widths) - room) > 0:
        widest = max(range(len(widths)), key=lambda index: (widths[index] > least[index], widths[index]))
        if widths[widest] <= least[widest]:
            return [min(width, room) for width in widths]
        others = [width for index, width in enumerate(widths) if index != widest and width > least[index]]
        reduced = min(widths[widest] - 1, max(widths[widest] - over, max(others, default=0)))
        widths[widest] = max(least[widest], reduced)
    return widths


def _total_width(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + _GAP * (len(shown) - 1)


def _natural_width(column: TableColumn, cells: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(cell_len(column.title), *map(cell_len, cells))


def _truncated(cell: str, cells: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return cell if cell_len(cell) <= cells else set_cell_size(cell, cells - 1).rstrip() + "…"


def _padded(cell: str, cells: int) -> str:
    from rich.cells import cell_len

    return cell + " " * (cells - cell_len(cell))


def clean_text(text: object) -> str:
    """Return the whole of a foreign text as clean lines: for what must be seen before a decision."""
    text = str(text)
    return clean(text, limit=len(text)).rstrip()


def clean_line(text: object) -> str:
    """Return the whole of a foreign text as one clean line."""
    text = str(text)
    return line(text, len(text))


def print_fields(pairs: Iterable[tuple[str, object]], *, err: bool = False, foreign: bool = False) -> None:
    """Print names and their values, each value's lines below each other; foreign text is cleaned, not truncated.

    Args:
        pairs: Names and values. Empty values are left out; a value without a name belongs to the one before it.
        err: Print to stderr.
        foreign: Whether the names are foreign text too: every line begins with the bar then.
    """
    from rich.cells import cell_len

    bar = _bar(err=err) if foreign else ""
    room = line_width() - cell_len(bar)
    rows = [(clean_line(name), clean_text(value)) for name, value in pairs if value not in (None, "", ())]
    most = min(_NAME_WIDTH, room // 3)
    indent = min(most, max((cell_len(name) for name, _ in rows), default=0)) + _GAP
    for name, value in rows:
        lines = wrap_text(value, room - indent)
        if cell_len(name) > most:
            for row in wrap_text(name, room):
                print_line(bar + styled(row, "muted"), err=err)
        else:
            print_line(bar + styled(_padded(name, indent), "muted") + lines.pop(0), err=err)
        for text in lines:
            print_line(bar + " " * indent + text, err=err)


def print_wrapped(text: str, tone: str = "", *, err: bool = False) -> None:
    """Print clean text, wrapped into lines that fit."""
    for row in wrap_text(text, line_width()):
        print_line(styled(row, tone), err=err)


def print_foreign(text: object, tone: str = "", *, err: bool = False) -> None:
    """Print the whole of a foreign text behind a bar, so that no line of it looks like one of ours."""
    bar = _bar(err=err)
    for row in wrap_text(clean_text(text), line_width() - len(bar)):
        print_line(bar + styled(row, tone), err=err)


def _bar(*, err: bool) -> str:
    """Return the mark at the start of each line of foreign text; none of our own lines begins with it."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    return f"{_BAR} ".encode(encoding, "replace").decode(encoding).replace("?", "|")


def wrap_text(text: str, cells: int) -> list[str]:
    """Return clean text in lines of at most `cells` cells (and at least 8), broken at spaces where possible."""
    from rich.cells import cell_len

    room = max(8, cells)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words: list[str] = []
        width = 0
        for word in paragraph.split(" "):
            size = cell_len(word)
            if words and width + 1 + size <= room:
                words.append(word)
                width += 1 + size
                continue
            if any(words):
                lines.append(" ".join(words))
            *full, rest = _pieces(word, room) if size > room else (word,)
            lines += full
            words, width = [rest], cell_len(rest)
        lines.append(" ".join(words))
    return lines


def _pieces(word: str, cells: int) -> Iterator[str]:
    """Yield a word in pieces of at most `cells` cells."""
    from rich.cells import cell_len

    start, width = 0, 0
    for at, char in enumerate(word):
        size = cell_len(char)
        if width + size > cells and at > start:
            yield word[start:at]
            start, width = at, 0
        width += size
    yield word[start:]
