"""The Merkle tree of a database's record, made anew from its events and held against what is stored and was signed."""

from __future__ import annotations

from collections.abc import Iterator

from api_client.errors import StoreDamaged
from store.core.signed_note import LogHead
from store.postgres.database_record import DatabaseRecord
from store.postgres.subtree_rows import STORED
from store.postgres.workspace_key import Standing
from store.transfer.findings import Findings
from store.transfer.tree_findings import TreeFindings

_AT_ONCE = 256
"""Nodes that are compared at once."""
_HASH = 32


class DatabaseTree:
    """The tree of the events that were read so far."""

    def __init__(self, record: DatabaseRecord, expected: LogHead | None) -> None:
        """Begin before the first event; what was signed by now must be in the record as it is read then."""
        self._record = record
        signed, self._fault = _signed(record)
        self._tree = TreeFindings(expected, signed)
        self._size = 0
        self._waiting: dict[tuple[int, int], bytes] = {}
        """Nodes that were made and not compared yet."""

    def take(self, event_hash: str) -> Iterator[str]:
        """Take the next event; yield in words what is stored otherwise than its events make it."""
        nodes = self._tree.take(event_hash)
        for level in STORED:
            if node := nodes[_HASH * level : _HASH * (level + 1)]:
                self._waiting[level, self._size >> level] = node
        self._size += 1
        if len(self._waiting) >= _AT_ONCE:
            yield from self._compare()

    def rest(self, most: int) -> Iterator[str]:
        """Yield the same once all events were taken, with at most so many of the nodes that no event has made."""
        yield from self._compare()
        for level, place in self._record.subtrees_behind(most):
            yield f"The node {_words(level, place)} of the Merkle tree is there, and the record has fewer events."

    def report(self, findings: Findings) -> None:
        """Note where the record does not begin with a checkpoint, or its own last one is none."""
        self._tree.report(findings)
        if self._fault:
            findings.wrong.append(self._fault)

    def _compare(self) -> Iterator[str]:
        expected, self._waiting = self._waiting, {}
        if not expected:
            return
        for (level, place), node in sorted(self._record.subtrees(list(expected)).items()):
            if node != expected[level, place]:
                yield f"The node {_words(level, place)} of the Merkle tree differs from what these add up to."


def _signed(record: DatabaseRecord) -> tuple[LogHead | None, str]:
    """Return what the last checkpoint signs, and in words what is wrong with it by itself."""
    public, note = record.signed()
    try:
        last = Standing(record.seq, public, note).last()
    except StoreDamaged as fault:
        return None, fault.message
    return None if last is None else last.head, ""


def _words(level: int, place: int) -> str:
    return f"over the events {(place << level) + 1} to {(place + 1) << level}"
