"""Cursors of lists (CONTRACT.md part 3, Cursors).

A cursor is a place in the chain and a seal over the list's scope and the hash of the event there. So it is valid for
ever and in every process, and one that no page of this list returned is recognised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from api_client.errors import InvalidRequest

Scope = tuple[str, ...]
"""Names a list, with its filter."""
ALL_EVENTS: Scope = ("events", "", "")
"""The scope of the list of all events, oldest first."""


def cursor_at(scope: Scope, seq: int, event_hash: str) -> str:
    """Return the cursor of the list `scope` at the event `seq`, which has this hash."""
    return f"{seq:x}-{_seal(scope, event_hash)}"


def seq_at(scope: Scope, cursor: str | None, *, last: int, hash_of: Callable[[int], str]) -> int:
    """Return the seq of a cursor of the list `scope`, 0 without one.

    Args:
        scope: The list that is read.
        cursor: What the caller sent.
        last: The seq of the last event.
        hash_of: Returns the hash of the event with this seq.

    Raises:
        InvalidRequest: no page of this list returned the cursor.
    """
    if cursor is None:
        return 0
    place, _, seal = cursor.partition("-")
    try:
        seq = int(place, 16)
    except ValueError:
        seq = 0
    if not 0 < seq <= last or place != f"{seq:x}" or seal != _seal(scope, hash_of(seq)):
        raise InvalidRequest("The cursor is not one that this list gave.")
    return seq


def _seal(scope: Scope, event_hash: str) -> str:
    text = "\0".join((*scope, event_hash)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]
