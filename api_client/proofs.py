"""Signed checkpoints of a record, and proofs that it holds an event or only grew (CONTRACT.md part 5).

Hashes are written as 64 hex digits. `store/core/merkle.py` says how the tree is made, and checks such proofs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from api_client.wire import Wire

PROOFS_MOST = 100
"""Events that one call proves at the most."""


class EventProof(Wire):
    """One event as it stands in the chain, and the way from its leaf to a root of the tree."""

    seq: int
    """Its place in the chain, from 1; its leaf's place is one less."""
    event: str
    """Its JSON without `hash`, byte for byte as it is hashed."""
    previous: str
    """The hash of the event before it, which its own needs; 64 zeros before the first."""
    hash: str
    path: tuple[str, ...]
    """The hashes beside the way to the root of the first `size` events, the lowest first (RFC 6962, 2.1.1)."""


class EventProofs(Wire):
    """Proofs of several events against one tree."""

    items: tuple[EventProof, ...]


class Consistency(Wire):
    """The proof that one tree begins with another (RFC 6962, 2.1.2)."""

    path: tuple[str, ...]


class Proofs(Protocol):
    """The reads of a record's Merkle tree, for a backend whose `me` has `proofs`.

    All raise `NotAllowed` where there is none, with the reason.
    """

    async def checkpoint(self) -> str:
        """Return a signed note of the record as it is now: its origin, size and root (C2SP tlog-checkpoint).

        Raises:
            StoreError: the record has no key yet, and none can be made where it is.
        """
        ...

    async def key(self) -> str:
        """Return the public key of its checkpoints (C2SP signed-note's form), empty before the first of them."""
        ...

    async def of(self, seqs: Sequence[int], size: int) -> Sequence[EventProof]:
        """Return proofs of at most `PROOFS_MOST` events against the tree of the first `size`, in the order asked for.

        Raises:
            NotFound: one of them is not among the first `size`, or the record is shorter.
            InvalidRequest: too many are named.
        """
        ...

    async def consistency(self, old: int, size: int) -> Sequence[str]:
        """Return the proof that the tree of the first `size` events begins with that of the first `old`.

        Raises:
            NotFound: the record is shorter, or `old` is over `size`.
        """
        ...
