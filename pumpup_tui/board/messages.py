"""Messages that the board's calls post: columns, pages, progress of long reads, and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from api_client.models import Board, Card, Page, Project
    from pumpup_tui.board.column_model import Ask, Walked
    from pumpup_tui.board.filter import BoardFilter

STUCK = "○"
"""Stands before what is stuck."""


@dataclass(eq=False)
class BoardLoaded(Message):
    """A board's columns."""

    project: Project
    board: Board


@dataclass(eq=False)
class ColumnNews(Message):
    """The common part of what a column's reads say."""

    project_id: str
    step: str


@dataclass(eq=False)
class CardsPage(ColumnNews):
    """The page that a column asked for."""

    ask: Ask
    page: Page[Card]


@dataclass(eq=False)
class WalkProgress(ColumnNews):
    """The number of cards that a walk to a column's end has passed."""

    read: int


@dataclass(eq=False)
class WalkEnded(ColumnNews):
    """A walk has come to the column's end."""

    walked: Walked


@dataclass
class Matches:
    """The first cards of one column that match, and how many match of those that were looked at."""

    cards: Sequence[Card]
    matched: int


@dataclass(eq=False)
class Scanned(Message):
    """The cards that a filter's scan has found so far, by step; `done` with the last."""

    project_id: str
    wanted: BoardFilter
    found: Mapping[str, Matches]
    _: KW_ONLY
    read: int
    done: bool


@dataclass(eq=False)
class ProjectCounts(Message):
    """The numbers of open requests and open tasks by project id, as far as they are known."""

    counts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class StuckCount:
    """The stuck tasks of a project; at least so many where not all were looked at."""

    count: int
    is_whole: bool = True

    def words(self) -> str:
        """Return the count with its word; empty where there are none."""
        more = "" if self.is_whole else "+"
        return f"{STUCK} {self.count:,}{more} stuck" if self.count else ""


@dataclass(eq=False)
class ProjectFigures(Message):
    """The boards of projects by id, with their stuck tasks where these were counted."""

    figures: Mapping[str, tuple[Board, StuckCount | None]]
