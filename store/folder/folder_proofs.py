"""The proofs of a folder's record, called from an event loop."""

from __future__ import annotations

from collections.abc import Sequence

from api_client.proofs import EventProof
from store.folder.open_folder import OpenFolder


class FolderProofs:
    """`Proofs` of one open folder, for any caller."""

    def __init__(self, folder: OpenFolder) -> None:
        self._folder = folder

    async def checkpoint(self, *, name: str = "") -> str:
        """See `Proofs.checkpoint`."""
        return await self._folder.in_proof_thread(lambda tree: tree.checkpoint(name))

    async def key(self) -> str:
        """See `Proofs.key`."""
        key = await self._folder.in_proof_thread(lambda tree: tree.key())
        return "" if key is None else key.public.written()

    async def of(self, seqs: Sequence[int], size: int) -> Sequence[EventProof]:
        """See `Proofs.of`."""
        return await self._folder.in_proof_thread(lambda tree: tree.of(seqs, size))

    async def consistency(self, old: int, size: int) -> Sequence[str]:
        """See `Proofs.consistency`."""
        return await self._folder.in_proof_thread(lambda tree: tree.consistency(old, size))
