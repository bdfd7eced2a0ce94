"""Which idempotency keys were answered, and on which line of the journal the answer stands.

The keys and answers stay on disk, for as long as the journal does; here are eight bytes of digest and eight of
offset each, so that a million records cost 16 MB. They stand in a few sorted runs, the newest in a dictionary; two
keys of the same digest are told apart by what stands on their lines.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import merge
from typing import Any, NamedTuple

FRESH = 4096
"""Records that are gathered before they are sorted into a run."""


def digest(caller: str, path: str, key: str) -> int:
    """Return 64 bits of the scope that a key is good for (CONTRACT.md part 3, Idempotency)."""
    text = "\0".join((caller, path, key)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def is_record(record: dict[str, Any]) -> bool:
    """Tell whether a line's key record is one: what an older version read in may be any JSON."""
    return (
        isinstance(record, dict)
        and all(isinstance(record.get(name), str) for name in ("caller", "path", "key"))
        and isinstance(record.get("answer"), dict)
    )


class Run(NamedTuple):
    """Records sorted by digest."""

    digests: array[int]
    offsets: array[int]

    @classmethod
    def of(cls, records: Iterable[tuple[int, int]]) -> Run:
        """Return a run of records that come sorted."""
        run = cls(array("Q"), array("Q"))
        for found, offset in records:
            run.digests.append(found)
            run.offsets.append(offset)
        return run


class Remembered:
    """The line's offset for each digest."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self.runs = list(runs)
        self._fresh: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return sum(len(run.digests) for run in self.runs) + sum(map(len, self._fresh.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remembered) and list(self.records()) == list(other.records())

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, record: dict[str, Any], offset: int) -> None:
        """Remember a key record and the offset of its line."""
        found = digest(record["caller"], record["path"], record["key"])
        self._fresh.setdefault(found, []).append(offset)
        if len(self._fresh) >= FRESH:
            self.settle()

    def lines(self, caller: str, path: str, key: str) -> Iterator[int]:
        """Yield the offsets of the lines where this scope's answer may stand."""
        wanted = digest(caller, path, key)
        yield from self._fresh.get(wanted, ())
        for digests, offsets in self.runs:
            row = bisect_left(digests, wanted)
            while row < len(digests) and digests[row] == wanted:
                yield offsets[row]
                row += 1

    def records(self) -> Iterator[tuple[int, int]]:
        """Yield all records, sorted."""
        return merge(*(zip(*run, strict=True) for run in self.runs), self._sorted_fresh())

    def settle(self) -> None:
        """Sort what came into a run, and join runs while one is not much larger than the next: so they stay few."""
        if self._fresh:
            self.runs.append(Run.of(self._sorted_fresh()))
            self._fresh = {}
        while len(self.runs) > 1 and len(self.runs[-2].digests) <= 2 * len(self.runs[-1].digests):
            newer, older = self.runs.pop(), self.runs.pop()
            self.runs.append(Run.of(merge(zip(*older, strict=True), zip(*newer, strict=True))))

    def _sorted_fresh(self) -> list[tuple[int, int]]:
        return sorted((found, offset) for found, offsets in self._fresh.items() for offset in offsets)
