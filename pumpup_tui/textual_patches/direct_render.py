"""Rendering that goes round Textual's styles cache, for widgets that paint each line whole.

Reason: Textual asks a dozen styles about border, padding, outline and tint for each line that it draws, and looks the
widget's size and the look of each tone up again. Without any of these styles, `render_line` gives all that is drawn.
And it styles each tone anew for each widget, though a tone looks the same on all of them: here it is asked once.

Performance: without it the first rows take 17 % more computing time, a key 8 % more on the board, 25 % on the inbox.

Test: tests/pilot/test_painting.py, tests/pilot/test_lines.py and the snapshots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from rich.segment import Segment
from rich.style import Style
from textual.color import TRANSPARENT
from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

if TYPE_CHECKING:
    from textual.app import App
    from textual.style import Style as VisualStyle

FRAMED = ((1, 1, 1, 1), (1, 0, 0, 0))
"""A border on each side, or above, without padding."""


class ToneLooks(dict[str, RenderStyles]):
    """The looks of the tones that were asked for, the same for all widgets of an app."""

    def __init__(self, app: App[Any]) -> None:
        super().__init__()
        self._app = app
        self.variables = app.stylesheet._variables
        """The theme's: another theme has looks of its own."""

    def __missing__(self, tone: str) -> RenderStyles:
        node = DOMNode(classes=f"tone--{tone}")
        node._attach(self._app)
        self._app.stylesheet.apply(node, animate=False)
        self[tone] = look = node.styles
        return look


_looks: WeakKeyDictionary[App[Any], ToneLooks] = WeakKeyDictionary()


def tone_looks(widget: Widget) -> ToneLooks:
    """Return the looks of the tones where a widget is shown."""
    app = widget.app
    looks = _looks.get(app)
    if looks is None or looks.variables is not app.stylesheet._variables:
        looks = _looks[app] = ToneLooks(app)
    return looks


def _toned(own: VisualStyle, look: RenderStyles) -> Style:
    """Return a widget's own style with what a tone changes of it."""
    below, colour = own.background or TRANSPARENT, own.foreground or TRANSPARENT
    background = below + look.background if look.has_rule("background") else below
    colour = look.color if look.has_rule("color") else colour
    return own.rich_style + look.text_style + Style.from_color((background + colour).rich_color, background.rich_color)


class FrameLines(Protocol):
    """The lines that stand where a widget has a border."""

    def edge(self, cells: int, *, lower: bool) -> Strip:
        """Return the upper or the lower line."""

    def sides(self) -> tuple[Segment, Segment]:
        """Return the cells at the left and the right of each line."""


class DirectRender:
    """The lines of one widget, without Textual's styles between them and the screen."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self.frame: FrameLines | None = None
        """What is drawn in place of a border; None leaves it to Textual."""
        self.drawn_size: Size | None = None
        """The widget's size while its lines are drawn; asked for each line, Textual would look it up each time."""
        self._tones: dict[str, tuple[object, object, Style]] = {}

    def style_of(self, tone: str) -> Style:
        """Return the style of text in a tone."""
        widget = self._widget
        look, own = tone_looks(widget)[tone], widget.visual_style
        cached = self._tones.get(tone)
        if cached is None or cached[0] is not look or cached[1] is not own:
            cached = self._tones[tone] = look, own, _toned(own, look)
        return cached[2]

    def render_lines(self, crop: Region, textual: Callable[[Region], list[Strip]]) -> list[Strip]:
        """Return the lines in `crop`; with padding, or a border where no frame is drawn, as `textual` draws them."""
        gutter = self._widget.styles.gutter
        frame = self.frame if gutter in FRAMED else None
        if frame is None and any(gutter):
            return textual(crop)
        self.drawn_size = size = self._widget.size
        cells = size.width + gutter.width
        draw = self._widget.render_line if frame is None else self._framed(frame, size, has_sides=gutter.left > 0)
        try:
            return self._strips(crop, draw, whole=crop.column_span == (0, cells))
        finally:
            self.drawn_size = None

    def _framed(self, frame: FrameLines, size: Size, *, has_sides: bool) -> Callable[[int], Strip]:
        """Return what draws a line of the widget and its frame."""
        render_line, cells = self._widget.render_line, size.width + 2 * has_sides
        left, right = ([side] for side in frame.sides()) if has_sides else ([], [])

        def draw(y: int) -> Strip:
            if 0 < y <= size.height:
                return Strip([*left, *render_line(y - 1), *right], cells)
            return frame.edge(cells, lower=y > 0)

        return draw

    def _strips(self, crop: Region, draw: Callable[[int], Strip], *, whole: bool) -> list[Strip]:
        widget = self._widget
        filters, background = widget.get_line_filters(), widget.background_colors[1]
        strips: list[Strip] = []
        for y in crop.line_range:
            strip = draw(y)
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
        self.direct = DirectRender(self)
        self.style_of: Callable[[str], Style] = self.direct.style_of

    @property
    @override
    def size(self) -> Size:
        drawn = self.direct.drawn_size
        return super().size if drawn is None else drawn

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        return self.direct.render_lines(crop, super().render_lines)
