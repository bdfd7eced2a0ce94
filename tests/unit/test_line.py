"""Whose question a worker answers next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from store.core.schema_questions import Question
from store.schemas import fair_queue
from store.schemas.fair_queue import FairQueue, PendingCheck


class Clock:
    """What stands in for the time module."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is moved on."""
    made = Clock()
    monkeypatch.setattr(fair_queue, "time", made)
    return made


@pytest.fixture
def put(clock: Clock) -> tuple[FairQueue, Callable[[str], PendingCheck]]:
    """A line, and what puts a question of a caller into it."""
    made = FairQueue()

    def put(subject: str) -> PendingCheck:
        clock.now += 0.001
        asked = PendingCheck(Question(b"{}"), subject, since=clock.now)
        made.put(asked)
        return asked

    return made, put


def test_who_took_nothing_yet_comes_before_who_took_much(put: tuple[FairQueue, Callable[[str], PendingCheck]]) -> None:
    """A caller whose checks take long waits for all others, however many of its own wait, and those in their order."""
    waiting, come = put
    waiting.charge("greedy", 2.0)
    greedy = [come("greedy") for _ in range(3)]
    honest = [come("a"), come("b"), come("a")]
    assert [waiting.get(0) for _ in range(6)] == [*honest, *greedy]
    assert waiting.is_empty()
    assert waiting.get(0) is None


def test_what_was_taken_is_forgotten(put: tuple[FairQueue, Callable[[str], PendingCheck]], clock: Clock) -> None:
    """Who took much an hour ago comes before who took a little now."""
    waiting, come = put
    waiting.charge("a", 2.0)
    clock.now += 3_600
    waiting.charge("b", 0.1)
    late, early = come("b"), come("a")
    assert [waiting.get(0), waiting.get(0)] == [early, late]


def test_a_closed_line_gives_back_who_waits(put: tuple[FairQueue, Callable[[str], PendingCheck]]) -> None:
    """Nobody who waits is lost, and the worker is not kept waiting."""
    waiting, come = put
    asked = [come("a"), come("b")]
    assert waiting.close() == asked
    assert waiting.get(60) is None
