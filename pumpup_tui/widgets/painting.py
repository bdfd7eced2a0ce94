"""Drawing lines: what all Line-API widgets share.

A line is a list of runs, each a clean text and the tone it is said in; tones are component classes, so that
what they look like stands in `styles/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from pumpup_tui.widgets.direct import Direct

Run: TypeAlias = tuple[str, str]
"""A clean text and its tone; an empty tone is the widget's own colour."""
Line: TypeAlias = Sequence[Run]

TONES = ("muted", "strong", "accent", "good", "bad", "warn", "cursor", "armed")
COMPONENT_CLASSES = {f"tone--{tone}" for tone in TONES}


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


def columns(left: str, right: str, cells: int) -> str:
    """Return `left` and `right` at the two ends of `cells` cells; the left one is cut where they meet."""
    room = cells - cell_len(right)
    return fit(left, room - 1) + " " + right if right and room > 1 else fit(left, cells)


def wrap(line: Line, cells: int, *, indent: int = 0) -> list[Line]:
    """Return `line` broken at words into lines of at most `cells` cells, the later ones indented."""
    if width_of(line) <= cells and not any("\n" in text for text, _ in line):
        return [line] if any(text for text, _ in line) else [[]]
    content = Content.assemble(*line)
    whole: list[Line] = []
    room = max(4, cells - indent)
    pieces = content.wrap(room if indent else max(4, cells))
    for number, piece in enumerate(pieces):
        runs = _runs(piece)
        whole.append([(" " * indent, ""), *runs] if number and indent else runs)
    return whole


def _runs(piece: Content) -> Line:
    """Return the runs of a wrapped piece, its spans' styles being tones."""
    plain = piece.plain
    tones = [""] * len(plain)
    for start, end, tone in piece.spans:
        tones[start:end] = [str(tone)] * (min(end, len(plain)) - start)
    runs: list[Run] = []
    start = 0
    for index in range(1, len(plain) + 1):
        if index == len(plain) or tones[index] != tones[start]:
            runs.append((plain[start:index], tones[start]))
            start = index
    return runs


def paint(widget: Direct, line: Line, cells: int, *, over: str = "") -> Strip:
    """Return `line` as a strip of exactly `cells` cells.

    Args:
        widget: Whose component classes say what the tones look like.
        line: What to draw.
        cells: The strip's width.
        over: A tone whose background goes under the whole line.
    """
    base = widget.visual_style.rich_style  # kept by the widget; `rich_style` asks all its ancestors each time
    if over:
        under = widget.style_of(over)
        base += under
        cover = Style(bgcolor=under.bgcolor, bold=under.bold)
    segments = []
    for text, tone in line:
        style = widget.style_of(tone) if tone else base
        segments.append(Segment(text, style + cover if over else style))
    # Neighbours that look alike are sent as one: a style costs 40 bytes in a terminal of all colours. All of it before
    # there is a strip: one is nine objects, and a key draws a hundred of them.
    return Strip(Segment.simplify(Segment.adjust_line_length(segments, cells, base)), cells)


def joined(parts: Iterable[str], separator: str = " · ") -> str:
    """Return the parts that say something, joined."""
    return separator.join(part for part in parts if part)
