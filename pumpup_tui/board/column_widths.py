"""The widths of a board's columns: narrow where there is nothing to do, the others share the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NARROW = 12
"""Cells of a column that is empty or final."""
LEAST = 26
"""Cells of any other column; where not all fit, the board scrolls sideways."""
WIDEST = 72
FRAMED = 4
"""Lines of a card in its frame."""


@dataclass(frozen=True)
class ColumnSlot:
    """A column in view, and its place."""

    index: int
    x: int
    width: int
    is_narrow: bool


@dataclass(frozen=True)
class Place:
    """A column's place among those in view."""

    slot: ColumnSlot
    here: bool
    """Whether the cursor is in it."""
    compact: bool = False
    """Whether each card has one line, and no frame."""
    more_left: bool = False
    more_right: bool = False

    @property
    def width(self) -> int:
        """Cells of its lines: one less than the column's, for the gap to the next one."""
        return self.slot.width - 1

    @property
    def card_height(self) -> int:
        """Lines of a card."""
        return 1 if self.compact or self.slot.is_narrow else FRAMED


def slots(is_narrow: Sequence[bool], at: int, first: int, room: int, wanted: Sequence[int] = ()) -> list[ColumnSlot]:
    """Return the columns that are in view, side by side.

    Args:
        is_narrow: For each column, whether it has nothing to do in it.
        at: The one with the cursor: it is in view, and never narrow.
        first: The one that stood first until now.
        room: Cells of the board.
        wanted: For each column, the cells with which a narrow one has its name in one line, where there is room.
    """
    if not is_narrow:
        return []
    narrow = [flag and index != at for index, flag in enumerate(is_narrow)]
    least = [NARROW if flag else LEAST for flag in narrow]
    if all(is_narrow):  # nothing is anywhere: no column gives way to another
        narrow = [False] * len(is_narrow)
        least = [max(NARROW, min(LEAST, room // len(is_narrow)))] * len(is_narrow)
    first = _first(least, at, min(first, at), room)
    count = _fitting(least[first:], room)
    shown = slice(first, first + count)
    widths = _stretched(least[shown], narrow[shown], (wanted or least)[shown], room)
    places: list[ColumnSlot] = []
    x = 0
    for index, width in enumerate(widths, first):
        places.append(ColumnSlot(index, x, width, narrow[index]))
        x += width
    return places


def _first(least: Sequence[int], at: int, first: int, room: int) -> int:
    """Return the first column in view: the one at the cursor is in view, and no room is left at the right."""
    while first < at and sum(least[first : at + 1]) > room:
        first += 1
    while first > 0 and sum(least[first - 1 :]) <= room:
        first -= 1
    return first


def _fitting(least: Sequence[int], room: int) -> int:
    count, taken = 0, 0
    for width in least:
        taken += width
        if taken > room and count:
            break
        count += 1
    return count


def _stretched(least: Sequence[int], narrow: Sequence[bool], wanted: Sequence[int], room: int) -> list[int]:
    """Return the widths with the room that is left: for the names of narrow columns, for the others, for all."""
    widths = [min(width, room) for width in least]
    slim = [place for place, flag in enumerate(narrow) if flag]
    for place in slim:
        widths[place] += max(0, min(wanted[place], LEAST, widths[place] + room - sum(widths)) - widths[place])
    _share_out(widths, [place for place, flag in enumerate(narrow) if not flag], WIDEST, room)
    _share_out(widths, slim, LEAST, room)
    return widths


def _share_out(widths: list[int], places: Sequence[int], widest: int, room: int) -> None:
    """Widen some of the columns by the room that is left, up to a width."""
    for number, place in enumerate(places):
        spare = max(0, room - sum(widths))
        widths[place] = max(widths[place], min(widest, widths[place] + spare // (len(places) - number)))
