"""Widgets that are a few lines of text: header, banner, decision bar, key hints, and a document to scroll."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.scroll_view import Scrolled
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import Line
from pumpup_tui.text.paragraphs import Drawn, Paragraph, Place, drawn, named
from pumpup_tui.textual_patches.direct_render import Direct


class Lines(Direct):
    """As many lines as it has to say, each drawn at its full width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    def lines(self, width: int) -> Sequence[Line]:
        """Return the lines at `width` cells, of clean text."""
        raise NotImplementedError

    def retell(self) -> None:
        """Say what is so now; only what changed is drawn again."""
        told = list(self.lines(self.size.width or 80))
        # What was painted last may hold more lines than there is room for: a frame may come before this.
        grew = self._height is not None and len(told) != self._height
        if grew or told != self._told:
            self._told = told
            self.refresh(layout=grew)

    _told: Sequence[Line] = ()
    _told_width = 0
    _height: int | None = None
    """Lines for which the last layout made room; None before it, and where the style says how many."""

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._height = height = len(self.lines(width))
        return height

    @override
    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0 or width != self._told_width:
            self._told, self._told_width = list(self.lines(width)), width
        return paint(self, self._told[y] if y < len(self._told) else [], width)


class Document(Scrolled, can_focus=True):
    """Paragraphs to read, wrapped at the width there is; `j k` and the page keys scroll.

    It knows which of its lines have been drawn: what is decided on it must have been on the screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("move.down", "scroll_down"),
        ("move.up", "scroll_up"),
        ("move.first", "scroll_home"),
        ("move.last", "scroll_end"),
        ("move.page_down", "page_down"),
        ("move.page_up", "page_up"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Seen(Message):
        """How many lines are still to be seen may be another number now: some were drawn, or the view is another."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._source: Sequence[Paragraph] = ()
        self._wrapped: list[Drawn] = []
        self._about: object = None
        self._whole: Sequence[Paragraph] = ()
        self._width = 0
        """Cells that the text was last wrapped at."""
        self._must: list[Place] | None = None
        """Where the lines of `_whole` are at that width; made when they are asked for."""
        self._painted: set[Place] = set()
        """Which of them have been drawn, if only for a moment."""
        self._seen: set[Place] = set()
        """Which of them have been on the screen when the view was left."""
        self._read: set[Hashable] = set()
        """Paragraphs of which all lines were seen at another width."""
        self._tells_seen = False

    def tell(
        self, source: Sequence[Paragraph | Line], about: object = None, *, whole: Sequence[Paragraph] = ()
    ) -> None:
        """Show these paragraphs; the view goes to the top where they are about something else.

        Args:
            source: The paragraphs; a plain line is one of our own words.
            about: What they are about.
            whole: What must have been seen before it is acted on: `source`'s paragraphs, none of them folded.
        """
        before: Sequence[Drawn] = ()
        if about != self._about:
            before = self._in_view_now()
            self.scroll_to(y=0, animate=False, immediate=True)
            self._painted, self._seen, self._read = set(), set(), set()
            self._about = about
        self._source = [one if isinstance(one, Paragraph) else Paragraph(tuple(one)) for one in source]
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
        """How many lines that must be seen are not on the screen and have not been yet."""
        here = self._in_view(self.scroll_offset.y)
        return sum(not self._is_seen(one) and one not in here for one in self._required())

    @property
    def is_drawn(self) -> bool:
        """Whether any of the lines that must be seen was on the screen."""
        return bool(self._painted)

    def not_seen(self) -> list[Paragraph]:
        """Return the paragraphs that must be seen of which not all was on the screen yet."""
        self.take_in()
        places = (one.at for one in drawn(self._whole, self._width) if one.at is not None)
        unread = {place[0] for place in places if not self._is_seen(place)}
        return [one for one, name in named(self._whole) if name in unread]

    def show_unseen(self) -> None:
        """Scroll to the first line that was not on the screen yet."""
        self.take_in()
        unseen = {one for one in self._required() if not self._is_seen(one)}
        first = next((number for number, one in enumerate(self._wrapped) if one.at in unseen), None)
        if first is not None:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Wrap at the new width."""
        if self._whole and self.reading_width != self._width:
            lines = [one.at for one in drawn(self._whole, self._width) if one.at is not None]
            self._read |= {one[0] for one in lines} - {one[0] for one in lines if not self._is_seen(one)}
            self._must = None
        self._wrap()
        self.refresh()
        self._view_changed()

    @override
    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        if index >= len(self._wrapped):
            return paint(self, [], self.size.width)
        one = self._wrapped[index]
        if one.at is not None and self._whole and self.app.screen is self.screen:
            self._paint(one.at)
        return paint(self, one.line, self.size.width)

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        # A line is seen when the view is left, not when it is drawn: the next frame may cover it.
        self.take_in(round(old_value))
        super().watch_scroll_y(old_value, new_value)
        self._view_changed()

    def take_in(self, top: int | None = None) -> None:
        """Hold what is in view to be seen, before what a person does changes it; `top` is the first line in view."""
        self._seen |= self._in_view(self.scroll_offset.y if top is None else top)

    def _in_view(self, top: int) -> set[Place]:
        """Return what was drawn of the lines from `top` on that the view has room for."""
        lines = self._wrapped[top : top + self.size.height] if self._whole else ()
        return {one.at for one in lines if one.at in self._painted}

    def _in_view_now(self) -> Sequence[Drawn]:
        """Return the lines on the screen from the first one on; none where the view has been scrolled."""
        if self.scroll_offset.y or not self.is_on_screen:
            return ()
        lines = self._wrapped[: self.size.height]
        return [one if one.at in self._painted else Drawn(()) for one in lines]

    def _paint(self, place: Place) -> None:
        if place not in self._painted:
            self._painted.add(place)
            self._view_changed()

    def _view_changed(self) -> None:
        if self._whole and not self._tells_seen:
            self._tells_seen = True
            self.call_later(self._tell_seen)

    def _tell_seen(self) -> None:
        self._tells_seen = False
        self.post_message(self.Seen())

    def _required(self) -> Sequence[Place]:
        """Return the lines that must be seen, at the present width."""
        if self._must is None:
            self._must = [one.at for one in drawn(self._whole, self._width) if one.at is not None]
        return self._must

    def _is_seen(self, place: Place) -> bool:
        return place in self._seen or place[0] in self._read

    def _wrap(self) -> None:
        before, self._width = self._wrapped, self.reading_width
        self._wrapped = drawn(self._source, self._width)
        self.fit_height(len(self._wrapped))
        top, after, rows = self.scroll_offset.y, self._wrapped, range(self.size.height)
        if changed := [y for y in rows if before[top + y : top + y + 1] != after[top + y : top + y + 1]]:
            self.refresh(*(Region(0, y, self.lines_width, 1) for y in changed))
