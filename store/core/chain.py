"""The hash chain over events (CONTRACT.md part 3, Chain), and the commit that one command adds to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

NO_HASH = "0" * 64
"""The hash before the first event."""


class Commit(NamedTuple):
    """Events that are stored together or not at all, linked into the chain."""

    events: list[dict[str, Any]]
    """Each with its `hash`."""
    texts: list[bytes]
    """The JSON of each, as it is hashed and stored."""
    record: dict[str, Any] | None = None
    """The idempotency record, None for a command without a key."""
    record_text: bytes = b"null"
    """The same as JSON."""


def link(previous: str, event: bytes) -> str:
    """Return the hash of an event after the one whose hash is `previous`."""
    return hashlib.sha256(previous.encode() + event).hexdigest()


def link_all(previous: str, events: Iterable[dict[str, Any]], record: dict[str, Any] | None = None) -> Commit:
    """Return a commit of `events`, which follow the event whose hash is `previous`.

    Raises:
        TypeError: one holds something that JSON can't (an integer over 64 bits, text that is not Unicode).
    """
    texts, linked = [], []
    for event in events:
        text = orjson.dumps(event)
        previous = link(previous, text)
        texts.append(text)
        linked.append({**event, "hash": previous})
    return Commit(linked, texts) if record is None else Commit(linked, texts, record, orjson.dumps(record))
