"""The Merkle tree of a database's record, made anew from its events and held against what is stored of it."""

from __future__ import annotations

from collections.abc import Iterator

from store.core import merkle
from store.postgres.database_record import DatabaseRecord
from store.postgres.subtree_rows import STORED

_AT_ONCE = 256
"""Nodes that are compared at once."""


class TreeCheck:
    """The tree of the events that were read so far."""

    def __init__(self, record: DatabaseRecord) -> None:
        self._record = record
        self._size = 0
        self._last: dict[int, bytes] = {}
        """The last complete subtree of each level: of all that are complete, those that are needed again."""
        self._waiting: dict[tuple[int, int], bytes] = {}
        """Nodes that were made and not compared yet."""

    def add(self, event_hash: str) -> Iterator[str]:
        """Take in the next event; yield in words what is stored otherwise than its events make it."""
        for level, place, node in list(merkle.completed(self._size, merkle.leaf_hash(event_hash), self._node)):
            self._last[level] = node
            if level in STORED:
                self._waiting[level, place] = node
        self._size += 1
        if len(self._waiting) >= _AT_ONCE:
            yield from self._compare()

    def rest(self, most: int) -> Iterator[str]:
        """Yield the same once all events were read, and at most so many of the nodes that no event has made."""
        yield from self._compare()
        for level, place in self._record.subtrees_behind(most):
            yield f"The node {_words(level, place)} of the Merkle tree is there, and the record has fewer events."

    def root(self) -> bytes:
        """Return the root over all events that were taken in."""
        return merkle.root_of(self._size, self._node)

    def _node(self, level: int, _place: int) -> bytes:
        return self._last[level]

    def _compare(self) -> Iterator[str]:
        expected, self._waiting = self._waiting, {}
        if not expected:
            return
        for (level, place), node in sorted(self._record.subtrees(list(expected)).items()):
            if node != expected[level, place]:
                yield f"The node {_words(level, place)} of the Merkle tree differs from what these add up to."


def _words(level: int, place: int) -> str:
    return f"over the events {(place << level) + 1} to {(place + 1) << level}"
