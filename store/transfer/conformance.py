"""Conformance: whether a record is one that the rules make, event by event.

Pure. For each event the command that would have made it is rebuilt out of it, `rules.decide` rules on it over the
state so far, and what comes out is compared with what is recorded; so the rules stand once. What a body is held to
before it is ruled on (counts, sizes, blank texts) may be newer than the record, and is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

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
from store.core.grant_rules import FOLLOWED
from store.core.rules import decide, follow_up
from store.core.ruling import Content
from store.core.schema_questions import Question, Verdict
from store.core.state_view import Doc, StateView
from store.schemas.checks import Checks
from store.transfer.recorded_commands import (
    EXCERPT,
    Breach,
    RecordedCall,
    agreement_in,
    authority_in,
    call_of,
    excerpt,
)

ADDED_LATER = frozenset(("attachmentSnapshots", "rule"))
"""Keys of payloads and of agreements that older versions did not write: their absence is no breach."""
_WITHIN = frozenset(("payload", "detail", "agreement", "rule"))
"""Keys whose values are compared key by key, so that a breach names the one that differs."""
_ROLES: Mapping[str, Any] = {"AGENT": "agent", "HUMAN": "reviewer"}
_TEXTS = frozenset(("summary", "description", "message"))
_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Conformance:
    """Follows one record from its first event, over the view of what came before."""

    def __init__(self, view: StateView, checks: Checks) -> None:
        """Start before the first event; `checks`, which the caller closes, check metadata that has a schema."""
        self._view = view
        self._checks = checks.at_once("record")
        self._due: list[Doc] = []
        """What the last command also wrote, and must come next."""
        self._followed: Mapping[str, Any] | None = None
        """The event that may have brought about more, once the view has it."""

    def breach(self, event: Mapping[str, Any], text: bytes) -> str:
        """Return in which way the next event is none that a rule makes; empty where it is one.

        Args:
            event: The event, with or without its `hash`; the view does not know of it yet.
            text: Its JSON as it is recorded.
        """
        recorded = {key: value for key, value in event.items() if key != "hash"}
        due, self._due = self._due_now(), []
        self._followed = event
        try:
            _check_text(recorded, text)
            self._check_place(recorded)
            if due:
                _compare(recorded, due[0])
                self._due = due[1:]
            else:
                self._due = self._ruled(recorded)
        except Breach as breach:
            return str(breach)
        except InvalidAnswers as refusal:
            return "; ".join(f"the answer {name!r} {words}" for name, words in islice(refusal.fields.items(), 5))
        except ApiError as refusal:
            return f"no {excerpt(recorded.get('eventType'))} by {excerpt(recorded.get('source'))}: {refusal.message}"
        except RecursionError:
            return "it is nested too deeply"
        return ""

    def unfinished(self) -> str:
        """Return what must have come after the last event, and did not; empty where nothing must."""
        due = self._due_now()
        return f"{due[0]['eventType']} must follow, and nothing does" if due else ""

    def _due_now(self) -> list[Doc]:
        """Return what must come next, of the last command or of what its events brought about."""
        followed = self._followed
        if self._due or followed is None or str(followed.get("eventType")) not in FOLLOWED:
            return self._due
        if self._view.get("authority", str(followed.get("projectId"))) is None:
            return []  # a view may have to look for an event, of which most records have no need
        event = self._view.event(str(followed.get("id")))
        try:
            ruling = follow_up(self._view, event, token=lambda: "") if event is not None else None
        except (ApiError, KeyError):
            return []  # the event was none that a rule makes, and was reported
        return list(ruling.events) if ruling is not None else []

    def _check_place(self, event: Doc) -> None:
        seq = self._view.seq + 1
        if type(event.get("seq")) is not int or event["seq"] != seq:
            raise Breach(f"its seq is {excerpt(event.get('seq'))}, and its place is {seq}")
        prefix, event_id = f"evt_{seq:08x}", event.get("id")
        if (
            not isinstance(event_id, str)
            or not event_id.startswith(prefix)
            or not _TOKEN.fullmatch(event_id[len(prefix) :])
        ):
            raise Breach(
                f"its id {excerpt(event_id)} is none of this place: {prefix}… is, and no other event may have it"
            )

    def _ruled(self, event: Doc) -> list[Doc]:
        """Rule on what would have made `event`, and compare; return what else it makes."""
        call = call_of(self._view, event)
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

    def _token(self, call: RecordedCall) -> str:
        """Return the part of a new thing's id that can't be guessed."""
        if (
            not isinstance(call.made, str)
            or not call.made.startswith(call.prefix)
            or not _TOKEN.fullmatch(call.made[len(call.prefix) :])
        ):
            raise Breach(f"{excerpt(call.made)} is no id: it begins with {call.prefix}")
        if self._view.get(call.table, call.made) is not None:
            raise Breach(f"there is {excerpt(call.made)} already: it is made twice")
        return call.made[len(call.prefix) :]


def _check_text(event: Doc, text: bytes) -> None:
    """Refuse an event with a duplicate key: other readers may take the other value."""
    if orjson.dumps(event) == text:
        return
    import json  # orjson takes the last of two

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in found}) != len(found):
            raise Breach("a key stands in it twice")
        return dict(found)

    if "hash" in json.loads(text, object_pairs_hook=pairs):
        raise Breach("it holds a hash of its own")


def _command(call: RecordedCall) -> c.Command:
    body = {key: value for key, value in call.body.items() if value is not None}
    # A blank text is refused where a body comes in, which older versions did not do: it is put in afterwards.
    blank = {key: body[key] for key in _TEXTS & body.keys() if isinstance(body[key], str) and not body[key].strip()}
    try:
        command = read(call.command, {**body, **dict.fromkeys(blank, "-")})
    except ValueError as fault:
        raise Breach("; ".join(islice(faults_in(call.command, body), 5)) or str(fault)) from None
    for key, text in blank.items():
        force_setattr(command, key, text)
    return command


def _moment(text: object) -> Any:
    try:
        return parse_time(text)  # type: ignore[arg-type]  # no text raises TypeError
    except (ValueError, TypeError, OverflowError):
        raise Breach(f"its timestamp {excerpt(text)} is no time") from None


def _actor(event: Doc, call: RecordedCall) -> Actor:
    source, subject = event.get("source"), event.get("subject")
    is_platforms = source == "PLATFORM" and subject == c.PLATFORM.subject
    if call.command is c.FireTimeout or (call.command in (c.Expire, c.EndGrant) and is_platforms):
        return c.PLATFORM
    role = _ROLES.get(source) if isinstance(source, str) else None
    if role is None:
        raise Breach(f"its source is {excerpt(source)}, and {event['eventType']} is written by AGENT or HUMAN")
    if not isinstance(subject, str) or not subject:
        raise Breach(f"its subject is {excerpt(subject)}: it does not say who acted")
    recorded = authority_in(call.command, event["payload"])
    if recorded is None and call.command is not c.Decide:
        return Actor(subject, role)
    try:
        authority = read(AuthoritySnapshot, recorded)
    except ValueError:
        raise Breach("it does not say by whose authority it was made") from None
    return Actor(subject, role, authority.tags)


def _content(event: Doc, call: RecordedCall) -> Content | None:
    if call.command is not c.ReceiveUpload:
        return None
    sha256, size = (event["payload"].get(key) for key in ("sha256", "size"))
    if not is_hash(sha256):
        raise Breach(f"the content's hash {excerpt(sha256)} is none: it is 64 lowercase hex digits")
    if type(size) is not int or size < 0:
        raise Breach(f"the content's size {excerpt(size)} is none")
    return Content(sha256, size)


# -- what is recorded, beside what the rules make


def _compare(recorded: Doc, made: Doc) -> None:
    """Compare a recorded event with what the rules make; ids hold random bits, and were checked before."""
    made = {**made, "id": recorded["id"]}
    if recorded == made:
        return
    if recorded.get("eventType") != made["eventType"]:
        found_type = excerpt(recorded.get("eventType"))
        raise Breach(f"{made['eventType']} must follow the event before it, and {found_type} does")
    payload = recorded.get("payload")
    if not isinstance(payload, dict):
        raise Breach("its payload is no object")
    made["payload"] = _as_of_then(made["payload"], payload)
    if recorded != made:
        _report_difference("", recorded, made)


def _as_of_then(made: Doc, payload: Doc) -> Doc:
    """Return the payload that the rules make, without what the version that recorded `payload` did not write yet."""
    made = {key: value for key, value in made.items() if key in payload or key not in ADDED_LATER}
    agreement, recorded = agreement_in(made), agreement_in(payload)
    if agreement is None or recorded is None:
        return made
    return {**made, "detail": {**made["detail"], "agreement": _as_of_then(agreement, recorded)}}


def _report_difference(of: str, recorded: Doc, made: Doc) -> None:
    for key in {**made, **recorded}:
        if key not in made:
            raise Breach(f"it holds {of}{key[:EXCERPT]}, which no rule writes here")
        if key not in recorded:
            raise Breach(f"it lacks {of}{key}: the rules make it {excerpt(made[key])}")
        if recorded[key] != made[key]:
            if key in _WITHIN and isinstance(recorded[key], dict) and isinstance(made[key], dict):
                _report_difference(f"{of}{key}.", recorded[key], made[key])
            back = key == "timestamp" and isinstance(recorded[key], str) and made[key] > recorded[key]
            word = ", which goes back" if back else ""
            raise Breach(f"its {of}{key} is {excerpt(recorded[key])}{word}; the rules make it {excerpt(made[key])}")
