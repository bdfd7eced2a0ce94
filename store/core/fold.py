"""What events add up to: pure, one event at a time, over documents that are replaced and never changed.

The documents are the state's own: a wire object's keys and a few more (`openRequests`, `stepEnteredAt`, …).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from api_client.times import parse_time

Doc = Mapping[str, Any]
Table = str
"""One of `TABLES`."""

TABLES = ("projects", "tasks", "requests", "uploads")
NEVER = datetime.max.replace(tzinfo=UTC)
PROJECT_CREATED = "PROJECT_CREATED"
UPLOAD_RECEIVED = "UPLOAD_RECEIVED"

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


class Docs(Protocol):
    """Where the documents are: the state itself, or a draft over it."""

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        ...

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of what has this id."""
        ...

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document."""
        ...

    def count(self, table: Table) -> int:
        """Return how many documents the table holds."""
        ...


def apply(docs: Docs, event: Doc) -> None:
    """Bring `docs` up to date with one event (in `seq` order; events of unknown types change nothing)."""
    change = _CHANGES.get(event["eventType"])
    if change is not None:
        change(docs, event)


def take(docs: Docs, event: Doc) -> bool:
    """Bring `docs` up to date with a recorded event, and tell whether it changed them.

    No rule was asked of what an older version imported. An event that the documents can't have led to (a task or a
    step that there is not, a settlement of nothing that is open, a second making of the same thing) changes nothing;
    `shapes.recognised` is to have seen it first.
    """
    change = _CHANGES.get(event["eventType"])
    if change is None or not _fits(docs, event):
        return False
    change(docs, event)
    return True


def _fits(docs: Docs, event: Doc) -> bool:
    kind = event["eventType"]
    if kind in _MAKES:
        return _MAKES[kind](docs, event)
    task = docs.get("tasks", event["taskId"])
    if task is None or task["projectId"] != event["projectId"]:
        return False
    if event.get("transitionTo") is not None and not _has_step(docs, event, event["transitionTo"]):
        return False
    return kind not in _SETTLES or _is_open(docs, event, _SETTLES[kind])


def _makes_a_task(docs: Docs, event: Doc) -> bool:
    return docs.get("tasks", event["taskId"]) is None and _has_step(docs, event, event["payload"]["initialState"])


def _has_step(docs: Docs, event: Doc, name: str) -> bool:
    project = docs.get("projects", event["projectId"])
    return project is not None and any(step["name"] == name for step in project["steps"]["steps"])


def _is_open(docs: Docs, event: Doc, asked: str) -> bool:
    request = docs.get("requests", event["inResponseTo"])
    return request is not None and (request["eventType"], request["taskId"]) == (asked, event["taskId"])


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
            found: Doc = step
            return found
    raise KeyError(name)


def is_terminal(project: Doc, step: str) -> bool:
    """Tell whether entering `step` closes a task: it has no exits."""
    return not step_of(project, step).get("exits")


def due_at(seconds: int, task: Doc) -> datetime:
    """Return when a task will have stayed in its step for `seconds`; `NEVER` where that is past all dates."""
    try:
        return parse_time(task["stepEnteredAt"]) + timedelta(seconds=seconds)
    except OverflowError:
        return NEVER


def attached(attachments: list[Doc], added: list[Doc] | None) -> list[Doc]:
    """Return the attachments with `added`: attaching an upload again replaces its label (CONTRACT.md part 3)."""
    by_upload = {one["uploadId"]: one for one in attachments}
    by_upload.update({one["uploadId"]: one for one in added or ()})
    return list(by_upload.values())


def open_requests(task: Doc) -> list[str]:
    """Return the ids of a task's open requests, oldest first."""
    found: list[str] = task.get("openRequests") or []
    return found


