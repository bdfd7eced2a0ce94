"""The index of events: the place of each in the journal, and its neighbours on its task and its project.

Flat columns, one number an event (45 bytes in all), so that a million events cost 45 MB and a page of any
timeline costs the page. An event's row is its `seq` less one; 0 stands for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from api_client.models import Order
from store.core.event_ids import seq_of
from store.core.event_types import CODES, OFF_TIMELINE_CODES, TYPES
from store.folder.columns import NumberColumn


class Chain:
    """The events of each task (or project) in order, as links from row to row."""

    def __init__(self) -> None:
        self.before = NumberColumn("I")
        self.after = NumberColumn("I")
        self.first = NumberColumn("I", [0])
        self.last = NumberColumn("I", [0])
        self._count = 0
        """Chains that are known to be there: fewer than there are where the columns were read from a checkpoint."""

    def add(self, seq: int, number: int) -> None:
        """Put the event `seq` at the end of the chain `number` (0: of none)."""
        if number >= self._count:
            self._grow(number)
        before = self.last[number] if number else 0
        self.before.append(before)
        self.after.append(0)
        if number:
            if before:
                self.after[before - 1] = seq
            else:
                self.first[number] = seq
            self.last[number] = seq

    def _grow(self, number: int) -> None:
        while len(self.last) <= number:
            self.first.append(0)
            self.last.append(0)
        self._count = len(self.last)

    def walk(self, number: int, start: int, order: Order) -> Iterator[int]:
        """Yield the seqs of a chain after the event `start` (0: from the end where `order` begins)."""
        if number >= len(self.last):
            return
        links = self.after if order == "asc" else self.before
        end = self.first if order == "asc" else self.last
        seq = links[start - 1] if start else end[number]
        while seq:
            yield seq
            seq = links[seq - 1]


class EventIndex:
    """The columns of all events."""

    def __init__(self) -> None:
        self.offsets = NumberColumn("Q")
        self.sizes = NumberColumn("I")
        self.task_numbers = NumberColumn("I")
        self.project_numbers = NumberColumn("I")
        self.replies = NumberColumn("I")
        self.types = bytearray()
        self.tasks = Chain()
        self.projects = Chain()

    def __len__(self) -> int:
        return len(self.offsets)

    def add(
        self, event: dict[str, Any], place: tuple[int, int], *, task: int, project: int, settles: bool = True
    ) -> None:
        """Add the next event, whose JSON is at `place` (offset and size), on the task and project with these numbers.

        An event that answers a request counts as what settled it, unless `settles` says that it changed nothing.
        """
        seq = len(self) + 1
        self.offsets.append(place[0])
        self.sizes.append(place[1])
        self.task_numbers.append(task)
        self.project_numbers.append(project)
        self.replies.append(0)
        self.types.append(CODES.get(event["eventType"], 0))
        self.tasks.add(seq, task)
        self.projects.add(seq, project)
        asked = seq_of(event.get("inResponseTo") or "")
        if settles and 0 < asked < seq:
            self.replies[asked - 1] = seq

    def place(self, seq: int) -> tuple[int, int]:
        """Return offset and size in bytes of an event's JSON."""
        return self.offsets[seq - 1], self.sizes[seq - 1]

    def reply(self, seq: int) -> int:
        """Return the seq of the event that settled the request `seq`, 0 where none did."""
        return self.replies[seq - 1]

    def walk(
        self, *, task: int = 0, project: int = 0, start: int = 0, order: Order = "asc", types: tuple[str, ...] = ()
    ) -> Iterator[int]:
        """Yield seqs of a task's, a project's or all timelines after the event `start`, in `order`."""
        codes = frozenset(CODES[name] for name in types if name in CODES)
        if types and not codes:
            return
        if not task and not project:
            yield from self._walk_all(start, order, codes)
            return
        chain, number = (self.tasks, task) if task else (self.projects, project)
        for seq in chain.walk(number, start, order):
            if not codes or self.types[seq - 1] in codes:
                yield seq

    def _walk_all(self, start: int, order: Order, codes: frozenset[int]) -> Iterator[int]:
        wanted = codes or frozenset(range(len(TYPES))) - OFF_TIMELINE_CODES
        if order == "asc":
            pattern = re.compile(b"[%b]" % b"".join(re.escape(bytes((code,))) for code in sorted(wanted)))
            match = pattern.search(self.types, start)
            while match:
                # Only the row is remembered: a match that lives on locks the buffer, which could not grow.
                row = match.start()
                match = None
                yield row + 1
                match = pattern.search(self.types, row + 1)
            return
        row = (start or len(self) + 1) - 1
        while (row := max(self.types.rfind(code, 0, row) for code in wanted)) >= 0:
            yield row + 1
