"""The queue of one worker: questions of the caller who has used least of its time lately come first.

In the order of their coming, one caller whose checks take long would be in front of everybody, again and again.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

from store.core.schema_questions import Question, Verdict

FORGOTTEN_SECONDS = 60.0
"""What a caller took of the worker's time counts half after so long."""
_CALLERS = 1_000


@dataclass(slots=True)
class PendingCheck:
    """A question queued for a worker, with its caller."""

    question: Question
    subject: str
    done: Future[Verdict | None] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)


class FairQueue:
    """The questions that wait, a queue for each caller. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[PendingCheck]] = {}
        self._taken: dict[str, tuple[float, float]] = {}
        """By subject: seconds of the worker, and when they were counted."""
        self._change = threading.Condition()
        self._closed = False

    def put(self, asked: PendingCheck) -> None:
        """Put a question at the end of its caller's queue."""
        with self._change:
            self._waiting.setdefault(asked.subject, deque()).append(asked)
            self._change.notify()

    def get(self, timeout: float) -> PendingCheck | None:
        """Return the next question; None where none came in `timeout` seconds, or the line is closed."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed, timeout)
            return None if self._closed else self._next()

    def is_empty(self) -> bool:
        """Return whether nobody waits."""
        return not self._waiting

    def charge(self, subject: str, seconds: float) -> None:
        """Count `seconds` of the worker as this caller's."""
        with self._change:
            if len(self._taken) >= _CALLERS:
                self._taken.clear()  # all start afresh
            now = time.monotonic()
            self._taken[subject] = self._weight(subject, now) + seconds, now

    def close(self) -> list[PendingCheck]:
        """Return all that wait; from now on `get` returns at once."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            left = [asked for queue in self._waiting.values() for asked in queue]
            self._waiting.clear()
            return left

    def _next(self) -> PendingCheck | None:
        if not self._waiting:
            return None
        now = time.monotonic()
        # Of those who took as much, who has waited longest.
        subject = min(self._waiting, key=lambda one: (self._weight(one, now), self._waiting[one][0].since))
        queue = self._waiting[subject]
        asked = queue.popleft()
        if not queue:
            del self._waiting[subject]
        return asked

    def _weight(self, subject: str, now: float) -> float:
        seconds, at = self._taken.get(subject, (0.0, now))
        return seconds * math.pow(0.5, (now - at) / FORGOTTEN_SECONDS)
