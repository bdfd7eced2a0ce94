"""Finds the tasks on which nothing happens: among those that have been in each step for longest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from pumpup_tui.insights.figure_panes import Stuck, StuckTask

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Card, Column, Project
    from pumpup_tui.components.task_turn import TaskRules
LOOKED = 200
"""Cards of a step that are looked at: who is stuck for longest came there long ago."""


async def stuck_tasks(
    backend: Backend, projects: Sequence[Project], rules_of: Callable[[Project], TaskRules], asker: str = ""
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


def _may_hold_some(column: Column, rules: TaskRules) -> bool:
    return bool(column.count) and not column.terminal and rules.may_be_stuck(column.oldest_at)


def _stuck(cards: Sequence[Card], rules: TaskRules) -> Iterator[StuckTask]:
    for card in cards:
        if (since := rules.stuck_since(card)) is not None:
            yield StuckTask(card.id, card.name, _why(card), since)


def _why(card: Card) -> str:
    if card.open_request is not None:
        return "waiting for a person"
    return "nothing happened" if card.decided_at is None else "decided, and its agent did nothing since"
