"""The Merkle tree over the chain (RFC 6962, section 2.1): roots, and proofs that it holds an event, or only grew.

Pure. A leaf's data is an event's hash as 64 hex digits. The tree is not held: of the hashes of its complete subtrees
those that are needed are asked for, at most two for each bit of its size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import reduce

Nodes = Callable[[int, int], bytes]
"""Returns the hash of a complete subtree, by its level (0: a leaf) and its place among those of this level."""
EMPTY = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


def leaf_hash(event_hash: str) -> bytes:
    """Return the hash of the leaf of an event."""
    return hashlib.sha256(b"\x00" + event_hash.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed(size: int, leaf: bytes, nodes: Nodes) -> Iterator[tuple[int, int, bytes]]:
    """Yield level, place and hash of each subtree that the next leaf completes, itself the first.

    Args:
        size: the leaves before it.
        leaf: its hash.
        nodes: the complete subtrees before it.
    """
    level, place, node = 0, size, leaf
    yield level, place, node
    while place & 1:
        node = node_hash(nodes(level, place - 1), node)
        level, place = level + 1, place >> 1
        yield level, place, node


def grow(edge_nodes: list[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the hashes of the subtrees that the next leaf completes, itself the first, and bring the edge up to date.

    Args:
        edge_nodes: the hashes of the subtrees of `edge(size)`; after it, those of `edge(size + 1)`.
        size: the leaves before it.
        leaf: its hash.
    """
    nodes = [leaf]
    while size & 1:
        leaf = node_hash(edge_nodes.pop(), leaf)
        nodes.append(leaf)
        size >>= 1
    edge_nodes.append(leaf)
    return nodes


def root_over(edge_nodes: Sequence[bytes]) -> bytes:
    """Return the root of the tree whose edge these are."""
    if not edge_nodes:
        return EMPTY
    return reduce(lambda right, left: node_hash(left, right), reversed(edge_nodes))


def stored_count(size: int) -> int:
    """Return the number of complete subtrees of a tree with so many leaves."""
    return 2 * size - size.bit_count()


def stored_at(level: int, place: int) -> int:
    """Return the place of a complete subtree among all of them, in the order in which they are completed."""
    last_leaf = ((place + 1) << level) - 1
    return stored_count(last_leaf) + level


def size_of(stored: int) -> int:
    """Return the most leaves whose complete subtrees are so many or fewer."""
    size = stored // 2
    while stored_count(size + 1) <= stored:
        size += 1
    return size


def edge(size: int) -> list[tuple[int, int]]:
    """Return level and place of the complete subtrees that the next leaf may complete, the largest first."""
    return [(level, (size >> level) - 1) for level in reversed(range(size.bit_length())) if size >> level & 1]


def root_of(size: int, nodes: Nodes) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return EMPTY if size == 0 else _range_hash(0, size, nodes)


def _range_hash(start: int, end: int, nodes: Nodes) -> bytes:
    """Return the hash over some leaves, `start` being a multiple of the largest power of two that fits among them."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, nodes), _range_hash(middle, end, nodes))


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(place: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that lead from the leaf at `place` (from 0) to the root of the first `size` leaves.

    Raises:
        ValueError: there is no such leaf among them.
    """
    if not 0 <= place < size:
        raise ValueError(f"there is no leaf {place} among {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if place < middle:
            path.append(_range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_range_hash(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency_proof(old: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that show that the tree of the first `size` leaves begins with that of the first `old`.

    Raises:
        ValueError: it can't: `old` is not among 0 to `size`.
    """
    if not 0 <= old <= size:
        raise ValueError(f"{old} leaves are not the first of {size}")
    if old in (0, size):
        return []
    path: list[bytes] = []
    start, end, is_whole = 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_range_hash(start, middle, nodes))
            start, is_whole = middle, False
    if not is_whole:
        path.append(_range_hash(start, end, nodes))
    return path[::-1]


def is_included(leaf: bytes, place: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether a proof leads from a leaf to a root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= place < size:
        return False
    at, last, node = place, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether a proof shows that one tree begins with another one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= size or (size == 0 and root != EMPTY):
        return False
    if old in (0, size):
        return not path and old_root == (root if old else EMPTY)
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == root
