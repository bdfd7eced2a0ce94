"""Events read back from the journal by their place in the chain, and the cursors at such places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import orjson

from api_client.errors import StoreDamaged
from store.core.cursors import Scope, cursor_at, seq_at
from store.core.event_heads import HEAD_BYTES
from store.core.event_ids import seq_of
from store.core.event_shapes import recognised
from store.folder.event_index import EventIndex
from store.folder.journal_line import HASH_TAIL


class JournalBytes(Protocol):
    """A journal's bytes: those on the disk, or those of one that is being imported."""

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`; fewer where there are no more."""
        ...


class Events:
    """The journal's events by seq and by id."""

    def __init__(self, journal: JournalBytes, index: Callable[[], EventIndex]) -> None:
        self._journal = journal
        self._index = index

    def at(self, seq: int) -> dict[str, Any]:
        """Return the event at a place of the chain, with its `hash`, or its stand-in (`event_shapes`).

        Raises:
            StoreDamaged: the journal no longer holds there what it held.
        """
        text, hash_ = self.raw(seq)
        event: dict[str, Any] = orjson.loads(text)
        event["hash"] = hash_
        return recognised(event, seq)

    def raw(self, seq: int) -> tuple[bytes, str]:
        """Return an event's JSON, byte for byte as it is hashed, and its hash.

        Raises:
            StoreDamaged: the journal no longer holds there what it held.
        """
        offset, size = self._index().place(seq)
        data = self._journal.read(offset, size + HASH_TAIL)
        text, tail = data[:size], data[size:]
        if len(tail) != HASH_TAIL or not tail.startswith(b',"hash":"') or not text.startswith(b"{"):
            raise StoreDamaged(f"The journal does not hold event {seq} where it was written.")
        return text, tail[9:73].decode("ascii", "replace")

    def head(self, seq: int) -> bytes:
        """Return the first bytes of an event's JSON (see `event_heads`); nothing where the journal has lost it."""
        offset, size = self._index().place(seq)
        return self._journal.read(offset, min(size, HEAD_BYTES))

    def find(self, event_id: str) -> dict[str, Any] | None:
        """Return the event with this id, None where there is none."""
        seq = seq_of(event_id)
        if not 0 < seq <= len(self._index()):
            return None
        event = self.at(seq)
        return event if event["id"] == event_id else None

    def settlement(self, request_id: str) -> dict[str, Any] | None:
        """Return the event that settled a request, None where none did."""
        seq = seq_of(request_id)
        reply = self._index().reply(seq) if 0 < seq <= len(self._index()) else 0
        event = self.at(reply) if reply else None
        return event if event is not None and event.get("inResponseTo") == request_id else None

    def cursor(self, scope: Scope, seq: int) -> str:
        """Return the cursor of the list `scope` at the event `seq`."""
        return cursor_at(scope, seq, self._hash_of(seq))

    def read_cursor(self, scope: Scope, cursor: str | None) -> int:
        """Return the seq of a cursor of the list `scope`, 0 without one.

        Raises:
            InvalidRequest: no page of this list returned it.
        """
        return seq_at(scope, cursor, last=len(self._index()), hash_of=self._hash_of)

    def _hash_of(self, seq: int) -> str:
        return self.raw(seq)[1]
