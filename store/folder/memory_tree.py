"""A Merkle tree in memory, for a record that takes no writes and whose file `tree` is missing or behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial

from store.core import merkle
from store.core.merkle import Nodes
from store.folder.head import Position

_HASH = 32


class MemoryTree:
    """The complete subtrees of the first events, 64 bytes an event."""

    def __init__(self) -> None:
        self._nodes = bytearray()
        self._size = 0
        self._guard = threading.Lock()

    def grown(self, position: Position, hashes: Callable[[int], Iterable[str]]) -> Nodes:
        """Return the nodes of a record that ends at a position; `hashes` gives those of its events from a place on.

        Callers may be at different positions: what has grown beyond one of them holds its nodes too.
        """
        with self._guard:
            if not self._holds(position):
                self._nodes, self._size = bytearray(), 0  # a new one: another caller may be reading from the old
            nodes = partial(_node, self._nodes)
            for event_hash in hashes(self._size) if self._size < position.events else ():
                for _, _, node in merkle.completed(self._size, merkle.leaf_hash(event_hash), nodes):
                    self._nodes += node
                self._size += 1
        return nodes

    def _holds(self, position: Position) -> bool:
        """Return whether this is, or may become, the tree of a record that ends at a position."""
        if not 0 < position.events <= self._size:
            return True
        # The chain's last hash stands for all before it.
        return _node(self._nodes, 0, position.events - 1) == merkle.leaf_hash(position.hash)


def _node(nodes: bytearray, level: int, place: int) -> bytes:
    start = merkle.stored_at(level, place) * _HASH
    return bytes(nodes[start : start + _HASH])
