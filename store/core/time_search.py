"""The place of a moment in the chain: event times are those of the writers' clocks, which never go back by much."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime

from api_client.times import wire_time


def first_since(moment: datetime, last: int, time_of: Callable[[int], str]) -> int:
    """Return the seq of the first event at `moment` or later, `last` + 1 where there is none.

    Args:
        moment: The time to look for.
        last: The seq of the last event.
        time_of: Returns the time of the event with this seq, as on the wire.
    """
    return bisect_left(range(1, last + 1), wire_time(moment), key=time_of) + 1
