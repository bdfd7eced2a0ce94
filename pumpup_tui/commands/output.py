"""What commands print: clean text in tables that fit the terminal, or JSON; quietly over where nobody reads on."""

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
_PIPED = 10_000
"""Columns of what is no terminal: nothing is cut there."""
_GAP = 2
_BAR = "│"
_NAME = 24
"""Columns of a name that a value stands beside; a longer one stands above it."""


_CONTROLS = re.compile("\x1b\\[[0-9;]*m|[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _netted(text: str) -> str:
    """Return `text` with nothing in it that acts on a terminal but colours: the net below `line` and `clean`."""
    return _CONTROLS.sub(lambda found: found[0] if len(found[0]) > 1 else "\ufffd", text)


def is_terminal() -> bool:
    """Return whether what is printed goes to a terminal."""
    return sys.stdout.isatty()


def may_ask() -> bool:
    """Return whether someone is there to be asked: the question goes to stderr, its answer comes from stdin."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def width() -> int:
    """Return the columns that there are for a line."""
    return shutil.get_terminal_size().columns if is_terminal() or "COLUMNS" in os.environ else _PIPED


def is_cut() -> bool:
    """Return whether lines are made to fit; what goes to a file is told whole."""
    return width() != _PIPED


def tell(text: str = "", *, err: bool = False) -> None:
    """Print a line; where nobody reads it any more, quietly nothing.

    Raises:
        NotPrinted: stdout takes no more.
    """
    stream = sys.stderr if err else sys.stdout
    coding = stream.encoding or "utf-8"
    coloured = _colours(err=err)
    text = _netted(text)
    charset = _charset(stream)
    if charset is not None:
        click.echo(charset.encode(text if coloured else click.unstyle(text)), err=err)
        return
    # What a file of another coding can't hold is told by its number.
    text = text.encode(coding, "backslashreplace").decode(coding)
    click.echo(text, err=err, color=None if coloured else False)


def drawn(text: str) -> str:
    """Return clean text with glyphs of ours in it as it may go into a cell, where it is cleaned once more."""
    charset = _charset(sys.stdout)
    return text if charset is None else charset.substituted(text)


def _charset(stream: TextIO) -> Charset | None:
    """Return the character set of a terminal without UTF-8; None for any other, and for what is no terminal."""
    if not stream.isatty():
        return None
    from pumpup_tui.text.charset import charset_of

    return charset_of(os.environ)


def stop_without_reader() -> None:
    """End a command that would print on and on, where nobody reads it any more.

    Raises:
        Exit: stdout is closed.
    """
    if not has_reader():
        raise click.exceptions.Exit(0)


@contextmanager
def after_recording(what: str) -> Iterator[None]:
    """Wrap the printing of a recorded write: where it can't be printed, say so and end well all the same.

    With another exit code, whoever runs the command would do it again.

    Args:
        what: Names what was recorded, as foreign text.
    """
    try:
        yield
    except NotPrinted as fault:
        tell(f"recorded, but could not be printed: {reason(fault)} ({line(what, 80)})", err=True)


def tell_json(value: Any, *, one_line: bool = False) -> None:
    """Print JSON; every character that is not plain ASCII is escaped, so that no text in it acts on a terminal."""
    tell(json.dumps(value, indent=None if one_line else 2))


def toned(text: str, tone: str) -> str:
    """Return clean text in a tone; where no colours go, `tell` takes it off again."""
    return click.style(text, **_TONES[tone]) if tone and text else text


def _colours(*, err: bool) -> bool:
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in the configuration, its title, and the cells it can't do without."""

    name: str
    title: str
    least: int = 0
    """Cells under which it is not cut; 0: it is never cut, but left out where there is no room."""
    usual: int = 0
    """Cells in a stream, where no one knows yet what comes."""
    rank: int = 0
    """Where there is too little room, columns go by this, the highest first; of the same rank, the last."""
    tone: str = ""


class Stream:
    """Rows that are printed as they come: each column has its usual width."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._room = width()
        self._widths = fitted([(column, column.usual) for column in columns], self._room)

    def tell(self, cells: Sequence[object]) -> None:
        """Print a row; foreign text is cleaned here."""
        parts = []
        for cell, wide, column in zip(cells, self._widths, self._columns, strict=True):
            text = line(cell)
            if wide:
                parts.append(toned(_padded(text if self._room == _PIPED else _cut(text, wide), wide), column.tone))
        tell((" " * _GAP).join(parts).rstrip())


def tell_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under titles, as wide as the terminal; some columns are left out where there is too little room.

    Args:
        columns: Which there are, in order.
        rows: A cell for each column: foreign text is cleaned here.
        empty: What to say on stderr where there are no rows.
    """
    if not rows:
        tell(empty, err=True)
        return
    cells = [[line(cell) for cell in row] for row in rows]
    widths = fitted([(column, _widest(column, [row[at] for row in cells])) for at, column in enumerate(columns)])
    shown = [at for at, wide in enumerate(widths) if wide]
    tell(toned(_row([columns[at].title for at in shown], [widths[at] for at in shown]), "muted"))
    for row in cells:
        parts = [_cut(row[at], widths[at]) for at in shown]
        padded = [*(_padded(part, widths[at]) for part, at in zip(parts[:-1], shown[:-1], strict=True)), parts[-1]]
        tell((" " * _GAP).join(toned(part, columns[at].tone) for part, at in zip(padded, shown, strict=True)).rstrip())


def fitted(wanted: Sequence[tuple[Column, int]], room: int | None = None) -> list[int]:
    """Return the cells of each column, 0 for one that has no room; what can be cut is cut after that."""
    room = width() if room is None else room
    widths = [wide for _, wide in wanted]
    least = [min(wide, column.least or wide) for column, wide in wanted]
    ranked = sorted(range(len(wanted)), key=lambda at: (wanted[at][0].rank, at))
    for at in reversed(ranked[1:]):
        if _whole(least) <= room:
            break
        least[at] = widths[at] = 0
    # The widest is cut first, cell by cell, so that what is left is shared evenly.
    while (over := _whole(widths) - room) > 0:
        at = max(range(len(widths)), key=lambda at: (widths[at] > least[at], widths[at]))
        if widths[at] <= least[at]:
            return [min(wide, room) for wide in widths]
        others = [wide for other, wide in enumerate(widths) if other != at and wide > least[other]]
        widths[at] = max(least[at], min(widths[at] - 1, max(widths[at] - over, max(others, default=0))))
    return widths


def _whole(widths: Sequence[int]) -> int:
    shown = [wide for wide in widths if wide]
    return sum(shown) + _GAP * (len(shown) - 1)


def _widest(column: Column, cells: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(cell_len(column.title), *map(cell_len, cells))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * _GAP).join(_padded(_cut(cell, wide), wide) for cell, wide in zip(cells, widths, strict=True)).rstrip()


def _cut(cell: str, cells: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return cell if cell_len(cell) <= cells else set_cell_size(cell, cells - 1).rstrip() + "…"


def _padded(cell: str, cells: int) -> str:
    from rich.cells import cell_len

    return cell + " " * (cells - cell_len(cell))


def whole(text: object) -> str:
    """Return foreign text as clean lines, all of it: for what must be seen before it is decided."""
    text = str(text)
    return clean(text, limit=len(text)).rstrip()


def whole_line(text: object) -> str:
    """Return foreign text as one clean line, all of it."""
    text = str(text)
    return line(text, len(text))


def tell_fields(pairs: Iterable[tuple[str, object]], *, err: bool = False, foreign: bool = False) -> None:
    """Print names and their values, each value's own lines under each other; foreign text is cleaned here, none cut.

    Args:
        pairs: Values without a text are left out; a value without a name stands under the one before it.
        err: Print to stderr.
        foreign: Whether the names are foreign text too: then every line begins with the bar.
    """
    from rich.cells import cell_len

    bar = _bar(err=err) if foreign else ""
    room = width() - cell_len(bar)
    rows = [(whole_line(name), whole(value)) for name, value in pairs if value not in (None, "", ())]
    most = min(_NAME, room // 3)
    indent = min(most, max((cell_len(name) for name, _ in rows), default=0)) + _GAP
    for name, value in rows:
        lines = wrapped(value, room - indent)
        if cell_len(name) > most:
            for row in wrapped(name, room):
                tell(bar + toned(row, "muted"), err=err)
        else:
            tell(bar + toned(_padded(name, indent), "muted") + lines.pop(0), err=err)
        for text in lines:
            tell(bar + " " * indent + text, err=err)


def tell_wrapped(text: str, tone: str = "", *, err: bool = False) -> None:
    """Print clean text, broken into lines that fit."""
    for row in wrapped(text, width()):
        tell(toned(row, tone), err=err)


def tell_foreign(text: object, tone: str = "", *, err: bool = False) -> None:
    """Print all of a foreign text behind a bar, so that no line of it looks like one of ours."""
    bar = _bar(err=err)
    for row in wrapped(whole(text), width() - len(bar)):
        tell(bar + toned(row, tone), err=err)


def _bar(*, err: bool) -> str:
    """Return what begins each line of foreign text: no line of ours begins so."""
    coding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    return f"{_BAR} ".encode(coding, "replace").decode(coding).replace("?", "|")


def wrapped(text: str, cells: int) -> list[str]:
    """Return clean text in lines of at most `cells` cells (8 at the least), broken at blanks where there are any."""
    from rich.cells import cell_len

    room = max(8, cells)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words: list[str] = []
        wide = 0
        for word in paragraph.split(" "):
            size = cell_len(word)
            if words and wide + 1 + size <= room:
                words.append(word)
                wide += 1 + size
                continue
            if any(words):
                lines.append(" ".join(words))
            *full, rest = _pieces(word, room) if size > room else (word,)
            lines += full
            words, wide = [rest], cell_len(rest)
        lines.append(" ".join(words))
    return lines


def _pieces(word: str, cells: int) -> Iterator[str]:
    """Yield a word in pieces of at most so many cells."""
    from rich.cells import cell_len

    start, wide = 0, 0
    for at, char in enumerate(word):
        size = cell_len(char)
        if wide + size > cells and at > start:
            yield word[start:at]
            start, wide = at, 0
        wide += size
    yield word[start:]
