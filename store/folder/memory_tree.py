"""A Merkle tree in memory, for a record that takes no writes and whose file `tree` is missing or behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from store.core import merkle
from store.core.chain import NO_HASH
from store.core.merkle import Nodes
from store.folder.head import Position

_HASH = 32


class MemoryTree:
    """The complete subtrees of the first events, 64 bytes an event."""

    def __init__(self) -> None:
        self._nodes = bytearray()
        self._size, self._last_hash = 0, NO_HASH
        self._guard = threading.Lock()

    def grown(self, position: Position, hashes: Callable[[int], Iterable[str]]) -> Nodes:
        """Return the nodes of a record that ends at a position; `hashes` gives those of its events from a place on."""
        with self._guard:
            if self._size > position.events or (self._size == position.events and self._last_hash != position.hash):
                self._nodes, self._size = bytearray(), 0
            for event_hash in hashes(self._size):
                for _, _, node in merkle.completed(self._size, merkle.leaf_hash(event_hash), self.node):
                    self._nodes += node
                self._size += 1
            self._last_hash = position.hash
        return self.node

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a complete subtree."""
        start = merkle.stored_at(level, place) * _HASH
        return bytes(self._nodes[start : start + _HASH])
