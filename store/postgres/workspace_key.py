"""The key of a workspace's checkpoints, and the last one that was signed: one row, which all its servers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from api_client.errors import StoreAbsent, StoreDamaged, StoreFault
from store.core.record_proofs import SignedHead, signed_head
from store.core.signed_note import NoteFault, read_verifier_key
from store.core.signing_key import SigningKey, check_name, new_signing_key, read_signing_key, record_name
from store.postgres.pooled import ReadPool

_STANDING = b"""
    select w.seq, w.seq = 0 or e.hash = w.hash, k.public_key, k.checkpoint from pumpup.workspace w
    left join lateral (select hash from pumpup.event where ws = w.id and seq = w.seq offset 0) e on true
    left join lateral (select public_key, checkpoint from pumpup.signing_key where ws = w.id offset 0) k on true
    where w.id = %(ws)s
"""
_PRIVATE = b"select private_key from pumpup.signing_key where ws = %(ws)s"
_MAKE = b"""
    insert into pumpup.signing_key (ws, public_key, private_key) values (%(ws)s, %(public)s, %(private)s)
    on conflict do nothing
"""
_SIGNED = b"""
    update pumpup.signing_key set checkpoint = %(note)s
    where ws = %(ws)s and public_key = %(public)s and checkpoint is not distinct from %(before)s::text
"""
_CHANGED = (
    "The signing key of the workspace, or its last checkpoint, was changed in the database: {why}. No other checkpoint "
    "is signed. Put the row of pumpup.signing_key back from a backup: whoever has the public key trusts no other one."
)


class Standing(NamedTuple):
    """A workspace's head and what was signed of it, as of one moment."""

    size: int
    """Its events."""
    public: str
    """The public key, empty where there is none yet."""
    note: str | None
    """The last checkpoint as it is stored."""

    def last(self) -> SignedHead | None:
        """Return the last checkpoint, None where nothing was signed yet.

        Raises:
            StoreDamaged: it is none that the key signed.
        """
        if self.note is None:
            return None
        try:
            last = signed_head(self.note.encode(), read_verifier_key(self.public))
        except NoteFault as fault:
            raise StoreDamaged(_CHANGED.format(why=fault)) from None
        if last is None:
            raise StoreDamaged(_CHANGED.format(why="that key has not signed this checkpoint"))
        return last


class WorkspaceKey:
    """The row of one workspace in `pumpup.signing_key`."""

    def __init__(self, pool: ReadPool, workspace: int, tokens: Callable[[], str]) -> None:
        self._pool, self._workspace, self._tokens = pool, workspace, tokens
        self._known: SigningKey | None = None

    async def standing(self) -> Standing:
        """Return the workspace's head, and what was signed of it.

        Raises:
            StoreAbsent: the workspace was removed.
            StoreDamaged: the head does not name its last event.
        """
        (rows,) = await self._pool.ask((_STANDING, {"ws": self._workspace}))
        if not rows:
            raise StoreAbsent("The workspace is no longer there: its operator has removed it.")
        size, is_last, public, note = rows[0]
        if not is_last:
            raise StoreDamaged(f"Event {size} is not the one that the head names. Run 'pumpup-tui verify'.")
        return Standing(size, public or "", note)

    async def private(self, name: str, public: str) -> SigningKey:
        """Return the key, which is made where there is none yet; then `name` names the record.

        It is read once, and again where the public key is no longer `public`.

        Raises:
            StoreDamaged: what is stored is no key.
            InvalidRequest: the record has another name, or can't have this one.
            StoreLogin: the role may not read or make it.
        """
        if self._known is None or self._known.public.written() != public:
            self._known = await self._read(name)
        check_name(self._known, name)
        return self._known

    async def _read(self, name: str) -> SigningKey:
        text = await self._text()
        if text is None:
            check_name(None, name)
            key = new_signing_key(name or record_name(self._tokens()))
            values = {"ws": self._workspace, "public": key.public.written(), "private": key.written()}
            await self._pool.write((_MAKE, values))
            text = await self._text() or ""  # another server's, where that was first
        try:
            return read_signing_key(text)
        except NoteFault as fault:
            raise StoreDamaged(_CHANGED.format(why=fault)) from None

    async def keep(self, key: SigningKey, note: str, before: str | None) -> bool:
        """Store a checkpoint in place of the one before; return False where there is another one by now.

        Raises:
            StoreFault: the workspace has another key.
            StoreError: the database refuses.
        """
        public = key.public.written()
        values = {"ws": self._workspace, "public": public, "note": note, "before": before}
        is_kept = await self._pool.write((_SIGNED, values)) == 1
        if not is_kept and (now := (await self.standing()).public) != public:
            raise StoreFault(_CHANGED.format(why=f"the public key {now[:80]!r} is not that of the private one"))
        return is_kept

    async def _text(self) -> str | None:
        (rows,) = await self._pool.ask((_PRIVATE, {"ws": self._workspace}))
        return rows[0][0] if rows else None
