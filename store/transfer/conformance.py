"""Conformance: whether a record is one that the rules make, event by event.

Pure. For each event the command that would have made it is rebuilt out of it, `rules.decide` rules on it over the
state so far, and what comes out is compared with what is recorded; so the rules stand once. What a body is held to
before it is ruled on (counts, sizes, blank texts) may be newer than the record, and is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson
from msgspec.structs import force_setattr

from api_client import commands as c
from api_client.actor import Actor
from api_client.body_faults import faults_in
from api_client.errors import ApiError, InvalidAnswers
from api_client.models import AuthoritySnapshot
from api_client.times import parse_time
from api_client.wire import read
from store.core.event_shapes import is_hash
from store.core.event_types import PROJECT_CREATED, UPLOAD_RECEIVED
from store.core.rules import decide
from store.core.ruling import Content
from store.core.schema_questions import Question, Verdict
from store.core.state_view import Doc, StateView
from store.schemas.checks import Checks

ADDED_LATER = frozenset(("attachmentSnapshots", "requestHash", "agreements"))
"""Keys of payloads that older versions did not write: their absence is no breach."""
_ROLES: Mapping[str, Any] = {"AGENT": "agent", "HUMAN": "reviewer"}
_TEXTS = frozenset(("summary", "description", "message"))
_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,64}")
_EXCERPT = 120
"""Characters of a recorded value that a breach shows."""


class _Breach(Exception):
    """The event is none that a rule makes, for this reason."""


class _Call(NamedTuple):
    """The command that would have made an event."""

    command: type[c.Command]
    body: dict[str, Any]
    prefix: str = ""
    """How the id of a thing that it makes begins."""
    made: Any = None
    """That id."""
    table: str = ""


class Conformance:
    """Follows one record from its first event, over the view of what came before."""

    def __init__(self, view: StateView, checks: Checks) -> None:
        """Start before the first event; `checks`, which the caller closes, check metadata that has a schema."""
        self._view = view
        self._checks = checks.at_once("record")
        self._due: list[Doc] = []
        """What the last command also wrote, and must come next."""

    def breach(self, event: Mapping[str, Any], text: bytes) -> str:
        """Return in which way the next event is none that a rule makes; empty where it is one.

        Args:
            event: The event, with or without its `hash`; the view does not know of it yet.
            text: Its JSON as it is recorded.
        """
        recorded = {key: value for key, value in event.items() if key != "hash"}
        due, self._due = self._due, []
        try:
            _check_text(recorded, text)
            self._check_place(recorded)
            if due:
                _compare(recorded, due[0])
                self._due = due[1:]
            else:
                self._due = self._ruled(recorded)
        except _Breach as breach:
            return str(breach)
        except InvalidAnswers as refusal:
            return "; ".join(f"the answer {name!r} {words}" for name, words in islice(refusal.fields.items(), 5))
        except ApiError as refusal:
            return f"no {_excerpt(recorded.get('eventType'))} by {_excerpt(recorded.get('source'))}: {refusal.message}"
        except RecursionError:
            return "it is nested too deeply"
        return ""

    def unfinished(self) -> str:
        """Return what must have come after the last event, and did not; empty where nothing must."""
        return f"{self._due[0]['eventType']} must follow, and nothing does" if self._due else ""

    def _check_place(self, event: Doc) -> None:
        seq = self._view.seq + 1
        if type(event.get("seq")) is not int or event["seq"] != seq:
            raise _Breach(f"its seq is {_excerpt(event.get('seq'))}, and its place is {seq}")
        prefix, event_id = f"evt_{seq:08x}", event.get("id")
        if (
            not isinstance(event_id, str)
            or not event_id.startswith(prefix)
            or not _TOKEN.fullmatch(event_id[len(prefix) :])
        ):
            raise _Breach(
                f"its id {_excerpt(event_id)} is none of this place: {prefix}… is, and no other event may have it"
            )

    def _ruled(self, event: Doc) -> list[Doc]:
        """Rule on what would have made `event`, and compare; return what else it makes."""
        call = _call_of(self._view, event)
        command = _command(call)
        token = ""
        if call.prefix:
            token = self._token(call)
        now = _moment(event.get("timestamp"))
        ruling = decide(
            self._view,
            command,
            _actor(event, call),
            now,
            token=lambda: token,
            content=_content(event, call),
            ask=self._misfit,
        )
        _compare(event, ruling.events[0])
        return list(ruling.events[1:])

    def _misfit(self, question: Question) -> Verdict | None:
        """Return why metadata misses its step's schema.

        A schema that is refused today, and a check that takes too long for one, are not held against a record.
        """
        verdict = None if question.metadata is None else self._checks(question)
        return verdict if verdict is not None and verdict.kind == "misfit" else None

    def _token(self, call: _Call) -> str:
        """Return the part of a new thing's id that can't be guessed."""
        if (
            not isinstance(call.made, str)
            or not call.made.startswith(call.prefix)
            or not _TOKEN.fullmatch(call.made[len(call.prefix) :])
        ):
            raise _Breach(f"{_excerpt(call.made)} is no id: it begins with {call.prefix}")
        if self._view.get(call.table, call.made) is not None:
            raise _Breach(f"there is {_excerpt(call.made)} already: it is made twice")
        return call.made[len(call.prefix) :]


def _check_text(event: Doc, text: bytes) -> None:
    """Refuse an event with a duplicate key: other readers may take the other value."""
    if orjson.dumps(event) == text:
        return
    import json  # orjson takes the last of two

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in found}) != len(found):
            raise _Breach("a key stands in it twice")
        return dict(found)

    if "hash" in json.loads(text, object_pairs_hook=pairs):
        raise _Breach("it holds a hash of its own")


def _command(call: _Call) -> c.Command:
    body = {key: value for key, value in call.body.items() if value is not None}
    # A blank text is refused where a body comes in, which older versions did not do: it is put in afterwards.
    blank = {key: body[key] for key in _TEXTS & body.keys() if isinstance(body[key], str) and not body[key].strip()}
    try:
        command = read(call.command, {**body, **dict.fromkeys(blank, "-")})
    except ValueError as fault:
        raise _Breach("; ".join(islice(faults_in(call.command, body), 5)) or str(fault)) from None
    for key, text in blank.items():
        force_setattr(command, key, text)
    return command


def _moment(text: object) -> Any:
    try:
        return parse_time(text)  # type: ignore[arg-type]  # no text raises TypeError
    except (ValueError, TypeError, OverflowError):
        raise _Breach(f"its timestamp {_excerpt(text)} is no time") from None


def _actor(event: Doc, call: _Call) -> Actor:
    source, subject = event.get("source"), event.get("subject")
    if call.command is c.FireTimeout:
        return c.PLATFORM
    role = _ROLES.get(source) if isinstance(source, str) else None
    if role is None:
        raise _Breach(f"its source is {_excerpt(source)}, and {event['eventType']} is written by AGENT or HUMAN")
    if not isinstance(subject, str) or not subject:
        raise _Breach(f"its subject is {_excerpt(subject)}: it does not say who acted")
    if call.command is not c.Decide:
        return Actor(subject, role)
    try:
        authority = read(AuthoritySnapshot, event["payload"].get("authority"))
    except ValueError:
        raise _Breach("it does not say by whose authority it was decided") from None
    return Actor(subject, role, authority.tags)


def _content(event: Doc, call: _Call) -> Content | None:
    if call.command is not c.ReceiveUpload:
        return None
    sha256, size = (event["payload"].get(key) for key in ("sha256", "size"))
    if not is_hash(sha256):
        raise _Breach(f"the content's hash {_excerpt(sha256)} is none: it is 64 lowercase hex digits")
    if type(size) is not int or size < 0:
        raise _Breach(f"the content's size {_excerpt(size)} is none")
    return Content(sha256, size)


# -- from an event back to what made it


def _call_of(view: StateView, event: Doc) -> _Call:
    kind, payload = event.get("eventType"), event.get("payload")
    rebuild = _CALLS.get(kind) if isinstance(kind, str) else None
    if rebuild is None:
        raise _Breach(f"its type {_excerpt(kind)} is none that this version writes by itself")
    if not isinstance(payload, dict):
        raise _Breach("its payload is no object")
    return rebuild(view, event, payload)


def _on_task(view: StateView, event: Doc, **body: Any) -> dict[str, Any]:
    project_id = event.get("projectId")
    project = view.get("projects", project_id) if isinstance(project_id, str) else None
    if project is None:
        raise _Breach(f"there is no project {_excerpt(project_id)}")
    named = {"projectName": project["projectName"], "taskId": event.get("taskId")}
    return {**named, "externalTraceId": event.get("externalTraceId"), **body}


def _same(payload: Doc, *keys: str) -> dict[str, Any]:
    return {key: payload.get(key) for key in keys}


def _project_created(_: StateView, event: Doc, payload: Doc) -> _Call:
    return _Call(c.CreateProject, _same(payload, "name", "steps"), "prj_", event.get("projectId"), "projects")


def _upload_received(_: StateView, __: Doc, payload: Doc) -> _Call:
    return _Call(c.ReceiveUpload, _same(payload, "fileName", "contentType"), "upl_", payload.get("id"), "uploads")


def _task_created(view: StateView, event: Doc, payload: Doc) -> _Call:
    body = {"projectName": _on_task(view, event)["projectName"], **_same(payload, "name", "externalId")}
    return _Call(
        c.CreateTask, {**body, "metadataPatch": payload.get("metadataPatch")}, "tsk_", event.get("taskId"), "tasks"
    )


def _action(view: StateView, event: Doc, payload: Doc) -> _Call:
    # A reviewer's move writes what a reviewer's action along the same exit would.
    body = _same(payload, "description", "detail", "metadataPatch", "addAttachments")
    return _Call(c.RecordAction, _on_task(view, event, transitionsTo=event.get("transitionTo"), **body))


def _exception(view: StateView, event: Doc, payload: Doc) -> _Call:
    body = _same(payload, "message", "detail")
    return _Call(c.RaiseException, _on_task(view, event, transitionsTo=event.get("transitionTo"), **body))


def _note(view: StateView, event: Doc, payload: Doc) -> _Call:
    # A reviewer's comment writes what a reviewer's note would.
    return _Call(c.AddNote, _on_task(view, event, **_same(payload, "message")))


def _approval(view: StateView, event: Doc, payload: Doc) -> _Call:
    body = _same(payload, "summary", "keyValueContext", "recommendation", "attachments")
    return _Call(c.RequestApproval, _on_task(view, event, **body))


def _elicitation(view: StateView, event: Doc, payload: Doc) -> _Call:
    body = _same(payload, "summary", "fields", "keyValueContext", "recommendation", "attachments")
    return _Call(c.RequestElicitation, _on_task(view, event, **body))


def _decided(_: StateView, event: Doc, payload: Doc) -> _Call:
    _check_settles(event)
    body = {"requestId": event.get("inResponseTo"), "outcome": payload.get("outcome")}
    return _Call(c.Decide, {**body, "requestHash": payload.get("requestHash")})


def _answered(_: StateView, event: Doc, payload: Doc) -> _Call:
    _check_settles(event)
    body = {"requestId": event.get("inResponseTo"), "answers": payload.get("answers")}
    return _Call(c.Answer, {**body, "requestHash": payload.get("requestHash")})


def _withdrawn(_: StateView, event: Doc, payload: Doc) -> _Call:
    _check_settles(event)
    return _Call(c.Withdraw, {"requestId": event.get("inResponseTo"), "reason": payload.get("message")})


def _check_settles(event: Doc) -> None:
    if not isinstance(event.get("inResponseTo"), str):
        raise _Breach("it settles no request")


def _assigned(_: StateView, event: Doc, payload: Doc) -> _Call:
    return _Call(c.Assign, {"taskId": event.get("taskId"), **_same(payload, "assigneeId")})


def _timed_out(_: StateView, event: Doc, __: Doc) -> _Call:
    return _Call(c.FireTimeout, {"taskId": event.get("taskId")})


def _closed(_: StateView, __: Doc, ___: Doc) -> _Call:
    raise _Breach("no task entered a terminal step just before")


_CALLS: dict[str, Callable[[StateView, Doc, Doc], _Call]] = {
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
}


# -- what is recorded, beside what the rules make


def _compare(recorded: Doc, made: Doc) -> None:
    """Compare a recorded event with what the rules make; ids hold random bits, and were checked before."""
    made = {**made, "id": recorded["id"]}
    if recorded == made:
        return
    if recorded.get("eventType") != made["eventType"]:
        found_type = _excerpt(recorded.get("eventType"))
        raise _Breach(f"{made['eventType']} must follow the event before it, and {found_type} does")
    payload = recorded.get("payload")
    if not isinstance(payload, dict):
        raise _Breach("its payload is no object")
    absent = {key: made["payload"][key] for key in ADDED_LATER & (made["payload"].keys() - payload.keys())}
    if recorded != {**made, "payload": {key: value for key, value in made["payload"].items() if key not in absent}}:
        _report_difference("", recorded, made)


def _report_difference(of: str, recorded: Doc, made: Doc) -> None:
    for key in {**made, **recorded}:
        if key not in recorded and key in ADDED_LATER:
            continue
        if key not in made:
            raise _Breach(f"it holds {of}{key[:_EXCERPT]}, which no rule writes here")
        if key not in recorded:
            raise _Breach(f"it lacks {of}{key}: the rules make it {_excerpt(made[key])}")
        if recorded[key] != made[key]:
            if key == "payload":
                _report_difference("payload.", recorded[key], made[key])
            back = key == "timestamp" and isinstance(recorded[key], str) and made[key] > recorded[key]
            word = ", which goes back" if back else ""
            raise _Breach(f"its {of}{key} is {_excerpt(recorded[key])}{word}; the rules make it {_excerpt(made[key])}")


def _excerpt(value: object) -> str:
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
