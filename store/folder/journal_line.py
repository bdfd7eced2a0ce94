"""The lines of the journal: one commit each, with its idempotency record and a checksum.

    {"n":[<bytes of each event>],"events":[{"event":<JSON>,"hash":"<64 hex>"},…],"key":<record>,"sum":"<16 hex>"}

`n` comes first so that the bytes of an event are found by counting: a text that an agent wrote can't look like
the end of one. What stands in the `events` list is what a full export prints, byte for byte.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import orjson

from store.core.chain import NO_HASH, Commit, link

HASH_TAIL = len(b',"hash":"' + NO_HASH.encode() + b'"}')
"""Bytes that follow an event's JSON: its hash and the end of its object."""

MOST = 1 << 26
"""Bytes of a line at the most, far over what any version writes: anything longer is not a journal's line."""

_HEAD = b'{"n":['
_EVENTS = b'],"events":['
_EVENT = b'{"event":'
_KEY = b'],"key":'
_SUM = b',"sum":"'
_SUM_SIZE = 8
_TAIL = len(_SUM) + 2 * _SUM_SIZE + len(b'"}\n')


class StoredCommit(NamedTuple):
    """A commit on a line of the journal: its events with their `hash`, and its idempotency record."""

    events: list[dict[str, Any]]
    places: list[tuple[int, int]]
    """Offset and size of each event's JSON, in bytes."""
    record: dict[str, Any] | None
    offset: int
    size: int


def encode(commit: Commit, offset: int) -> tuple[bytes, StoredCommit]:
    """Return the line of a commit, to stand at `offset`, and the commit that `decode` would read there."""
    sizes = b",".join([b"%d" % len(text) for text in commit.texts])
    place = offset + len(_HEAD) + len(sizes) + len(_EVENTS)
    pieces = [_HEAD, sizes, _EVENTS]
    places: list[tuple[int, int]] = []
    for text, event in zip(commit.texts, commit.events, strict=True):
        if places:
            pieces.append(b",")
            place += 1
        places.append((place + len(_EVENT), len(text)))
        pieces += (_EVENT, text, b',"hash":"', event["hash"].encode(), b'"}')
        place += len(_EVENT) + len(text) + HASH_TAIL
    body = b"".join((*pieces, _KEY, commit.record_text))
    line = b"".join((body, _SUM, _checksum(body), b'"}\n'))
    return line, StoredCommit(commit.events, places, commit.record, offset, len(line))


def decode(line: bytes, offset: int, previous: str) -> StoredCommit:
    """Return the commit that a whole line at `offset` holds.

    Raises:
        ValueError: it is not what was written; the message says in which way.
    """
    body = line[:-_TAIL]
    if line[-_TAIL:] != b"".join((_SUM, _checksum(body), b'"}\n')):
        raise ValueError("its checksum does not fit")
    events, places = [], []
    end = body.index(_EVENTS)
    place = end + len(_EVENTS)
    for size in body[len(_HEAD) : end].split(b","):
        start = place + len(_EVENT)
        text = body[start : start + int(size)]
        previous = link(previous, text)
        if body[start + len(text) : start + len(text) + HASH_TAIL] != b',"hash":"%b"}' % previous.encode():
            raise ValueError("the hash chain breaks here")
        event = orjson.loads(text)
        if not isinstance(event, dict):
            raise ValueError("it holds an event that is no object")
        event["hash"] = previous
        events.append(event)
        places.append((offset + start, len(text)))
        place = start + len(text) + HASH_TAIL + 1
    return StoredCommit(events, places, orjson.loads(body[place - 1 + len(_KEY) :]), offset, len(line))


def is_sound(line: bytes) -> bool:
    """Return whether a line's checksum fits, whatever came before it."""
    return len(line) > _TAIL and line[-_TAIL:] == b"".join((_SUM, _checksum(line[:-_TAIL]), b'"}\n'))


def key_record(line: bytes) -> dict[str, Any] | None:
    """Return a sound line's idempotency record, without reading its events."""
    sizes = line[len(_HEAD) : line.index(_EVENTS)].split(b",")
    skipped = len(_HEAD) + len(b",".join(sizes)) + len(_EVENTS)
    skipped += sum(len(_EVENT) + int(size) + HASH_TAIL for size in sizes) + len(sizes) - 1
    record: dict[str, Any] | None = orjson.loads(line[skipped + len(_KEY) : -_TAIL])
    return record


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_SUM_SIZE).hexdigest().encode()
