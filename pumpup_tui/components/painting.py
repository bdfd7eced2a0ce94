"""Painting of lines: a widget's runs of text and tones become a strip of cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from pumpup_tui.text.layout import Line

if TYPE_CHECKING:
    from textual.style import Style as VisualStyle

COMPONENT_CLASSES: set[str] = set()
"""The component classes of a widget that paints its lines: none, for Textual would style each tone for each widget."""


class Painted(Protocol):
    """A widget that knows how its tones look."""

    style_of: Callable[[str], Style]

    @property
    def visual_style(self) -> VisualStyle:
        """The widget's own style."""


def paint(widget: Painted, line: Line, cells: int, *, over: str = "") -> Strip:
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
