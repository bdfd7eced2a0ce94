"""One proof for many events: it leads to the tree's root, is the least that does, and does not with one bit changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.core import merkle
from store.core.shared_proof import KnownNodes, shared_root
from tests.store.test_merkle import Tree, changed
from tests.support.examples import examples


@st.composite
def chosen(draw: st.DrawFn) -> tuple[int, list[int]]:
    """Return a size and some of its leaves."""
    size = draw(st.integers(1, 300))
    return size, sorted(draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=40)))


def proof_of(tree: Tree, size: int, places: list[int]) -> list[bytes]:
    nodes = KnownNodes(size)
    for place in places:
        nodes.add(place, merkle.inclusion_proof(place, size, tree.node))
    return nodes.proof()


def leaves_of(tree: Tree, places: list[int]) -> dict[int, bytes]:
    return {place: merkle.leaf_hash(tree.hashes[place]) for place in places}


@settings(max_examples=examples(60, full=2000))
@given(case=chosen(), bit=st.integers(0, 10**6))
def test_a_shared_proof_leads_to_the_root(case: tuple[int, list[int]], bit: int) -> None:
    """For any leaves of any tree; with a bit of the proof or of a leaf changed, one hash more or less, it does not."""
    size, places = case
    tree = Tree(size)
    proof, leaves, root = proof_of(tree, size, places), leaves_of(tree, places), tree.root(size)
    assert shared_root(size, leaves, proof) == root
    assert shared_root(size, leaves, [*proof, root]) is None
    first = places[bit % len(places)]
    assert shared_root(size, leaves | {first: changed(leaves[first], bit)}, proof) != root
    if proof:
        at = bit % len(proof)
        assert shared_root(size, leaves, [*proof[:at], changed(proof[at], bit), *proof[at + 1 :]]) != root
        assert shared_root(size, leaves, proof[:-1]) is None
    assert shared_root(size, {**leaves, size: root}, proof) is None


def test_it_repeats_nothing() -> None:
    """All leaves need no hash beside them, one leaf as many as its own proof has, and neighbours share theirs."""
    tree = Tree(200)
    assert proof_of(tree, 200, list(range(200))) == []
    assert len(proof_of(tree, 200, [7])) == len(merkle.inclusion_proof(7, 200, tree.node))
    assert len(proof_of(tree, 200, [6, 7])) == len(merkle.inclusion_proof(7, 200, tree.node)) - 1


def test_a_proof_of_another_tree_is_refused() -> None:
    """One that is too short or too long for the size never becomes part of a shared one."""
    tree = Tree(200)
    for size in (100, 300):
        with pytest.raises(ValueError, match="for a tree of"):
            KnownNodes(size).add(5, merkle.inclusion_proof(5, 200, tree.node))
