"""Handlers of the calls for checkpoints and proofs (CONTRACT.md part 5), which agents may make too."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import PlainTextResponse, Response

from api_client.errors import InvalidRequest, NotFound
from api_client.proofs import Consistency, EventProof, prove
from store.core.event_ids import seq_of
from store.core.event_types import OFF_TIMELINES, PROJECT_CREATED
from store.server.auth import caller
from store.server.bodies import json_response, list_response
from store.server.call_context import IncomingCall

_NUMBER = re.compile("0|[1-9][0-9]{0,15}", re.ASCII)
_SEQS_MOST = 2_000
"""Characters of a list of events at the most."""


async def checkpoint(call: IncomingCall) -> Response:
    """Answer a signed checkpoint of the record as it is now."""
    return _text(await call.backend.proofs.checkpoint())


async def checkpoint_key(call: IncomingCall) -> Response:
    """Answer the public key of the checkpoints, nothing before the first of them."""
    return _text(await call.backend.proofs.key())


async def event_proof(call: IncomingCall) -> Response:
    """Answer a whole proof of one event: whoever has the public key can check it alone."""
    event_id = call.path("event_id")
    proof = None
    if seq := seq_of(event_id):
        proof = await _proved(call, seq, event_id)
    if proof is None:
        raise NotFound(f"There is no event {event_id[:80]!r}.")
    return proof


async def _proved(call: IncomingCall, seq: int, event_id: str) -> Response | None:
    """Return the proof of the event at a place, None where another stands there, or one that the caller can't read."""
    try:
        proof = await prove(call.backend.proofs, [seq])
        (event,) = await asyncio.to_thread(_readable, call, proof.events)
    except NotFound:
        return None
    # The place is out of the id, and anyone can make one up.
    return json_response(proof) if event.get("id") == event_id else None


async def event_proofs(call: IncomingCall) -> Response:
    """Answer proofs of several events against the tree of the first `size`."""
    text = call.query("seqs") or ""
    seqs = [_number(call, "seqs", part) for part in text[:_SEQS_MOST].split(",")]
    if len(text) > _SEQS_MOST:
        raise InvalidRequest("seqs: too many are named")
    items = await call.backend.proofs.of(seqs, _number(call, "size"))
    await asyncio.to_thread(_readable, call, items)
    return await list_response(items)


def _readable(call: IncomingCall, proofs: Iterable[EventProof]) -> list[dict[str, Any]]:
    """Return the events of some proofs, all of which the caller may read: an agent's key reads projects and timelines.

    Raises:
        NotFound: one is another entry of the record, like a policy or a grant.
    """
    events: list[dict[str, Any]] = [orjson.loads(proof.event) for proof in proofs]
    if caller(call.request).role == "agent":
        for event in events:
            kind, is_on_task = event.get("eventType"), bool(event.get("taskId"))
            if kind != PROJECT_CREATED and (not is_on_task or kind in OFF_TIMELINES):
                raise NotFound(f"There is no event {event.get('seq')} that an agent's key reads.")
    return events


async def consistency(call: IncomingCall) -> Response:
    """Answer the proof that the tree of the first `to` events begins with that of the first `from`."""
    path = await call.backend.proofs.consistency(_number(call, "from"), _number(call, "to"))
    return json_response(Consistency(path=tuple(path)))


def _number(call: IncomingCall, name: str, text: str | None = None) -> int:
    given = call.query(name) if text is None else text
    if given is None or not _NUMBER.fullmatch(given):
        raise InvalidRequest(f"{name}: must be {'numbers' if name == 'seqs' else 'a number'} of events")
    return int(given)


def _text(text: str) -> Response:
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"})
