"""The check of a report's page: the data in it, by a program that is not the page's own. Pure.

The page's script and style are not looked at: nothing of them is run or believed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

from msgspec import Struct

from api_client.wire import read_json
from store.core.chain import link
from store.core.merkle import leaf_hash
from store.core.proof_check import CheckedProof, ProofFault, checked_checkpoint
from store.core.shared_proof import shared_root
from store.core.signed_note import NoteFault, VerifierKey

REPORT_FORMAT = "pumpup-report/1"
_START = b"<!doctype html>"
_DATA = re.compile(rb"<script type=application/json data-sha256=([0-9a-f]{64})>([^<]*)</script>")
_HASH_BYTES = 32


class _ReportEvent(Struct, forbid_unknown_fields=True, gc=False):
    seq: int
    previous: str
    event: str


class _ReportData(Struct, forbid_unknown_fields=True):
    format: str
    key: str
    checkpoint: str
    nodes: str
    events: list[_ReportEvent]
    report: dict[str, Any]


def is_report(content: bytes) -> bool:
    """Return whether a file looks like the page of a report."""
    return content.startswith(_START)


def check_report(content: bytes, key: VerifierKey) -> CheckedProof:
    """Return what the data of a report's page proves, where all of it holds under a public key.

    Raises:
        ProofFault: it is no report, or something in it does not hold.
    """
    data = _data(content)
    if data.key != key.written():
        raise ProofFault(f"It was made with the public key {data.key[:300]!r}, not with the one that was given.")
    try:
        note, head = checked_checkpoint(data.checkpoint, key)
    except NoteFault as fault:
        raise ProofFault(f"Its checkpoint does not hold: {fault}.") from None
    events = [_event(one) for one in data.events]
    places = [event["seq"] for event in events]
    if places != sorted(set(places)):
        raise ProofFault("Its events are not in the order of the record.")
    leaves = {event["seq"] - 1: leaf_hash(event["hash"]) for event in events}
    if leaves and shared_root(head.size, leaves, _nodes(data.nodes)) != head.root:
        raise ProofFault("Its events are not those of the record that the checkpoint signed.")
    return CheckedProof(head, note, events, ())


def _data(content: bytes) -> _ReportData:
    found = _DATA.findall(content)
    if len(found) != 1:
        raise ProofFault("It isn't a report of this program: no data is found in it.")
    digest, text = found[0]
    if hashlib.sha256(text).hexdigest() != digest.decode():
        raise ProofFault("Its data was changed: it does not match the digest beside it.")
    try:
        data = read_json(_ReportData, text)
    except ValueError as fault:
        raise ProofFault(f"Its data isn't a report's: {fault}") from None
    if data.format != REPORT_FORMAT:
        raise ProofFault(f"It has the format {data.format[:40]!r}, not {REPORT_FORMAT!r}.")
    return data


def _event(item: _ReportEvent) -> dict[str, Any]:
    try:
        event: object = read_json(object, item.event)
    except ValueError:
        raise ProofFault(f"Event {item.seq} isn't JSON.") from None
    if not isinstance(event, dict) or event.get("seq") != item.seq:
        raise ProofFault(f"Event {item.seq} names another place in the chain.")
    return {**event, "hash": link(item.previous, item.event.encode())}


def _nodes(encoded: str) -> list[bytes]:
    try:
        nodes = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        nodes = b"-"
    if len(nodes) % _HASH_BYTES or base64.b64encode(nodes).decode() != encoded:
        raise ProofFault("Its shared proof can't be read.")
    return [nodes[at : at + _HASH_BYTES] for at in range(0, len(nodes), _HASH_BYTES)]
