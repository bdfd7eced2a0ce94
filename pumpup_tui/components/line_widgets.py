"""Widgets of a few lines of text (header, banner, decision bar, key hints), and a document to scroll."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.hot_spots import HotSpots
from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.scroll_view import LineScrollView
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import Line
from pumpup_tui.text.paragraphs import Paragraph, Place, WrappedLine, drawn, named
from pumpup_tui.textual_patches.direct_render import Direct


class Lines(Direct):
    """A widget of as many lines as it has text for, each drawn at its full width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._spots = HotSpots(self, self._line_at, lambda y: self.refresh(Region(0, y, self.size.width, 1)))

    def lines(self, width: int) -> Sequence[Line]:
        """Return the lines at `width` cells, of clean text."""
        raise NotImplementedError

    def update_lines(self) -> None:
        """Show the present lines; only where they changed is anything drawn again."""
        lines = list(self.lines(self.size.width or 80))
        # A frame may have come before this, and painted more lines than there is room for.
        grew = self._height is not None and len(lines) != self._height
        if grew or lines != self._painted_lines:
            self._painted_lines = lines
            self.refresh(layout=grew)

    _painted_lines: Sequence[Line] = ()
    _painted_width = 0
    _height: int | None = None
    """Lines for which the last layout made room; None before it, and where the style sets their number."""

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._height = height = len(self.lines(width))
        return height

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0 or width != self._painted_width:
            self._painted_lines, self._painted_width = list(self.lines(width)), width
        return paint(self, self._spots.drawn(y, self._line_at(y)), width)

    def _line_at(self, y: int) -> Line:
        return self._painted_lines[y] if 0 <= y < len(self._painted_lines) else []

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show what can be clicked."""
        self._spots.moved(event)

    def on_leave(self) -> None:
        """Show nothing as under the mouse."""
        self._spots.left()

    def on_click(self, event: events.Click) -> None:
        """Press the key that the words under the mouse name."""
        self._spots.clicked(event)


class Document(LineScrollView, can_focus=True):
    """Paragraphs to read, wrapped at the widget's width; `j k` and the page keys scroll.

    It tracks which of its lines have been drawn: a decision needs all of what it is on to have been on the screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("move.down", "scroll_down"),
        ("move.up", "scroll_up"),
        ("move.first", "scroll_home"),
        ("move.last", "scroll_end"),
        ("move.page_down", "half_page(1)"),
        ("move.page_up", "half_page(-1)"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Seen(Message):
        """The number of lines still to be seen may have changed: some were drawn, or the view has moved."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._source: Sequence[Paragraph] = ()
        self._wrapped: list[WrappedLine] = []
        self._about: object = None
        self._whole: Sequence[Paragraph] = ()
        self._width = 0
        """The width in cells that the text was last wrapped at."""
        self._must: list[Place] | None = None
        """The places of the lines of `_whole` at that width; computed when they are needed."""
        self._painted: set[Place] = set()
        """Those that have been drawn, if only for a moment."""
        self._seen: set[Place] = set()
        """Those that were on the screen when the view changed."""
        self._read: set[Hashable] = set()
        """Paragraphs of which all lines were seen at another width."""
        self._seen_is_posted = False

    def set_paragraphs(
        self, source: Sequence[Paragraph | Line], about: object = None, *, whole: Sequence[Paragraph] = ()
    ) -> None:
        """Show these paragraphs; the view goes to the top where they are about something else.

        Args:
            source: The paragraphs; a plain line is one of our own words.
            about: The identity of their subject.
            whole: The paragraphs that must have been seen before a decision: those of `source`, none of them folded.
        """
        before: Sequence[WrappedLine] = ()
        if about != self._about:
            before = self._in_view_now()
            self.scroll_to(y=0, animate=False, immediate=True)
            self._painted, self._seen, self._read = set(), set(), set()
            self._about = about
        self._source = [part if isinstance(part, Paragraph) else Paragraph(tuple(part)) for part in source]
        self._whole, self._must = whole, None
        self._wrap()
        # A line that stood in the same place of the screen is not drawn again.
        pairs = zip(before, self._wrapped, strict=False)
        self._painted |= {new.at for old, new in pairs if old == new and new.at is not None}
        self._view_changed()

    @property
    def reading_width(self) -> int:
        """Cells of a line of text."""
        return max(10, self.size.width - 2)

    @property
    def unseen(self) -> int:
        """The number of lines that must be seen, are not on the screen and have not been yet."""
        here = self._in_view(self.scroll_offset.y)
        return sum(not self._is_seen(place) and place not in here for place in self._required())

    @property
    def is_drawn(self) -> bool:
        """Whether any line that must be seen has been on the screen."""
        return bool(self._painted)

    def unseen_paragraphs(self) -> list[Paragraph]:
        """Return the paragraphs that must be seen and have not been on the screen as a whole."""
        self.mark_seen()
        unseen = {place[0] for place in self._places() if not self._is_seen(place)}
        return [paragraph for paragraph, name in named(self._whole) if name in unseen]

    def show_unseen(self) -> None:
        """Scroll to the first line that was not on the screen yet."""
        self.mark_seen()
        unseen = {place for place in self._required() if not self._is_seen(place)}
        first = next((number for number, wrapped in enumerate(self._wrapped) if wrapped.at in unseen), None)
        if first is not None:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)

    def action_half_page(self, direction: int) -> None:
        """Scroll by half of what is in view, so that the other half stays for the eye to go on from."""
        self.scroll_relative(y=direction * max(1, self.size.height // 2), animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Wrap at the new width."""
        if self._whole and self.reading_width != self._width:
            places = self._places()
            self._read |= {place[0] for place in places} - {place[0] for place in places if not self._is_seen(place)}
            self._must = None
        self._wrap()
        self.refresh()
        self._view_changed()

    @override
    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        if index >= len(self._wrapped):
            return paint(self, [], self.size.width)
        wrapped = self._wrapped[index]
        # Also before all of it is there: a line that stays as it is will not be drawn again.
        if wrapped.at is not None and (self._whole or self._about is not None) and self.screen.is_active:
            self._note_painted(wrapped.at)
        return paint(self, wrapped.line, self.size.width)

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        # A line is seen when the view changes, not when it is drawn: the next frame may cover it.
        self.mark_seen(round(old_value))
        super().watch_scroll_y(old_value, new_value)
        self._view_changed()

    def mark_seen(self, top: int | None = None) -> None:
        """Count the lines in view as seen, before the person's next action; `top` is the first line in view."""
        self._seen |= self._in_view(self.scroll_offset.y if top is None else top)

    def _in_view(self, top: int) -> set[Place]:
        """Return the places of the lines from `top` on that are in view and have been drawn."""
        lines = self._wrapped[top : top + self.size.height] if self._whole else ()
        return {wrapped.at for wrapped in lines if wrapped.at in self._painted}

    def _in_view_now(self) -> Sequence[WrappedLine]:
        """Return the lines on the screen from the first one on; none where the view has been scrolled."""
        if self.scroll_offset.y or not self.is_on_screen:
            return ()
        lines = self._wrapped[: self.size.height]
        return [wrapped if wrapped.at in self._painted else WrappedLine(()) for wrapped in lines]

    def _note_painted(self, place: Place) -> None:
        if place not in self._painted:
            self._painted.add(place)
            self._view_changed()

    def _view_changed(self) -> None:
        if self._whole and not self._seen_is_posted:
            self._seen_is_posted = True
            self.call_later(self._post_seen)

    def _post_seen(self) -> None:
        self._seen_is_posted = False
        self.post_message(self.Seen())

    def _required(self) -> Sequence[Place]:
        """Return the lines that must be seen, at the present width."""
        if self._must is None:
            self._must = self._places()
        return self._must

    def _places(self) -> list[Place]:
        """Return the places of the lines of `_whole` at the width that the text was last wrapped at."""
        return [wrapped.at for wrapped in drawn(self._whole, self._width) if wrapped.at is not None]

    def _is_seen(self, place: Place) -> bool:
        return place in self._seen or place[0] in self._read

    def _wrap(self) -> None:
        before, self._width = self._wrapped, self.reading_width
        self._wrapped = drawn(self._source, self._width)
        self.fit_height(len(self._wrapped))
        top, after, rows = self.scroll_offset.y, self._wrapped, range(self.size.height)
        if changed := [y for y in rows if before[top + y : top + y + 1] != after[top + y : top + y + 1]]:
            self.refresh(*(Region(0, y, self.lines_width, 1) for y in changed))
