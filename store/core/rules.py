"""The rules of the state machine (CONTRACT.md part 3), once: (state, command, actor, now) -> events.

Pure: nothing here reads a file or a clock. `decide` returns the events that a command makes of the state as it
is now, or raises the contract's error; `fold` says what the events then add up to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from api_client import commands as c
from api_client.actor import Actor
from api_client.errors import Conflict, InvalidAnswers, InvalidRequest, NotAllowed, NotFound
from api_client.fields import check_answers, read_fields
from api_client.times import parse_time, wire_time
from api_client.wire import Body
from store.core import step_graphs
from store.core.fold import (
    PROJECT_CREATED,
    UPLOAD_RECEIVED,
    Doc,
    attached,
    is_terminal,
    open_requests,
    patched,
    step_of,
)
from store.core.ruling import NO_LIMITS, Content, Limits, Ruling, View, project_of
from store.core.schema_questions import Ask, unasked

KINDS = {"APPROVAL_REQUESTED": "approval", "ELICITATION_REQUESTED": "elicitation"}
OPEN_MOST = 100
"""Requests that may be open on one task (CONTRACT.md part 3, Requests)."""
_LISTED = 10
"""Ids that a refusal lists at the most."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def decide(
    view: View,
    command: c.Command,
    actor: Actor,
    now: datetime,
    *,
    token: Callable[[], str],
    content: Content | None = None,
    limits: Limits = NO_LIMITS,
    ask: Ask = unasked,
) -> Ruling:
    """Return what `command` makes of the state as it is now.

    `limits` and what `ask` says of schemas are held against a command that comes in. By default neither is held
    against it, as it must be where what is already on the record is ruled on again.

    Raises:
        NotAllowed: the actor's role may not give this command.
        InvalidRequest: a rule refuses it; `code` names which.
        NotFound: it names something that does not exist.
        Conflict: the state does not take it.
        CheckNeeded: by `ask`.
    """
    if command.for_reviewers and actor.role == "agent":
        raise NotAllowed("An agent's key can't do this: it takes a reviewer's.")
    if isinstance(command, c.FireTimeout) and actor.role != "platform":
        raise NotAllowed("Only the platform fires a timeout.")
    ruling = Ruling(view, actor, now, token, content, limits, ask)
    _RULES[type(command)](ruling, command)
    return ruling


# -- projects, tasks, uploads


def _create_project(ruling: Ruling, command: c.CreateProject) -> None:
    _check_name(command.name, "A project's name", 80)
    step_graphs.check(command.steps, schema_bytes=ruling.limits.schema_bytes, ask=ruling.ask)
    slug = slug_of(command.name) or _numbered(ruling.view)
    if ruling.view.project_by_slug(slug) is not None:
        raise Conflict(f"There is a project {slug!r} already.")
    project_id = f"prj_{ruling.token()}"
    steps = _dump(command.steps)
    payload = {"type": "ProjectCreated", "name": command.name, "projectName": slug, "steps": steps}
    ruling.entry(PROJECT_CREATED, payload, projectId=project_id)
    ruling.shows = ("projects", project_id)


