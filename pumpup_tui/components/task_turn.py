"""The state of a task as it is shown on a board: whose turn it is, since when, and whether that is too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from api_client.request_facts import request_kind
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import STATUSES, status_run

if TYPE_CHECKING:
    from api_client.models import Card
    from pumpup_tui.local_state.preferences import StuckAfter
    from pumpup_tui.text.layout import Run

AGENT_SECONDS = 300
"""Seconds after a decision from which a task that waits for its agent is marked: agents look every few seconds."""


@dataclass(frozen=True)
class TaskRules:
    """The time now, and the times after which a task of one project counts as stuck."""

    now: datetime
    quiet: timedelta = timedelta(days=1)
    """Without any event."""
    decided: timedelta = timedelta(hours=1)
    """After a decision, without an act of its agent."""
    escalated: Mapping[str, datetime] = field(default_factory=dict)
    """When tasks were escalated that nobody has dealt with since, by id."""

    @classmethod
    def of(
        cls, now: datetime, stuck: StuckAfter, project_name: str, escalated: Mapping[str, datetime] | None = None
    ) -> TaskRules:
        """Return the rules of the project with a slug."""
        quiet, decided = timedelta(hours=stuck.hours_in(project_name)), timedelta(hours=stuck.decided_hours)
        return cls(now, quiet, decided, escalated or {})

    def is_overdue(self, card: Card) -> bool:
        """Return whether a task has been in its step for longer than that allows."""
        return card.overdue_at is not None and card.overdue_at <= self.now and card.status != "CLOSED"

    def stuck_since(self, card: Card) -> datetime | None:
        """Return since when nothing has happened on a task that is stuck; None where it is not."""
        return self.quiet_since(card.status, card.decided_at, card.last_event_at)

    def quiet_since(self, status: str, decided_at: datetime | None, last: datetime | None) -> datetime | None:
        """Return since when a task is stuck, by its status, the decision that its agent left alone, its last event."""
        if status == "CLOSED":
            return None
        if decided_at is not None and decided_at <= self.now - self.decided:
            return decided_at
        return last if last is not None and last <= self.now - self.quiet else None

    def may_be_stuck(self, entered_at: datetime | None) -> bool:
        """Return whether a task may be stuck that came to its step at a time: that was an event too."""
        return entered_at is None or entered_at <= self.now - min(self.quiet, self.decided)


Age = Callable[[datetime], str]
"""Returns how long ago a moment was, in short."""


def turn_run(card: Card, rules: TaskRules, age: Age) -> Run:
    """Return whose turn a task is, as glyph and words: a person's with what is asked, or running, as columns count."""
    if card.open_request is not None:
        several = f"{card.open_request_count} open · " if card.open_request_count > 1 else ""
        kind = request_kind(card.open_request.event_type)
        return f"{STATUSES['WAITING'][0]} {several}{kind}: {line(card.open_request.summary, 200)}", "needs"
    if card.decided_at is not None and card.status != "CLOSED":
        return agents_turn(card.decided_at, rules.now, age)
    return status_run(card.status)


def agents_turn(since: datetime, now: datetime, age: Age) -> Run:
    """Return that a task runs, and its agent has done nothing since a decision."""
    is_late = since <= now - timedelta(seconds=AGENT_SECONDS)
    return f"{status_run('RUNNING')[0]}, agent idle {age(since)}", "needs" if is_late else "muted"


def lateness_run(card: Card, rules: TaskRules, age: Age) -> Run:
    """Return how long a task has been in its step, or what is wrong with it: it is escalated, overdue, or stuck."""
    entered = card.step_entered_at
    if (at := rules.escalated.get(card.id)) is not None:
        return f"! escalated {age(at)}", "escalate"
    if rules.is_overdue(card):
        return f"◷ overdue {age(entered)}" if entered else "◷ overdue", "needs"
    if (since := rules.stuck_since(card)) is not None:
        return stuck_run(since, age)
    return (age(entered), "muted") if entered else ("", "")


def stuck_run(since: datetime, age: Age) -> Run:
    """Return that nothing has happened on a task for too long."""
    return f"○ stuck {age(since)}", "needs"


def edge_tone(card: Card, rules: TaskRules) -> str:
    """Return the tone of the frame around a card: what stands in it says the same in words."""
    if card.id in rules.escalated:
        return "escalate"
    if rules.is_overdue(card) or rules.stuck_since(card) is not None:
        return "needs"
    if card.status == "CLOSED":
        return "edge"
    return turn_run(card, rules, lambda _: "")[1]
