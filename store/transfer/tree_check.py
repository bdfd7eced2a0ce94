"""The Merkle tree of a database's record, made anew from its events and held against what is stored and was signed."""

from __future__ import annotations

from collections.abc import Iterator

from api_client.errors import StoreDamaged
from store.core import merkle
from store.core.record_proofs import SignedHead
from store.postgres.database_record import DatabaseRecord
from store.postgres.subtree_rows import STORED
from store.postgres.workspace_key import Standing

_AT_ONCE = 256
"""Nodes that are compared at once."""


class TreeCheck:
    """The tree of the events that were read so far."""

    def __init__(self, record: DatabaseRecord) -> None:
        """Start with no event, and with what was signed by now: the record to be read has all that it signs."""
        self._record = record
        self._size = 0
        self._last: dict[int, bytes] = {}
        """The last complete subtree of each level: of all that are complete, those that are needed again."""
        self._waiting: dict[tuple[int, int], bytes] = {}
        """Nodes that were made and not compared yet."""
        self._signed, self._fault = _signed(record)
        self._then = merkle.EMPTY
        """The root over the events that were signed."""

    def add(self, event_hash: str) -> Iterator[str]:
        """Take in the next event; yield in words what is stored otherwise than its events make it."""
        for level, place, node in list(merkle.completed(self._size, merkle.leaf_hash(event_hash), self._node)):
            self._last[level] = node
            if level in STORED:
                self._waiting[level, place] = node
        self._size += 1
        if self._signed is not None and self._signed.head.size == self._size:
            self._then = merkle.root_of(self._size, self._node)
        if len(self._waiting) >= _AT_ONCE:
            yield from self._compare()

    def rest(self, most: int) -> Iterator[str]:
        """Yield the same once all events were read, with at most so many of the nodes that no event has made."""
        yield from self._compare()
        for level, place in self._record.subtrees_behind(most):
            yield f"The node {_words(level, place)} of the Merkle tree is there, and the record has fewer events."
        if self._fault:
            yield self._fault
        elif self._signed is not None and self._signed.head.root != self._then:
            yield f"The record does not begin with the {self._signed.head.size} events that its last checkpoint signs."

    def _node(self, level: int, _place: int) -> bytes:
        return self._last[level]

    def _compare(self) -> Iterator[str]:
        expected, self._waiting = self._waiting, {}
        if not expected:
            return
        for (level, place), node in sorted(self._record.subtrees(list(expected)).items()):
            if node != expected[level, place]:
                yield f"The node {_words(level, place)} of the Merkle tree differs from what these add up to."


def _signed(record: DatabaseRecord) -> tuple[SignedHead | None, str]:
    """Return the last checkpoint, and in words what is wrong with it by itself."""
    public, note = record.signed()
    try:
        return Standing(record.seq, public, note).last(), ""
    except StoreDamaged as fault:
        return None, fault.message


def _words(level: int, place: int) -> str:
    return f"over the events {(place << level) + 1} to {(place + 1) << level}"
