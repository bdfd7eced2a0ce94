"""The Merkle tree over the chain: every proof holds, and none does with one bit changed."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from store.core import merkle
from tests.support.examples import examples

sizes = st.integers(1, 300)


class Tree:
    """A tree in memory, whose complete subtrees are kept in the order in which they are completed."""

    def __init__(self, size: int, salt: int = 0) -> None:
        self.hashes = [hashlib.sha256(b"%d %d" % (salt, number)).hexdigest() for number in range(size)]
        self.stored: list[bytes] = []
        for number, event_hash in enumerate(self.hashes):
            for level, place, node in merkle.completed(number, merkle.leaf_hash(event_hash), self.node):
                assert merkle.stored_at(level, place) == len(self.stored)
                self.stored.append(node)
            assert len(self.stored) == merkle.stored_count(number + 1)

    def node(self, level: int, place: int) -> bytes:
        return self.stored[merkle.stored_at(level, place)]

    def root(self, size: int) -> bytes:
        return merkle.root_of(size, self.node)


def plain_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 writes it down."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@given(size=st.integers(0, 130))
def test_the_root_is_that_of_the_standard(size: int) -> None:
    """It is the hash that the RFC's own recursion makes, for any number of events."""
    tree = Tree(size)
    leaves = [hashlib.sha256(b"\x00" + one.encode()).digest() for one in tree.hashes]
    assert tree.root(size) == plain_root(leaves)


def changed(data: bytes, bit: int) -> bytes:
    """Return bytes with one bit turned."""
    at = bit % (8 * len(data))
    return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


@settings(max_examples=examples(100, 3_000))
@given(size=sizes, pick=st.integers(0), bit=st.integers(0), more=st.integers(1, 70))
def test_an_inclusion_holds_for_its_leaf_alone(size: int, pick: int, bit: int, more: int) -> None:
    """A changed bit of leaf, root or path, another place or size, a path that is longer or shorter: each is refused."""
    tree, place = Tree(size), pick % size
    leaf, root = merkle.leaf_hash(tree.hashes[place]), tree.root(size)
    path = merkle.inclusion_proof(place, size, tree.node)
    assert merkle.is_included(leaf, place, size, path, root)
    assert not merkle.is_included(changed(leaf, bit), place, size, path, root)
    assert not merkle.is_included(leaf, place, size, path, changed(root, bit))
    assert not merkle.is_included(leaf, place, size, [*path, root], root)
    for at, hash_ in enumerate(path):
        assert not merkle.is_included(leaf, place, size, [*path[:at], changed(hash_, bit), *path[at + 1 :]], root)
        assert not merkle.is_included(leaf, place, size, path[:at], root)
    for other in (-1, place - more, place + more, size):
        assert not merkle.is_included(leaf, other, size, path, root)


@settings(max_examples=examples(100, 3_000))
@given(size=sizes, pick=st.integers(0), bit=st.integers(0))
def test_a_consistency_holds_for_its_trees_alone(size: int, pick: int, bit: int) -> None:
    """A changed bit of either root or of the path, or another record of the same size, is refused."""
    tree, old = Tree(size), pick % (size + 1)
    old_root, root = tree.root(old), tree.root(size)
    path = merkle.consistency_proof(old, size, tree.node)
    assert merkle.is_consistent(old, old_root, size, root, path)
    assert not merkle.is_consistent(old, changed(old_root, bit), size, root, path)
    assert not merkle.is_consistent(old, old_root, size, root, [*path, root])
    assert old == 0 or not merkle.is_consistent(old, old_root, size, changed(root, bit), path)
    for at, hash_ in enumerate(path):
        assert not merkle.is_consistent(old, old_root, size, root, [*path[:at], changed(hash_, bit), *path[at + 1 :]])
    assert old == 0 or not merkle.is_consistent(old, Tree(old, salt=1).root(old), size, root, path)
