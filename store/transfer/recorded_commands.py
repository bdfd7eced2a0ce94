"""The command that would have made a recorded event, and the authority that it says it was made by.

Pure. Nothing here rules: `conformance` gives the command to the rules, and compares what they make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from api_client import commands as c
from store.core.event_types import (
    GRANT_ENDED,
    GRANT_GIVEN,
    PAUSED,
    POLICY_SET,
    PROJECT_CREATED,
    RESUMED,
    UPLOAD_RECEIVED,
)
from store.core.rule_checks import without_none
from store.core.state_view import Doc, StateView

EXCERPT = 120
"""Characters of a recorded value that a breach shows."""


class Breach(Exception):
    """The event is none that a rule makes, for this reason."""


class RecordedCall(NamedTuple):
    """The command that would have made an event."""

    command: type[c.Command]
    body: dict[str, Any]
    prefix: str = ""
    """How the id of a thing that it makes begins."""
    made: Any = None
    """That id."""
    table: str = ""


def excerpt(value: object) -> str:
    """Return the beginning of a recorded value, as JSON."""
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def call_of(view: StateView, event: Doc) -> RecordedCall:
    """Return the command that would have made an event.

    Raises:
        Breach: none would have.
    """
    kind, payload = event.get("eventType"), event.get("payload")
    rebuild = _CALLS.get(kind) if isinstance(kind, str) else None
    if rebuild is None:
        raise Breach(f"its type {excerpt(kind)} is none that this version writes by itself")
    if not isinstance(payload, dict):
        raise Breach("its payload is no object")
    return rebuild(view, event, payload)


def _on_task(view: StateView, event: Doc, **body: Any) -> dict[str, Any]:
    project_id = event.get("projectId")
    project = view.get("projects", project_id) if isinstance(project_id, str) else None
    if project is None:
        raise Breach(f"there is no project {excerpt(project_id)}")
    named = {"projectName": project["projectName"], "taskId": event.get("taskId")}
    return {**named, "externalTraceId": event.get("externalTraceId"), **body}


def _same(payload: Doc, *keys: str) -> dict[str, Any]:
    return {key: payload.get(key) for key in keys}


def _project_created(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    return RecordedCall(c.CreateProject, _same(payload, "name", "steps"), "prj_", event.get("projectId"), "projects")


def _upload_received(_: StateView, __: Doc, payload: Doc) -> RecordedCall:
    return RecordedCall(
        c.ReceiveUpload, _same(payload, "fileName", "contentType"), "upl_", payload.get("id"), "uploads"
    )


def _task_created(view: StateView, event: Doc, payload: Doc) -> RecordedCall:
    body = {"projectName": _on_task(view, event)["projectName"], **_same(payload, "name", "externalId")}
    return RecordedCall(
        c.CreateTask, {**body, "metadataPatch": payload.get("metadataPatch")}, "tsk_", event.get("taskId"), "tasks"
    )


def _action(view: StateView, event: Doc, payload: Doc) -> RecordedCall:
    # A reviewer's move writes what a reviewer's action along the same exit would.
    if event.get("inResponseTo") is not None and event.get("source") == "HUMAN":
        return _agreed(event, payload)
    body = _same(payload, "description", "detail", "metadataPatch", "addAttachments")
    return RecordedCall(c.RecordAction, _on_task(view, event, transitionsTo=event.get("transitionTo"), **body))


def _exception(view: StateView, event: Doc, payload: Doc) -> RecordedCall:
    body = _same(payload, "message", "detail")
    return RecordedCall(c.RaiseException, _on_task(view, event, transitionsTo=event.get("transitionTo"), **body))


def _note(view: StateView, event: Doc, payload: Doc) -> RecordedCall:
    # A reviewer's comment writes what a reviewer's note would.
    return RecordedCall(c.AddNote, _on_task(view, event, **_same(payload, "message")))


def _approval(view: StateView, event: Doc, payload: Doc) -> RecordedCall:
    body = _same(payload, "summary", "keyValueContext", "recommendation", "attachments")
    return RecordedCall(c.RequestApproval, _on_task(view, event, **body))


def _elicitation(view: StateView, event: Doc, payload: Doc) -> RecordedCall:
    body = _same(payload, "summary", "fields", "keyValueContext", "recommendation", "attachments")
    return RecordedCall(c.RequestElicitation, _on_task(view, event, **body))


def agreement_in(payload: Doc) -> Doc | None:
    """Return the agreement that an action records, as it is recorded; None where it records none."""
    detail = payload.get("detail")
    agreement = detail.get("agreement") if isinstance(detail, dict) else None
    return agreement if isinstance(agreement, dict) else None


def _agreed(event: Doc, payload: Doc) -> RecordedCall:
    """Return the decision that was recorded as an agreement, for it takes more people."""
    _check_settles(event)
    agreement = agreement_in(payload)
    if agreement is None:
        raise Breach("it answers a request, and is no agreement")
    outcome = without_none({"type": agreement.get("outcome"), **_same(agreement, "note", "reasonCode")})
    body = {"requestId": event.get("inResponseTo"), "outcome": outcome}
    return RecordedCall(c.Decide, {**body, **_same(agreement, "requestHash", "attachmentsOpened")})


def _decided(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    _check_settles(event)
    if event.get("source") == "PLATFORM":
        return RecordedCall(c.Expire, {"requestId": event.get("inResponseTo")})
    body = {"requestId": event.get("inResponseTo"), "outcome": payload.get("outcome")}
    return RecordedCall(c.Decide, {**body, **_same(payload, "requestHash", "blind", "attachmentsOpened")})


def _answered(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    _check_settles(event)
    body = {"requestId": event.get("inResponseTo"), "answers": payload.get("answers")}
    return RecordedCall(c.Answer, {**body, **_same(payload, "requestHash", "attachmentsOpened")})


def _withdrawn(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    _check_settles(event)
    if event.get("source") == "PLATFORM":
        return RecordedCall(c.Expire, {"requestId": event.get("inResponseTo")})
    return RecordedCall(c.Withdraw, {"requestId": event.get("inResponseTo"), "reason": payload.get("message")})


def _check_settles(event: Doc) -> None:
    if not isinstance(event.get("inResponseTo"), str):
        raise Breach("it settles no request")


def _assigned(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    return RecordedCall(c.Assign, {"taskId": event.get("taskId"), **_same(payload, "assigneeId")})


def _timed_out(_: StateView, event: Doc, __: Doc) -> RecordedCall:
    return RecordedCall(c.FireTimeout, {"taskId": event.get("taskId")})


def _policy_set(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    policy = payload.get("policy")
    if not isinstance(policy, dict):
        raise Breach("its policy is no object")
    return RecordedCall(c.SetPolicy, {**policy, "projectId": event.get("projectId"), **_same(payload, "replaces")})


def _grant_given(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    body = {"projectId": event.get("projectId"), **_same(payload, "name", "filter", "until", "most", "sample")}
    return RecordedCall(c.GiveGrant, body, "grt_", payload.get("grantId"), "authority")


def _grant_ended(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    reason = payload.get("reason") if event.get("source") == "PLATFORM" else None
    return RecordedCall(c.EndGrant, {"grantId": payload.get("grantId"), "reason": reason})


def _paused(_: StateView, event: Doc, payload: Doc) -> RecordedCall:
    return RecordedCall(c.Pause, {"projectId": event.get("projectId"), **_same(payload, "reason")})


def _resumed(_: StateView, event: Doc, __: Doc) -> RecordedCall:
    return RecordedCall(c.Resume, {"projectId": event.get("projectId")})


def _closed(_: StateView, __: Doc, ___: Doc) -> RecordedCall:
    raise Breach("no task entered a terminal step just before")


_CALLS: dict[str, Callable[[StateView, Doc, Doc], RecordedCall]] = {
    PROJECT_CREATED: _project_created,
    UPLOAD_RECEIVED: _upload_received,
    "TASK_CREATED": _task_created,
    "ACTION": _action,
    "EXCEPTION": _exception,
    "NOTE": _note,
    "APPROVAL_REQUESTED": _approval,
    "APPROVAL_DECIDED": _decided,
    "ELICITATION_REQUESTED": _elicitation,
    "ELICITATION_PROVIDED": _answered,
    "REQUEST_WITHDRAWN": _withdrawn,
    "ASSIGNMENT": _assigned,
    "TIMEOUT": _timed_out,
    "TASK_CLOSED": _closed,
    POLICY_SET: _policy_set,
    GRANT_GIVEN: _grant_given,
    GRANT_ENDED: _grant_ended,
    PAUSED: _paused,
    RESUMED: _resumed,
}


def _decider(payload: Doc) -> Any:
    agreement = agreement_in(payload)
    return (payload if agreement is None else agreement).get("authority")


_AUTHORITY: Mapping[type[c.Command], Callable[[Doc], Any]] = {
    c.Decide: _decider,
    c.Answer: lambda payload: payload.get("authority"),
    c.SetPolicy: lambda payload: payload.get("authority"),
    c.GiveGrant: lambda payload: payload.get("givenBy"),
}
"""Where an event says by whose authority it was made."""


def authority_in(command: type[c.Command], payload: Doc) -> Any:
    """Return the authority by which an event says that it was made, None where it says none."""
    recorded = _AUTHORITY.get(command)
    return None if recorded is None else recorded(payload)
