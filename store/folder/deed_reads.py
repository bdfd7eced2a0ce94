"""The trails behind decisions, read from the journal: no more of each event than the rule of deeds needs."""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice, takewhile
from operator import itemgetter
from typing import NamedTuple

from api_client.deed_rule import TRAIL_TYPES, TrailEvent, deeds_of, trail_event
from api_client.deeds import Deeds
from store.core.deed_search import LATER_MOST, LaterTrail
from store.core.event_ids import seq_of
from store.core.paging import PAGE_BYTES
from store.folder.event_log import Events
from store.folder.state import State

COUNTED_BYTES = 4_096
"""Bytes of an event for which it counts once more among those that were read."""
Entry = tuple[int, TrailEvent | None]


class _Read(NamedTuple):
    """A part of a task's trail, from one of its decisions on."""

    start: int
    entries: list[Entry]
    more: bool

    def behind(self, seq: int) -> list[Entry]:
        """Return the part behind one of its events."""
        return self.entries[bisect_right(self.entries, seq, key=itemgetter(0)) :]


class FolderTrails:
    """The trails of one page: what is read for one decision serves the others of its task."""

    def __init__(self, events: Events, state: State) -> None:
        self._events, self._state = events, state
        self._read: dict[int, _Read] = {}
        """By the task's number."""
        self.looked = 0

    def after(self, seq: int) -> LaterTrail | None:
        """See `Trails.after`."""
        decision = self._event(seq)
        if decision is None or decision.outcome is None:
            return None
        read = self._read_to(self._state.index.task_of(seq), seq)
        later = read.behind(seq)
        found = [event for _, event in later[:LATER_MOST] if event is not None]
        return LaterTrail(decision, found, read.more or len(later) > LATER_MOST)

    def _read_to(self, task: int, seq: int) -> _Read:
        """Return what is read of a task's trail, once it is enough for a decision."""
        read = self._read.get(task)
        if read is None or read.start > seq:
            read = self._back_to(task, seq, read)
        if read.more and len(read.behind(seq)) < LATER_MOST:
            rest = self._walk(task, read.entries[-1][0])
            read = _Read(read.start, [*read.entries, *rest.entries], rest.more)
        self._read[task] = read
        return read

    def _back_to(self, task: int, seq: int, known: _Read | None) -> _Read:
        """Return the trail from behind a decision on: what is known of it is not read again, where they meet."""
        if known is None:
            return self._walk(task, seq)
        read = self._walk(task, seq, until=known.start)
        return read if read.more else _Read(seq, [*read.entries, *known.entries], known.more)

    def _walk(self, task: int, start: int, until: int | None = None) -> _Read:
        """Return the next part of a trail, up to the event `until` if there is one."""
        seqs = self._state.index.walk(task=task, start=start, types=TRAIL_TYPES)
        wanted = seqs if until is None else takewhile(until.__ge__, seqs)
        entries: list[Entry] = []
        size = 0
        for seq in islice(wanted, LATER_MOST):
            size += self._state.index.place(seq)[1]
            if entries and size > PAGE_BYTES:
                return _Read(start, entries, more=True)
            entries.append((seq, self._event(seq)))
        return _Read(start, entries, more=next(wanted, None) is not None)

    def _event(self, seq: int) -> TrailEvent | None:
        return trail_event(self._raw(seq), self._request)

    def _request(self, request_id: str) -> bytes | None:
        seq = seq_of(request_id)
        return self._raw(seq) if 0 < seq <= self._state.seq else None

    def _raw(self, seq: int) -> bytes:
        text = self._events.raw(seq)[0]
        self.looked += 1 + len(text) // COUNTED_BYTES
        return text


def request_deeds(events: Events, state: State, decision_id: str) -> Deeds | None:
    """Return the deeds of a decision."""
    trail = FolderTrails(events, state).after(seq_of(decision_id))
    if trail is None:
        return None
    return deeds_of(trail.decision, trail.later, lambda event_id: events.raw(seq_of(event_id))[0], more=trail.more)
