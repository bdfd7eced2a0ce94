"""Drawing that goes round Textual's styles cache, for widgets that paint each line whole."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override


class Direct(Widget):
    """A widget whose `render_line` draws the whole line, background and all.

    Textual asks a dozen styles about border, padding, outline and tint for each line that it draws; without any of
    these, what `render_line` says is what is drawn, at a third of the time. With any of them Textual draws.
    """

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        if self.styles.gutter.totals != (0, 0):
            return super().render_lines(crop)
        filters, background = self.get_line_filters(), self.background_colors[1]
        whole = crop.column_span == (0, self.size.width)
        strips: list[Strip] = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip if whole else strip.crop(*crop.column_span))
        return strips
