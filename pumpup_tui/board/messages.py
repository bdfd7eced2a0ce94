"""What the feed tells of boards: columns, pages, long reads on the way, and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from api_client.models import Board, Card, Page, Project
    from pumpup_tui.board.column_model import Ask, Walked
    from pumpup_tui.board.filter import BoardFilter


class BoardLoaded(Message):
    """A board's columns."""

    def __init__(self, project: Project, board: Board) -> None:
        super().__init__()
        self.project = project
        self.board = board


class OfColumn(Message):
    """Base of what is told of one column; handlers name one of its kinds, for a handler of this one would get all."""

    def __init__(self, project_id: str, step: str) -> None:
        super().__init__()
        self.project_id = project_id
        self.step = step


class CardsPage(OfColumn):
    """The page that a column asked for."""

    def __init__(self, project_id: str, step: str, ask: Ask, page: Page[Card]) -> None:
        super().__init__(project_id, step)
        self.ask = ask
        self.page = page


class WalkOn(OfColumn):
    """How many cards a walk to a column's end has passed."""

    def __init__(self, project_id: str, step: str, read: int) -> None:
        super().__init__(project_id, step)
        self.read = read


class WalkEnded(OfColumn):
    """A walk has come to the column's end."""

    def __init__(self, project_id: str, step: str, walked: Walked) -> None:
        super().__init__(project_id, step)
        self.walked = walked


@dataclass
class Matches:
    """Of one column: the first cards that match, and how many match of those that were looked at."""

    cards: Sequence[Card]
    matched: int


class ScanTold(Message):
    """What a filter's scan has found so far, by step; `done` with the last."""

    def __init__(
        self, project_id: str, wanted: BoardFilter, found: Mapping[str, Matches], *, read: int, done: bool
    ) -> None:
        super().__init__()
        self.project_id = project_id
        self.wanted = wanted
        self.found = found
        self.read = read
        self.done = done


class ProjectCounts(Message):
    """How many requests and tasks are open, by project id: what is known so far."""

    def __init__(self, counts: Mapping[str, tuple[int, int]]) -> None:
        super().__init__()
        self.counts = counts
