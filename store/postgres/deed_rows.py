"""The trails behind decisions: those of a page come in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from api_client.deed_rule import TRAIL_TYPES, TrailEvent, deeds_of, trail_event
from api_client.deeds import Deeds
from store.core.deed_search import LATER_MOST, LaterTrail
from store.core.event_types import CODES
from store.core.paging import PAGE_BYTES
from store.postgres import statements
from store.postgres.database_reader import DatabaseReader
from store.postgres.pooled import Rows

CHECKED_MOST = 100
"""Decisions of a page whose deeds are looked at: what came after each is sent for it alone."""
_CODES = sorted(CODES[name] for name in TRAIL_TYPES)


class RowTrails:
    """The trails of a page's decisions, which were read before."""

    looked = 0
    """None is read any more."""

    def __init__(self, trails: Mapping[int, LaterTrail | None]) -> None:
        self._trails = trails

    def after(self, seq: int) -> LaterTrail | None:
        """See `Trails.after`."""
        return self._trails.get(seq)


async def trails_of(reader: DatabaseReader, places: Sequence[int]) -> dict[int, LaterTrail | None]:
    """Return what came after the decisions at these places; of the first ones only, where it is much."""
    rows = await _rows(reader, places)
    return await asyncio.to_thread(_trails, places, rows)


async def request_deeds(reader: DatabaseReader, place: int) -> Deeds | None:
    """Return the deeds of the decision at a place."""
    rows = await _rows(reader, [place])
    return await asyncio.to_thread(_deeds, place, rows)


async def _rows(reader: DatabaseReader, places: Sequence[int]) -> Rows:
    asked = {"places": places, "types": _CODES, "limit": LATER_MOST + 2, "bytes": PAGE_BYTES}
    (rows,) = await reader.ask((statements.TRAILS, asked))
    return rows


def _trails(places: Sequence[int], rows: Rows) -> dict[int, LaterTrail | None]:
    is_cut = _is_cut(rows)
    last = rows[-1][0] if rows else 0
    trails: dict[int, LaterTrail | None] = {}
    for number, place in enumerate(places, 1):
        if is_cut and number >= last and trails:
            return trails  # what came after this one was not sent whole
        own = [row for row in rows if row[0] == number]
        trails[place] = _trail(own, is_cut=is_cut and number == last)
    return trails


def _is_cut(rows: Rows) -> bool:
    return sum(len(row[2]) + len(row[3] or b"") for row in rows) > PAGE_BYTES


def _trail(rows: Sequence[tuple[int, int, bytes, bytes | None]], *, is_cut: bool) -> LaterTrail | None:
    events = [_event(row) for row in rows[: LATER_MOST + 1]]
    decision = events[0] if events else None
    if decision is None or decision.outcome is None:
        return None
    later = [event for event in events[1:] if event is not None]
    return LaterTrail(decision, later, is_cut or len(rows) > LATER_MOST + 1)


def _event(row: tuple[int, int, bytes, bytes | None]) -> TrailEvent | None:
    return trail_event(bytes(row[2]), lambda _: row[3])  # joined by the place that was stored as settled


def _deeds(place: int, rows: Rows) -> Deeds | None:
    trail = _trails([place], rows)[place]
    if trail is None:
        return None
    texts = {event.id: bytes(row[2]) for row in rows if (event := _event(row)) is not None}
    return deeds_of(trail.decision, trail.later, texts.__getitem__, more=trail.more)
