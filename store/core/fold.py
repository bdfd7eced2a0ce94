"""The fold: brings documents up to date with events, one at a time. Pure, over the documents of `state_view`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from api_client.request_facts import listed_context
from store.core import authority_fold
from store.core.authority_fold import taken_over
from store.core.authority_lookup import grant_in
from store.core.event_types import (
    GRANT_ENDED,
    GRANT_GIVEN,
    PAUSED,
    POLICY_SET,
    PROJECT_CREATED,
    RESUMED,
    SETTLING,
    UPLOAD_RECEIVED,
)
from store.core.state_view import Doc, DocumentTables

GENERAL: Doc = {
    "id": "prj_general",
    "no": 1,
    "name": "General",
    "projectName": "general",
    "steps": {
        "initialStep": "in_progress",
        "steps": [
            {"name": "in_progress", "owner": "AGENT", "exits": ["complete"]},
            {"name": "complete", "owner": "PLATFORM", "exits": []},
        ],
    },
}
"""The project that always exists (CONTRACT.md part 3, Projects)."""


def apply(docs: DocumentTables, event: Doc) -> None:
    """Bring `docs` up to date with one event (in `seq` order; events of unknown types change nothing)."""
    change = _CHANGES.get(event["eventType"])
    if change is not None:
        change(docs, event)


def apply_recorded(docs: DocumentTables, event: Doc) -> bool:
    """Bring `docs` up to date with a recorded event, and return whether it changed them.

    An older version imported events without asking the rules. An event that the documents can't have led to (on a
    task or step that does not exist, a settlement of nothing that is open, a second creation of the same thing)
    changes nothing. The event must have been through `event_shapes.recognised`.
    """
    change = _CHANGES.get(event["eventType"])
    if change is None or not _fits(docs, event):
        return False
    change(docs, event)
    return True


def _fits(docs: DocumentTables, event: Doc) -> bool:
    kind = event["eventType"]
    if kind in _ENTRIES:
        return _ENTRIES[kind](docs, event)
    task = docs.get("tasks", event["taskId"])
    if task is None or task["projectId"] != event["projectId"]:
        return False
    if event.get("transitionTo") is not None and not _has_step(docs, event, event["transitionTo"]):
        return False
    return kind not in SETTLING or _is_open(docs, event, _SETTLES[kind])


def _creates_a_task(docs: DocumentTables, event: Doc) -> bool:
    return docs.get("tasks", event["taskId"]) is None and _has_step(docs, event, event["payload"]["initialState"])


def _has_step(docs: DocumentTables, event: Doc, name: str) -> bool:
    project = docs.get("projects", event["projectId"])
    return project is not None and any(step["name"] == name for step in project["steps"]["steps"])


def _is_open(docs: DocumentTables, event: Doc, asked: tuple[str, ...]) -> bool:
    request = docs.get("requests", event["inResponseTo"])
    return request is not None and request["eventType"] in asked and request["taskId"] == event["taskId"]


def patched(metadata: Doc, patch: Doc | None) -> dict[str, Any]:
    """Return `metadata` after `set`, `setOnce` and `unset`, in this order (CONTRACT.md part 1, MetadataPatch)."""
    patch = patch or {}
    result = {**metadata, **(patch.get("set") or {})}
    for key, value in (patch.get("setOnce") or {}).items():
        result.setdefault(key, value)
    for key in patch.get("unset") or ():
        result.pop(key, None)
    return result


def step_of(project: Doc, name: str) -> Doc:
    """Return the step called `name` of a project's document.

    Raises:
        KeyError: the project has none.
    """
    for step in project["steps"]["steps"]:
        if step["name"] == name:
            named: Doc = step
            return named
    raise KeyError(name)


def is_terminal(project: Doc, step: str) -> bool:
    """Return whether entering `step` closes a task: it has no exits."""
    return not step_of(project, step).get("exits")


def attached(attachments: list[Doc], added: list[Doc] | None) -> list[Doc]:
    """Return the attachments with `added`: attaching an upload again replaces its label (CONTRACT.md part 3)."""
    by_upload = {attachment["uploadId"]: attachment for attachment in (*attachments, *(added or ()))}
    return list(by_upload.values())


def open_requests(task: Doc) -> list[str]:
    """Return the ids of a task's open requests, oldest first."""
    request_ids: list[str] = task.get("openRequests") or []
    return request_ids