def slug_of(name: str) -> str:
    """Return the slug of a display name; empty where it has no letter a-z and no digit (CONTRACT.md part 3)."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _numbered(view: View) -> str:
    """Return a free slug for a name that makes none."""
    number = view.count("projects") + 1
    while view.project_by_slug(f"project_{number}") is not None:
        number += 1
    return f"project_{number}"


def _create_task(ruling: Ruling, command: c.CreateTask) -> None:
    if not 1 <= len(command.name) <= 500:
        raise InvalidRequest("A task's name has 1 to 500 characters.")
    project = _project_named(ruling.view, command.project_name)
    initial = project["steps"]["initialStep"]
    patch = _dump(command.metadata_patch) if command.metadata_patch else {}
    _check_metadata(ruling, project, initial, {}, patch)
    task = {"id": f"tsk_{ruling.token()}", "projectId": project["id"], "currentStep": initial}
    payload = {"type": "TaskCreated", "name": command.name, "initialState": initial, "metadataPatch": patch}
    if command.external_id is not None:
        payload["externalId"] = command.external_id
    created = ruling.on_task(task, "TASK_CREATED", payload)
    ruling.close(task, initial, created)
    ruling.shows = ("tasks", task["id"])


def _receive_upload(ruling: Ruling, command: c.ReceiveUpload) -> None:
    if ruling.content is None:
        raise InvalidRequest("An upload needs its content.")
    upload_id = f"upl_{ruling.token()}"
    payload = {
        "type": "UploadReceived",
        "id": upload_id,
        "fileName": command.file_name,
        "contentType": command.content_type,
        "size": ruling.content.size,
        "sha256": ruling.content.sha256,
    }
    ruling.entry(UPLOAD_RECEIVED, payload)
    ruling.shows = ("uploads", upload_id)


# -- an agent's commands on a task


def _record_action(ruling: Ruling, command: c.RecordAction) -> None:
    task = _agents_task(ruling.view, command)
    added = [_dump(one) for one in command.add_attachments or ()]
    _check_known(one["uploadId"] for one in added if ruling.view.get("uploads", one["uploadId"]) is None)
    _check_not_dropped(ruling, [one["uploadId"] for one in added])
    _check_not_closed(task)
    patch = _dump(command.metadata_patch) if command.metadata_patch else {}
    payload: dict[str, Any] = {
        "type": "Action",
        "description": command.description,
        "detail": command.detail,
        "metadataPatch": patch,
    }
    payload["addAttachments"] = added or None
    _change(ruling, task, "ACTION", payload, to=command.transitions_to, trace=command.external_trace_id)


def _raise_exception(ruling: Ruling, command: c.RaiseException) -> None:
    task = _agents_task(ruling.view, command)
    _check_not_closed(task)
    payload = {"type": "ExceptionRaised", "message": command.message, "detail": command.detail}
    _change(ruling, task, "EXCEPTION", payload, to=command.transitions_to, trace=command.external_trace_id)


def _change(
    ruling: Ruling, task: Doc, event_type: str, payload: dict[str, Any], *, to: str | None, trace: str | None = None
) -> None:
    """Write an event that may take the task along an exit, and with it perhaps to its end."""
    project = project_of(ruling.view, task)
    if to is not None:
        _check_exit(project, task, to)
    if to is not None or event_type == "ACTION":
        patch = payload.get("metadataPatch")
        _check_metadata(ruling, project, to or task["currentStep"], task["metadata"], patch)
    if to is not None and (waiting := len(open_requests(task))) and is_terminal(project, to):
        several = f"{waiting} open requests" if waiting > 1 else "an open request"
        raise Conflict(f"The task has {several}, and {to!r} would close it: settle what is open first.")
    moved = {} if to is None else {"transitionFrom": task["currentStep"], "transitionTo": to}
    event = ruling.on_task(task, event_type, _without_none(payload), externalTraceId=trace, **moved)
    if to is not None:
        ruling.close(task, to, event)


def _add_note(ruling: Ruling, command: c.AddNote) -> None:
    task = _agents_task(ruling.view, command)
    ruling.on_task(
        task, "NOTE", {"type": "Note", "message": command.message}, externalTraceId=command.external_trace_id
    )


def _request_approval(ruling: Ruling, command: c.RequestApproval) -> None:
    recommendation = _dump(command.recommendation) if command.recommendation else None
    payload = {"type": "ApprovalRequested", "summary": command.summary, "recommendation": recommendation}
    _request(ruling, command, "APPROVAL_REQUESTED", payload)


def _request_elicitation(ruling: Ruling, command: c.RequestElicitation) -> None:
    bids = None if command.recommendation is None else [_dump(bid) for bid in command.recommendation]
    payload = {"type": "ElicitationRequested", "summary": command.summary, "recommendation": bids}
    payload["fields"] = [_dump(one) for one in command.fields]
    _request(ruling, command, "ELICITATION_REQUESTED", payload)


def _request(
    ruling: Ruling, command: c.RequestApproval | c.RequestElicitation, event_type: str, payload: dict[str, Any]
) -> None:
    task = _agents_task(ruling.view, command)
    on_task = {one["uploadId"] for one in attached(task["attachments"], None)}
    _check_known(upload for upload in command.attachments or () if upload not in on_task)
    _check_not_closed(task)
    if len(open_requests(task)) >= OPEN_MOST:
        raise Conflict(f"The task has {OPEN_MOST} open requests, as many as it may have: settle one of them first.")
    payload["keyValueContext"] = command.key_value_context
    payload["attachments"] = None if command.attachments is None else list(command.attachments)
    payload["attachmentSnapshots"] = attachment_snapshots(ruling.view, task, command.attachments or ()) or None
    ruling.on_task(task, event_type, _without_none(payload), externalTraceId=command.external_trace_id)


def attachment_snapshots(view: View, task: Doc, uploads: Iterable[str]) -> list[Doc]:
    """Return what a request that is asked now shows of these uploads: label and content hash (CONTRACT.md part 3).

    Each upload once, in the order in which they are named; what is not attached to the task is left out. Requests
    that were recorded before there were snapshots have none, which is no breach; a snapshot that is there is this.
    """
    labels = {one["uploadId"]: one["label"] for one in task["attachments"]}
    return [
        _without_none(
            {"uploadId": upload, "label": labels[upload], "sha256": (view.get("uploads", upload) or {}).get("sha256")}
        )
        for upload in dict.fromkeys(uploads)
        if upload in labels
    ]


# -- a reviewer's commands


def _decide(ruling: Ruling, command: c.Decide) -> None:
    outcome = command.outcome
    if outcome.type in ("EDIT_AND_APPROVE", "REQUEST_MORE_INFO") and not (outcome.note or "").strip():
        raise InvalidRequest(f"{outcome.type} needs a note that says what.", code="NOTE_REQUIRED")
    event = _request_event(ruling.view, command.request_id, "APPROVAL_REQUESTED")
    task = _unsettled(ruling.view, event, command.request_hash)
    payload = {
        "type": "ApprovalDecided",
        "outcome": _dump(outcome),
        "authority": {"subject": ruling.actor.subject, "tags": list(ruling.actor.tags)},
        "recommendationSnapshot": event["payload"].get("recommendation"),
        "requestHash": command.request_hash,
    }
    ruling.on_task(task, "APPROVAL_DECIDED", _without_none(payload), inResponseTo=command.request_id)


def _answer(ruling: Ruling, command: c.Answer) -> None:
    event = _request_event(ruling.view, command.request_id, "ELICITATION_REQUESTED")
    kept, faults = check_answers(read_fields(event["payload"]["fields"]), command.answers)
    if faults:
        raise InvalidAnswers(faults)
    task = _unsettled(ruling.view, event, command.request_hash)
    payload = {
        "type": "ElicitationProvided",
        "answers": kept,
        "answeredBy": ruling.actor.subject,
        "requestHash": command.request_hash,
    }
    ruling.on_task(task, "ELICITATION_PROVIDED", _without_none(payload), inResponseTo=command.request_id)


def _assign(ruling: Ruling, command: c.Assign) -> None:
    task = _task(ruling.view, command.task_id)
    _check_not_closed(task)
    ruling.on_task(task, "ASSIGNMENT", {"type": "Assignment", "assigneeId": command.assignee_id})


def _move(ruling: Ruling, command: c.Move) -> None:
    task = _task(ruling.view, command.task_id)
    _check_not_closed(task)
    note = command.note or ""
    words = note if note.strip() else f"Moved from {task['currentStep']} to {command.transitions_to}"
    payload = {"type": "Action", "description": words, "metadataPatch": {}}
    _change(ruling, task, "ACTION", payload, to=command.transitions_to)


def _comment(ruling: Ruling, command: c.Comment) -> None:
    ruling.on_task(_task(ruling.view, command.task_id), "NOTE", {"type": "Note", "message": command.message})


def _fire_timeout(ruling: Ruling, command: c.FireTimeout) -> None:
    task = _task(ruling.view, command.task_id)
    _check_not_closed(task)
    seconds = step_of(project_of(ruling.view, task), task["currentStep"]).get("timeoutSeconds")
    stayed = (ruling.now - parse_time(task["stepEnteredAt"])).total_seconds()
    if seconds is None or task.get("timedOut") or stayed <= seconds:
        raise Conflict("The task has not stayed too long in its step, or its timeout was fired already.")
    ruling.on_task(task, "TIMEOUT", {"type": "Timeout", "state": task["currentStep"]})


_RULES: dict[type[c.Command], Callable[[Ruling, Any], None]] = {
    c.CreateProject: _create_project,
    c.CreateTask: _create_task,
    c.ReceiveUpload: _receive_upload,
    c.RequestApproval: _request_approval,
    c.RequestElicitation: _request_elicitation,
    c.RecordAction: _record_action,
    c.RaiseException: _raise_exception,
    c.AddNote: _add_note,
    c.Decide: _decide,
    c.Answer: _answer,
    c.Assign: _assign,
    c.Move: _move,
    c.Comment: _comment,
    c.FireTimeout: _fire_timeout,
}


# -- what several rules ask


def _dump(model: Body) -> dict[str, Any]:
    return model.wire()


def _without_none(payload: Doc) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if value is not None}


def _check_name(name: str, what: str, most: int) -> None:
    if not 1 <= len(name) <= most or _CONTROL.search(name):
        raise InvalidRequest(f"{what} has 1 to {most} characters, none of them a control character.")


def _project_named(view: View, slug: str) -> Doc:
    project = view.project_by_slug(slug)
    if project is None:
        raise NotFound(f"There is no project {slug!r}.")
    return project


def _task(view: View, task_id: str) -> Doc:
    task = view.get("tasks", task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id!r}.")
    return task


def _agents_task(view: View, command: c.TaskCommand) -> Doc:
    project = _project_named(view, command.project_name)
    task = _task(view, command.task_id)
    if task["projectId"] != project["id"]:
        raise InvalidRequest(f"The task is not of the project {command.project_name!r}.", code="PROJECT_MISMATCH")
    return task


def _check_metadata(ruling: Ruling, project: Doc, step: str, before: Doc, patch: Doc | None) -> None:
    """Check what `patch` makes of a task's metadata, against the limits and against the schema of `step`."""
    metadata = patched(before, patch)
    if patch:
        step_graphs.check_size(metadata, before, most=ruling.limits.metadata_bytes)
    step_graphs.check_metadata(project, step, metadata, ask=ruling.ask)


