"""The open requests, as far as figures go: how many, how old, whose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from api_client.models import Event, InboxItem
    from pumpup_tui.insights.ranges import Range


class OpenRequestFacts(NamedTuple):
    """The part of an open request that figures are made of."""

    project_id: str
    task_id: str
    requested_at: datetime
    requested_by: str
    assignee_id: str | None
    overdue_at: datetime | None


@dataclass(slots=True)
class Backlog:
    """The open requests of a project, a reviewer, an agent, or all."""

    open: int = 0
    overdue: int = 0
    unassigned: int = 0
    asked: int = 0
    """Those that were asked in the range."""
    oldest_at: datetime | None = None
    oldest_task: str = ""
    """The id of the task on which the oldest was asked."""

    def add(self, facts: OpenRequestFacts, now: datetime, *, is_new: bool) -> None:
        """Count a request; `is_new` says whether it was asked in the range."""
        self.open += 1
        self.asked += is_new
        self.overdue += facts.overdue_at is not None and facts.overdue_at <= now
        self.unassigned += not facts.assignee_id
        if self.oldest_at is None or facts.requested_at < self.oldest_at:
            self.oldest_at, self.oldest_task = facts.requested_at, facts.task_id


class OpenWork:
    """All open requests by id."""

    def __init__(self, chosen: Range) -> None:
        """Take the range in which a request counts as asked."""
        self._range = chosen
        self._open: dict[str, OpenRequestFacts] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, items: Iterable[InboxItem]) -> None:
        """Add open requests, or replace what was known of them."""
        for item in items:
            self._open[item.request_id] = OpenRequestFacts(
                item.project_id, item.task_id, item.requested_at, item.requested_by, item.assignee_id, item.overdue_at
            )

    def remove(self, request_ids: Iterable[str]) -> None:
        """Remove requests that were settled; they may not be there."""
        for request_id in request_ids:
            self._open.pop(request_id, None)

    def follow(self, events: Iterable[Event]) -> None:
        """Take in who was assigned meanwhile."""
        assigned = {
            event.task_id: str(event.payload.get("assigneeId") or "") or None
            for event in events
            if event.event_type == "ASSIGNMENT"
        }
        for request_id, facts in self._open.items() if assigned else ():
            if facts.task_id in assigned:
                self._open[request_id] = facts._replace(assignee_id=assigned[facts.task_id])

    def all(self, now: datetime) -> Backlog:
        """Return the figures of all."""
        return self._by(lambda _: "", now).get("", Backlog())

    def by_project(self, now: datetime) -> dict[str, Backlog]:
        """Return the figures by the project's id."""
        return self._by(lambda facts: facts.project_id, now)

    def by_reviewer(self, now: datetime) -> dict[str, Backlog]:
        """Return the figures by whom the task is assigned to."""
        return self._by(lambda facts: facts.assignee_id or "", now)

    def by_agent(self, now: datetime) -> dict[str, Backlog]:
        """Return the figures by the agent that asked."""
        return self._by(lambda facts: facts.requested_by, now)

    def asked_before_end(self) -> int:
        """Return how many of them were asked before the range's end."""
        until = self._range.until
        return sum(until is None or facts.requested_at < until for facts in self._open.values())

    def by_period(self, now: datetime) -> dict[str, Backlog]:
        """Return the figures by the hour, day or week in which they were asked."""
        return self._by(lambda facts: self._range.period_of(facts.requested_at), now)

    def _by(self, key: Callable[[OpenRequestFacts], str], now: datetime) -> dict[str, Backlog]:
        groups: defaultdict[str, Backlog] = defaultdict(Backlog)
        for facts in self._open.values():
            groups[key(facts)].add(facts, now, is_new=self._range.holds(facts.requested_at))
        return groups
