"""Events read back from the journal by their place in the chain, and the cursors that name such places.

A cursor is a place and a seal over the list's scope and the event's hash: it holds for ever and in every process,
and one that no page of this list gave is known (CONTRACT.md part 3, Cursors).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

import orjson

from api_client.errors import InvalidRequest, StoreDamaged
from store.core.event_shapes import recognised
from store.folder.event_index import EventIndex, seq_of
from store.folder.journal_line import HASH_TAIL

Scope = tuple[str, ...]
"""What a list is of, and its filter."""


class Source(Protocol):
    """What the events are read from: the journal, or one that is being written."""

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`; fewer where there are no more."""
        ...


class Events:
    """The journal's events by seq and by id."""

    def __init__(self, journal: Source, index: Callable[[], EventIndex]) -> None:
        self._journal = journal
        self._index = index

    def at(self, seq: int) -> dict[str, Any]:
        """Return the event at a place of the chain, with its `hash`, or its stand-in (`shapes`).

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
        """Return the cursor of the list `scope` that stands at the event `seq`."""
        return f"{seq:x}-{self._seal(scope, seq)}"

    def read_cursor(self, scope: Scope, cursor: str | None) -> int:
        """Return the seq that a cursor of the list `scope` stands at, 0 without one.

        Raises:
            InvalidRequest: no page of this list gave it.
        """
        if cursor is None:
            return 0
        place, _, seal = cursor.partition("-")
        try:
            seq = int(place, 16)
        except ValueError:
            seq = 0
        if not 0 < seq <= len(self._index()) or place != f"{seq:x}" or seal != self._seal(scope, seq):
            raise InvalidRequest("The cursor is not one that this list gave.")
        return seq

    def _seal(self, scope: Scope, seq: int) -> str:
        text = "\0".join((*scope, self.raw(seq)[1])).encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()[:16]
