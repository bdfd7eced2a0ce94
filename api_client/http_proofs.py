"""The calls for checkpoints and proofs of a server (CONTRACT.md part 5)."""

from __future__ import annotations

from collections.abc import Sequence

from api_client.connection import Call, Connection
from api_client.errors import NotAllowed, NotFound, UnexpectedAnswer
from api_client.http_reads import HttpReads
from api_client.proofs import (
    CHECKPOINT,
    CHECKPOINT_KEY,
    CONSISTENCY,
    NO_PROOFS,
    PROOFS,
    Consistency,
    EventProof,
    EventProofs,
)
from api_client.response_limits import BodyLimit

_NOTE_MOST = 16_000
_PATIENCE = 60.0
"""Seconds for a checkpoint: the first one of a large record makes its tree."""


class HttpProofs:
    """`Proofs` of a server."""

    def __init__(self, connection: Connection, reads: HttpReads) -> None:
        self._connection, self._reads = connection, reads

    async def checkpoint(self, *, name: str = "") -> str:
        """See `Proofs.checkpoint`."""
        if name:
            raise NotAllowed(
                "A record can only be named where it is stored: run 'checkpoint --name' with its folder or database."
            )
        try:
            return await self._text(CHECKPOINT)
        except NotFound:
            raise NotAllowed(NO_PROOFS.format(place="server")) from None

    async def key(self) -> str:
        """See `Proofs.key`."""
        try:
            return (await self._text(CHECKPOINT_KEY)).strip()
        except NotFound:
            return ""

    async def of(self, seqs: Sequence[int], size: int) -> Sequence[EventProof]:
        """See `Proofs.of`."""
        if not seqs:
            return ()
        named = ",".join(map(str, seqs))
        proofs = (await self._reads.get(EventProofs, PROOFS, seqs=named, size=size)).items
        if not proofs or [proof.seq for proof in proofs] != list(seqs[: len(proofs)]):
            raise UnexpectedAnswer("The server proved events other than those that were asked for.")
        return proofs

    async def consistency(self, old: int, size: int) -> Sequence[str]:
        """See `Proofs.consistency`."""
        params: dict[str, int] = {"from": old, "to": size}
        return (await self._reads.get(Consistency, CONSISTENCY, most=_NOTE_MOST, **params)).path

    async def _text(self, path: str) -> str:
        call = Call("GET", path, patience=_PATIENCE, limit=BodyLimit(_NOTE_MOST))
        # Not by the charset that the answer names: some of Python's read no such bytes, whatever the errors are to be.
        return (await self._connection.send(call)).content.decode("utf-8", "replace")
