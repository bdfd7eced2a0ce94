"""The rules of tasks (CONTRACT.md part 3, Tasks, Metadata, Timeouts): creation, actions, moves, notes, timeouts."""

from __future__ import annotations

from typing import Any

from api_client import commands as c
from api_client.errors import Conflict, InvalidRequest
from store.core.fold import is_terminal, open_requests, step_of
from store.core.rule_checks import (
    agents_task,
    check_metadata,
    check_not_closed,
    project_named,
    task_named,
    without_none,
)
from store.core.ruling import Ruling, project_of
from store.core.state_view import Doc
from store.core.timeout_rules import may_fire
from store.core.upload_rules import check_not_dropped, refuse_unknown


def create_task(ruling: Ruling, command: c.CreateTask) -> None:
    """Create a task in its project's initial step."""
    if not 1 <= len(command.name) <= 500:
        raise InvalidRequest("A task's name has 1 to 500 characters.")
    project = project_named(ruling.view, command.project_name)
    initial = project["steps"]["initialStep"]
    patch = command.metadata_patch.wire() if command.metadata_patch else {}
    check_metadata(ruling, project, initial, {}, patch)
    task = {"id": f"tsk_{ruling.token()}", "projectId": project["id"], "currentStep": initial}
    payload = {"type": "TaskCreated", "name": command.name, "initialState": initial, "metadataPatch": patch}
    if command.external_id is not None:
        payload["externalId"] = command.external_id
    created = ruling.on_task(task, "TASK_CREATED", payload)
    ruling.close(task, initial, created)
    ruling.shows = ("tasks", task["id"])


def record_action(ruling: Ruling, command: c.RecordAction) -> None:
    """Record what an agent did on a task, with its changes."""
    task = agents_task(ruling.view, command)
    added = [attachment.wire() for attachment in command.add_attachments or ()]
    refuse_unknown(upload["uploadId"] for upload in added if ruling.view.get("uploads", upload["uploadId"]) is None)
    check_not_dropped(ruling, [upload["uploadId"] for upload in added])
    check_not_closed(task)
    patch = command.metadata_patch.wire() if command.metadata_patch else {}
    payload: dict[str, Any] = {
        "type": "Action",
        "description": command.description,
        "detail": command.detail,
        "metadataPatch": patch,
    }
    payload["addAttachments"] = added or None
    _change(ruling, task, "ACTION", payload, to=command.transitions_to, trace=command.external_trace_id)


def raise_exception(ruling: Ruling, command: c.RaiseException) -> None:
    """Record what went wrong for an agent on a task."""
    task = agents_task(ruling.view, command)
    check_not_closed(task)
    payload = {"type": "ExceptionRaised", "message": command.message, "detail": command.detail}
    _change(ruling, task, "EXCEPTION", payload, to=command.transitions_to, trace=command.external_trace_id)


def _change(
    ruling: Ruling, task: Doc, event_type: str, payload: dict[str, Any], *, to: str | None, trace: str | None = None
) -> None:
    """Add an event that may take the task along an exit, and close it where the step there is terminal."""
    project = project_of(ruling.view, task)
    if to is not None:
        _check_exit(project, task, to)
    if to is not None or event_type == "ACTION":
        patch = payload.get("metadataPatch")
        check_metadata(ruling, project, to or task["currentStep"], task["metadata"], patch)
    if to is not None and (waiting := len(open_requests(task))) and is_terminal(project, to):
        several = f"{waiting} open requests" if waiting > 1 else "an open request"
        raise Conflict(f"The task has {several}, and {to!r} would close it: settle what is open first.")
    moved = {} if to is None else {"transitionFrom": task["currentStep"], "transitionTo": to}
    event = ruling.on_task(task, event_type, without_none(payload), externalTraceId=trace, **moved)
    if to is not None:
        ruling.close(task, to, event)


def add_note(ruling: Ruling, command: c.AddNote) -> None:
    """Add an agent's note to a task's timeline."""
    task = agents_task(ruling.view, command)
    ruling.on_task(
        task, "NOTE", {"type": "Note", "message": command.message}, externalTraceId=command.external_trace_id
    )


def assign(ruling: Ruling, command: c.Assign) -> None:
    """Assign a task to a reviewer, or to nobody."""
    task = task_named(ruling.view, command.task_id)
    check_not_closed(task)
    ruling.on_task(task, "ASSIGNMENT", {"type": "Assignment", "assigneeId": command.assignee_id})


def move(ruling: Ruling, command: c.Move) -> None:
    """Move a task along one of its step's exits."""
    task = task_named(ruling.view, command.task_id)
    check_not_closed(task)
    note = command.note or ""
    words = note if note.strip() else f"Moved from {task['currentStep']} to {command.transitions_to}"
    payload = {"type": "Action", "description": words, "metadataPatch": {}}
    _change(ruling, task, "ACTION", payload, to=command.transitions_to)


def comment(ruling: Ruling, command: c.Comment) -> None:
    """Add a reviewer's note to a task's timeline."""
    ruling.on_task(task_named(ruling.view, command.task_id), "NOTE", {"type": "Note", "message": command.message})


def fire_timeout(ruling: Ruling, command: c.FireTimeout) -> None:
    """Record that a task has stayed in its step for too long."""
    task = task_named(ruling.view, command.task_id)
    check_not_closed(task)
    if not may_fire(project_of(ruling.view, task), task, ruling.now):
        raise Conflict("The task has not stayed too long in its step, or its timeout was fired already.")
    ruling.on_task(task, "TIMEOUT", {"type": "Timeout", "state": task["currentStep"]})


def _check_exit(project: Doc, task: Doc, to: str) -> None:
    exits = step_of(project, task["currentStep"]).get("exits") or []
    if to not in exits:
        allowed = ", ".join(exits) or "none"
        message = f"{task['currentStep']!r} has no exit to {to!r}; allowed: {allowed}."
        raise InvalidRequest(message, code="INVALID_TRANSITION")
