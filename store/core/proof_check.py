"""The check of a proof file: it needs the public key of the record, and nothing of the record itself. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from api_client.proofs import PROOF_FORMAT, EventProof, ProofFile, ProvenAttachment
from api_client.wire import read_json
from store.core import merkle
from store.core.chain import link
from store.core.signed_note import LogHead, NoteFault, SignedNote, VerifierKey, read_head, read_note

_DIGITS_MOST = 20
PROOF_MOST = 256_000_000
"""Bytes of a proof file at the most."""


class ProofFault(ValueError):
    """A proof file does not prove what it says; the message says in which way."""


class CheckedProof(NamedTuple):
    """The content of a proof that holds."""

    head: LogHead
    note: SignedNote
    events: list[dict[str, Any]]
    """Each as it was recorded, with its `hash`."""
    attachments: tuple[ProvenAttachment, ...]


def check_proof(content: bytes, key: VerifierKey) -> CheckedProof:
    """Return what a proof file proves, where all of it holds under a public key.

    Raises:
        ProofFault: it is no proof file, or something in it does not hold.
    """
    try:
        proof = read_json(ProofFile, content)
        json.loads(content, object_pairs_hook=_once)
    except ValueError as fault:
        raise ProofFault(f"It isn't a proof file: {fault}") from None
    return checked(proof, key)


def checked(proof: ProofFile, key: VerifierKey) -> CheckedProof:
    """Do the same for one that was read.

    Raises:
        ProofFault: something in it does not hold.
    """
    if proof.format != PROOF_FORMAT:
        raise ProofFault(f"It has the format {proof.format[:40]!r}, not {PROOF_FORMAT!r}.")
    if not proof.events:
        raise ProofFault("It holds no event.")
    note, head = _checkpoint(proof, key)
    events = [_event(one, head) for one in proof.events]
    if len({event["seq"] for event in events}) != len(events):
        raise ProofFault("It holds an event twice.")
    _check_attachments(proof.attachments, events)
    return CheckedProof(head, note, events, proof.attachments)


def checked_checkpoint(note: str, key: VerifierKey) -> tuple[SignedNote, LogHead]:
    """Return a checkpoint that a record signed, and what it says.

    Raises:
        NoteFault: it is none, or none of this key's.
    """
    signed = read_note(note.encode())
    if key.signed_at(signed) is None:
        raise NoteFault(f"it is not signed by {key.name}")
    head = read_head(signed.text)
    if head.origin != key.name:
        raise NoteFault(f"it is a checkpoint of {head.origin}, signed by {key.name}")
    return signed, head


def _checkpoint(proof: ProofFile, key: VerifierKey) -> tuple[SignedNote, LogHead]:
    if proof.key != key.written():
        raise ProofFault(
            f"It was made with the public key {proof.key[:300]!r}, not with the one that was given: either it is of "
            "another record, or it is forged."
        )
    try:
        return checked_checkpoint(proof.checkpoint, key)
    except NoteFault as fault:
        raise ProofFault(f"Its checkpoint does not hold: {fault}.") from None


def _event(proof: EventProof, head: LogHead) -> dict[str, Any]:
    name = f"Event {proof.seq}"
    if link(proof.previous, proof.event.encode()) != proof.hash:
        raise ProofFault(f"{name} does not match its hash: it was changed.")
    if not merkle.is_included(merkle.leaf_hash(proof.hash), proof.seq - 1, head.size, _path(proof), head.root):
        raise ProofFault(f"{name} is not in the record of the checkpoint, or not at that place.")
    try:
        event = _read(proof.event)
    except (ValueError, TypeError, RecursionError) as fault:
        raise ProofFault(f"{name} isn't JSON that all programs read alike: {fault}.") from None
    seq = event.get("seq") if isinstance(event, dict) else None
    if seq.__class__ is not int or seq != proof.seq:
        raise ProofFault(f"{name} names another place in the chain.")
    return {**event, "hash": proof.hash}


def _read(text: str) -> Any:
    """Return the value that a JSON text spells, where every program reads the same out of it.

    Raises:
        ValueError: it is no JSON, or has a key twice, of which some readers take the first one, others the last, or an
            integer beyond 64 bits, which some round.
        TypeError: it is nested more deeply than this program writes.
        RecursionError: it is so by far.
    """
    value = orjson.loads(text)
    orjson.dumps(value)
    json.loads(text, object_pairs_hook=_once, parse_int=_in_64_bits)
    return value


def _in_64_bits(digits: str) -> None:
    if len(digits) > _DIGITS_MOST or not -(1 << 63) <= int(digits) < 1 << 64:
        raise ValueError("an integer has over 64 bits")


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice in one object")


def _path(proof: EventProof) -> list[bytes]:
    try:
        path = [bytes.fromhex(node) for node in proof.path]
    except ValueError:
        path = []
    if [node.hex() for node in path] != list(proof.path):
        raise ProofFault(f"The path of event {proof.seq} can't be read.")
    return path


def _check_attachments(attachments: tuple[ProvenAttachment, ...], events: list[dict[str, Any]]) -> None:
    named = set(named_attachments(events))
    for attachment in attachments:
        name = f"The attachment {attachment.label[:80]!r}"
        if (attachment.upload_id, attachment.label, attachment.sha256) not in named:
            raise ProofFault(f"{name} is not one that a proved event names.")
        if attachment.content is not None:
            _check_content(attachment, attachment.content, name)


def _check_content(attachment: ProvenAttachment, encoded: str, name: str) -> None:
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ProofFault(f"{name} has content that isn't base64.") from None
    if base64.b64encode(content).decode() != encoded or len(content) != attachment.size:
        raise ProofFault(f"{name} does not have the size that is given.")
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise ProofFault(f"{name} does not match the event: its content was changed.")


def named_attachments(events: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield the upload, label and hash of each attachment that some events name, whatever else they hold."""
    for event in events:
        payload = event.get("payload")
        found = payload.get("attachmentSnapshots") if isinstance(payload, dict) else None
        for one in found if isinstance(found, list) else ():
            match one:
                case {"uploadId": str(upload_id), "label": str(label), "sha256": str(sha256)}:
                    yield upload_id, label, sha256
