"""One inclusion proof for many leaves of a Merkle tree (RFC 6962): the least hashes that lead from them to its root.

Pure. Leaves that stand near each other share most of their ways to the root, and often are each other's siblings: as
many proofs of one leaf each would repeat all that. The proof is a list without places, for the places follow: level by
level from the leaves up, each known node from left to right takes its sibling where that is known too, else the next
hash of the list. The last node of a level that is odd in number has no sibling and is taken over by the next one, which
gives the same tree as RFC 6962 does by splitting from the top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from store.core.merkle import node_hash


class KnownNodes:
    """The nodes of a tree beside the ways from some leaves to its root, collected out of one proof after the other."""

    def __init__(self, size: int) -> None:
        """Take the number of the tree's leaves."""
        self._size = size
        self._places: set[int] = set()
        self._nodes: dict[tuple[int, int], bytes] = {}

    def add(self, place: int, path: Sequence[bytes]) -> None:
        """Take the inclusion proof of the leaf at a place, from 0.

        Raises:
            ValueError: it is too short or too long for this tree.
        """
        level, width, hashes = 0, self._size, iter(path)
        self._places.add(place)
        while width > 1:
            if (place ^ 1) < width:
                sibling = next(hashes, None)
                if sibling is None:
                    raise ValueError(f"the proof is too short for a tree of {self._size}")
                self._nodes[level, place ^ 1] = sibling
            level, place, width = level + 1, place >> 1, (width + 1) >> 1
        if next(hashes, None) is not None:
            raise ValueError(f"the proof is too long for a tree of {self._size}")

    def proof(self) -> list[bytes]:
        """Return the shared proof of all these leaves."""
        return [self._nodes[needed] for needed in needed_nodes(self._size, sorted(self._places))]


def needed_nodes(size: int, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield level and place of each hash of a shared proof, in its order.

    Args:
        size: the leaves of the tree.
        places: those of the leaves that are proved, in order.
    """
    level, width = 0, size
    known = list(places)
    while width > 1:
        among = set(known)
        yield from ((level, at ^ 1) for at in known if (at ^ 1) < width and (at ^ 1) not in among)
        known = list(dict.fromkeys(at >> 1 for at in known))
        level, width = level + 1, (width + 1) >> 1


def shared_root(size: int, leaves: Mapping[int, bytes], proof: Sequence[bytes]) -> bytes | None:
    """Return the root to which a shared proof leads, None where it is none for these leaves.

    Args:
        size: the leaves of the tree.
        leaves: the hashes of those that are proved, by their places.
        proof: the hashes beside them.
    """
    if not leaves or min(leaves) < 0 or max(leaves) >= size:
        return None
    known = dict(sorted(leaves.items()))
    hashes = iter(proof)
    width = size
    while width > 1:
        above: dict[int, bytes] = {}
        for at, node in known.items():
            if at >> 1 in above:
                continue
            if (at ^ 1) >= width:
                above[at >> 1] = node
                continue
            sibling = known.get(at ^ 1) or next(hashes, None)
            if sibling is None:
                return None
            above[at >> 1] = node_hash(sibling, node) if at & 1 else node_hash(node, sibling)
        known, width = above, (width + 1) >> 1
    return known[0] if next(hashes, None) is None else None
