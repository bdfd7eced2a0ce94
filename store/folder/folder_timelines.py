"""Pages of a folder's timelines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

import orjson

from api_client.models import Event, Order, Page
from api_client.times import wire_time
from api_client.wire import read
from store.core.cursors import Scope
from store.core.event_shapes import is_time
from store.core.paging import checked_limit, page_items
from store.core.past import EVENT_ID
from store.core.read_models import document
from store.core.timeline_pages import PickedEvents, TimelineAsked, no_place, pick
from store.folder.event_log import Events
from store.folder.state import State


class _Span(NamedTuple):
    """The events behind one place, up to another."""

    after: int
    until: int

    def walk_from(self, start: int, order: Order) -> int:
        """Return the place to walk on from, after the event `start` (0: from the end that comes first)."""
        if order == "asc":
            return max(start, self.after)
        return min(start or self.until + 1, self.until + 1)

    def within(self, seqs: Iterator[int], order: Order) -> Iterator[int]:
        """Yield the seqs of a walk for as long as they are in the span."""
        return takewhile(self.until.__ge__ if order == "asc" else self.after.__lt__, seqs)


def timeline_page(events: Events, state: State, asked: TimelineAsked) -> Page[Event]:
    """Return a page of a timeline.

    Raises:
        NotFound: there is no such task or project.
        InvalidRequest: the cursor is another list's.
    """
    task = None if asked.task_id is None else document(state, "tasks", asked.task_id)
    project = None if asked.project_id is None else document(state, "projects", asked.project_id)
    start = _start_of(events, asked.scope, asked.cursor)
    limit = checked_limit(asked.limit)
    is_one = task is None or project is None or task["projectId"] == project["id"]
    picked = PickedEvents([], 0, more=None)
    if is_one and asked.wanted is not None:
        numbers = (task["no"] if task else 0, project["no"] if project else 0)
        walk = _walk(events, state, asked, numbers, start)
        is_picked = asked.only.is_of_decisions
        picked = _picked(events, state, asked, walk, limit) if is_picked else _page(events, state, walk, limit)
    cursor = events.cursor(asked.scope, picked.last) if picked.last else asked.cursor
    return read(Page[Event], {"items": picked.events, "nextCursor": cursor, "more": picked.more})


def _picked(events: Events, state: State, asked: TimelineAsked, walk: Iterator[int], limit: int) -> PickedEvents:
    check = None
    if asked.only.deed:
        # Opening a folder does not wait for the rule.
        from store.core.deed_search import DeedCheck
        from store.folder.deed_reads import FolderTrails

        check = DeedCheck(asked.only.deed, FolderTrails(events, state))
    return pick(asked.only, walk, limit, lambda seq: events.raw(seq)[0], events.at, deeds=check)


def _page(events: Events, state: State, walk: Iterator[int], limit: int) -> PickedEvents:
    page = page_items(walk, limit, lambda seq: (seq, state.index.place(seq)[1]))
    return PickedEvents([events.at(seq) for seq in page.items], page.items[-1] if page.items else 0, page.more)


def _walk(events: Events, state: State, asked: TimelineAsked, numbers: tuple[int, int], start: int) -> Iterator[int]:
    """Walk the timeline of the task and project with these numbers (0: all), in the span that is asked for."""
    only, order, count = asked.only, asked.order, state.seq
    after = events_before(events, count, only.since) if only.since else 0
    span = _Span(after, events_before(events, count, only.until) if only.until else count)
    if span.until <= span.after:
        return iter(())
    seqs = state.index.walk(
        task=numbers[0],
        project=numbers[1],
        start=span.walk_from(start, order) if only.since or only.until else start,
        order=order,
        types=asked.wanted or (),
    )
    return span.within(seqs, order)


def _start_of(events: Events, scope: Scope, cursor: str | None) -> int:
    """Return the place of a cursor, which may be an event's id."""
    if cursor is None or not cursor.startswith(EVENT_ID):
        return events.read_cursor(scope, cursor)
    event = events.find(cursor)
    if event is None:
        raise no_place(cursor)
    return int(event["seq"])


def events_before(events: Events, count: int, moment: datetime) -> int:
    """Return how many events of the first `count` come before the first one that is at or after `moment`."""
    wanted, low, high = wire_time(moment), 0, count
    while low < high:
        middle = (low + high) // 2
        if _is_before(events, middle + 1, wanted):
            low = middle + 1
        else:
            high = middle
    return low


def _is_before(events: Events, seq: int, wanted: str) -> bool:
    """Return whether an event is before a time; one that says none is as its neighbour before it is."""
    while seq and not is_time(at := orjson.loads(events.raw(seq)[0]).get("timestamp")):
        seq -= 1
    return not seq or at < wanted
