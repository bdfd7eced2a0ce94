"""The rules of a witness: it signs a record's checkpoint only where nothing that it knows of the record is gone.

Pure (CONTRACT.md part 5; C2SP tlog-witness and tlog-cosignature). What its signature says: as of its time, this is the
longest history of the record that it has seen, and each one that it signed before is the beginning of this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from store.core import merkle
from store.core.proof_check import checked_checkpoint
from store.core.signed_note import LogHead, NoteFault, SignedNote, VerifierKey, cosigned
from store.core.signing_key import SigningKey

PATH_MOST = 63
"""Hashes of a proof at the most: more are those of no tree (C2SP tlog-witness)."""
_HASH = re.compile("[0-9a-f]{64}")
_SHRUNK = "The record has {new:,} events, fewer than the {old:,} that {known}: events were taken away from its end."
_FORKED = "The record no longer begins with what {known}: it has {old:,} events too, but not all are the same."
_REWRITTEN = (
    "The record no longer begins with the {old:,} events that {known}: {fault}. Some of them were changed, replaced or "
    "lost."
)


class WitnessRefusal(Exception):
    """A checkpoint is not signed; the message says why."""


class SeenCheckpoint(NamedTuple):
    """A checkpoint that the record signed, without the signatures of others."""

    note: SignedNote
    head: LogHead


class KnownHead(NamedTuple):
    """A checkpoint that the record signed earlier, and with which each later one must begin."""

    head: LogHead
    known: str
    """How it is known, to stand after "the events that": "this witness signed on 2026-01-31"."""
    note: str
    """It with its signatures, as evidence."""


def read_checkpoint(text: str, log: VerifierKey) -> SeenCheckpoint:
    """Return the checkpoint that a text is, where the record's key signed it.

    Raises:
        WitnessRefusal: it is none, of another record, or not signed with this key.
    """
    try:
        note, head = checked_checkpoint(text, log)
    except (NoteFault, UnicodeEncodeError) as fault:
        words = str(fault) if isinstance(fault, NoteFault) else "it is no text"
        raise WitnessRefusal(f"What is given out as the record's checkpoint can't be trusted: {words}.") from None
    own = [one for one in note.signatures if (one.name, one.key_id) == (log.name, log.key_id)]
    return SeenCheckpoint(note._replace(signatures=(own[0],)), head)


def needs_proof(known: LogHead, seen: LogHead) -> bool:
    """Return whether it takes a proof to see that a record begins with what is known of it."""
    return 0 < known.size < seen.size


def check_growth(earlier: KnownHead, seen: LogHead, path: Sequence[str]) -> None:
    """Check that a record begins with what is known of it; `path` is the proof, empty where it `needs_proof` not.

    Raises:
        WitnessRefusal: it does not, or the proof does not show it.
    """
    old, known = earlier.head, earlier.known
    if seen.size < old.size:
        raise WitnessRefusal(_SHRUNK.format(new=seen.size, old=old.size, known=known))
    if seen.size == old.size and seen.root != old.root:
        raise WitnessRefusal(_FORKED.format(old=old.size, known=known))
    nodes = _nodes(path)
    if nodes is None or not merkle.is_consistent(old.size, old.root, seen.size, seen.root, nodes):
        fault = "its proof that it does is wrong" if path else "it gave no proof that it does"
        raise WitnessRefusal(_REWRITTEN.format(old=old.size, known=known, fault=fault))


def check_empty(seen: LogHead) -> None:
    """Check that a record without events has the root of one.

    Raises:
        WitnessRefusal: it has another.
    """
    if seen.size == 0 and seen.root != merkle.EMPTY:
        raise WitnessRefusal("The checkpoint is of an empty record, but its root is not that of one.")


def countersigned(seen: SeenCheckpoint, witness: SigningKey, at: int) -> SignedNote:
    """Return a checkpoint with a witness's signature, `at` in seconds since 1970: only after it was checked."""
    return cosigned(seen.note, witness.name, witness.private, at)


def _nodes(path: Sequence[str]) -> list[bytes] | None:
    """Return the hashes of a proof, None where it is none."""
    if len(path) > PATH_MOST or not all(map(_HASH.fullmatch, path)):
        return None
    return [bytes.fromhex(node) for node in path]
