"""Fires what a folder's policies and grants set a time for (CONTRACT.md part 4): expiry of requests, ends of grants.

Any process that has the folder open for long may run this, several at once too (see `timeouts`). Only projects with a
policy that lets requests expire are looked at, and of each request its time is found once. At rest a look costs
microseconds, whatever is open.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from api_client.times import parse_time
from store.core.event_ids import seq_of
from store.core.fold import open_requests
from store.core.step_codes import IGNORED
from store.folder.engine import Store
from store.folder.state import State

if TYPE_CHECKING:
    from api_client.commands import Command
    from store.core.authority_watch import AuthorityWatch, ExpirySchedule

_LOOKED_AT = 200
"""Requests that one look reads while readers wait, …"""
_EVENTS = 20_000
"""… and new events that it searches for moved tasks."""


class Expiries:
    """The looks at one open store, from one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watch: AuthorityWatch | None = None
        """None until the folder has any authority: opening it does not wait for the rules."""
        self._seen = 0
        """The events up to this seq were searched for moved tasks."""
        self._looks_left = _LOOKED_AT
        self._unfinished = False

    def sweep(self) -> bool:
        """Fire some of what is due now; return whether there is more to look at."""
        due = self._store.read(self._due)
        return (bool(due) and self._fire(due)) or self._unfinished

    def _fire(self, due: list[Command]) -> bool:
        """Carry these commands out; return whether there may be more that are due."""
        from api_client.commands import PLATFORM
        from store.core.authority_watch import AT_ONCE
        from store.core.batch import Job

        jobs = [Job(command, PLATFORM, None) for command in due]
        for job in jobs:
            self._store.submit(job)
        # A refusal means that another process was first, or that the task moved: the next look sees it.
        return sum(job.done.exception() is None for job in jobs) == AT_ONCE

    def _due(self, state: State) -> list[Command]:
        docs = state.tables["authority"]
        if not docs:
            return []
        if self._watch is None:
            from store.core.authority_watch import AuthorityWatch

            self._watch, self._seen = AuthorityWatch(), state.seq
        self._watch.update(docs)
        self._looks_left, self._unfinished = _LOOKED_AT, False
        now = self._store.clock()
        if any(schedule.depends_on_step for schedule in self._watch.schedules.values()):
            self._look_at_moved(state, self._watch)
        else:
            self._seen = state.seq
        for project_id, schedule in self._watch.schedules.items():
            if now >= schedule.next_look:
                self._look_at_new(state, project_id, schedule, now)
        return self._watch.due(docs, now, state.is_open)

    def _look_at_new(self, state: State, project_id: str, schedule: ExpirySchedule, now: datetime) -> None:
        """Look at the requests behind the last one that was looked at, up to the first that is too young."""
        for seq in state.open_by_project[project_id].after(schedule.looked_to):
            if self._looks_left <= 0:
                self._unfinished = True
                return
            if not schedule.is_old_enough(parse_time(state.request_at(seq)["requestedAt"]), now):
                return
            self._look_at(state, seq, schedule)
            schedule.looked_to = seq
        schedule.looked_at_all(now)

    def _look_at_moved(self, state: State, watch: AuthorityWatch) -> None:
        """Look again at the requests of tasks that have moved since the last look."""
        until = min(state.seq, self._seen + _EVENTS)
        for seq in range(self._seen + 1, until + 1):
            if 0 < state.index.step_of(seq) < IGNORED:
                task = state.task_at(seq)
                schedule = watch.schedules.get(task["projectId"])
                if schedule is not None:
                    for request_id in open_requests(task):
                        self._look_at(state, seq_of(request_id), schedule)
            self._seen = seq
            if self._looks_left <= 0:
                break
        self._unfinished = self._seen < state.seq

    def _look_at(self, state: State, seq: int, schedule: ExpirySchedule) -> None:
        """Find when a request expires under the policy in force, in the step that its task is in."""
        from store.core.expiry_rules import expiry_of
        from store.core.request_case import case_in

        self._looks_left -= 1
        event = self._store.events.at(seq)
        expiry = expiry_of(state, event["projectId"], case_in(state, event))
        schedule.due.set(event["id"], expiry.at if expiry is not None else None)
