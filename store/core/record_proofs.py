"""Proofs of a record's events, as they are given out: what folder and database share (CONTRACT.md part 5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from api_client.errors import InvalidRequest, NotFound, StoreDamaged
from api_client.proofs import PROOF_BYTES, PROOFS_MOST, EventProof
from store.core import merkle
from store.core.merkle import Nodes
from store.core.signed_note import LogHead, NoteFault, VerifierKey, read_head, read_note

NO_CHECKPOINT = "This record has no checkpoint yet, and none can be made where it can't be written. {why}"
REWRITTEN = (
    "This record no longer begins as its last checkpoint signed it: some of its first {size} events were changed, "
    "replaced or lost. No other checkpoint is signed. Put the record back from a backup; 'pumpup-tui verify' says what "
    "is wrong with it."
)


class SignedHead(NamedTuple):
    """The last checkpoint that a record signed."""

    note: str
    head: LogHead

    def begins(self, size: int, nodes: Nodes) -> bool:
        """Return whether a record of so many events begins with what was signed: another history is never signed."""
        return self.head.size <= size and merkle.root_of(self.head.size, nodes) == self.head.root

    def holds(self, size: int, nodes: Nodes) -> bool:
        """Return whether the root of the first `size` events, which it covers, is that of the tree that was signed."""
        root, path = merkle.root_of(size, nodes), merkle.consistency_proof(size, self.head.size, nodes)
        return merkle.is_consistent(size, root, self.head.size, self.head.root, path)

    def broken(self) -> StoreDamaged:
        """Return the error for a record that does not."""
        return StoreDamaged(REWRITTEN.format(size=f"{self.head.size:,}"))


def signed_head(data: bytes, key: VerifierKey) -> SignedHead | None:
    """Return a stored checkpoint, None where there is no note: a power cut may leave a file empty, or without content.

    Raises:
        NoteFault: it is a note, and no checkpoint that this key signed.
    """
    try:
        note = read_note(data)
    except NoteFault:
        return None
    try:
        is_ours = key.signed_at(note) is not None
    except NoteFault:
        is_ours = False
    if not is_ours:
        raise NoteFault("that key has not signed this checkpoint")
    return SignedHead(data.decode(), read_head(note.text))


def checked_seqs(seqs: Sequence[int], size: int, count: int) -> None:
    """Check that these events of a record of `count` can be proved against the tree of the first `size`.

    Raises:
        InvalidRequest: too many are named.
        NotFound: the record is shorter, or one is not among them.
    """
    if len(seqs) > PROOFS_MOST:
        raise InvalidRequest(f"At most {PROOFS_MOST} events are proved at once.")
    checked_size(size, count)
    for seq in seqs:
        if not 0 < seq <= size:
            raise NotFound(f"There is no event {seq} among the first {size}.")


def checked_size(size: int, count: int) -> None:
    """Check that a record of `count` events has a tree of the first `size`.

    Raises:
        NotFound: it is shorter.
    """
    if not 0 <= size <= count:
        raise NotFound(f"The record has {count} events, not {size}.")


def event_proof(seq: int, size: int, text: bytes, hashes: tuple[str, str], nodes: Nodes) -> EventProof:
    """Return the proof of an event.

    Args:
        seq: its place in the chain.
        size: the events of the tree.
        text: its JSON as it is hashed.
        hashes: the hash before it, and its own.
        nodes: the tree.
    """
    path = tuple(node.hex() for node in merkle.inclusion_proof(seq - 1, size, nodes))
    return EventProof(seq=seq, event=text.decode(), previous=hashes[0], hash=hashes[1], path=path)


def first_fitting(proofs: Iterable[EventProof]) -> list[EventProof]:
    """Return the first of some proofs whose events are within `PROOF_BYTES` together, but one at the least."""
    found, room = list[EventProof](), PROOF_BYTES
    for proof in proofs:
        room -= len(proof.event)
        if found and room < 0:
            break
        found.append(proof)
    return found


def holds(proof: EventProof, size: int, root: bytes) -> bool:
    """Return whether a proof leads to the root of the first `size` events."""
    path = [bytes.fromhex(node) for node in proof.path]
    return merkle.is_included(merkle.leaf_hash(proof.hash), proof.seq - 1, size, path, root)