def _touch(docs: DocumentTables, event: Doc, **changes: Any) -> None:
    """Put the event's task back with `changes`, and in the step that the event enters, if any."""
    task = docs.get("tasks", event["taskId"])
    if task is None:
        raise KeyError(event["taskId"])
    entered = event.get("transitionTo")
    if entered is not None:
        changes.update(currentStep=entered, stepEnteredAt=event["timestamp"], stepSeq=event["seq"], timedOut=False)
    docs.put("tasks", event["taskId"], {**task, **changes, "lastAt": event["timestamp"]})


def _project_created(docs: DocumentTables, event: Doc) -> None:
    payload = event["payload"]
    doc = {key: payload[key] for key in ("name", "projectName", "steps")}
    docs.put("projects", event["projectId"], {"id": event["projectId"], "no": docs.count("projects") + 1, **doc})


def _upload_received(docs: DocumentTables, event: Doc) -> None:
    payload = event["payload"]
    doc = {key: payload[key] for key in ("id", "fileName", "contentType", "size", "sha256")}
    arrival = {"subject": event.get("subject", ""), "receivedAt": event["timestamp"]}
    docs.put("uploads", payload["id"], {**doc, **arrival})


def _task_created(docs: DocumentTables, event: Doc) -> None:
    payload = event["payload"]
    doc = {
        "id": event["taskId"],
        "no": docs.count("tasks") + 1,
        "projectId": event["projectId"],
        "name": payload["name"],
        "currentStep": payload["initialState"],
        "status": "RUNNING",
        "metadata": patched({}, payload["metadataPatch"]),
        "attachments": [],
        "stepEnteredAt": event["timestamp"],
        "stepSeq": event["seq"],
        "lastAt": event["timestamp"],
    }
    if payload.get("externalId") is not None:
        doc["externalId"] = payload["externalId"]
    docs.put("tasks", event["taskId"], doc)


def _action(docs: DocumentTables, event: Doc) -> None:
    payload = event["payload"]
    task = docs.get("tasks", event["taskId"]) or {}
    changes: dict[str, Any] = {}
    if payload["metadataPatch"]:
        changes["metadata"] = patched(task["metadata"], payload["metadataPatch"])
    if payload.get("addAttachments"):
        changes["attachments"] = attached(task["attachments"], payload["addAttachments"])
        for attachment in payload["addAttachments"]:
            upload = docs.get("uploads", attachment["uploadId"])
            if upload is not None and not upload.get("attached"):
                docs.put("uploads", attachment["uploadId"], {**upload, "attached": True})
    _touch(docs, event, **changes)
    if event.get("source") == "HUMAN":
        if event.get("transitionTo") is not None:
            taken_over(docs, event)
        if event.get("inResponseTo") is not None:
            _agreed(docs, event)


def _agreed(docs: DocumentTables, event: Doc) -> None:
    request, agreement = docs.get("requests", event["inResponseTo"]), agreement_in(event)
    if request is None or request["taskId"] != event["taskId"] or agreement is None:
        return
    agreements = with_agreement(request.get("agreements") or (), agreement)
    docs.put("requests", event["inResponseTo"], {**request, "agreements": agreements})


def agreement_in(event: Doc) -> Doc | None:
    """Return the agreement that an action records, as it is counted; None where it records none."""
    agreement = (event["payload"].get("detail") or {}).get("agreement")
    if not isinstance(agreement, dict):
        return None
    counted = {"eventId": event["id"], "at": event["timestamp"], "outcome": agreement["outcome"]}
    counted["authority"] = agreement["authority"]
    if agreement.get("note") is not None:
        counted["note"] = agreement["note"]
    return counted


def with_agreement(agreements: Iterable[Doc], agreement: Doc) -> list[Doc]:
    """Return agreements with one more: of each person the last one counts (CONTRACT.md part 4)."""
    who = agreement["authority"]["subject"]
    return [*(one for one in agreements if one["authority"]["subject"] != who), agreement]


def _requested(docs: DocumentTables, event: Doc) -> None:
    payload = event["payload"]
    doc = {
        "requestId": event["id"],
        "seq": event["seq"],
        "eventType": event["eventType"],
        "taskId": event["taskId"],
        "projectId": event["projectId"],
        "summary": payload["summary"],
        "requestedAt": event["timestamp"],
        "hash": event["hash"],
        "requestedBy": event.get("subject", ""),
    }
    if event["eventType"] == "ELICITATION_REQUESTED":
        doc["fieldCount"] = len(payload["fields"])
    elif payload.get("recommendation"):
        doc["recommendation"] = payload["recommendation"]
    if context := listed_context(payload.get("keyValueContext")):
        doc["keyValueContext"] = context
    task = docs.get("tasks", event["taskId"]) or {}
    doc["askedIn"] = task.get("currentStep", "")
    docs.put("requests", event["id"], authority_fold.covered(docs, event, doc))
    _set_open_requests(docs, event, [*open_requests(task), event["id"]])


