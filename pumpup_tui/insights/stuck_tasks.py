"""Finds the tasks on which nothing happens: among those that have been in each step for longest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pumpup_tui.insights.figure_panes import Stuck, StuckTask

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Card, Column, Project

QUIET, DECIDED = timedelta(days=1), timedelta(hours=1)
LOOKED = 200
"""Cards of a step that are looked at: who is stuck for longest came there long ago."""


class StuckRules(NamedTuple):
    """The time now, and when a task is stuck: a day without any event, an hour after a decision without its agent."""

    now: datetime

    def stuck_since(self, card: Card) -> datetime | None:
        """Return since when nothing has happened on a task that is stuck; None where it is not."""
        if card.decided_at is not None and card.decided_at <= self.now - DECIDED:
            return card.decided_at
        last = card.last_event_at
        return last if last is not None and last <= self.now - QUIET else None

    def may_be_stuck(self, entered_at: datetime | None) -> bool:
        """Return whether a task may be stuck that came to its step at a time: that was an event too."""
        return entered_at is None or entered_at <= self.now - DECIDED


async def stuck_tasks(
    backend: Backend, projects: Sequence[Project], rules_of: Callable[[Project], StuckRules], asker: str = ""
) -> Stuck:
    """Return the tasks of these projects, and of one agent if any, that are stuck: for longest first.

    Raises:
        ApiError: the backend could not be read.
    """
    tasks: list[StuckTask] = []
    more = False
    for project in projects:
        rules = rules_of(project)
        for column in (await backend.board(project.id)).columns:
            if _may_hold_some(column, rules):
                page = await backend.cards(project.id, column.step, limit=LOOKED)
                tasks += _stuck([card for card in page.items if asker in ("", card.agent)], rules)
                more |= not page.is_last(LOOKED) and rules.may_be_stuck(page.items[-1].step_entered_at)
    return Stuck(sorted(tasks, key=attrgetter("since")), more)


def _may_hold_some(column: Column, rules: StuckRules) -> bool:
    return bool(column.count) and not column.terminal and rules.may_be_stuck(column.oldest_at)


def _stuck(cards: Sequence[Card], rules: StuckRules) -> Iterator[StuckTask]:
    for card in cards:
        if (since := rules.stuck_since(card)) is not None:
            yield StuckTask(card.id, card.name, _why(card), since)


def _why(card: Card) -> str:
    if card.open_request is not None:
        return "waiting for a person"
    return "nothing happened" if card.decided_at is None else "decided, and its agent did nothing since"
