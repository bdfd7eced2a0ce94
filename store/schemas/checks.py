"""The checks of one open folder: a cache of what was found sound, and two lanes for the rest.

A check never runs under the folder's lock. The rules ask about the metadata that a command would leave behind; where
the verdict is not known yet they send the command back (`CheckNeeded`), the check runs in a worker process, and the
command is submitted again with the verdict. If the state has moved in between, the rules ask about something else.

A caller whose metadata took long to check goes into the slow lane with that schema from then on, and waits there
only for others like it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial
from hashlib import blake2b
from typing import Generic, TypeVar

from store.core.command_limits import CommandLimits
from store.core.schema_questions import Ask, CheckNeeded, Question, Verdict, Verdicts
from store.schemas.fair_queue import PendingCheck
from store.schemas.lane import Lane

QUICK_SECONDS = 0.1
"""Processor time that a check may take in the quick lane; then it begins again in the slow one."""
TRIES = 64
"""How often a command is checked while the state moves. Of those that share a batch one settles each time."""
HEAVY_SECONDS = 0.01
"""A caller whose check took longer than this waits in the slow lane with that schema: most take a hundredth of it."""
_LONG = Verdict("long", "it takes too long for this schema and metadata")

Item = TypeVar("Item")


class Checks:
    """Answers the questions of one store's rules."""

    def __init__(self, limits: CommandLimits) -> None:
        """Give each check the processor time that `limits` have for it; then its command is refused."""
        self.limits = limits
        seconds = limits.check_seconds
        # The slow lane gives way where there are fewer cores than work: callers wait for the other one.
        self._slow = Lane(seconds, lambda asked: asked.done.set_result(_LONG), niceness=5)
        self._quick = Lane(min(QUICK_SECONDS, seconds), self._to_slow_lane, self._weigh)
        self._sound = _Latest[bytes](4_096)
        self._heavy = _Latest[tuple[str, bytes]](1_024)

    def known(self, verdicts: Verdicts) -> Ask:
        """Return what answers out of `verdicts` and what was found sound before, or raises `CheckNeeded`."""
        return partial(self._recall, verdicts)

    def at_once(self, subject: str) -> Ask:
        """Return what answers by checking right there, for commands that are carried out in bulk by their owner."""
        return lambda question: None if self._is_sound(question) else self.ask(question, subject).result()

    def ask(self, question: Question, subject: str) -> Future[Verdict | None]:
        """Put a question in the queue of a worker.

        The future may raise `TooManyRequests` where the wait is too long, `StoreFault` where no worker can be had.
        """
        asked = PendingCheck(question, subject)
        asked.done.add_done_callback(partial(self._note, question))
        is_slow = question.metadata is None or (subject, _digest(question.schema)) in self._heavy
        (self._slow if is_slow else self._quick).put(asked)
        return asked.done

    def break_off(self) -> None:
        """End the checks that take long, those to come as well: nobody is to wait for them any more."""
        self._slow.stop()

    def close(self) -> None:
        """End the workers."""
        self._quick.close()
        self._slow.close()

    def _recall(self, verdicts: Verdicts, question: Question) -> Verdict | None:
        if question in verdicts:
            return verdicts[question]
        if self._is_sound(question):
            return None
        raise CheckNeeded(question)

    def _is_sound(self, question: Question) -> bool:
        return _digest(question.schema, question.metadata or b"") in self._sound

    def _note(self, question: Question, done: Future[Verdict | None]) -> None:
        if not done.cancelled() and done.exception() is None and done.result() is None:
            self._sound.add(_digest(question.schema, question.metadata or b""))

    def _to_slow_lane(self, asked: PendingCheck) -> None:
        self._weigh(asked, QUICK_SECONDS)
        self._slow.put(asked)

    def _weigh(self, asked: PendingCheck, seconds: float) -> None:
        if seconds > HEAVY_SECONDS:
            self._heavy.add((asked.subject, _digest(asked.question.schema)))


class _Latest(Generic[Item]):
    """A set that forgets what was added first when there is too much of it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: dict[Item, None] = {}
        self._guard = threading.Lock()

    def __contains__(self, item: Item) -> bool:
        return item in self._items

    def add(self, item: Item) -> None:
        with self._guard:
            self._items[item] = None
            if len(self._items) > self._most:
                del self._items[next(iter(self._items))]


def _digest(*texts: bytes) -> bytes:
    """Return a digest of JSON texts, none of which holds a line's end of its own."""
    return blake2b(b"\n".join(texts), digest_size=20).digest()
