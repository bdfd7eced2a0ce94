"""The shape of each event type, and the stand-in for a recorded event that has none: the definition of "unknown".

A record with a sound chain may still hold any JSON: an older `import` did not ask the rules. Whoever reads a record, to
fold it or to show it, takes each event through `recognised`; after that every event has the keys and types that the
contract promises, so that no screen, command or call has to check again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeGuard

from msgspec import Struct, defstruct

from api_client.authority import Policy
from api_client.models import (
    ApprovalRecommendation,
    Attachment,
    AuthoritySnapshot,
    FieldBid,
    MetadataPatch,
    Outcome,
    OutcomeType,
    Steps,
)
from api_client.wire import read

UNKNOWN = "UNKNOWN"
"""The event type, source and owner of an event that does not say its own in the contract's form."""
HASH_DIGITS = 64
"""A SHA-256 in lowercase hex."""
_TIME_SIZE = len("2026-01-31T09:30:00.000000Z")
_NO_TIME = "1970-01-01T00:00:00.000000Z"
_HEX = frozenset("0123456789abcdef")


def is_hash(text: object) -> bool:
    """Return whether `text` is a SHA-256 in lowercase hex, as an upload's content is named."""
    return isinstance(text, str) and len(text) == HASH_DIGITS and _HEX.issuperset(text)


class _EventShape(Struct, rename="camel", gc=False):
    """Base of all shapes; keys that a newer version added are passed over."""


class _Payload(_EventShape, tag_field="type"):
    """Base of all payloads (CONTRACT.md part 1, payload)."""


class _TaskCreated(_Payload, tag="TaskCreated"):
    name: str
    initial_state: str
    metadata_patch: MetadataPatch
    external_id: str | None = None


class _Action(_Payload, tag="Action"):
    description: str
    metadata_patch: MetadataPatch
    detail: dict[str, Any] | None = None
    add_attachments: list[Attachment] | None = None


class _RuleHeld(_EventShape):
    policy: str
    name: str | None = None
    also: list[str] | None = None


class _Agreement(_EventShape):
    outcome: OutcomeType
    authority: AuthoritySnapshot
    note: str | None = None
    attachments_opened: list[str] | None = None
    rule: _RuleHeld | None = None


class _AgreementDetail(_EventShape):
    agreement: _Agreement


class _ExceptionRaised(_Payload, tag="ExceptionRaised"):
    message: str
    detail: dict[str, Any] | None = None


class _Note(_Payload, tag="Note"):
    message: str
    sample_of: str | None = None
    rule: _RuleHeld | None = None


class _ApprovalRequested(_Payload, tag="ApprovalRequested"):
    summary: str
    key_value_context: dict[str, str] | None = None
    recommendation: ApprovalRecommendation | None = None
    attachments: list[str] | None = None


class _ApprovalDecided(_Payload, tag="ApprovalDecided"):
    outcome: Outcome
    authority: AuthoritySnapshot | None = None
    recommendation_snapshot: ApprovalRecommendation | None = None
    escalated_to: list[str] | None = None
    sample_of: str | None = None
    blind: bool | None = None
    attachments_opened: list[str] | None = None
    rule: _RuleHeld | None = None


class _ElicitationRequested(_Payload, tag="ElicitationRequested"):
    summary: str
    fields: list[dict[str, Any]]
    key_value_context: dict[str, str] | None = None
    recommendation: list[FieldBid] | None = None
    attachments: list[str] | None = None


class _ElicitationProvided(_Payload, tag="ElicitationProvided"):
    answers: dict[str, Any]
    answered_by: str | None = None
    authority: AuthoritySnapshot | None = None
    attachments_opened: list[str] | None = None
    rule: _RuleHeld | None = None


class _Assignment(_Payload, tag="Assignment"):
    assignee_id: str


class _Timeout(_Payload, tag="Timeout"):
    state: str


class _TaskClosed(_Payload, tag="TaskClosed"):
    terminal_state: str


class _ProjectCreated(_Payload, tag="ProjectCreated"):
    name: str
    project_name: str
    steps: Steps

    def __post_init__(self) -> None:
        names = {step.name for step in self.steps.steps}
        if len(names) != len(self.steps.steps) or self.steps.initial_step not in names:
            raise ValueError("its steps are no graph")
        if any(name not in names for step in self.steps.steps for name in step.exits):
            raise ValueError("its steps are no graph")


class _UploadReceived(_Payload, tag="UploadReceived"):
    id: str
    file_name: str
    content_type: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        if not is_hash(self.sha256):
            raise ValueError("its content's hash is none")


class _PolicySet(_Payload, tag="PolicySet"):
    policy: Policy


class _GrantGiven(_Payload, tag="GrantGiven"):
    grant_id: str
    name: str
    filter: str
    until: str
    most: int
    sample: float
    given_by: AuthoritySnapshot

    def __post_init__(self) -> None:
        if not is_time(self.until):
            raise ValueError("the time until which it is given is none")


class _GrantEnded(_Payload, tag="GrantEnded"):
    grant_id: str
    reason: str


class _Paused(_Payload, tag="Paused"):
    reason: str


class _Resumed(_Payload, tag="Resumed"):
    pass


class _Entry(_EventShape):
    """An entry of the chain that is on no task's timeline."""

    id: str
    seq: int
    timestamp: datetime
    source: str
    subject: str | None = None
    project_id: str | None = None


