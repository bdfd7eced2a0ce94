"""What all tests share: a clock that stands still, tokens that count, and a folder's backend."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from store.local import LocalBackend

for told in ("COLUMNS", "LINES"):
    os.environ.pop(told, None)  # where tests run side by side each runner is told a width; our terminals have their own


class FixedClock:
    """A clock that moves when it is told to."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Move by `timedelta(**by)`, back where it is negative."""
        self.now += timedelta(**by)


def counting_tokens() -> Callable[[], str]:
    """Return a source of tokens that are the same in each run."""
    numbers: Iterator[int] = count(1)
    return lambda: f"{next(numbers):012x}"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def tokens() -> Callable[[], str]:
    return counting_tokens()


@pytest.fixture
async def reviewer(tmp_path: Path, clock: FixedClock, tokens: Callable[[], str]) -> AsyncIterator[LocalBackend]:
    """A reviewer's backend over an empty folder."""
    from api_client.actor import Actor
    from store.local import open_local

    backend = await open_local(
        tmp_path / "data", Actor("alice", "reviewer", ("claims-lead",)), clock=clock, tokens=tokens
    )
    yield backend
    await backend.aclose()


@pytest.fixture
def agent(reviewer: LocalBackend) -> LocalBackend:
    """An agent's backend over the reviewer's folder."""
    from api_client.actor import Actor

    return reviewer.acting_as(Actor("agent-1", "agent"))
