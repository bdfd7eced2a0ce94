"""Signed checkpoints of a record, and proofs that it holds an event or only grew (CONTRACT.md part 5).

Hashes are written as 64 hex digits. `store/core/merkle.py` says how the tree is made, and checks such proofs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from api_client.errors import TooLarge, UnexpectedAnswer
from api_client.wire import Wire

CHECKPOINT, CHECKPOINT_KEY = "/api/checkpoint", "/api/checkpoint/key"
PROOFS, CONSISTENCY = "/api/proofs", "/api/consistency"
"""The paths of the calls."""
NO_PROOFS = "This {place} can't prove anything: it has no signed checkpoints."
PROOFS_MOST = 100
"""Events that one call proves at the most."""
PROOF_BYTES = 8_000_000
"""Bytes of their JSON at the most, but for a single event."""
EVENT_BYTES = 100_000_000
"""Bytes of the events of one proof at the most: what `check` reads has room for them, and for attachments."""


class EventProof(Wire, forbid_unknown_fields=True):
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

    async def checkpoint(self, *, name: str = "") -> str:
        """Return a signed note of the record as it is now: its origin, size and root (C2SP tlog-checkpoint).

        The first one makes the record's key, in this name; a random one where none is given.

        Raises:
            NotAllowed: a name is given to a server: a record is named where it is.
            InvalidRequest: it is no name, or the record has another one.
            StoreError: the record has no key yet, and none can be made where it is.
        """
        ...

    async def key(self) -> str:
        """Return the public key of its checkpoints (C2SP signed-note's form), empty before the first of them."""
        ...

    async def of(self, seqs: Sequence[int], size: int) -> Sequence[EventProof]:
        """Return proofs of at most `PROOFS_MOST` events against the tree of the first `size`, in the order asked for.

        Of events that are over `PROOF_BYTES` together only the first ones are proved: `proofs_of` asks for the rest.

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


class ProvenAttachment(Wire, forbid_unknown_fields=True):
    """An attachment of a proven event: the event names its hash, and its content has that hash."""

    upload_id: str
    label: str
    sha256: str
    size: int
    content: str | None = None
    """In base64; None where it was left out."""


PROOF_FORMAT = "pumpup-proof/1"


class ProofFile(Wire, forbid_unknown_fields=True):
    """Events that are proved alone: who has the public key needs nothing else, and learns of no other event."""

    format: str
    key: str
    """The public key with which the checkpoint was signed: to be compared with the one that was published."""
    checkpoint: str
    events: tuple[EventProof, ...]
    attachments: tuple[ProvenAttachment, ...] = ()


async def prove(proofs: Proofs, seqs: Sequence[int], *, checkpoint: str = "") -> ProofFile:
    """Return a proof of events against the record's checkpoint as it is now, or the one that is given.

    Raises:
        ApiError: as the calls of `Proofs`.
        UnexpectedAnswer: the checkpoint is none.
    """
    note = checkpoint or await proofs.checkpoint()
    key = await proofs.key()
    size = checkpoint_size(note)
    items = await proofs_of(proofs, seqs, size)
    return ProofFile(format=PROOF_FORMAT, key=key, checkpoint=note, events=tuple(items))


async def proofs_of(proofs: Proofs, seqs: Sequence[int], size: int) -> list[EventProof]:
    """Return proofs of any number of events, in as many calls as it takes.

    Raises:
        ApiError: as `Proofs.of`.
        TooLarge: the events are over `EVENT_BYTES` together.
    """
    items, room = list[EventProof](), EVENT_BYTES
    while len(items) < len(seqs):
        found = await proofs.of(seqs[len(items) : len(items) + PROOFS_MOST], size)
        room -= sum(len(proof.event) for proof in found)
        if room < 0:
            raise TooLarge(f"These events are over {EVENT_BYTES:,} bytes together: prove fewer of them.")
        items += found
    return items


def checkpoint_size(note: str) -> int:
    """Return the number of events that a checkpoint names; its signature is not looked at.

    Raises:
        UnexpectedAnswer: it is none.
    """
    line = note.split("\n", 2)[1:2]
    if not line or not re.fullmatch("0|[1-9][0-9]{0,18}", line[0], re.ASCII):
        raise UnexpectedAnswer("What was given as a checkpoint isn't one.")
    return int(line[0])
