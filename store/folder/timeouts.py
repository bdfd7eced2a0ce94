"""Fires the timeouts of steps (CONTRACT.md part 3, Timeouts): one `TIMEOUT` for each task that stays too long.

In the same thread it fires what policies and grants set a time for (`expiries`).

Any process that has the folder open for long may run this, several at once too: what is due is found here, whether
it may be fired is ruled under the folder's lock like every write, so a task's timeout is fired once.

Tasks are in their step's queue in the order in which they entered it, so the first that is not due ends the look,
and all before a mark have been fired. At rest a look costs a microsecond for each step that declares a timeout.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from api_client.errors import ApiError
from store.core.timeout_rules import NEVER, due_at, timed_steps
from store.folder.engine import Store
from store.folder.expiries import Expiries
from store.folder.state import State, Step

TICK_SECONDS = 1.0
"""Seconds between two looks at the steps, and before the first."""
_AT_ONCE = 32
"""Timeouts that share a sync: few enough that a person's own command hardly waits for them."""
_LOOKED_AT = 200
"""Tasks of a step that one look checks while readers wait."""


@dataclass(slots=True)
class _Watch:
    """A step that declares a timeout: how far its queue is done, and when its first open task is due."""

    step: Step
    seconds: int
    fired_to: int = 0
    """The timeouts of all tasks in the queue up to this seq have been fired."""
    first: int = 0
    due: datetime = NEVER
    """When the task at `first` has stayed too long."""


class Timeouts:
    """Watches one open store, from a thread of its own, until the store is closed."""

    def __init__(self, store: Store, *, tick: float = TICK_SECONDS) -> None:
        self._store = store
        self._tick = tick
        self._expiries = Expiries(store)
        self._watches: list[_Watch] = []
        self._projects = 0
        self._unfinished = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-timeouts", daemon=True)

    def start(self) -> None:
        """Start to watch; the first look is after a tick."""
        self._store.before_close.append(self._stop)
        self._thread.start()

    def sweep(self) -> bool:
        """Fire some of what is due now; return whether there is more to look at."""
        due = self._store.read(self._due)
        return (bool(due) and self._fire(due)) or self._unfinished

    def _fire(self, due: list[str]) -> bool:
        """Fire these tasks' timeouts; return whether there may be more that are due."""
        # The rules come with the first write.
        from api_client.commands import PLATFORM, FireTimeout
        from store.core.batch import Job

        jobs = [Job(FireTimeout(task_id=task_id), PLATFORM, None) for task_id in due]
        for job in jobs:
            self._store.submit(job)
        # A refusal means that another process was first, or the task moved: the next look sees it.
        return sum(job.done.exception() is None for job in jobs) == _AT_ONCE

    def _run(self) -> None:
        while not self._ended.wait(self._tick):
            try:
                while not self._store.read_only and self._sweep_all() and not self._ended.wait(self._tick / 10):
                    pass
            except ApiError:
                continue  # the folder's trouble, which every command reports; it may pass

    def _sweep_all(self) -> bool:
        timeouts, expiries = self.sweep(), self._expiries.sweep()
        return timeouts or expiries

    def _stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _due(self, state: State) -> list[str]:
        """Return the ids of some tasks whose time is over, and move the marks past those that were fired."""
        self._watch_new_projects(state)
        self._unfinished = False
        now = self._store.clock()
        due = (task_id for watch in self._watches for task_id in self._due_in(state, watch, now))
        return list(islice(due, _AT_ONCE))

    def _due_in(self, state: State, watch: _Watch, now: datetime) -> Iterator[str]:
        all_fired = True
        for looked_at, seq in enumerate(state.board.in_step[watch.step].after(watch.fired_to)):
            if watch.first == seq and watch.due >= now:
                return
            if looked_at == _LOOKED_AT:
                self._unfinished = True
                return
            task = state.task_at(seq)
            due = due_at(watch.seconds, task)
            if task.get("timedOut"):
                watch.fired_to = seq if all_fired else watch.fired_to
            elif due < now:
                all_fired = False
                yield task["id"]
            else:
                watch.first, watch.due = seq, due
                return

    def _watch_new_projects(self, state: State) -> None:
        """Watch the steps of new projects; those of a project never change."""
        if state.count("projects") == self._projects:
            return
        known = {watch.step for watch in self._watches}
        for project in state.documents("projects"):
            for name, seconds in timed_steps(project):
                if (project["id"], name) not in known:
                    self._watches.append(_Watch((project["id"], name), seconds))
        self._projects = state.count("projects")
