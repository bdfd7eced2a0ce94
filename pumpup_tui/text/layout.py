"""Lines of text laid out in cells: measured, cut, filled and wrapped.

A line is a list of runs, each a clean text and its tone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich._wrap import divide_line  # what Textual wraps with, without what it does for each character's style
from rich.cells import cell_len, set_cell_size

Run: TypeAlias = tuple[str, str]
"""A clean text and its tone; an empty tone is the widget's own colour."""
Line: TypeAlias = Sequence[Run]

OUTCOME_TONES = ("approve", "deny", "escalate", "ask")
"""The tones of outcomes: green, red, magenta, cyan."""
TONES = (
    *("muted", "strong", "accent", "good", "bad", "warn", "cursor", "foreign", "edge", "needs", "hover", "paused"),
    *OUTCOME_TONES,
    *("armed", *(f"armed-{tone}" for tone in OUTCOME_TONES)),
)
"""The tones that a run may have; their looks are in `styles/`, what each means is in docs/look.md.

`needs` is for what needs a person, and nothing else. `edge` is for lines and frames, not for text. `armed` and the four
that begin with it are grounds, of an act that `y` would send; `paused` is the ground of a pause.
"""


def width_of(line: Line) -> int:
    """Return a line's width in cells."""
    return sum(cell_len(text) for text, _ in line)


def fit(text: str, cells: int) -> str:
    """Return `text` in exactly `cells` cells, cut with `…` or filled with blanks."""
    if cells <= 0:
        return ""
    if cell_len(text) > cells:
        return set_cell_size(set_cell_size(text, cells - 1).rstrip() + "…", cells)
    return set_cell_size(text, cells)


def crop(text: str, cells: int) -> str:
    """Return `text` in at most `cells` cells, cut with `…`."""
    return text if cell_len(text) <= cells else fit(text, cells).rstrip()


def cropped(line: Line, cells: int) -> Line:
    """Return `line` in at most `cells` cells, cut with `…`."""
    if width_of(line) <= cells:
        return line
    runs: list[Run] = []
    for text, tone in line:
        left = cells - width_of(runs)
        if cell_len(text) > left:
            return [*runs, (crop(text, left) if left else "", tone)]
        runs.append((text, tone))
    return runs


def columns(left: str, right: str, cells: int) -> str:
    """Return `left` and `right` at the two ends of `cells` cells; the left one is cut where they meet."""
    room = cells - cell_len(right)
    return fit(left, room - 1) + " " + right if right and room > 1 else fit(left, cells)


def wrap(line: Line, cells: int, *, indent: int = 0, first: int | None = None) -> list[Line]:
    """Return `line` broken at words into lines of at most `cells` cells, in linear time.

    Args:
        line: The line to break, also at its newlines.
        cells: The width, in cells.
        indent: Cells that the later lines are indented by.
        first: Cells of the first line, where something stands before it; `cells` if left out.
    """
    start = cells if first is None else first
    if width_of(line) <= start and not any("\n" in text for text, _ in line):
        return [line] if any(text for text, _ in line) else [[]]
    room, pieces = max(4, cells - indent), list[Line]()
    for part in _parts(line):
        pieces += _broken(part, room if pieces else max(4, start), room)
    return pieces if not indent else [[(" " * indent, ""), *piece] if n else piece for n, piece in enumerate(pieces)]


def _parts(line: Line) -> list[list[Run]]:
    """Return the runs of each line of a text of several."""
    parts: list[list[Run]] = [[]]
    for text, tone in line:
        for number, piece in enumerate(text.split("\n")):
            if number:
                parts.append([])
            if piece:
                parts[-1].append((piece, tone))
    return parts


def _broken(part: Sequence[Run], first: int, rest: int) -> list[Line]:
    """Return one line of text in pieces, the first of at most `first` cells and the others of `rest`."""
    plain = "".join(text for text, _ in part)
    breaks = divide_line(plain, first)
    if breaks and rest != first:
        cut = breaks[0]
        breaks = [cut, *(cut + place for place in divide_line(plain[cut:], rest))]
    pieces: list[Line] = []
    number, at = 0, 0  # where the next piece begins: in which run, and at which character of it
    start = 0
    for end in (*breaks, len(plain)):
        piece: list[Run] = []
        left, start = end - start, end
        while left:
            text, tone = part[number]
            taken = min(left, len(text) - at)
            piece.append((text[at : at + taken], tone))
            left -= taken
            number, at = (number + 1, 0) if at + taken == len(text) else (number, at + taken)
        # Blanks count for nothing where a line is divided: also those at the very end may stand over its width.
        if end < len(plain) or width_of(piece) > (rest if pieces else first):
            piece = _without_last_blanks(piece)
        pieces.append(piece)
    return pieces


def _without_last_blanks(piece: list[Run]) -> list[Run]:
    while piece and not (text := piece[-1][0].rstrip()):
        piece = piece[:-1]
    return [*piece[:-1], (text, piece[-1][1])] if piece else []


def joined(parts: Iterable[str], separator: str = " · ") -> str:
    """Return the parts that are not empty, joined."""
    return separator.join(part for part in parts if part)
