"""The proofs of a workspace's record: its signed checkpoints, and proofs against them (CONTRACT.md part 5).

All servers of a workspace sign with the same key. Each puts its checkpoint in the place of the one that it has compared
the record with, and gives it out only then: where another server was first, it looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile, zip_longest

from api_client.errors import NotFound, StoreBusy, StoreDamaged, StoreReadOnly
from api_client.proofs import PROOF_BYTES, EventProof
from store.core import chain, merkle
from store.core.merkle import Nodes
from store.core.paging import PAGE_BYTES
from store.core.record_proofs import NO_CHECKPOINT, checked_seqs, checked_size, event_proof, first_fitting, holds
from store.postgres.pooled import ReadPool
from store.postgres.statements import PROVED
from store.postgres.subtree_reader import SubtreeReader, TreePart
from store.postgres.workspace_key import Standing, WorkspaceKey

_TRIES = 8
"""Other servers that may be first before a caller is told to come again."""


class DatabaseProofs:
    """`Proofs` of one open workspace, for any caller."""

    def __init__(self, pool: ReadPool, workspace: int, tokens: Callable[[], str], read_only: str) -> None:
        """Set them up.

        Args:
            pool: connections to the database.
            workspace: the number of the workspace.
            tokens: returns the random part of a new record's name.
            read_only: why nothing is written; empty where it is.
        """
        self._pool, self._workspace, self._read_only = pool, workspace, read_only
        self._tree = SubtreeReader(pool, workspace)
        self._key = WorkspaceKey(pool, workspace, tokens)

    async def checkpoint(self, *, name: str = "") -> str:
        """See `Proofs.checkpoint`: where the workspace takes no writes, the last that was signed.

        `name` names the record with its first checkpoint.

        Raises:
            InvalidRequest: the record has another name, or can't have this one.
            StoreReadOnly: it takes no writes and has no checkpoint.
            StoreDamaged: it no longer begins with what was signed.
            StoreError: the database refuses.
        """
        if name and not self._read_only:
            await self._key.private(name, (await self._key.standing()).public)
        wanted: int | None = None
        for _ in range(_TRIES):
            standing = await self._key.standing()
            wanted, last = standing.size if wanted is None else wanted, standing.last()
            if last is not None and (last.head.size >= wanted or self._read_only):
                await self._part(standing, _nothing)
                return last.note
            if self._read_only:
                raise StoreReadOnly(NO_CHECKPOINT.format(why=self._read_only))
            if note := await self._signed(standing, name):
                return note
        raise StoreBusy("Other servers keep signing checkpoints of this workspace. Try again.")

    async def _signed(self, standing: Standing, name: str) -> str:
        """Return a checkpoint of the workspace, empty where another server has signed one meanwhile."""
        key = await self._key.private(name, standing.public)
        part = await self._part(standing, partial(merkle.root_of, standing.size), store=True)
        root = await asyncio.to_thread(merkle.root_of, standing.size, part.node)
        note = key.checkpoint(standing.size, root).written()
        return note if await self._key.keep(key, note, standing.note) else ""

    async def key(self) -> str:
        """See `Proofs.key`."""
        return (await self._key.standing()).public

    async def of(self, seqs: Sequence[int], size: int) -> Sequence[EventProof]:
        """See `Proofs.of`."""
        standing = await self._key.standing()
        checked_seqs(seqs, size, standing.size)
        events = await self._events(sorted(set(seqs)))
        if seqs and seqs[0] not in events:
            events = await self._events(seqs[:1])
        given = [*takewhile(events.__contains__, seqs)]

        def proofs(nodes: Nodes) -> list[EventProof]:
            return first_fitting(event_proof(seq, size, *events[seq], nodes) for seq in given)

        def is_sound(nodes: Nodes) -> bool:
            root = merkle.root_of(size, nodes)
            return all(holds(proof, size, root) for proof in proofs(nodes))

        part = await self._part(standing, is_sound, is_sound, sizes=(size,))
        return await asyncio.to_thread(proofs, part.node)

    async def _events(self, seqs: Sequence[int]) -> dict[int, tuple[bytes, tuple[str, str]]]:
        """Return the JSON of the first events that fit into one answer, and for each the hash before it and its own.

        Raises:
            StoreDamaged: one is missing, or not as it was written.
        """
        found: dict[int, tuple[bytes, tuple[str, str]]] = {}
        waiting, room = list(seqs), PROOF_BYTES
        while waiting and room > 0:
            values = {"ws": self._workspace, "places": waiting, "bytes": PAGE_BYTES}
            (rows,) = await self._pool.ask((PROVED, values))
            for seq, text, hash_, before in rows:
                previous = before.hex() if before else chain.NO_HASH
                if chain.link(previous, text) != hash_.hex():
                    raise StoreDamaged(f"Event {seq} is not as it was written. Run 'pumpup-tui verify'.")
                found[seq] = text, (previous, hash_.hex())
                room -= len(text)
            lost = [seq for seq, row in zip_longest(waiting[: len(rows) or 1], rows) if row is None or row[0] != seq]
            if lost:
                raise StoreDamaged(f"Event {lost[0]} is missing. Run 'pumpup-tui verify'.")
            waiting = waiting[len(rows) :]
        return found

    async def consistency(self, old: int, size: int) -> Sequence[str]:
        """See `Proofs.consistency`."""
        standing = await self._key.standing()
        checked_size(size, standing.size)
        if not 0 <= old <= size:
            raise NotFound(f"{old} events are not the first of {size}.")
        path = partial(merkle.consistency_proof, old, size)

        def is_sound(nodes: Nodes) -> bool:
            roots = merkle.root_of(old, nodes), merkle.root_of(size, nodes)
            return merkle.is_consistent(old, roots[0], size, roots[1], path(nodes))

        part = await self._part(standing, is_sound, is_sound, sizes=(old, size))
        return [node.hex() for node in await asyncio.to_thread(path, part.node)]

    async def _part(
        self,
        standing: Standing,
        compute: Callable[[Nodes], object],
        is_sound: Callable[[Nodes], bool] = lambda _: True,
        *,
        sizes: Sequence[int] = (),
        store: bool = False,
    ) -> TreePart:
        """Return the nodes that a computation needs, of a tree that begins with what was signed last.

        What came since is made of the events. Where the rows of before say something else than was signed, or are not
        sound, the events alone are asked. The trees of `sizes` must be those over which that was signed: of wrong
        nodes, too, a proof can be made that holds by itself.

        Raises:
            StoreDamaged: the record does not begin with what was signed.
        """
        last = standing.last()

        def needed(nodes: Nodes) -> None:
            compute(nodes)
            merkle.root_of(min(last.head.size, standing.size) if last else 0, nodes)
            fit(nodes)

        def fit(nodes: Nodes) -> bool:
            covered = [size for size in sizes if last is not None and size <= last.head.size <= standing.size]
            return all([last is None or last.holds(size, nodes) for size in covered])  # noqa: C419 - all are asked for

        def begins(nodes: Nodes) -> bool:
            return last is None or last.begins(standing.size, nodes)

        part = await self._tree.read(needed, trusted=last.head.size if last else 0, store=store)
        if await asyncio.to_thread(lambda: begins(part.node) and fit(part.node) and is_sound(part.node)):
            return part
        part = await self._tree.read(needed, trusted=0)
        if last is not None and not await asyncio.to_thread(begins, part.node):
            raise last.broken()
        return part


def _nothing(_nodes: Nodes) -> None:
    """Need no more nodes than what was signed does."""
