"""The frame of a pane that draws its own lines: a thin line around it, with its title and a count in the upper one.

A style sheet gives the pane its border, and with it the room; what stands there is drawn here. So the keyboard's coming
and going draws the frame alone again: for a border of another kind Textual would draw all of the pane.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Region, Spacing
from textual.strip import Strip
from textual.widget import Widget

from pumpup_tui.components.painting import Painted, paint
from pumpup_tui.text.layout import Line, Run, crop, width_of
from pumpup_tui.textual_patches.direct_render import Direct

THIN, HEAVY = "╭─╮│╰╯", "┏━┓┃┗┛"
"""Upper left, line, upper right, side, lower left, lower right."""
MARK = "▸"
"""Stands before the title of the pane that has the keyboard: a heavier line in another colour may not be seen."""
Title: TypeAlias = str | Sequence[Run]


class PaneFrame:
    """The lines around one pane; of no effect where its style sheet gives it no border."""

    def __init__(self, widget: Widget, painted: Painted) -> None:
        """Take the pane, twice: as what is laid out, and as what is painted."""
        self._widget, self._painted = widget, painted
        self._title: Line = ()
        self._count: Line = ()
        self._room: Spacing | None = None
        """The room that the frame took when it was drawn last."""
        self._grip = ""
        """The side that the mouse could drag, empty where it is over none."""
        widget.watch(widget, "has_focus", self._refresh, init=False)

    def set_title(self, title: Title, count: Title = "") -> None:
        """Show these, both of clean text; the cells that change are drawn again."""
        cells = self._widget.outer_size.width
        before = self._upper(cells)
        self._title, self._count = _line(title), _line(count)
        if self._widget.is_attached and (changed := list(_changed(before, self._upper(cells)))):
            left = changed[0] - self._widget.styles.gutter.left
            self._widget.refresh(Region(left, -1, changed[-1] - changed[0] + 1, 1))

    def _refresh(self) -> None:
        width, height = self._widget.size
        if not self._widget.styles.gutter.left:
            self._widget.refresh(Region(0, -1, width, 1))
            return
        ends = (Region(-1, -1, width + 2, 1), Region(-1, height, width + 2, 1))
        self._widget.refresh(*ends, Region(-1, 0, 1, height), Region(width, 0, 1, height))

    def edge(self, cells: int, *, lower: bool) -> Strip:
        """Return the upper or the lower line."""
        if not lower:
            self._note_room()
            return paint(self._painted, self._upper(cells), cells)
        line, left, right = self._chars[1], self._chars[4], self._chars[5]
        return paint(self._painted, [(left + line * (cells - 2) + right, self._tone)], cells)

    def _note_room(self) -> None:
        """Tell the pane of the room within the frame where that changes: Textual does so for the whole of it only."""
        widget, room = self._widget, self._widget.styles.gutter
        if self._room not in (None, room):
            widget.post_message(events.Resize(widget.size, widget.virtual_size, widget.container_size))
        self._room = room

    def sides(self) -> tuple[Segment, Segment]:
        """Return the cells at the left and the right of each line."""
        return self._side("left"), self._side("right")

    def _side(self, side: str) -> Segment:
        run = (HEAVY[3], "accent") if side == self._grip else (self._chars[3], self._tone)
        return next(iter(paint(self._painted, [run], 1)))

    def show_grip(self, side: str) -> None:
        """Show the left or the right side as one that can be dragged; neither where `side` is empty."""
        width, height = self._widget.size
        for one, x in (("left", -1), ("right", width)):
            if one in (side, self._grip):
                self._widget.refresh(Region(x, 0, 1, height))
        self._grip = side

    @property
    def _chars(self) -> str:
        return HEAVY if self._widget.has_focus else THIN

    @property
    def _tone(self) -> str:
        return "accent" if self._widget.has_focus else "edge"

    def _upper(self, cells: int) -> Line:
        tone, chars = self._tone, self._chars
        left, line, right = chars[0], chars[1], chars[2]
        if not self._widget.styles.gutter.left:
            left = right = line  # nothing stands below its ends
        count: Line = [(" ", ""), *self._count, (" ", ""), (line, tone)] if width_of(self._count) else []
        room = cells - 6 - width_of(count)
        if room < width_of(self._title):
            count, room = [], cells - 6
        title = _cut(self._title, room)
        mark = f"{line}{MARK} " if self._widget.has_focus else f"{line} "
        named: Line = [(mark, tone), *title, (" ", "")] if title and room > 0 else []
        fill = max(0, cells - 2 - width_of(named) - width_of(count))
        return [(left, tone), *named, (line * fill, tone), *count, (right, tone)]


class FramedPane(Direct):
    """A widget that draws its own lines within a frame."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.frame = self.direct.frame = PaneFrame(self, self)


def _line(title: Title) -> Line:
    if isinstance(title, str):
        return [(title, "")] if title else []
    return title


def _cut(title: Line, cells: int) -> Line:
    """Return a title in at most `cells` cells."""
    cut: list[Run] = []
    for text, tone in title:
        room = cells - width_of(cut)
        if room > 0:
            cut.append((crop(text, room), tone))
    return cut


def _changed(before: Line, after: Line) -> Iterator[int]:
    """Yield the cells that differ, of two lines of the same width."""
    old, new = _cells(before), _cells(after)
    yield from (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)


def _cells(line: Line) -> list[tuple[str, str]]:
    """Return the cells of a line; of a wide character, the second one too."""
    return [(char, tone) for text, tone in line for char in text for _ in range(get_character_cell_size(char))]
