"""Segments of the event index: those in files, which never change, and the newest events, in memory."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from api_client.errors import StoreFault
from store.core.event_ids import seq_of
from store.core.event_types import CODES, settled_by
from store.folder import postings
from store.folder.columns import BlockPool, CheckpointDamaged, ColumnFile, NumberColumn
from store.folder.postings import CODE_BITS, NewPostings, Postings, Run

COLUMNS = 16
"""Columns of a segment."""


class EventSegment:
    """Events in a file, in columns: their places, types and tasks, replies, postings, and the steps they enter."""

    def __init__(self, columns: Sequence[NumberColumn], file: ColumnFile | None = None) -> None:
        """Use these columns; `file` is a file of its own that they are in."""
        self.columns, self.file = columns, file
        self.types, self.offsets, self.sizes, self.tasks, self._asked, self._settled = columns[:6]
        self.on_tasks, self.on_projects, self.of_all = (Postings(*columns[at : at + 3]) for at in (6, 9, 12))
        self.steps = columns[15]

    def __len__(self) -> int:
        return len(self.offsets)

    def reply(self, seq: int) -> int:
        """Return the seq of the event in this segment that settled the request `seq`, 0 where none did."""
        row = self._asked.first(seq)
        return self._settled[row] if row < len(self._asked) and self._asked[row] == seq else 0

    def replies(self) -> Iterator[tuple[int, int]]:
        """Yield the seqs of each request that was settled here, and of what settled it."""
        return zip(self._asked.array(), self._settled.array(), strict=True)


class NewEvents:
    """Events that are in no file yet, in the same form but for what has to grow."""

    def __init__(self, older: list[StoredSegment]) -> None:
        """Start behind the events of these segments."""
        self.older = older
        self.before = sum(segment.count for segment in older)
        """How many they are."""
        self.types = array("B")
        self.offsets = array("Q")
        self.sizes = array("I")
        self.tasks = array("I")
        self.steps = array("B")
        self._replies: dict[int, int] = {}
        self.on_tasks, self.on_projects, self.of_all = NewPostings(), NewPostings(), NewPostings()

    def __len__(self) -> int:
        return len(self.offsets)

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
        """See `EventIndex.add`."""
        seq = self.before + len(self.offsets) + 1
        code = CODES.get(event["eventType"], 0)
        self.offsets.append(place[0])
        self.sizes.append(place[1])
        self.tasks.append(task)
        self.types.append(code)
        self.steps.append(step)
        # Three times an event of a replay: so without a call.
        self.of_all.by_key[code].append(seq)
        if task:
            self.on_tasks.by_key[task << CODE_BITS | code].append(seq)
        if project:
            self.on_projects.by_key[project << CODE_BITS | code].append(seq)
        asked = seq_of(settled_by(event))
        if settles and 0 < asked < seq:
            self._replies[asked] = seq

    def reply(self, seq: int) -> int:
        """Return the seq of the event among these that settled the request `seq`, 0 where none did."""
        return self._replies.get(seq, 0)

    def replies(self) -> Iterator[tuple[int, int]]:
        """Yield the seqs of each request that was settled here, and of what settled it."""
        yield from self._replies.items()

    def columns(self, first: int, last: int, older: EventSegment | None) -> list[array[int]]:
        """Return the columns of a segment of `older` and these events from `first` to `last` behind it."""
        begin, end = first - self.before - 1, last - self.before
        plain = [column[begin:end] for column in (self.types, self.offsets, self.sizes, self.tasks, self.steps)]
        replies = {asked: settled for asked, settled in self._replies.items() if first <= settled <= last}
        old: tuple[Postings | None, ...] = (None, None, None)
        if older is not None:
            was = (older.types, older.offsets, older.sizes, older.tasks, older.steps)
            plain = [column.array() + more for column, more in zip(was, plain, strict=True)]
            replies = dict(older.replies()) | replies
            old = (older.on_tasks, older.on_projects, older.of_all)
        pairs = sorted(replies.items())
        columns = [*plain[:4], array("I", [asked for asked, _ in pairs]), array("I", [settled for _, settled in pairs])]
        for lists, new in zip(old, (self.on_tasks, self.on_projects, self.of_all), strict=True):
            columns += postings.columns(lists, new.lists(first, last))
        return [*columns, plain[4]]


Segment = EventSegment | NewEvents


def part(column: array[int] | NumberColumn, start: int, stop: int) -> array[int]:
    """Return the numbers of a column from the row `start` to before `stop`.

    Raises:
        CheckpointDamaged: they are not as they were written.
    """
    if isinstance(column, array):
        return column[start:stop]
    numbers = array(column.kind)
    for piece in column.range(start, stop):
        numbers.frombytes(piece)
    return numbers


def runs(segment: Segment, task: int, project: int, codes: Collection[int]) -> list[Run]:
    """Return the lists of a segment's events of these types on a task, on a project or on all."""
    if task:
        return segment.on_tasks.runs(task, codes)
    return segment.on_projects.runs(project, codes) if project else segment.of_all.runs(0, codes)


class StoredSegment:
    """A segment that is in files: opened when it is first asked for."""

    def __init__(self, count: int, path: Path | None = None, pool: BlockPool | None = None, token: str = "") -> None:
        """Stand for `count` events in the file at `path`, whose content `token` names."""
        self.count, self.path, self._pool, self.token = count, path, pool, token

    @classmethod
    def of(cls, segment: EventSegment) -> StoredSegment:
        """Return one that is open."""
        made = cls(len(segment))
        made.opened = segment
        return made

    @cached_property
    def opened(self) -> EventSegment:
        """The segment.

        Raises:
            CheckpointDamaged: the file is missing, or not the one that was written.
        """
        assert self.path is not None and self._pool is not None  # noqa: S101 - else it was made open
        try:
            file = ColumnFile(self.path, self._pool)
            segment = EventSegment(file.columns(), file)
        except (StoreFault, OSError, ValueError, KeyError, TypeError, struct.error) as fault:
            raise CheckpointDamaged(self.path) from fault
        if file.token != self.token or len(segment) != self.count:
            raise CheckpointDamaged(self.path)
        return segment

    def is_at(self, path: Path) -> bool:
        """Return whether its file is the one at `path`."""
        return self.path == path and self.opened.file is not None and self.opened.file.file.is_at(path)
