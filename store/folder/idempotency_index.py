"""The index of idempotency records: for each key that was answered, the line of the journal with the answer.

Keys and answers stay on disk, for as long as the journal does. Here each record takes eight bytes of digest and eight
of offset, in a few sorted runs that are read from their files as they are asked for, the newest in a dictionary;
whoever looks a key up compares it with the one on the line, for two keys may have the same digest.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple

from store.core.idempotency import digest
from store.folder.columns import BLOCK, ColumnFile, NumberColumn

FRESH = 4096
"""Records that are gathered before they are sorted into a run."""
RATIO = 3
"""A run is joined with the next while it is not so many times as long: so they stay few."""
_BITS, _BYTES = 64, 8


class SortedRun(NamedTuple):
    """Records sorted by digest, of the lines in a range of the journal."""

    digests: array[int] | NumberColumn
    offsets: array[int] | NumberColumn
    begin: int = 0
    """The byte at which the range begins."""
    end: int = 0
    file: ColumnFile | None = None
    """A file of its own that they are in."""
    firsts: array[int] | None = None
    """The first digest of each block of such a file: with them a look reads one block."""

    def first_row(self, wanted: int) -> int:
        """Return the first row with a digest that is `wanted` or more."""
        if self.firsts is None or not isinstance(self.digests, NumberColumn):
            return first_row(self.digests, wanted)
        return self.digests.first_in(max(0, bisect_left(self.firsts, wanted) - 1), wanted)

    @property
    def is_stored(self) -> bool:
        """Whether it is in a file."""
        return isinstance(self.digests, NumberColumn)

    def records(self) -> Iterator[tuple[int, int]]:
        """Yield the records, sorted."""
        return zip(_numbers(self.digests), _numbers(self.offsets), strict=True)


def _numbers(column: array[int] | NumberColumn) -> Iterator[int]:
    if isinstance(column, NumberColumn):
        return chain.from_iterable(array("Q", piece) for piece in column.pieces())
    return iter(column)


def run_of(records: Iterable[tuple[int, int]], begin: int = 0, end: int = 0) -> SortedRun:
    """Return a run of records that come sorted."""
    digests, offsets = array("Q"), array("Q")
    for digest_, offset in records:
        digests.append(digest_)
        offsets.append(offset)
    return SortedRun(digests, offsets, begin, end)


def firsts_of(digests: array[int] | NumberColumn) -> array[int]:
    """Return the first of each block that digests take in a file."""
    return array("Q", map(digests.__getitem__, range(0, len(digests), BLOCK // _BYTES)))


def first_row(digests: array[int] | NumberColumn, wanted: int) -> int:
    """Return the first row with a digest that is `wanted` or more: they are spread evenly, so it is near its place."""
    if isinstance(digests, NumberColumn):
        return digests.first(wanted, near=wanted * len(digests) >> _BITS)
    return bisect_left(digests, wanted)


def join(older: SortedRun, newer: SortedRun) -> SortedRun:
    """Return the records of both."""
    return run_of(merge(older.records(), newer.records()), older.begin, newer.end)


class IdempotencyIndex:
    """The line's offset for each digest."""

    def __init__(self, runs: Iterable[SortedRun] = ()) -> None:
        self.runs = list(runs)
        self._fresh: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return sum(len(run.digests) for run in self.runs) + sum(map(len, self._fresh.values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IdempotencyIndex) or len(self) != len(other):
            return False
        return all(ours == theirs for ours, theirs in zip(self.records(), other.records(), strict=True))

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, record: dict[str, Any], offset: int) -> None:
        """Remember a key record and the offset of its line."""
        digest_ = digest((record["caller"], record["path"], record["key"]))
        self._fresh.setdefault(digest_, []).append(offset)
        if len(self._fresh) >= FRESH:
            self.settle(offset + 1)

    def lines(self, scope: tuple[str, str, str]) -> list[int]:
        """Return the offsets of the lines that may hold this scope's answer."""
        wanted = digest(scope)
        found = list(self._fresh.get(wanted, ()))
        for run in self.runs:
            row = run.first_row(wanted)
            while row < len(run.digests) and run.digests[row] == wanted:
                found.append(run.offsets[row])
                row += 1
        return found

    def records(self) -> Iterator[tuple[int, int]]:
        """Yield all records, sorted."""
        return merge(*(run.records() for run in self.runs), self._sorted_fresh())

    def settle(self, end: int) -> None:
        """Sort what came with the lines before the byte `end` into a run, and join runs that are in no file yet."""
        if self._fresh:
            begin = self.runs[-1].end if self.runs else 0
            self.runs.append(run_of(self._sorted_fresh(), begin, end))
            self._fresh = {}
        while len(self.runs) > 1 and not self.runs[-2].is_stored and _is_due(self.runs):
            newer, older = self.runs.pop(), self.runs.pop()
            self.runs.append(join(older, newer))

    def to_store(self, most: int) -> list[SortedRun]:
        """Return runs of all records that were settled, joined as far as none grows over `most`."""
        runs = list(self.runs)
        while len(runs) > 1 and _is_due(runs) and len(runs[-1].digests) + len(runs[-2].digests) <= most:
            newer, older = runs.pop(), runs.pop()
            runs.append(join(older, newer))
        return runs

    def _sorted_fresh(self) -> list[tuple[int, int]]:
        return sorted((digest_, offset) for digest_, offsets in self._fresh.items() for offset in offsets)


def _is_due(runs: Sequence[SortedRun]) -> bool:
    return len(runs[-2].digests) <= RATIO * len(runs[-1].digests)
