"""The rows of a page of settled requests, by the times that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from api_client.settled import SettledQuery, SettledRequest
from store.core.time_search import first_since


def start_of(query: SettledQuery, after: int, last: int, time_of: Callable[[int], str]) -> int:
    """Return the seq that the walk starts behind (in the query's order), 0 where it takes all.

    Args:
        query: The list that is asked for.
        after: The seq that its cursor names, 0 without one.
        last: The seq of the last event.
        time_of: Returns the time of the event with this seq, as on the wire.
    """
    if query.order == "asc" and query.since is not None:
        return max(after, first_since(query.since, last, time_of) - 1)
    if query.order == "desc" and query.until is not None:
        bound = first_since(query.until, last, time_of)
        return min(after, bound) if after else bound
    return after


class Picked(NamedTuple):
    """The rows of a page; `looked` is the place of the last one that was looked at and not out of range, 0 if none."""

    rows: list[SettledRequest]
    looked: int
    is_past: bool
    """Whether a row was met that is out of range, and all after it."""


def pick(query: SettledQuery, rows: Iterable[tuple[int, SettledRequest | None]], limit: int) -> Picked:
    """Return the rows of a page; those that are None count nowhere. Each comes with its place in the chain."""
    taken: list[SettledRequest] = []
    looked = 0
    for seq, row in rows:
        if row is not None and query.is_past(row.settled_at):
            return Picked(taken, looked, is_past=True)
        looked = seq
        if row is not None and not query.is_before(row.settled_at):
            taken.append(row)
        if len(taken) == limit:
            break
    return Picked(taken, looked, is_past=False)
