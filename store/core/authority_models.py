"""The contract's answers about authority, made from the documents of `authority_fold`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api_client.authority import AuthorityStatus, Grant
from api_client.wire import read
from store.core import wire_objects
from store.core.authority_lookup import ALL
from store.core.state_view import Doc

GRANTS_LISTED = 500
"""Grants in one list; of the ended ones the oldest are left out."""
ESCALATED_LISTED = 200
"""Escalated tasks in one answer: the newest."""


def grants(docs: Iterable[Doc], project_id: str | None) -> list[Grant]:
    """Return the grants among the documents: those in force in the order of giving, then the ended, newest first."""
    found = [doc for doc in docs if "filter" in doc and project_id in (None, doc["projectId"])]
    found.sort(key=lambda doc: int(doc["seq"]))  # a database's rows come in any order
    in_force = [doc for doc in found if "ended" not in doc]
    ended = sorted((doc for doc in found if "ended" in doc), key=lambda doc: str(doc["ended"]["at"]), reverse=True)
    return [read(Grant, wire_objects.grant(doc)) for doc in (*in_force, *ended)[:GRANTS_LISTED]]


def status(docs: Mapping[str, Doc]) -> AuthorityStatus:
    """Return what is paused and escalated."""
    escalated = sorted(_escalated(docs), key=lambda one: str(one["at"]), reverse=True)[:ESCALATED_LISTED]
    pauses = [
        {"projectId": None if doc_id == ALL else doc_id, **doc["pause"]}
        for doc_id, doc in docs.items()
        if "pause" in doc
    ]
    of_all = docs.get(ALL) or {}
    found: dict[str, Any] = {
        "version": str(of_all.get("seq", "")),
        "policies": str(of_all.get("policySeq", "")),
        "ends": str(of_all.get("endSeq", "")),
        "pauses": sorted(pauses, key=lambda one: (str(one["at"]), one["projectId"] or "")),
        "escalated": escalated,
        "grants": sum(len(doc.get("grants") or ()) for doc in docs.values()),
    }
    return read(AuthorityStatus, found)


def _escalated(docs: Mapping[str, Doc]) -> Iterator[dict[str, Any]]:
    for doc_id, doc in docs.items():
        for one in doc.get("escalated") or ():
            yield {**one, "projectId": doc_id}
