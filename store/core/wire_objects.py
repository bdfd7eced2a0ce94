"""The contract's objects, made from a state's documents and from events."""

from __future__ import annotations

from typing import Any

from api_client.errors import NotFound
from api_client.models import REQUEST_WITHDRAWN
from api_client.task_trail import NO_TRAIL, TaskTrail
from api_client.times import wire_time
from store.core.fold import open_requests, step_of
from store.core.state_view import Doc, DocumentLookup
from store.core.timeout_rules import NEVER, due_at

_TASK = ("id", "projectId", "name", "externalId", "currentStep", "status", "metadata", "attachments")
_PROJECT = ("id", "name", "projectName", "steps")
_OPEN_REQUEST = ("requestId", "eventType", "summary", "requestedAt")
_INBOX = (*_OPEN_REQUEST, "requestedBy", "taskId", "projectId", "recommendation", "fieldCount", "hash")
_INBOX_WITH_CONTEXT = (*_INBOX, "keyValueContext")


def _only(doc: Doc, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: doc[key] for key in keys if doc.get(key) is not None}


def task(doc: Doc) -> dict[str, Any]:
    """Return a Task."""
    return _only(doc, _TASK)


def project(doc: Doc) -> dict[str, Any]:
    """Return a Project."""
    return _only(doc, _PROJECT)


def open_request(doc: Doc) -> dict[str, Any]:
    """Return an OpenRequest."""
    return _only(doc, _OPEN_REQUEST)


def open_on(state: DocumentLookup, task_doc: Doc) -> list[dict[str, Any]]:
    """Return the OpenRequests of a task's document, oldest first."""
    requests = (state.get("requests", request_id) for request_id in open_requests(task_doc))
    return [open_request(request) for request in requests if request is not None]


def overdue_at(state: DocumentLookup, task_doc: Doc) -> str | None:
    """Return when a task's step will have taken too long, None where its step declares no `timeoutSeconds`."""
    project_doc = state.get("projects", task_doc["projectId"])
    if project_doc is None or task_doc["status"] == "CLOSED":
        return None
    seconds = step_of(project_doc, task_doc["currentStep"]).get("timeoutSeconds")
    due = NEVER if seconds is None else due_at(seconds, task_doc)
    return None if due == NEVER else wire_time(due)


def card(state: DocumentLookup, doc: Doc, trail: TaskTrail = NO_TRAIL) -> dict[str, Any]:
    """Return a Card of a task's document, and of what its events say beside it."""
    waiting = open_requests(doc)
    oldest = state.get("requests", waiting[0]) if waiting else None
    return {
        **task(doc),
        "stepEnteredAt": doc["stepEnteredAt"],
        "assigneeId": doc.get("assigneeId"),
        "openRequest": open_request(oldest) if oldest else None,
        "openRequestCount": len(waiting),
        "overdueAt": overdue_at(state, doc),
        "agent": trail.agent,
        "lastEventAt": doc["lastAt"],
        "decidedAt": trail.decided_at,
    }


def inbox_item(state: DocumentLookup, doc: Doc, *, context: bool = False) -> dict[str, Any]:
    """Return an InboxItem of a request's document, with its context where that is asked for."""
    task_doc = state.get("tasks", doc["taskId"]) or {}
    project_doc = state.get("projects", doc["projectId"]) or {}
    return {
        **_only(doc, _INBOX_WITH_CONTEXT if context else _INBOX),
        "taskName": task_doc["name"],
        "projectName": project_doc["projectName"],
        "step": task_doc["currentStep"],
        "assigneeId": task_doc.get("assigneeId"),
        "overdueAt": overdue_at(state, task_doc),
    }


_GRANT = (
    *("id", "projectId", "name", "filter", "until", "most", "sample", "givenBy", "givenAt"),
    *("used", "asked", "agreed", "disagreed", "ended"),
)


def grant(doc: Doc) -> dict[str, Any]:
    """Return a Grant of its document."""
    return _only(doc, _GRANT)


def policy_in_force(doc: Doc) -> dict[str, Any]:
    """Return a PolicyInForce of a project's authority."""
    return {"policy": doc.get("policy"), "hash": doc.get("policyHash")}


_EVIDENCE = ("attachmentsOpened", "rule")
"""Keys of a settlement's payload that a reviewer reads with its result."""


def result(request_id: str, settled: Doc) -> dict[str, Any]:
    """Return the ApprovalResult or ElicitationResult that an event makes; of a withdrawal, who, when and why."""
    payload = settled["payload"]
    of = {"requestId": request_id, "taskId": settled["taskId"], "eventId": settled["id"], "hash": settled.get("hash")}
    of |= {key: payload[key] for key in _EVIDENCE if key in payload}
    if settled["eventType"] == REQUEST_WITHDRAWN:
        who = {"withdrawnBy": settled.get("subject"), "withdrawnAt": settled["timestamp"]}
        return {**of, **who, "reason": payload["message"]}
    if settled["eventType"] == "ELICITATION_PROVIDED":
        return {
            **of,
            "fields": payload["answers"],
            "answeredAt": settled["timestamp"],
            "answeredBy": payload.get("answeredBy"),
        }
    authority = payload.get("authority")
    return {
        **of,
        "outcome": payload["outcome"],
        "decidedAt": settled["timestamp"],
        "decidedBy": (authority or {}).get("subject"),
        "authoritySnapshot": authority,
        "recommendationSnapshot": payload.get("recommendationSnapshot"),
    }


def result_of_call(request_id: str, settled: Doc) -> dict[str, Any]:
    """Return the result that a result call answers.

    Raises:
        NotFound: the request was withdrawn (CONTRACT.md part 3, Withdrawal).
    """
    made = result(request_id, settled)
    if "withdrawnAt" in made:
        who, when, why = made["withdrawnBy"] or "someone", made["withdrawnAt"], made["reason"]
        raise NotFound(f"The request was withdrawn by {who} at {when}: {why}")
    return made
