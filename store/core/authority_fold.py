"""The fold of authority: policies, grants, pauses and escalated tasks, brought up to date with events.

The table `authority` has a document for each grant (`grt_…`), one for each project that has any of this (its id), and
one for all (`all`), which also has the place of the last change of any of them.
"""

from __future__ import annotations

from typing import Any

from store.core.authority_lookup import ALL, authority_of, grant_in
from store.core.state_view import Doc, DocumentLookup, DocumentTables

ESCALATED_MOST = 1_000
"""Escalated tasks that a project lists: the oldest go first, and stay what they are on their timelines."""
NOTE_MOST = 500
"""Characters of an escalation's note that the list has: the whole is on the timeline."""
_TERMS = ("name", "filter", "until", "most", "sample", "givenBy")


def _change(docs: DocumentTables, event: Doc, doc_id: str, **changes: Any) -> None:
    """Put a document back with `changes`, those that are None removed, and note the place of the change."""
    for changed_id, new in ((doc_id, changes), (ALL, {"seq": event["seq"]})):
        merged = {**(docs.get("authority", changed_id) or {}), **new}
        docs.put("authority", changed_id, {key: value for key, value in merged.items() if value is not None})


def policy_set(docs: DocumentTables, event: Doc) -> None:
    """Put a policy in force."""
    _change(docs, event, event["projectId"], policy=event["payload"]["policy"], policyHash=event["hash"])
    _change(docs, event, ALL, policySeq=event["seq"])


def paused(docs: DocumentTables, event: Doc) -> None:
    """Begin a pause."""
    pause = {"reason": event["payload"]["reason"], "by": event.get("subject") or "", "at": event["timestamp"]}
    _change(docs, event, event.get("projectId") or ALL, pause=pause)


def resumed(docs: DocumentTables, event: Doc) -> None:
    """End a pause."""
    _change(docs, event, event.get("projectId") or ALL, pause=None)


def grant_given(docs: DocumentTables, event: Doc) -> None:
    """Put a grant in force."""
    payload, project_id = event["payload"], event["projectId"]
    counts = {"used": 0, "asked": 0, "agreed": 0, "disagreed": 0}
    terms = {key: payload[key] for key in _TERMS}
    place = {"id": payload["grantId"], "seq": event["seq"], "projectId": project_id, "givenAt": event["timestamp"]}
    _change(docs, event, payload["grantId"], **place, **terms, **counts)
    grants = (docs.get("authority", project_id) or {}).get("grants") or []
    _change(docs, event, project_id, grants=[*grants, payload["grantId"]])


def grant_ended(docs: DocumentTables, event: Doc) -> None:
    """End a grant, and keep what became of it."""
    payload, project_id = event["payload"], event["projectId"]
    ended = {"reason": payload["reason"], "at": event["timestamp"], "by": event.get("subject") or ""}
    _change(docs, event, payload["grantId"], ended=ended)
    _change(docs, event, ALL, endSeq=event["seq"])
    grants = (docs.get("authority", project_id) or {}).get("grants") or []
    _change(docs, event, project_id, grants=[one for one in grants if one != payload["grantId"]] or None)


# -- what requests and decisions change


def covered(docs: DocumentLookup, event: Doc, request: Doc) -> Doc:
    """Return the document of a request that is being asked, with the grant that covers it (`coveredBy`), if one does.

    It is settled here, once: whatever becomes of the task and the policy later, a sample stays that grant's sample.
    """
    if not authority_of(docs, event["projectId"]).get("grants"):
        return request
    from store.core.grant_coverage import covering  # policies and filters: few records have grants, and all are folded

    grant = covering(docs, event, request)
    return request if grant is None else {**request, "coveredBy": grant["id"]}


def decided(docs: DocumentTables, event: Doc) -> None:
    """Count a decision that a grant made, or that is a grant's sample, and list the task where it was escalated."""
    payload = event["payload"]
    used, sampled = (payload.get("authority") or {}).get("grant"), payload.get("sampleOf")
    if (grant := grant_in(docs, used)) is not None:
        _change(docs, event, grant["id"], used=grant["used"] + 1)
    elif sampled is not None:
        _count_sample(docs, event, sampled, agrees=payload["outcome"]["type"] == "APPROVE")
    if event.get("source") == "HUMAN" or payload.get("escalatedTo"):
        taken_over(docs, event)  # and not by a grant: an agent may ask for something routine on an escalated task
    if payload.get("escalatedTo"):
        _escalate(docs, event)


def _count_sample(docs: DocumentTables, event: Doc, grant_id: str | None, *, agrees: bool) -> None:
    if (grant := grant_in(docs, grant_id)) is not None:
        counts = {"asked": grant["asked"] + 1, "agreed": grant["agreed"] + agrees}
        _change(docs, event, grant["id"], **counts, disagreed=0 if agrees else grant["disagreed"] + 1)


def withdrawn(docs: DocumentTables, event: Doc) -> None:
    """Count a sample that who asked it took back as one that nobody approved."""
    _count_sample(docs, event, event["payload"].get("sampleOf"), agrees=False)


def _escalate(docs: DocumentTables, event: Doc) -> None:
    payload = event["payload"]
    escalation = {
        "taskId": event["taskId"],
        "taskName": (docs.get("tasks", event["taskId"]) or {}).get("name", ""),
        "tags": payload["escalatedTo"],
        "requestId": event["inResponseTo"],
        "by": (payload.get("authority") or {}).get("subject") or event.get("subject") or "",
        "at": event["timestamp"],
    }
    if payload["outcome"].get("note"):
        escalation["note"] = payload["outcome"]["note"][:NOTE_MOST]
    listed = (docs.get("authority", event["projectId"]) or {}).get("escalated") or []
    _change(docs, event, event["projectId"], escalated=[*listed, escalation][-ESCALATED_MOST:])


def taken_over(docs: DocumentTables, event: Doc) -> None:
    """Take a task off the list of escalated ones: somebody has dealt with it since."""
    listed = (docs.get("authority", event["projectId"]) or {}).get("escalated")
    if listed and any(one["taskId"] == event["taskId"] for one in listed):
        left = [one for one in listed if one["taskId"] != event["taskId"]]
        _change(docs, event, event["projectId"], escalated=left or None)
