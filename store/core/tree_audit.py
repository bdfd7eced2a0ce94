"""The Merkle tree over a record that is read from its first event on: its roots at some sizes. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from store.core import merkle


class TreeAudit:
    """The roots of one record; it holds only what the next leaf may complete."""

    def __init__(self, sizes: Iterable[int]) -> None:
        """Begin before the first event; the roots of the first so many events are wanted."""
        self._wanted = frozenset(sizes)
        self._edge: list[bytes] = []
        self.size = 0
        self.roots: dict[int, bytes] = {0: merkle.EMPTY} if 0 in self._wanted else {}

    def take(self, event_hash: str) -> bytes:
        """Take the next event; return the hashes of the subtrees that it completes, one after the other."""
        nodes = merkle.grow(self._edge, self.size, merkle.leaf_hash(event_hash))
        self.size += 1
        if self.size in self._wanted:
            self.roots[self.size] = merkle.root_over(self._edge)
        return b"".join(nodes)
