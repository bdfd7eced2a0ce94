"""The heads of events: the first bytes of their JSON, for the whole may be large."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import orjson

from api_client.task_trail import decided_at

HEAD_BYTES = 700
"""Bytes of an event's JSON in which are its type, time, source and subject: they come first (`ruling.entry`)."""
_HEAD = re.compile(
    rb'\{"id":"[^"]*","seq":\d+,"eventType":"([A-Z_]*)","timestamp":"([^"]*)","source":"([A-Z]*)"'
    rb'(?:,"subject":("(?:[^"\\]|\\.)*"))?'
)


def agent_of(head: bytes | None) -> str | None:
    """Return the subject of the agent that sent an event; None where no agent did, or another program wrote it."""
    match = _HEAD.match(head or b"")
    return orjson.loads(match[4]) if match and match[3] == b"AGENT" and match[4] else None


def settled_at(newest_first: Iterable[bytes]) -> str | None:
    """Return when it was last an agent's turn to go on, by the heads of the events of its task (see `decided_at`)."""
    return decided_at(_turns(newest_first))


def _turns(heads: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    for head in heads:
        match = _HEAD.match(head)
        if match is not None:
            event_type, timestamp, source, _ = match.groups()
            yield event_type.decode(), source.decode(), timestamp.decode()
