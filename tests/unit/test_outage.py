"""What a failed call says of the next one."""

from __future__ import annotations

import pytest

from api_client.errors import (
    ApiError,
    Conflict,
    HeadersTooLarge,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServerFault,
    StoreFault,
    TooLarge,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from pumpup_tui.backend.retry import CALM, WAIT_FIRST, WAIT_MOST, Pauses, is_passing, leaves_in_doubt, settles_doubt

LOST = Unreachable("no answer", maybe_done=True)


@pytest.mark.parametrize(
    ("error", "passing", "in_doubt", "settles"),
    [
        (LOST, True, True, False),
        (Unreachable("refused"), True, False, False),
        (ServerFault("x"), True, True, False),
        (UnexpectedAnswer("x"), True, True, False),
        (TooManyRequests("x"), True, False, False),
        (NotAuthenticated("x"), False, False, False),
        (NotAllowed("x"), False, False, False),
        (TooLarge("x"), False, False, False),
        (HeadersTooLarge("x"), False, False, False),
        (InvalidRequest("x"), False, False, True),
        (NotFound("x"), False, False, True),
        (Conflict("x"), False, False, True),
        (StoreFault("x"), False, False, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ApiError) else "",
)
def test_each_error_has_its_consequences(error: ApiError, passing: bool, in_doubt: bool, settles: bool) -> None:
    """Whether to try again, whether a write may have happened, and whether an answer says that it did not."""
    assert (is_passing(error), leaves_in_doubt(error), settles_doubt(error)) == (passing, in_doubt, settles)


class Seconds:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_pauses_grow_and_stay_bearable() -> None:
    """Each is twice the one before, up to what a person will wait."""
    seconds = Seconds()
    pauses = Pauses(jitter=lambda: 0.0, seconds=seconds)
    waited = []
    for _ in range(6):
        waited.append(pauses.after(LOST))
        seconds.now += waited[-1]
    assert waited == [WAIT_FIRST, 2.0, 4.0, 8.0, WAIT_MOST, WAIT_MOST]


def test_after_a_calm_time_the_first_pause_is_short_again() -> None:
    """An outage this morning makes nobody wait in the afternoon; one that comes and goes does."""
    seconds = Seconds()
    pauses = Pauses(jitter=lambda: 0.0, seconds=seconds)
    for _ in range(3):
        seconds.now += pauses.after(LOST)
    seconds.now += CALM / 2
    assert pauses.after(LOST) == 8.0
    seconds.now += 8.0 + CALM + 1
    assert pauses.after(LOST) == WAIT_FIRST


def test_terminals_do_not_all_come_back_at_once() -> None:
    """Chance spreads the pauses of many, by a quarter at the most."""
    assert Pauses(jitter=lambda: 1.0, seconds=Seconds()).after(LOST) == WAIT_FIRST * 1.25


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    """`Retry-After` is waited for where it is the longer one."""
    pauses = Pauses(jitter=lambda: 0.0, seconds=Seconds())
    assert pauses.after(TooManyRequests("x", retry_after=42.0)) == 42.0
    assert pauses.after(TooManyRequests("x", retry_after=0.1)) == 2.0
