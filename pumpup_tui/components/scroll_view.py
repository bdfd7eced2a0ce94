"""A view that scrolls over lines, and what a move costs in it: no new layout, no more of its bar than changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from pumpup_tui.components.pane_frame import PaneFrame
from pumpup_tui.textual_patches.direct_render import Direct, DirectRender
from pumpup_tui.textual_patches.scrollbars import vertical_scrollbar


class QuietBar(ScrollBar, Direct):
    """A scrollbar that draws only those of its lines that changed."""

    _drawn: Sequence[Segment] = ()

    @override
    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        before, self._drawn = self._drawn, ()
        if before and repaint and self.is_attached and not (regions or layout or recompose):
            self._drawn = self._segments()
            if len(before) == len(self._drawn):
                regions = tuple(Region(0, y, 1, 1) for y, one in enumerate(self._drawn) if one != before[y])
                if not regions:
                    return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    @override
    def render_line(self, y: int) -> Strip:
        if len(self._drawn) != self.size.height:
            self._drawn = self._segments()
        return Strip([self._drawn[y]]) if y < len(self._drawn) else Strip.blank(self.size.width)

    def _segments(self) -> Sequence[Segment]:
        bar = self.render()
        if not isinstance(bar, ScrollBarRender):
            return ()
        style = bar.style if isinstance(bar.style, Style) else Style()
        drawn = bar.render_bar(
            size=self.size.height,
            virtual_size=bar.virtual_size,
            window_size=bar.window_size,
            position=bar.position,
            thickness=self.size.width,
            back_color=style.bgcolor or Color.default(),
            bar_color=style.color or Color.default(),
        )
        return list(drawn.segments)


class LineScrollView(ScrollView):
    """A scrolling view whose scrollbar has its place at all times, and whose `render_line` draws the whole line.

    It renders as `Direct` does without inheriting it: lists inherit this, and lists of something inherit those.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.direct = DirectRender(self)
        self.style_of: Callable[[str], Style] = self.direct.style_of
        self.frame = self.direct.frame = PaneFrame(self, self)

    @property
    @override
    def size(self) -> Size:
        drawn = self.direct.drawn_size
        return super().size if drawn is None else drawn

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        return self.direct.render_lines(crop, super().render_lines)

    @property
    @override
    def vertical_scrollbar(self) -> ScrollBar:
        return vertical_scrollbar(
            self, lambda: QuietBar(vertical=True, name="vertical", thickness=self.scrollbar_size_vertical)
        )

    @override
    def refresh_lines(self, y_start: int, line_count: int = 1) -> None:
        # Textual's own goes over the scrollbar too.
        self.refresh(Region(0, y_start - self.scroll_offset.y, self.lines_width, line_count))

    @property
    def lines_width(self) -> int:
        """How many cells of a line the scrollbar leaves in view."""
        return self.size.width - self.scrollbar_size_vertical

    def fit_height(self, height: int) -> None:
        """Scroll over `height` lines.

        Textual lays the screen out, and draws the whole view, each time its virtual size is set: kilobytes over SSH
        for a list that grew by a page. With the scrollbar's place always there (`overflow-y: scroll`) nothing needs
        that; the bar is empty where all fits.
        """
        size = Size(self.size.width, height)
        if size == self.virtual_size:
            return
        self.set_reactive(Widget.virtual_size, size)
        self.vertical_scrollbar.window_virtual_size = height
        if self.scroll_y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False)
