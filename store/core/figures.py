"""Figures of a store for monitoring, and the ages that its open requests are counted by."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

AGES = (("1h", timedelta(hours=1)), ("1d", timedelta(days=1)), ("7d", timedelta(days=7)))
OLDER = "older"
AGE_NAMES = (*dict(AGES), OLDER)


class Figures(NamedTuple):
    """The figures of one record now, and its latest decisions."""

    open_requests: Counter[tuple[str, str]]
    """By project (the name that agents use) and age, one of `AGE_NAMES`. Every project is included."""
    outcomes: Counter[str]
    """Decisions by outcome, since the seq that was asked for."""
    commits: int
    """All that the record holds."""
    seq: int
    """Ask for the outcomes since here next."""


class PoolFigures(NamedTuple):
    """A database's connection pool now."""

    size: int
    """Connections that are open."""
    idle: int
    """Of these, the ones that nobody uses."""
    waiting: int
    """Calls that wait for a connection."""


def age_of(waited: timedelta) -> str:
    """Return the name of the age that a request which has waited so long is counted under."""
    return next((name for name, most in AGES if waited <= most), OLDER)
