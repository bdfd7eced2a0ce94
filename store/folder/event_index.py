"""The index of events: the place of each in the journal, and which are on a task, on a project or of a type.

Events are in segments of equal length. All but the newest events are in files that are read as they are asked for, so
what the index takes in memory does not grow with the journal. An event's row is its `seq` less one; 0 stands for none.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from api_client.models import Order
from store.core.event_types import CODES, OFF_TIMELINE_CODES, TYPES
from store.folder import event_segment, postings
from store.folder.event_segment import NewEvents, Segment, StoredSegment

SEGMENT = 1 << 17
"""Events to a segment."""
_ON_TIMELINES = tuple(code for code in range(len(TYPES)) if code not in OFF_TIMELINE_CODES)


class EventIndex:
    """The columns of all events."""

    def __init__(self, segments: list[StoredSegment] | None = None) -> None:
        """Start with these segments, all but the last of which are full."""
        self.new = NewEvents(segments or [])

    def __len__(self) -> int:
        return self.new.before + len(self.new)

    @property
    def segments(self) -> list[StoredSegment]:
        """Those in files."""
        return self.new.older

    def add(
        self,
        event: dict[str, Any],
        place: tuple[int, int],
        *,
        task: int,
        project: int,
        settles: bool = True,
        step: int = 0,
    ) -> None:
        """Add the next event, whose JSON is at `place` (offset and size), on the task and project with these numbers.

        An event that answers a request counts as what settled it, unless `settles` says that it changed nothing.
        `step` is the code of the step that the task enters with it (`step_codes`).
        """
        self.new.add(event, place, task=task, project=project, settles=settles, step=step)

    def _find(self, seq: int) -> tuple[Segment, int]:
        new, row = self.new, seq - 1
        if row >= new.before:
            return new, row - new.before
        if row < 0:
            raise IndexError("no such event")
        return new.older[row // SEGMENT].opened, row % SEGMENT

    def place(self, seq: int) -> tuple[int, int]:
        """Return offset and size in bytes of an event's JSON."""
        segment, row = self._find(seq)
        return segment.offsets[row], segment.sizes[row]

    def task_of(self, seq: int) -> int:
        """Return the number of the task that an event is on, 0 where it is on none."""
        segment, row = self._find(seq)
        return segment.tasks[row]

    def step_of(self, seq: int) -> int:
        """Return the code of the step that a task enters with an event (`step_codes`)."""
        segment, row = self._find(seq)
        return segment.steps[row]

    def segment_of(self, seq: int) -> tuple[int, Segment]:
        """Return the segment that holds an event, and the number of events before it."""
        segment, row = self._find(seq)
        return seq - 1 - row, segment

    def is_off_timelines(self, seq: int) -> bool:
        """Return whether an event is of a type that is on no timeline."""
        segment, row = self._find(seq)
        return segment.types[row] in OFF_TIMELINE_CODES

    def reply(self, seq: int) -> int:
        """Return the seq of the event that settled the request `seq`, 0 where none did."""
        new = self.new
        if found := new.reply(seq):
            return found
        newest_first = reversed(new.older[(seq - 1) // SEGMENT :])
        return next(filter(None, (segment.opened.reply(seq) for segment in newest_first)), 0)

    def settles(self, seq: int, asked: int) -> bool:
        """Return whether the event `seq` is what settled the request `asked`."""
        segment, _ = self._find(seq)
        return segment.reply(asked) == seq

    def walk(
        self, *, task: int = 0, project: int = 0, start: int = 0, order: Order = "asc", types: tuple[str, ...] = ()
    ) -> Iterator[int]:
        """Yield seqs of a task's, a project's or all timelines after the event `start`, in `order`."""
        codes = frozenset(CODES[name] for name in types if name in CODES)
        if types and not codes:
            return
        wanted = codes or (range(len(TYPES)) if task or project else _ON_TIMELINES)
        new = self.new
        segments: list[StoredSegment | NewEvents] = [*new.older, new]
        if start:
            at = len(new.older) if start > new.before else (start - 1) // SEGMENT
            segments = segments[at:] if order == "asc" else segments[: at + 1]
        for segment in segments if order == "asc" else reversed(segments):
            opened = segment.opened if isinstance(segment, StoredSegment) else segment
            yield from postings.walk(event_segment.runs(opened, task, project, wanted), start, order)
            start = 0

    # -- what is saved

    def columns_of(self, number: int) -> list[array[int]]:
        """Return the columns of the segment with this number, as they are to be written."""
        first, last = number * SEGMENT, min(len(self), (number + 1) * SEGMENT)
        new = self.new
        stored = new.older[number].opened if number < len(new.older) else None
        if stored is not None and last <= new.before:
            return [column.array() for column in stored.columns]
        return new.columns(max(first, new.before) + 1, last, stored)

    def equals(self, other: EventIndex) -> bool:
        """Return whether both hold the same events, read from their first to their last."""
        numbers = range(-(-len(self) // SEGMENT))
        return len(self) == len(other) and all(self.columns_of(at) == other.columns_of(at) for at in numbers)

    def use(self, segments: list[StoredSegment]) -> None:
        """Go on with these segments, which hold all that there is; a walk that is under way ends as it began."""
        self.new = NewEvents(segments)