def _touch(docs: Docs, event: Doc, **changes: Any) -> None:
    """Replace the event's task with `changes`, and with the step that the event enters, if any."""
    task = docs.get("tasks", event["taskId"])
    if task is None:
        raise KeyError(event["taskId"])
    entered = event.get("transitionTo")
    if entered is not None:
        changes.update(currentStep=entered, stepEnteredAt=event["timestamp"], stepSeq=event["seq"], timedOut=False)
    docs.put("tasks", event["taskId"], {**task, **changes, "lastAt": event["timestamp"]})


def _project_created(docs: Docs, event: Doc) -> None:
    payload = event["payload"]
    doc = {key: payload[key] for key in ("name", "projectName", "steps")}
    docs.put("projects", event["projectId"], {"id": event["projectId"], "no": docs.count("projects") + 1, **doc})


def _upload_received(docs: Docs, event: Doc) -> None:
    payload = event["payload"]
    doc = {key: payload[key] for key in ("id", "fileName", "contentType", "size", "sha256")}
    arrival = {"subject": event.get("subject", ""), "receivedAt": event["timestamp"]}
    docs.put("uploads", payload["id"], {**doc, **arrival})


def _task_created(docs: Docs, event: Doc) -> None:
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


def _action(docs: Docs, event: Doc) -> None:
    payload = event["payload"]
    task = docs.get("tasks", event["taskId"]) or {}
    changes: dict[str, Any] = {}
    if payload["metadataPatch"]:
        changes["metadata"] = patched(task["metadata"], payload["metadataPatch"])
    if payload.get("addAttachments"):
        changes["attachments"] = attached(task["attachments"], payload["addAttachments"])
        for one in payload["addAttachments"]:
            upload = docs.get("uploads", one["uploadId"])
            if upload is not None and not upload.get("attached"):
                docs.put("uploads", one["uploadId"], {**upload, "attached": True})
    _touch(docs, event, **changes)


def _requested(docs: Docs, event: Doc) -> None:
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
    docs.put("requests", event["id"], doc)
    task = docs.get("tasks", event["taskId"]) or {}
    _wait_for(docs, event, [*open_requests(task), event["id"]])


def _settled(docs: Docs, event: Doc) -> None:
    docs.drop("requests", event["inResponseTo"])
    task = docs.get("tasks", event["taskId"]) or {}
    _wait_for(docs, event, [one for one in open_requests(task) if one != event["inResponseTo"]])


def _wait_for(docs: Docs, event: Doc, requests: list[str]) -> None:
    """Let the event's task wait while any request is open on it (CONTRACT.md part 3, Requests)."""
    _touch(docs, event, status="WAITING" if requests else "RUNNING", openRequests=requests)


def _assigned(docs: Docs, event: Doc) -> None:
    _touch(docs, event, assigneeId=event["payload"]["assigneeId"] or None)


_MAKES: dict[str, Callable[[Docs, Doc], bool]] = {
    PROJECT_CREATED: lambda docs, event: docs.get("projects", event["projectId"]) is None,
    UPLOAD_RECEIVED: lambda docs, event: docs.get("uploads", event["payload"]["id"]) is None,
    "TASK_CREATED": _makes_a_task,
}
"""Tells of an event that makes something whether it can: there is no such thing yet."""
_SETTLES = {"APPROVAL_DECIDED": "APPROVAL_REQUESTED", "ELICITATION_PROVIDED": "ELICITATION_REQUESTED"}
"""The type of the request that an event of this type settles."""

_CHANGES: dict[str, Callable[[Docs, Doc], None]] = {
    PROJECT_CREATED: _project_created,
    UPLOAD_RECEIVED: _upload_received,
    "TASK_CREATED": _task_created,
    "ACTION": _action,
    "EXCEPTION": _touch,
    "NOTE": _touch,
    "APPROVAL_REQUESTED": _requested,
    "ELICITATION_REQUESTED": _requested,
    "APPROVAL_DECIDED": _settled,
    "ELICITATION_PROVIDED": _settled,
    "ASSIGNMENT": _assigned,
    "TIMEOUT": lambda docs, event: _touch(docs, event, timedOut=True),
    "TASK_CLOSED": lambda docs, event: _touch(docs, event, status="CLOSED"),
}