def _settled(docs: DocumentTables, event: Doc) -> None:
    docs.drop("requests", event["inResponseTo"])
    task = docs.get("tasks", event["taskId"]) or {}
    _set_open_requests(docs, event, [request for request in open_requests(task) if request != event["inResponseTo"]])


def _decided(docs: DocumentTables, event: Doc) -> None:
    authority_fold.decided(docs, event)
    _settled(docs, event)


def _withdrawn(docs: DocumentTables, event: Doc) -> None:
    authority_fold.withdrawn(docs, event)
    _settled(docs, event)


def _provided(docs: DocumentTables, event: Doc) -> None:
    taken_over(docs, event)
    _settled(docs, event)


def _closed(docs: DocumentTables, event: Doc) -> None:
    # An escalated task that its agent closes stays listed; a person's move into the last step took it off before this.
    _touch(docs, event, status="CLOSED")


def _noted(docs: DocumentTables, event: Doc) -> None:
    # A closed task takes nothing but a note: a person's says that they have seen it.
    if event.get("source") == "HUMAN" and (docs.get("tasks", event["taskId"]) or {}).get("status") == "CLOSED":
        taken_over(docs, event)
    _touch(docs, event)


def _set_open_requests(docs: DocumentTables, event: Doc, requests: list[str]) -> None:
    """Set the status of the event's task: it waits while any request is open on it (CONTRACT.md part 3, Requests)."""
    _touch(docs, event, status="WAITING" if requests else "RUNNING", openRequests=requests)


def _assigned(docs: DocumentTables, event: Doc) -> None:
    taken_over(docs, event)
    _touch(docs, event, assigneeId=event["payload"]["assigneeId"] or None)


def _is_of_project(docs: DocumentTables, event: Doc) -> bool:
    return docs.get("projects", event["projectId"]) is not None


def _is_of_any(docs: DocumentTables, event: Doc) -> bool:
    return event.get("projectId") is None or _is_of_project(docs, event)


def _ends_a_grant(docs: DocumentTables, event: Doc) -> bool:
    grant = grant_in(docs, event["payload"]["grantId"])
    return grant is not None and "ended" not in grant and grant["projectId"] == event["projectId"]


_ENTRIES: dict[str, Callable[[DocumentTables, Doc], bool]] = {
    PROJECT_CREATED: lambda docs, event: docs.get("projects", event["projectId"]) is None,
    UPLOAD_RECEIVED: lambda docs, event: docs.get("uploads", event["payload"]["id"]) is None,
    "TASK_CREATED": _creates_a_task,
    POLICY_SET: _is_of_project,
    GRANT_GIVEN: lambda docs, event: (
        _is_of_project(docs, event) and docs.get("authority", event["payload"]["grantId"]) is None
    ),
    GRANT_ENDED: _ends_a_grant,
    PAUSED: _is_of_any,
    RESUMED: _is_of_any,
}
"""For the types of events that begin a task or are on none: returns whether the documents can have led to it."""
_SETTLES = {
    "APPROVAL_DECIDED": ("APPROVAL_REQUESTED",),
    "ELICITATION_PROVIDED": ("ELICITATION_REQUESTED",),
    "REQUEST_WITHDRAWN": ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED"),
}
"""The types of the requests that an event of this type settles."""

_CHANGES: dict[str, Callable[[DocumentTables, Doc], None]] = {
    PROJECT_CREATED: _project_created,
    UPLOAD_RECEIVED: _upload_received,
    "TASK_CREATED": _task_created,
    "ACTION": _action,
    "EXCEPTION": _touch,
    "NOTE": _noted,
    "APPROVAL_REQUESTED": _requested,
    "ELICITATION_REQUESTED": _requested,
    "APPROVAL_DECIDED": _decided,
    "ELICITATION_PROVIDED": _provided,
    "REQUEST_WITHDRAWN": _withdrawn,
    "ASSIGNMENT": _assigned,
    "TIMEOUT": lambda docs, event: _touch(docs, event, timedOut=True),
    "TASK_CLOSED": _closed,
    POLICY_SET: authority_fold.policy_set,
    GRANT_GIVEN: authority_fold.grant_given,
    GRANT_ENDED: authority_fold.grant_ended,
    PAUSED: authority_fold.paused,
    RESUMED: authority_fold.resumed,
}
