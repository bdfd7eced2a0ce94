"""Retries after a failed call: whether to wait and how long, and whether it may have been done all the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import monotonic

from api_client.errors import (
    AFTER_THE_KEY,
    ApiError,
    ServerFault,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)

WAIT_FIRST, WAIT_MOST = 1.0, 10.0
"""Seconds between tries to reach a backend that does not answer."""
CALM = 30.0
"""Seconds without a failure after which the next one is the first again."""


def is_passing(error: ApiError) -> bool:
    """Return whether the same call may go well a little later, without anyone doing anything."""
    return isinstance(error, (Unreachable, ServerFault, TooManyRequests, UnexpectedAnswer))


def leaves_in_doubt(error: ApiError) -> bool:
    """Return whether a write that failed so may be on the record all the same."""
    return isinstance(error, (ServerFault, UnexpectedAnswer)) or (isinstance(error, Unreachable) and error.maybe_done)


def settles_doubt(error: ApiError) -> bool:
    """Return whether a backend that answers so has looked for the write's key and not found it."""
    return isinstance(error, AFTER_THE_KEY)


class Pauses:
    """Seconds between tries: longer each time, short again after a calm time, spread by chance over many terminals."""

    def __init__(
        self, *, jitter: Callable[[], float] = random.random, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._jitter, self._seconds = jitter, seconds
        self._next = WAIT_FIRST
        self._until = 0.0

    def after(self, error: ApiError) -> float:
        """Return how long to wait after `error`; what the server asked for, where that is longer."""
        now = self._seconds()
        if now - self._until > CALM:
            self._next = WAIT_FIRST
        pause = self._next * (1 + self._jitter() / 4)
        self._next = min(self._next * 2, WAIT_MOST)
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        self._until = now + pause
        return pause
