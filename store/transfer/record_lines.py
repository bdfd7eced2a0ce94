"""The lines of a full export, read back: the bytes of each event, checked against the chain and the rules."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import orjson

from api_client.errors import InvalidRequest
from store.core import chain
from store.transfer.conformance import Conformance

LINE_MOST = 1 << 24
"""Bytes of a line at the most: far over the largest body that any version took."""
_START = b'{"event":'
_HASH = b',"hash":"'
_TAIL = len(_HASH) + len(chain.NO_HASH) + len(b'"}')


class LinkedEvent(NamedTuple):
    """An event of the chain; it is the next one: its seq is its line."""

    event: dict[str, Any]
    """With its `hash`."""
    text: bytes
    """Its JSON, byte for byte as it is hashed."""


def line_of(text: bytes, hash_: str) -> bytes:
    """Return the line of an event in a full export (CONTRACT.md, Chain)."""
    return b'{"event":%b,"hash":"%b"}\n' % (text, hash_.encode())


def linked_events(exported: Iterable[bytes], rules: Conformance | None = None) -> Iterator[LinkedEvent]:
    """Yield the events of a full export's lines, checked against the chain, and against the rules where they are given.

    The rules' view must be brought up to date with each event before the next one is asked for.

    Raises:
        InvalidRequest: the lines are no full export; the message names the line.
    """
    previous, number = chain.NO_HASH, 0
    for number, line in enumerate(_whole(exported), start=1):
        text, hash_ = parted(line, number)
        if chain.link(previous, text) != hash_:
            raise InvalidRequest(f"Line {number} breaks the hash chain: it was changed, or one before it is missing.")
        previous = hash_
        event = _parsed(text, number)
        if rules is not None and (breach := rules.breach(event, text)):
            raise InvalidRequest(f"Line {number} breaks the rules: {breach.rstrip('.')}.")
        event["hash"] = hash_
        yield LinkedEvent(event, text)
    if rules is not None and (missing := rules.unfinished()):
        raise InvalidRequest(f"Line {number} breaks the rules: {missing}.")
    if not number:
        raise InvalidRequest("It holds no events.")


def event_at(exported: Iterable[bytes], number: int) -> tuple[bytes, str]:
    """Return the bytes of the event on a line, and its hash."""
    return parted(next(islice(_whole(exported), number - 1, None)), number)


def parted(line: bytes, number: int) -> tuple[bytes, str]:
    """Return the bytes of an event and its hash, out of the line `number` of a full export.

    Raises:
        InvalidRequest: it is none.
    """
    if len(line) > LINE_MOST:
        raise InvalidRequest(f"Line {number} is over {LINE_MOST:,} bytes: it is no line of a full export.")
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    tail = line[-_TAIL:]
    text = line[len(_START) : -_TAIL]
    if not (line.startswith(_START) and tail.startswith(_HASH) and tail.endswith(b'"}') and text):
        raise InvalidRequest(f"Line {number} is no line of a full export as JSON lines.")
    return text, tail[len(_HASH) : -2].decode("ascii", "replace")


def _parsed(text: bytes, number: int) -> dict[str, Any]:
    try:
        event = orjson.loads(text)
    except ValueError as fault:
        raise InvalidRequest(f"Line {number} holds no JSON: {fault}.") from None
    if not isinstance(event, dict):
        raise InvalidRequest(f"Line {number} holds an event that is no object.")
    return event


def _whole(exported: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines without an empty one at the end."""
    empty = 0
    for number, given in enumerate(exported):
        # A byte order mark, as some editors and shells put it before what they write, is none of the export.
        line = given if number else given.removeprefix(BOM_UTF8)
        if not line.strip():
            empty += 1
            continue
        yield from [b"\n"] * empty
        empty = 0
        yield line
