"""The times at which the platform acts by itself: requests that expire, and grants whose time is over.

Pure, over the documents of `authority_fold`. Whoever watches a place looks for open requests in the order of asking,
and asks for those that are old enough, of each once; they are looked at again where their task has moved, or where
the policy is another one. Whether a time is over is ruled under the place's lock like every write.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from api_client.authority import Policy
from api_client.commands import Command, EndGrant, Expire
from api_client.times import later, parse_time
from api_client.wire import read
from store.core.authority_lookup import ALL
from store.core.grant_rules import TIME
from store.core.state_view import Doc

AT_ONCE = 32
"""Requests and grants that share a commit: few enough that a person's own command hardly waits for them."""
RETRY_SECONDS = 60
"""Seconds until something that was refused is tried again."""
_NONE: Doc = {}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class DueTimes:
    """Ids, and the moment at which each is due."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []
        """Each id at every moment that was set for it; the last one counts."""

    def set(self, name: str, moment: datetime | None) -> None:
        """Set when an id is due; None where it never is."""
        if moment is None:
            self._due.pop(name, None)
        elif self._due.get(name) != moment:
            self._due[name] = moment
            heapq.heappush(self._queue, (moment, name))

    def take(self, now: datetime, most: int, is_there: Callable[[str], bool] = lambda _: True) -> list[str]:
        """Return some ids that are due, and set each to be due again later: they are dropped once they are gone."""
        taken: list[str] = []
        while self._queue and self._queue[0][0] <= now and len(taken) < most:
            moment, name = heapq.heappop(self._queue)
            if self._due.get(name) != moment:
                continue
            if is_there(name):
                taken.append(name)
            else:
                del self._due[name]
        for name in taken:
            self.set(name, now + timedelta(seconds=RETRY_SECONDS))
        return taken


class ExpirySchedule:
    """The open requests of a project whose policy lets some expire, and when they do."""

    def __init__(self, policy: Policy, policy_hash: str) -> None:
        self.policy_hash = policy_hash
        seconds = [rule.expire.after_seconds for rule in policy.rules if rule.expire is not None]
        self._shortest = min(seconds)
        self.depends_on_step = any(rule.when.steps is not None for rule in policy.rules)
        """Whether a request must be looked at again when its task moves."""
        self.looked_to = 0
        """The place of the last request that was looked at: all before it were, too."""
        self.next_look = _LONG_AGO
        """No request behind that place is due before this moment."""
        self.due = DueTimes()

    def is_old_enough(self, requested_at: datetime, now: datetime) -> bool:
        """Return whether a request may be due under any rule; of one that is too young, note when it may be."""
        earliest = later(requested_at, seconds=self._shortest)
        if earliest > now:
            self.next_look = earliest
        return earliest <= now

    def looked_at_all(self, now: datetime) -> None:
        """Note that there is no further request: whatever is asked from now on is due later than `next_look`."""
        self.next_look = later(now, seconds=self._shortest)


class AuthorityWatch:
    """The schedules of all projects, and the ends of all grants that are in force."""

    def __init__(self) -> None:
        self._version = 0
        self.schedules: dict[str, ExpirySchedule] = {}
        """By project: those whose policy lets requests expire."""
        self._grants = DueTimes()

    def update(self, docs: Mapping[str, Doc]) -> None:
        """Take over the documents of authority as they are now; it costs nothing where none was changed."""
        version = docs.get(ALL, _NONE).get("seq", 0)
        if version == self._version:
            return
        self._version = version
        self.schedules = dict(self._schedules(docs))
        for doc_id, doc in docs.items():
            if "filter" in doc:
                self._grants.set(doc_id, None if "ended" in doc else parse_time(doc["until"]))

    def _schedules(self, docs: Mapping[str, Doc]) -> Iterator[tuple[str, ExpirySchedule]]:
        for project_id, doc in docs.items():
            known = self.schedules.get(project_id)
            if known is not None and known.policy_hash == doc.get("policyHash"):
                yield project_id, known
            elif doc.get("policy") and any(rule.get("expire") for rule in doc["policy"]["rules"]):
                yield project_id, ExpirySchedule(read(Policy, doc["policy"]), doc["policyHash"])

    def due(
        self, docs: Mapping[str, Doc], now: datetime, is_open: Callable[[str], bool] = lambda _: True
    ) -> list[Command]:
        """Return some commands of the platform that are due; what `is_open` says no to is dropped."""
        grants = self._grants.take(now, AT_ONCE)
        commands: list[Command] = [EndGrant(grant_id=grant_id, reason=TIME) for grant_id in grants]
        for project_id, schedule in self.schedules.items():
            if not _is_paused(docs, project_id):
                requests = schedule.due.take(now, AT_ONCE - len(commands), is_open)
                commands += [Expire(request_id=request_id) for request_id in requests]
        return commands

    def drop(self, request_id: str) -> None:
        """Drop a request that is no longer open."""
        for schedule in self.schedules.values():
            schedule.due.set(request_id, None)


def _is_paused(docs: Mapping[str, Doc], project_id: str) -> bool:
    return any(docs.get(doc_id, _NONE).get("pause") for doc_id in (ALL, project_id))