class _Event(_Entry, kw_only=True):
    """An event on a task's timeline, of a type that a newer version may have added."""

    task_id: str
    project_id: str
    owner: str
    transition_from: str | None = None
    transition_to: str | None = None
    in_response_to: str | None = None
    external_trace_id: str | None = None
    payload: (
        _TaskCreated
        | _Action
        | _ExceptionRaised
        | _Note
        | _ApprovalRequested
        | _ApprovalDecided
        | _ElicitationRequested
        | _ElicitationProvided
        | _Assignment
        | _Timeout
        | _TaskClosed
    )


def _shape(base: type[_Entry], payload: type[_Payload], *required: str) -> type[Struct]:
    """Return the shape of an event type: its payload's, and keys that other types may leave out."""
    keys: list[tuple[str, type]] = [("payload", payload), *((key, str) for key in required)]
    return defstruct(payload.__name__, keys, bases=(base,), kw_only=True, gc=False, rename="camel")


_SHAPES: dict[str, type[Struct]] = {
    "TASK_CREATED": _shape(_Event, _TaskCreated),
    "ACTION": _shape(_Event, _Action),
    "EXCEPTION": _shape(_Event, _ExceptionRaised),
    "NOTE": _shape(_Event, _Note),
    "APPROVAL_REQUESTED": _shape(_Event, _ApprovalRequested),
    "APPROVAL_DECIDED": _shape(_Event, _ApprovalDecided, "in_response_to"),
    "ELICITATION_REQUESTED": _shape(_Event, _ElicitationRequested),
    "ELICITATION_PROVIDED": _shape(_Event, _ElicitationProvided, "in_response_to"),
    # A note in the eyes of the official SDK, which reads no payload whose type it does not know.
    "REQUEST_WITHDRAWN": _shape(_Event, _Note, "in_response_to"),
    "ASSIGNMENT": _shape(_Event, _Assignment),
    "TIMEOUT": _shape(_Event, _Timeout),
    "TASK_CLOSED": _shape(_Event, _TaskClosed),
    "PROJECT_CREATED": _shape(_Entry, _ProjectCreated, "project_id"),
    "UPLOAD_RECEIVED": _shape(_Entry, _UploadReceived),
    "POLICY_SET": _shape(_Entry, _PolicySet, "project_id"),
    "GRANT_GIVEN": _shape(_Entry, _GrantGiven, "project_id"),
    "GRANT_ENDED": _shape(_Entry, _GrantEnded, "project_id"),
    "PAUSED": _shape(_Entry, _Paused),
    "RESUMED": _shape(_Entry, _Resumed),
}


def recognised(event: dict[str, Any], seq: int) -> dict[str, Any]:
    """Return a recorded event as it is, or its stand-in where it has no shape that this version knows.

    A stand-in has the place and the task of the event, as far as it says them, and a note as its payload, which every
    client reads: the note says what it is, and `recorded` is the event as it was recorded.
    """
    fault = shape_fault(event, seq)
    return _stand_in(event, seq, fault) if fault else event


def shape_fault(event: dict[str, Any], seq: int) -> str:
    """Return why the event at the place `seq` has no shape that this version knows; empty where it has one."""
    try:
        read(_SHAPES.get(event["eventType"], _Event), event)
        if event["eventType"] == "ACTION" and event.get("inResponseTo") is not None:
            read(_AgreementDetail, event["payload"].get("detail"))
        timestamp = event["timestamp"]
        if event["seq"] != seq or not event["id"].startswith("evt_%08x" % seq):  # noqa: UP031 - each event waits for it
            return f"its id or seq is of another place than {seq}"
    except (KeyError, TypeError):
        return "its eventType is no text"
    except RecursionError:
        return "it is nested too deeply"
    except (ValueError, OverflowError) as fault:
        return str(fault)
    if len(timestamp) != _TIME_SIZE or timestamp[-1] != "Z":
        return "its timestamp is not in the form that is recorded"
    return ""


def _stand_in(event: dict[str, Any], seq: int, fault: str) -> dict[str, Any]:
    kind, event_id, at = event.get("eventType"), event.get("id"), event.get("timestamp")
    known = isinstance(kind, str) and kind not in _SHAPES and kind
    words = f"Unknown: this event was recorded in a form that no rule makes ({fault[:200]})."
    recorded = {key: value for key, value in event.items() if key != "hash"}
    stand_in = {
        "id": event_id if isinstance(event_id, str) and event_id.startswith(f"evt_{seq:08x}") else f"evt_{seq:08x}",
        "seq": seq,
        "eventType": known or UNKNOWN,
        "timestamp": at if is_time(at) else _NO_TIME,
        "source": _text(event, "source") or UNKNOWN,
        "taskId": _text(event, "taskId"),
        "projectId": _text(event, "projectId"),
        "owner": _text(event, "owner") or UNKNOWN,
        "payload": {"type": "Note", "message": words, "recorded": recorded},
    }
    return {**stand_in, "hash": event["hash"]} if "hash" in event else stand_in


def _text(event: dict[str, Any], key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def is_time(text: object) -> TypeGuard[str]:
    """Return whether `text` is a time in the form that is recorded."""
    if not isinstance(text, str) or len(text) != _TIME_SIZE or text[-1] != "Z":
        return False
    try:
        read(datetime, text)
    except ValueError:
        return False
    return True
