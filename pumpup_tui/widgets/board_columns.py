"""A board's columns as they are known: cards, cursor and view of each. Pure, without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api_client.models import Board, Card, Column


@dataclass
class ColumnState:
    """One column: what is loaded of it, its cursor pinned to a task, and the first card in view."""

    about: Column
    cards: list[Card] = field(default_factory=list)
    next_cursor: str | None = None
    complete: bool = False
    reading: bool = True
    cursor: int = 0
    top: int = 0

    @property
    def card(self) -> Card | None:
        """The card under the column's cursor."""
        return self.cards[self.cursor] if self.cards else None

    def take(self, cards: Sequence[Card], *, first: bool) -> None:
        """Take a page; the cursor stays on its task, or on the place where that was."""
        at = self.card.id if self.card else None
        if first:
            self.cards = list(cards)
        else:
            known = {card.id for card in self.cards}
            self.cards += [card for card in cards if card.id not in known]
        place = {card.id: index for index, card in enumerate(self.cards)}
        self.move_to(place.get(at or "", self.cursor))

    def move_to(self, index: int) -> None:
        """Put the cursor on a card, or the nearest there is."""
        self.cursor = max(0, min(index, len(self.cards) - 1))

    def keep_in_view(self, rows: int) -> bool:
        """Scroll so that the cursor is among `rows` cards in view; return whether that moved the view."""
        before = self.top
        rows = max(1, rows)
        self.top = max(self.cursor - rows + 1, min(self.top, self.cursor))
        self.top = max(0, min(self.top, len(self.cards) - rows))
        return self.top != before


class Columns:
    """All columns of a board and which of them has the cursor."""

    def __init__(self) -> None:
        self.all: list[ColumnState] = []
        self.at = 0

    @property
    def here(self) -> ColumnState | None:
        """The column with the cursor."""
        return self.all[self.at] if self.all else None

    def take(self, board: Board) -> None:
        """Take a board's columns and counts; what is loaded of a column stays."""
        known = {column.about.step: column for column in self.all}
        here = self.here.about.step if self.here else None
        fresh = []
        for about in board.columns:
            column = known.get(about.step) or ColumnState(about)
            column.about = about
            fresh.append(column)
        self.all = fresh
        steps = [column.about.step for column in fresh]
        if here in steps:
            self.at = steps.index(here)
        else:
            self.at = next((index for index, column in enumerate(fresh) if column.about.count), 0)

    def column(self, step: str) -> ColumnState | None:
        """Return the column of a step."""
        return next((column for column in self.all if column.about.step == step), None)

    def of_task(self, task_id: str) -> ColumnState | None:
        """Return the column where a task is loaded."""
        return next((one for one in self.all if any(card.id == task_id for card in one.cards)), None)

    def select(self, task_id: str) -> bool:
        """Put the cursor on a task; return False where it isn't loaded."""
        for index, column in enumerate(self.all):
            for place, card in enumerate(column.cards):
                if card.id == task_id:
                    self.at, column.cursor = index, place
                    return True
        return False
