"""The making of a proof: which events a name stands for, and the attachments that they showed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

import orjson
from msgspec.structs import replace

from api_client.errors import InvalidRequest, NotFound
from api_client.models import APPROVAL_REQUESTED, ELICITATION_REQUESTED
from api_client.proofs import ProofFile, ProvenAttachment, checkpoint_size, prove
from pumpup_tui.backend.timeline_query import Query
from pumpup_tui.commands.all_pages import all_events
from pumpup_tui.commands.failure import Failed, NotThere
from pumpup_tui.commands.id_lookup import request_of, task_of
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend

EVENTS_MOST = 20_000
CONTENT_MOST = 64_000_000
"""Events of a proof, and bytes of its attachments, at the most."""
_REQUESTS = (APPROVAL_REQUESTED, ELICITATION_REQUESTED)


async def proof_of(backend: Backend, typed: str, *, contents: bool) -> ProofFile:
    """Return the proof of what a user named; with `contents` the bytes of its attachments too.

    Raises:
        NotThere: nothing has this name.
        Failed: it is too much for one proof, or several things have the name, or what was given as one is none.
        ApiError: the backend could not be read, or proves nothing.
    """
    note = await backend.proofs.checkpoint()
    seqs = await _seqs(backend, typed, checkpoint_size(note))
    proof = await prove(backend.proofs, seqs, checkpoint=note)
    events = _held(proof)
    return replace(proof, attachments=tuple([one async for one in _attachments(backend, events, contents=contents)]))


def _held(proof: ProofFile) -> list[dict[str, Any]]:
    """Return the events of a proof, which `check` would accept: no other one is written.

    Raises:
        Failed: it would not.
    """
    from store.core.proof_check import ProofFault, checked
    from store.core.signed_note import NoteFault, read_verifier_key

    try:
        return checked(proof, read_verifier_key(proof.key)).events
    except (NoteFault, ProofFault) as fault:
        raise Failed(f"The proof does not hold, and is not written: {line(str(fault), 400)}") from None


async def _seqs(backend: Backend, typed: str, size: int) -> list[int]:
    """Return the places of the events that a name stands for, among the first `size`."""
    task_id, request_id = "", ""
    event = await _event(backend, typed, size)
    if event is None:
        task_id, request_id = await _named(backend, typed)
    elif event.get("eventType") in _REQUESTS:
        task_id, request_id = str(event.get("taskId")), typed
    else:
        return [int(typed[4:12], 16)]  # it is the event that this id names
    seqs: list[int] = []
    async for each in all_events(backend, Query(task_id=task_id, newest_first=False)):
        if each.seq and each.seq <= size and (not request_id or request_id in (each.id, each.in_response_to)):
            seqs.append(each.seq)
        if len(seqs) > EVENTS_MOST:
            raise Failed(f"This task has over {EVENTS_MOST:,} events: prove one of its requests.")
    if not seqs:
        raise NotThere(f"{line(typed, 80)!r} has no event in the checkpoint of {size:,} events yet.")
    return seqs


async def _named(backend: Backend, typed: str) -> tuple[str, str]:
    """Return the ids of the task and, where a request is named, of that."""
    try:
        return (await task_of(backend, typed)).task.id, ""
    except NotThere:
        if not typed.startswith("evt_"):
            raise
    detail = await request_of(backend, typed, by_task=False)
    return detail.task.id, detail.event.id


async def _event(backend: Backend, typed: str, size: int) -> dict[str, Any] | None:
    """Return the event with this very id, None where there is none; its id names its place."""
    digits = typed[4:12]
    if not typed.startswith("evt_") or not all(digit in "0123456789abcdef" for digit in digits) or len(typed) < 20:
        return None
    try:
        proof = (await backend.proofs.of([int(digits, 16)], size))[0]
    except (NotFound, InvalidRequest):
        return None
    try:
        event = orjson.loads(proof.event)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("id") == typed else None


async def _attachments(
    backend: Backend, events: Iterable[dict[str, Any]], *, contents: bool
) -> AsyncIterator[ProvenAttachment]:
    from store.core.proof_check import named_attachments

    room = CONTENT_MOST
    for upload_id, label, sha256 in dict.fromkeys(named_attachments(events)):
        size = (await backend.upload(upload_id)).size
        content = None
        if contents:
            room -= size
            if room < 0:
                raise Failed(f"The attachments come to over {CONTENT_MOST:,} bytes: leave out --with-attachments.")
            content = await _content(backend, upload_id, label, sha256)
        yield ProvenAttachment(upload_id=upload_id, label=label, sha256=sha256, size=size, content=content)


async def _content(backend: Backend, upload_id: str, label: str, sha256: str) -> str:
    content = b"".join([piece async for piece in backend.download(upload_id)])
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Failed(f"The content of {line(label, 80)!r} is no longer what the request showed. Nothing was written.")
    return base64.b64encode(content).decode()
