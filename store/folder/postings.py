"""The places of events by what they are on and of which type: one list of seqs for each pair of both.

The events of a scope (a task, a project, everything) are those of its types, merged. So a page costs the page in either
direction, whether its types are on every event or on none. Number 0 is everything.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from heapq import merge
from typing import NamedTuple

from api_client.models import Order
from store.folder.columns import NumberColumn, Numbers

CODE_BITS = 8
"""Types are told apart by a byte."""
CODE_MOST = (1 << CODE_BITS) - 1


def key_of(number: int, code: int) -> int:
    """Return the key of the events of one type on the task or project with this number."""
    return number << CODE_BITS | code


class Run(NamedTuple):
    """A part of some seqs in order."""

    seqs: Numbers
    begin: int
    end: int

    def walk(self, start: int, order: Order) -> Iterator[int]:
        """Return the seqs after the event `start` (0: all of them) in `order`."""
        begin, end = self.begin, self.end
        if order == "asc":
            begin = bisect_right(self.seqs, start, begin, end) if start else begin
            return map(self.seqs.__getitem__, range(begin, end))
        end = bisect_left(self.seqs, start, begin, end) if start else end
        return map(self.seqs.__getitem__, range(end - 1, begin - 1, -1))


def walk(runs: list[Run], start: int, order: Order) -> Iterator[int]:
    """Return the seqs of all `runs` after the event `start` (0: all of them), merged in `order`."""
    if len(runs) == 1:
        return runs[0].walk(start, order)
    return merge(*(run.walk(start, order) for run in runs), reverse=order == "desc")


class Postings:
    """Lists that do not change any more, one behind the other.

    Args:
        keys: Those there are, in order.
        ends: Behind which row of `seqs` each one's list ends.
        seqs: The lists.
    """

    def __init__(self, keys: NumberColumn, ends: NumberColumn, seqs: NumberColumn) -> None:
        self.keys, self.ends, self.seqs = keys, ends, seqs

    @cached_property
    def _most(self) -> int:
        """The highest number there is: tasks are numbered as they come, so most are in none of the older segments."""
        return self.keys[len(self.keys) - 1] >> CODE_BITS if len(self.keys) else -1

    def runs(self, number: int, codes: Collection[int]) -> list[Run]:
        """Return the lists of the events on `number` that are of one of these types."""
        found: list[Run] = []
        if number > self._most:
            return found
        group = self.keys.first(key_of(number, 0))
        while group < len(self.keys) and (key := self.keys[group]) <= key_of(number, CODE_MOST):
            if key & CODE_MOST in codes:
                found.append(Run(self.seqs, self.ends[group - 1] if group else 0, self.ends[group]))
            group += 1
        return found


class NewPostings:
    """Lists that grow."""

    def __init__(self) -> None:
        self.by_key: defaultdict[int, list[int]] = defaultdict(list)
        """The lists: whoever adds an event puts its seq at the end of one."""

    def runs(self, number: int, codes: Collection[int]) -> list[Run]:
        """Return the lists of the events on `number` that are of one of these types."""
        found = (self.by_key.get(key_of(number, code)) for code in codes)
        return [Run(seqs, 0, len(seqs)) for seqs in found if seqs]

    def lists(self, first: int, last: int) -> Iterator[tuple[int, list[int]]]:
        """Yield each key in order with its seqs from `first` to `last`, if there are any."""
        for key in sorted(self.by_key):
            seqs = self.by_key[key]
            if seqs[0] < first or seqs[-1] > last:
                seqs = seqs[bisect_left(seqs, first) : bisect_right(seqs, last)]
            if seqs:
                yield key, seqs


def columns(older: Postings | None, newer: Iterable[tuple[int, list[int]]]) -> list[array[int]]:
    """Return the columns of `Postings` of these lists, whose keys are in order; newer seqs follow older ones."""
    made = _Columns(older)
    for key, some in newer:
        made.put(key, some)
    return made.rest()


class _Columns:
    """Columns in the making: those of the older lists, copied up to where there is something newer."""

    def __init__(self, older: Postings | None) -> None:
        self._keys, self._ends, self._seqs = array("Q"), array("I"), array("I")
        self._old_keys, self._old_ends, self._old_seqs = array("Q"), array("I"), array("I")
        if older is not None:
            self._old_keys, self._old_ends, self._old_seqs = (
                column.array() for column in (older.keys, older.ends, older.seqs)
            )
        self._copied = 0
        """Older lists that are in."""

    def put(self, key: int, some: list[int]) -> None:
        at = bisect_left(self._old_keys, key, self._copied)
        self._copy(at)
        if at < len(self._old_keys) and self._old_keys[at] == key:
            self._copy(at + 1)
            self._ends.pop()
        else:
            self._keys.append(key)
        self._seqs.extend(some)
        self._ends.append(len(self._seqs))

    def _copy(self, stop: int) -> None:
        if stop > self._copied:
            begin = self._old_ends[self._copied - 1] if self._copied else 0
            shift = len(self._seqs) - begin
            self._keys += self._old_keys[self._copied : stop]
            self._ends.extend([end + shift for end in self._old_ends[self._copied : stop]])
            self._seqs += self._old_seqs[begin : self._old_ends[stop - 1]]
            self._copied = stop

    def rest(self) -> list[array[int]]:
        self._copy(len(self._old_keys))
        return [self._keys, self._ends, self._seqs]
