"""The index of idempotency records: for each key that was answered, the line of the journal with the answer.

Keys and answers stay on disk, for as long as the journal does. Here each record takes eight bytes of digest and eight
of offset, so that a million of them cost 16 MB. They are in a few sorted runs, the newest in a dictionary; whoever
looks a key up compares it with the one on the line, for two keys may have the same digest.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import merge
from typing import Any, NamedTuple

from store.core.idempotency import digest

FRESH = 4096
"""Records that are gathered before they are sorted into a run."""


class SortedRun(NamedTuple):
    """Records sorted by digest."""

    digests: array[int]
    offsets: array[int]

    @classmethod
    def of(cls, records: Iterable[tuple[int, int]]) -> SortedRun:
        """Return a run of records that come sorted."""
        run = cls(array("Q"), array("Q"))
        for digest_, offset in records:
            run.digests.append(digest_)
            run.offsets.append(offset)
        return run


class IdempotencyIndex:
    """The line's offset for each digest."""

    def __init__(self, runs: Iterable[SortedRun] = ()) -> None:
        self.runs = list(runs)
        self._fresh: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return sum(len(run.digests) for run in self.runs) + sum(map(len, self._fresh.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdempotencyIndex) and list(self.records()) == list(other.records())

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, record: dict[str, Any], offset: int) -> None:
        """Remember a key record and the offset of its line."""
        digest_ = digest((record["caller"], record["path"], record["key"]))
        self._fresh.setdefault(digest_, []).append(offset)
        if len(self._fresh) >= FRESH:
            self.settle()

    def lines(self, scope: tuple[str, str, str]) -> list[int]:
        """Return the offsets of the lines that may hold this scope's answer."""
        wanted = digest(scope)
        found = list(self._fresh.get(wanted, ()))
        for digests, offsets in self.runs:
            row = bisect_left(digests, wanted)
            while row < len(digests) and digests[row] == wanted:
                found.append(offsets[row])
                row += 1
        return found

    def records(self) -> Iterator[tuple[int, int]]:
        """Yield all records, sorted."""
        return merge(*(zip(*run, strict=True) for run in self.runs), self._sorted_fresh())

    def settle(self) -> None:
        """Sort what came into a run, and join runs while one is not much larger than the next: so they stay few."""
        if self._fresh:
            self.runs.append(SortedRun.of(self._sorted_fresh()))
            self._fresh = {}
        while len(self.runs) > 1 and len(self.runs[-2].digests) <= 2 * len(self.runs[-1].digests):
            newer, older = self.runs.pop(), self.runs.pop()
            self.runs.append(SortedRun.of(merge(zip(*older, strict=True), zip(*newer, strict=True))))

    def _sorted_fresh(self) -> list[tuple[int, int]]:
        return sorted((digest_, offset) for digest_, offsets in self._fresh.items() for offset in offsets)
