"""A witness of records: it looks at a record's checkpoints, and signs those that begin with all that it signed before.

What it signed is on the disk before anybody gets it (CONTRACT.md part 5; C2SP tlog-witness).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from api_client.errors import NotFound, StoreBusy, StoreFault, UnexpectedAnswer, Unreachable
from api_client.proofs import Proofs
from api_client.times import Clock
from store.core.signed_note import LogHead, SignedNote, VerifierKey
from store.core.signing_key import SigningKey
from store.core.witnessing import (
    PATH_MOST,
    KnownHead,
    SeenCheckpoint,
    WitnessRefusal,
    check_empty,
    check_growth,
    countersigned,
    needs_proof,
    read_checkpoint,
)
from store.transfer.witness_state import StoredCheckpoint, WitnessState

LOOK_SECONDS = 300.0
"""Seconds that a look may take: a server could send its answers one byte at a time."""
_TRIES = 3
_NODE_MOST = 100
"""Characters of a hash in the evidence at the most: a server could send any text in its place."""
EVIDENCE_FORMAT = "pumpup-refusal/1"


class Refused(Exception):
    """A record was refused: nothing was signed, and what was seen is kept as evidence."""

    def __init__(self, reason: str, evidence: Path) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class WitnessedNote(NamedTuple):
    """A checkpoint with the signature of the witness."""

    note: SignedNote
    head: LogHead
    at: datetime
    before: StoredCheckpoint | None
    """What the witness had signed before; None where this is its first of the record."""


class Witness:
    """A witness of one record."""

    def __init__(self, state: WitnessState, key: SigningKey, log: VerifierKey, clock: Clock) -> None:
        """Begin.

        Args:
            state: the witness's folder.
            key: its own key.
            log: the record's public key, whose name is the record's.
            clock: the time of its signatures.
        """
        self._state, self._key, self._log, self._clock = state, key, log, clock

    async def look(self, proofs: Proofs, others: Sequence[KnownHead] = ()) -> WitnessedNote:
        """Return the record's checkpoint, signed, where it begins with what is known, here and by others.

        Raises:
            Refused: it does not; or what is given out as its checkpoint is none.
            ApiError: the record can't be reached, or the witness's folder not be used. Nothing was signed.
        """
        for _ in range(_TRIES):
            before = await asyncio.to_thread(self._state.last, self._key.public, self._log)
            seen = await self._checked(proofs, before, others)
            at = self._now(before)
            note = countersigned(seen, self._key, int(at.timestamp()))
            # What was looked at is what the stored one was compared with: if another run was faster, all begins anew.
            if await asyncio.to_thread(self._state.advance, self._log, before, note):
                return WitnessedNote(note, seen.head, at, before)
        raise StoreBusy("Other runs of this witness keep signing. Nothing was signed: try again.")

    def _now(self, before: StoredCheckpoint | None) -> datetime:
        """Return the time; never one before the last signature's, which said that it had seen no more by then."""
        now = self._clock()
        if now.timestamp() < 1:
            raise StoreFault(
                "The clock of this machine is before 1970, and a signature says when it was made. Set the clock. "
                "Nothing was signed."
            )
        if before is not None and int(now.timestamp()) < before.at:
            raise StoreBusy(
                f"The clock of this machine is behind this witness's last signature, of {signed_on(before.at)}: what "
                "it signed now would seem to be older than it is. Set the clock; if it was wrong then, wait until that "
                "time, or begin a new witness in another folder. Nothing was signed."
            )
        return now

    async def _checked(
        self, proofs: Proofs, before: StoredCheckpoint | None, others: Sequence[KnownHead]
    ) -> SeenCheckpoint:
        own = [] if before is None else [_own(before)]
        look = _Look(proofs, self._log)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await look.checked([*own, *others])
        except TimeoutError:
            raise Unreachable(f"The record did not answer within {LOOK_SECONDS:.0f} s. Nothing was signed.") from None
        except WitnessRefusal as refusal:
            evidence = self._evidence(refusal, look, before)
            path = await asyncio.to_thread(self._state.keep_evidence, self._log, evidence)
            raise Refused(str(refusal), path) from None

    def _evidence(self, refusal: WitnessRefusal, look: _Look, before: StoredCheckpoint | None) -> dict[str, object]:
        return {
            "format": EVIDENCE_FORMAT,
            "reason": str(refusal),
            "key": self._log.written(),
            "witness": self._key.public.written(),
            "signed": None if before is None else before.note.written(),
            "known": None if look.known is None else look.known.note,
            "seen": look.seen,
            "path": [node[:_NODE_MOST] for node in look.path[: PATH_MOST + 1]],
        }


class _Look:
    """One look at a record, and what of it is evidence where it is refused."""

    def __init__(self, proofs: Proofs, log: VerifierKey) -> None:
        self._proofs, self._log = proofs, log
        self.seen = ""
        self.known: KnownHead | None = None
        self.path: list[str] = []

    async def checked(self, earlier: Sequence[KnownHead]) -> SeenCheckpoint:
        """Return the record's checkpoint.

        Raises:
            WitnessRefusal: it is none, or does not begin with one of the earlier ones.
            ApiError: the record did not answer.
        """
        text = await self._proofs.checkpoint()
        self.seen = text.encode(errors="replace").decode()
        seen = read_checkpoint(text, self._log)
        check_empty(seen.head)
        for known in earlier:
            self.known, self.path = known, await self._path(known.head, seen.head)
            check_growth(known, seen.head, self.path)
        return seen

    async def _path(self, known: LogHead, seen: LogHead) -> list[str]:
        if not needs_proof(known, seen):
            return []
        try:
            return list(await self._proofs.consistency(known.size, seen.size))
        except (NotFound, UnexpectedAnswer):
            return []  # it signed a checkpoint of so many events, and says that it has no such proof


def _own(before: StoredCheckpoint) -> KnownHead:
    return KnownHead(before.head, f"this witness signed on {signed_on(before.at)}", before.note.written())


def signed_on(at: int) -> str:
    """Return the time of a signature in words."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d at %H:%M:%S} UTC"
