"""Lanes across the board: the cards of each assignee side by side in all columns. Pure, without a screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pumpup_tui.board.card_lines import CardCache, Drawn, after_cards, padded
from pumpup_tui.board.column_head import HEAD, head_lines
from pumpup_tui.board.column_widths import Place
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Run, fit

if TYPE_CHECKING:
    from pumpup_tui.board.column_model import ColumnState

NOBODY = "unassigned"


class BoardLane(NamedTuple):
    """The cards of one assignee: where its lines begin, and which cards they are in each column in view."""

    assignee: str | None
    top: int
    cards: Sequence[range]

    def height(self, places: Sequence[Place]) -> int:
        """Return its lines: a heading, and as many as its longest column needs."""
        return 1 + max((len(cards) * place.card_height for cards, place in zip(self.cards, places, strict=True)))


class Lanes:
    """The lanes of the columns in view, whose cards are in the order of lanes."""

    def __init__(self, columns: Sequence[ColumnState], places: Sequence[Place]) -> None:
        self._columns = columns
        self.places = places
        """The places of these columns: which one has the cursor may change."""
        self._lanes: list[BoardLane] = []
        found = [_ranges(column) for column in columns]
        names = {_key(card.assignee_id): card.assignee_id for column in columns for card in column.cards}
        top = 0
        for key in sorted(names):
            lane = BoardLane(names[key], top, [ranges.get(key, range(0)) for ranges in found])
            self._lanes.append(lane)
            top += lane.height(places)
        self.height = top
        """Lines of all lanes."""

    def line_of(self, slot: int, index: int) -> int:
        """Return the line at which a card of a column in view begins."""
        for lane in self._lanes:
            if index in lane.cards[slot]:
                return lane.top + 1 + (index - lane.cards[slot].start) * self.places[slot].card_height
        return 0

    def card_at(self, slot: int, number: int) -> int | None:
        """Return the card of a column in view that is drawn at a line, None where none is."""
        lane = self._lane_at(number)
        if lane is None or number == lane.top:
            return None
        index = lane.cards[slot].start + (number - lane.top - 1) // self.places[slot].card_height
        return index if index in lane.cards[slot] else None

    def nearest(self, slot: int, number: int) -> int:
        """Return the card of a column that is nearest to a line: of the same lane, where that has any."""
        lane = self._lane_at(number)
        if lane is not None and lane.cards[slot]:
            index = lane.cards[slot].start + max(0, number - lane.top - 1) // self.places[slot].card_height
            return min(index, lane.cards[slot].stop - 1)
        count = len(self._columns[slot].cards)
        return min(range(count), key=lambda index: abs(self.line_of(slot, index) - number), default=0)

    def drawn(self, top: int, height: int, cards: CardCache) -> list[list[Drawn]]:
        """Return the `height` lines of each column, its head and the lanes from the line `top` on."""
        return [
            [
                *(Drawn(padded(one, place.width)) for one in head_lines(column, place, cards.age)),
                *(self._line(slot, number, cards) for number in range(top, top + height - HEAD)),
            ][:height]
            for slot, (column, place) in enumerate(zip(self._columns, self.places, strict=True))
        ]

    def _line(self, slot: int, number: int, cards: CardCache) -> Drawn:
        column, place, lane = self._columns[slot], self.places[slot], self._lane_at(number)
        if lane is not None and number == lane.top:
            return Drawn(_heading(lane, slot, place.width))
        index = self.card_at(slot, number)
        if lane is None or index is None:
            below = number - self.height
            words = after_cards(column, place, cards.key) if below >= 0 else ()
            return words[below] if 0 <= below < len(words) else Drawn(padded([], place.width))
        lines = cards.lines(column.cards[index], place, at_cursor=place.here and index == column.cursor)
        return lines[(number - lane.top - 1) % place.card_height]

    def _lane_at(self, number: int) -> BoardLane | None:
        if not 0 <= number < self.height:
            return None
        return self._lanes[bisect_right(self._lanes, number, key=lambda lane: lane.top) - 1]


def scrolled(top: int, first: int, height: int, room: int) -> int:
    """Return the first line in view, so that `height` lines from `first` on are: by half a view, where they are not."""
    if first < top or first + height > top + room:
        top = first - 1 - room // 2 if first > room // 2 else 0
    return max(0, top)


def _key(assignee: str | None) -> tuple[bool, str]:
    return assignee is None, (assignee or "").casefold()


def _ranges(column: ColumnState) -> dict[tuple[bool, str], range]:
    """Return which cards of a column are in each lane: they stand one behind the other."""
    ranges: dict[tuple[bool, str], range] = {}
    for index, card in enumerate(column.cards):
        key = _key(card.assignee_id)
        ranges[key] = range(ranges[key].start if key in ranges else index, index + 1)
    return ranges


def _heading(lane: BoardLane, slot: int, width: int) -> tuple[Run, ...]:
    count = len(lane.cards[slot])
    who = (f"@{line(lane.assignee, 40)}" if lane.assignee else NOBODY) if slot == 0 else ""
    words = " ".join(part for part in (who, f"{count:,}" if count else "") if part)
    name = fit(f"── {words} ", min(width, len(words) + 4)) if words else ""
    return ((f"{name}{'─' * max(0, width - len(name))}", "muted"),)
