"""Rendering that goes round Textual's styles cache, for widgets that paint each line whole.

Reason: Textual asks a dozen styles about border, padding, outline and tint for each line that it draws, and looks the
widget's size and the look of each tone up again. Without any of these styles, `render_line` gives all that is drawn.

Performance: without it the first rows take 17 % more computing time, a key 8 % more on the board, 25 % on the inbox.

Test: tests/pilot/test_painting.py, tests/pilot/test_lines.py and the snapshots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override


class DirectRender:
    """The lines of one widget, without Textual's styles between them and the screen."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self.drawn_size: Size | None = None
        """The widget's size while its lines are drawn; asked for each line, Textual would look it up each time."""
        self._tones: dict[str, tuple[object, object, Style]] = {}

    def style_of(self, tone: str) -> Style:
        """Return the style of text in a tone."""
        # Textual caches this too, but drops it with each line that is to be drawn again.
        widget = self._widget
        component, own = widget._component_styles[f"tone--{tone}"], widget.visual_style
        cached = self._tones.get(tone)
        if cached is None or cached[0] is not component or cached[1] is not own:
            cached = self._tones[tone] = component, own, widget.get_component_rich_style(f"tone--{tone}")
        return cached[2]

    def render_lines(self, crop: Region, textual: Callable[[Region], list[Strip]]) -> list[Strip]:
        """Return the lines in `crop`; with a border or padding, as `textual` draws them."""
        if self._widget.styles.gutter.totals != (0, 0):
            return textual(crop)
        self.drawn_size = size = self._widget.size
        try:
            return self._strips(crop, whole=crop.column_span == (0, size.width))
        finally:
            self.drawn_size = None

    def _strips(self, crop: Region, *, whole: bool) -> list[Strip]:
        widget = self._widget
        filters, background = widget.get_line_filters(), widget.background_colors[1]
        strips: list[Strip] = []
        for y in crop.line_range:
            strip = widget.render_line(y)
            segments = list(strip)
            for line_filter in filters:
                segments = line_filter.apply(segments, background)
            strip = Strip(segments, strip.cell_length)
            strips.append(strip if whole else strip.crop(*crop.column_span))
        return strips


class Direct(Widget):
    """A widget whose `render_line` draws the whole line, background and all; with a border or padding Textual draws."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._direct = DirectRender(self)
        self.style_of: Callable[[str], Style] = self._direct.style_of

    @property
    @override
    def size(self) -> Size:
        drawn = self._direct.drawn_size
        return super().size if drawn is None else drawn

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        return self._direct.render_lines(crop, super().render_lines)