def _check_not_closed(task: Doc) -> None:
    if task.get("status") == "CLOSED":
        raise Conflict("The task is closed: it takes notes only.")


def _check_known(missing: Iterable[str]) -> None:
    if unknown := list(missing):  # an empty id too, which no text of them would show
        names = ", ".join(one if one else repr(one) for one in unknown[:_LISTED])
        more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
        raise InvalidRequest(f"Not attached to the task, or never uploaded: {names}{more}", code="UNKNOWN_UPLOAD")


def _check_not_dropped(ruling: Ruling, uploads: Iterable[str]) -> None:
    """Refuse what no task has had for so long that its content may be dropped (CONTRACT.md part 3, Limits)."""
    seconds = ruling.limits.loose_seconds
    first = "" if seconds is None else wire_time(ruling.now - timedelta(seconds=seconds))
    for upload in uploads:
        doc = ruling.view.get("uploads", upload) or {}
        if not doc.get("attached") and doc.get("receivedAt", first) < first:
            message = f"The upload {upload} was attached to nothing for too long, and was dropped: send it again."
            raise InvalidRequest(message, code="UNKNOWN_UPLOAD")


def _check_exit(project: Doc, task: Doc, to: str) -> None:
    exits = step_of(project, task["currentStep"]).get("exits") or []
    if to not in exits:
        allowed = ", ".join(exits) or "none"
        message = f"{task['currentStep']!r} has no exit to {to!r}; allowed: {allowed}."
        raise InvalidRequest(message, code="INVALID_TRANSITION")


def _request_event(view: View, request_id: str, event_type: str) -> Doc:
    event = view.event(request_id)
    if event is None or event["eventType"] != event_type:
        raise NotFound(f"There is no {KINDS[event_type]} {request_id!r}.")
    return event


def _unsettled(view: View, event: Doc, shown_hash: str | None) -> Doc:
    """Return the task whose open request `event` is.

    Raises:
        Conflict: it is settled (who and when), or is not what the reviewer was shown.
    """
    if view.get("requests", event["id"]) is None:
        settled = view.settlement(event["id"])
        who, when = settler_of(settled) if settled else ("someone", "")
        done = "decided" if event["eventType"] == "APPROVAL_REQUESTED" else "answered"
        raise Conflict(f"Already {done} by {who} at {when}.")
    if shown_hash is not None and shown_hash != event["hash"]:
        raise Conflict("The request is not the one that was shown: look at it again.")
    return _task(view, event["taskId"])


def settler_of(event: Doc) -> tuple[str, str]:
    """Return who settled a request and when, out of the event that did."""
    payload = event["payload"]
    who = (payload.get("authority") or {}).get("subject") or payload.get("answeredBy") or event.get("subject", "")
    return who, event["timestamp"]
