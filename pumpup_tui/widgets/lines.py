"""Widgets that are a few lines of text: header, banner, decision bar, key hints, and a document to scroll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.widgets.direct import Direct
from pumpup_tui.widgets.painting import COMPONENT_CLASSES, Line, paint, wrap
from pumpup_tui.widgets.scrolled import Scrolled


class Lines(Direct):
    """As many lines as it has to say, each drawn at its full width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    def lines(self, width: int) -> Sequence[Line]:
        """Return the lines at `width` cells, of clean text."""
        raise NotImplementedError

    def retell(self) -> None:
        """Say what is so now; only what changed is drawn again."""
        told = list(self.lines(self._told_width or 80))
        if told != self._told:
            before, self._told = self._told, told
            self.refresh(layout=len(told) != len(before))

    _told: Sequence[Line] = ()
    _told_width = 0

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0 or width != self._told_width:
            self._told, self._told_width = list(self.lines(width)), width
        return paint(self, self._told[y] if y < len(self._told) else [], width)


class Document(Scrolled, can_focus=True):
    """Lines to read, wrapped at the width there is; `j k` and the page keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", show=False, id="move.down"),
        Binding("k,up", "scroll_up", show=False, id="move.up"),
        Binding("g,home", "scroll_home", show=False, id="move.first"),
        Binding("G,end", "scroll_end", show=False, id="move.last"),
        Binding("ctrl+d,pagedown", "page_down", show=False, id="move.page_down"),
        Binding("ctrl+u,pageup", "page_up", show=False, id="move.page_up"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._source: Sequence[Line] = ()
        self._wrapped: list[Line] = []
        self._about: object = None

    def tell(self, source: Sequence[Line], about: object = None) -> None:
        """Show these lines; the view goes to the top where they are about something else."""
        self._source = source
        if about != self._about:
            self._about = about
            self.scroll_to(y=0, animate=False)
        self._wrap()

    def on_resize(self) -> None:
        """Wrap at the new width."""
        self._wrap()
        self.refresh()

    @override
    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        line = self._wrapped[index] if index < len(self._wrapped) else []
        return paint(self, [(" ", ""), *line], self.size.width)

    def _wrap(self) -> None:
        before, room = self._wrapped, max(10, self.size.width - 2)
        self._wrapped = [piece for line in self._source for piece in wrap(line, room, indent=indent_of(line))]
        self.fit_height(len(self._wrapped))
        top, after = self.scroll_offset.y, self._wrapped
        shown = range(self.size.height)
        if changed := [y for y in shown if before[top + y : top + y + 1] != after[top + y : top + y + 1]]:
            self.refresh(*(Region(0, y, self.lines_width, 1) for y in changed))


def indent_of(line: Line) -> int:
    """Return how far the later pieces of a wrapped line go in: under its second run, where the first is a label."""
    if len(line) > 1 and line[0][1] in ("muted", "accent") and line[0][0].endswith("  ") and len(line[0][0]) <= 24:
        return len(line[0][0])
    return 0
