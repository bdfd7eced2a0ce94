"""The places of events by what they are on and of which type: one list of seqs for each pair of both.

The events of a scope (a task, a project, everything) are those of its types, merged. So a page costs the page in either
direction, whether its types are on every event or on none. Number 0 is everything.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
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

    __slots__ = ("ends", "keys", "seqs")

    def __init__(self, keys: NumberColumn, ends: NumberColumn, seqs: NumberColumn) -> None:
        self.keys, self.ends, self.seqs = keys, ends, seqs

    def runs(self, number: int, codes: Collection[int]) -> list[Run]:
        """Return the lists of the events on `number` that are of one of these types."""
        found = []
        group = self.keys.first(key_of(number, 0))
        while group < len(self.keys) and (key := self.keys[group]) <= key_of(number, CODE_MOST):
            if key & CODE_MOST in codes:
                found.append(Run(self.seqs, self.ends[group - 1] if group else 0, self.ends[group]))
            group += 1
        return found

    def lists(self) -> Iterator[tuple[int, array[int]]]:
        """Yield each key with its list."""
        seqs, begin = self.seqs.array(), 0
        for key, end in zip(self.keys.array(), self.ends.array(), strict=True):
            yield key, seqs[begin:end]
            begin = end


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


def columns(older: Iterable[tuple[int, array[int]]], newer: Iterable[tuple[int, list[int]]]) -> list[array[int]]:
    """Return the columns of `Postings` of these lists; where both have a key, the newer seqs follow."""
    keys, ends, seqs = array("Q"), array("I"), array("I")
    newest = -1
    for key, some in merge(older, newer, key=_key):
        seqs.extend(some)
        if key == newest:
            ends[-1] = len(seqs)
        else:
            keys.append(key)
            ends.append(len(seqs))
            newest = key
    return [keys, ends, seqs]


def _key(one: tuple[int, Iterable[int]]) -> int:
    return one[0]
