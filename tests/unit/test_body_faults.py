"""The faults of a request's body are found where msgspec refuses it, each at its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta
from msgspec.structs import fields

from api_client.body_faults import UNEXPLAINED, faults_in, has_unknown_keys
from api_client.commands import HTTP_COMMANDS
from api_client.fields import FIELD_TYPES
from api_client.models import Step
from api_client.wire import Body, Json, read

Place = tuple[str | int, ...]


class Graphs(Body):
    """A body with objects of declared keys under free ones."""

    by_name: dict[str, Step]


UNKNOWN = "surprise"

OUTCOME = {"type": "APPROVE", "note": "n", "reasonCode": "r"}
ADVICE = {"outcome": OUTCOME, "confidence": 0.5, "rationale": "r"}
BID = {"fieldId": "a", "value": 1, "confidence": 1, "rationale": "r"}
ON_TASK = {"projectName": "p", "taskId": "t", "externalTraceId": "e"}
FIELD = {"id": "a", "label": "A", "required": True, "description": "d"}
STEP = {"name": "a", "owner": "AGENT", "exits": ["b"], "timeoutSeconds": 1}
BOUND = {"atLeast": 1.5, "below": 2.5, "equals": "x"}
RULE = {
    "name": "r",
    "when": {
        "kind": "approval",
        "steps": ["a"],
        "recommended": ["APPROVE"],
        "confidenceBelow": 0.5,
        "context": {"k": BOUND},
    },
    "people": 2,
    "tags": ["t"],
    "notAsker": True,
    "alwaysHuman": True,
    "expire": {"afterSeconds": 60, "outcome": "REJECT"},
}
WHOLE: dict[str, dict[str, Any]] = {
    "SetPolicy": {
        "projectId": "p",
        "owners": ["o"],
        "rules": [RULE],
        "blind": 0.5,
        "escalate": ["t"],
        "replaces": "h",
    },
    "GiveGrant": {
        "projectId": "p",
        "name": "n",
        "filter": "f",
        "until": "2026-01-31T09:30:00Z",
        "most": 1,
        "sample": 0.5,
    },
    "EndGrant": {"grantId": "g", "reason": "KEY_REVOKED"},
    "Pause": {"projectId": "p", "reason": "r"},
    "Resume": {"projectId": "p"},
    "CreateProject": {
        "name": "n",
        "steps": {"initialStep": "a", "steps": [STEP, {**STEP, "name": "b"}], "stepSchemas": {"a": {}, "b": True}},
    },
    "CreateTask": {
        "projectName": "p",
        "name": "n",
        "externalId": "e",
        "metadataPatch": {"set": {"a": 1}, "setOnce": {"a": 1}, "unset": ["a"]},
    },
    "RequestApproval": {
        **ON_TASK,
        "summary": "s",
        "keyValueContext": {"a": "b"},
        "recommendation": ADVICE,
        "attachments": ["u"],
    },
    "RequestElicitation": {
        **ON_TASK,
        "summary": "s",
        "fields": [
            {**FIELD, "type": "Text", "minLength": 1, "maxLength": 2, "format": "URL"},
            {**FIELD, "type": "Number", "id": "b", "min": 1, "max": 2, "integerOnly": True},
            {**FIELD, "type": "Slider", "id": "c", "min": 0, "max": 1, "step": 0.5},
            {**FIELD, "type": "Select", "id": "d", "options": ["x"]},
            {**FIELD, "type": "DateField", "id": "e", "min": "2026-01-01", "max": "2026-01-02"},
            {**FIELD, "type": "Time", "id": "f", "min": "09:30", "max": "10:30"},
            {**FIELD, "type": "DateTime", "id": "g", "min": "2026-01-01T09:30", "max": "2026-01-02T09:30"},
            {**FIELD, "type": "TextArea", "id": "h", "minLength": 1, "maxLength": 2},
            {**FIELD, "type": "Multiselect", "id": "i", "options": ["x", "y"]},
            {**FIELD, "type": "Switch", "id": "j"},
        ],
        "keyValueContext": {"a": "b"},
        "recommendation": [BID],
        "attachments": ["u"],
    },
    "RecordAction": {
        **ON_TASK,
        "description": "d",
        "detail": {"a": 1},
        "metadataPatch": {"set": {}},
        "transitionsTo": "a",
        "addAttachments": [{"uploadId": "u", "label": "l"}],
    },
    "RaiseException": {**ON_TASK, "message": "m", "detail": {}, "transitionsTo": "a"},
    "AddNote": {**ON_TASK, "message": "m"},
    "Decide": {"requestId": "r", "outcome": OUTCOME, "requestHash": "h", "blind": True, "attachmentsOpened": ["u"]},
    "Answer": {"requestId": "r", "answers": {"a": 1}, "requestHash": "h", "attachmentsOpened": ["u"]},
    "Withdraw": {"requestId": "r", "reason": "n"},
    "Assign": {"taskId": "t", "assigneeId": "a"},
    "Move": {"taskId": "t", "transitionsTo": "a", "note": "n"},
    "Comment": {"taskId": "t", "message": "m"},
    "Graphs": {"byName": {"a": STEP}},
}
"""A body of each type with every key that it may have."""
BODY_TYPES: tuple[type[Body], ...] = (*HTTP_COMMANDS, Graphs)

FREE = frozenset(("set", "setOnce", "detail", "answers", "value"))
"""Keys under which anything may stand, at any depth; so it may under a step's name in `stepSchemas`."""


def places(raw: Json, place: Place = ()) -> Iterable[Place]:
    """Yield where values stand within a body; not within free JSON."""
    for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ():
        yield (*place, key)
        if key not in FREE and place[-1:] != ("stepSchemas",):
            yield from places(value, (*place, key))


class _Gone:
    """Put in the place of a value: its key is left out."""


def changed(raw: Json, place: Place, value: Json) -> Json:
    """Return a body that has another value at one place; as it is where it has no such place."""
    if not place:
        return value
    key, *rest = place
    if isinstance(raw, dict) and key in raw:
        pairs = {**raw, key: changed(raw[key], tuple(rest), value)}
        return {name: part for name, part in pairs.items() if part is not _Gone}
    if isinstance(raw, list):
        parts = [changed(part, tuple(rest), value) if index == key else part for index, part in enumerate(raw)]
        return [part for part in parts if part is not _Gone]
    return raw


def at(place: Place) -> str:
    return ".".join(map(str, place))


VALUES: tuple[Json, ...] = (
    *(_Gone, None, True, False, 0, -1, 1, 2, 2**63, 2**64, 10**330, -(10**330)),
    *(0.0, -0.5, 0.5, 1.0, 1.5, float("nan"), float("inf"), float("-inf")),
    *("", " ", "\u3000", "\x1c", "\u200b", "x", "2026-01-02", "2026-01-03", "10:30", "11:30", "a - at `$.b`", "Number"),
    *([], [None], ["x"], ["x", 1], [{}], {}, {"a": None}, {"a": "x"}, {"a": {}}, {"type": "Text"}, {"name": "x"}),
)
"""What JSON may hold, with the ends of every bound, and no value at all."""


def assert_faults_are_right(body_type: type[Body], raw: Json) -> None:
    """Assert that a body has a fault exactly where msgspec refuses it, and is searched for unknown keys rightly."""
    faults = list(faults_in(body_type, raw))
    assert not any(fault.endswith(UNEXPLAINED) for fault in faults)
    unknown = [fault for fault in faults if fault.endswith(": unknown key")]
    try:
        read(body_type, raw)
    except ValueError:
        assert faults
    else:
        assert faults == unknown
        assert has_unknown_keys(body_type, raw) == bool(unknown)


def test_every_key_is_in_the_bodies_that_are_tried() -> None:
    """No key that a command or a field may have goes untried."""
    for body_type in BODY_TYPES:
        assert {info.encode_name for info in fields(body_type)} == WHOLE[body_type.__name__].keys()
        assert not list(faults_in(body_type, WHOLE[body_type.__name__]))
    declared = {raw["type"]: raw.keys() - {"type"} for raw in WHOLE["RequestElicitation"]["fields"]}
    assert declared == {tag: {info.encode_name for info in fields(kind)} for tag, kind in FIELD_TYPES.items()}


@pytest.mark.parametrize("body_type", BODY_TYPES, ids=lambda body_type: body_type.__name__)
def test_a_body_with_one_change_has_a_fault_exactly_where_it_is_refused(body_type: type[Body]) -> None:
    """Whatever stands at one place: nothing is refused without a reason, and nothing accepted is called a fault."""
    raw = WHOLE[body_type.__name__]
    for place in places(raw):
        for value in VALUES:
            assert_faults_are_right(body_type, changed(raw, place, value))


@st.composite
def bodies_with_changes(draw: st.DrawFn) -> tuple[type[Body], Json]:
    """Return a body of some type with other values at several places."""
    body_type = draw(st.sampled_from(BODY_TYPES))
    raw: Json = WHOLE[body_type.__name__]
    for _ in range(draw(st.integers(2, 4))):
        raw = changed(raw, draw(st.sampled_from([*places(raw)] or [()])), draw(st.sampled_from(VALUES)))
        raw = {} if raw is _Gone else raw
    return body_type, raw


@given(bodies_with_changes())
def test_a_body_with_several_changes_has_a_fault_exactly_where_it_is_refused(pair: tuple[type[Body], Json]) -> None:
    """One fault beside another hides neither that there is any, nor makes one of what is right."""
    assert_faults_are_right(*pair)


class _Unfit:
    """A value that no key accepts."""


@pytest.mark.parametrize("body_type", BODY_TYPES, ids=lambda body_type: body_type.__name__)
def test_each_unfit_value_is_named_at_its_own_place(body_type: type[Body]) -> None:
    """Wherever the one wrong value of a body stands, the caller reads its place, and no other."""
    raw = WHOLE[body_type.__name__]
    for place in places(raw):
        if place[-1] != "value":  # a bid may hold anything
            faults = list(faults_in(body_type, changed(raw, place, _Unfit())))
            assert [fault.partition(": ")[0] for fault in faults] == [at(place)]


def test_several_faults_are_each_named_at_their_place() -> None:
    """A caller mends all that is wrong at once, however many places of a body are."""
    raw: Json = WHOLE["RequestElicitation"]
    wrong: list[Place] = [("taskId",), ("fields", 0, "minLength"), ("fields", 9, "label"), ("recommendation", 0)]
    for place in wrong:
        raw = changed(raw, place, _Unfit())
    assert [fault.partition(": ")[0] for fault in faults_in(HTTP_COMMANDS[3], raw)] == [at(place) for place in wrong]


@pytest.mark.parametrize("body_type", BODY_TYPES, ids=lambda body_type: body_type.__name__)
def test_each_unknown_key_is_named_at_its_own_place(body_type: type[Body]) -> None:
    """Wherever an object has declared keys, one more is a fault; where keys are free, it is none."""
    raw = WHOLE[body_type.__name__]
    for place in [(), *places(raw)]:
        value: Json = raw
        for key in place:
            value = value[key]
        if isinstance(value, dict):
            body = changed(raw, place, {**value, UNKNOWN: "x"})
            is_free = bool(FREE & {*place}) or "stepSchemas" in place or place[-1:] == ("keyValueContext",)
            words = "must be an object" if place[-1:] in (("byName",), ("context",)) else "unknown key"
            if place[-1:] == ("stepSchemas",):
                words, is_free = "must be true or false or an object", False
            assert list(faults_in(body_type, body)) == ([] if is_free else [f"{at((*place, UNKNOWN))}: {words}"])
            assert_faults_are_right(body_type, body)


class OddText(Body):
    """A body with a bound for which there are no words."""

    code: Annotated[str, Meta(pattern="[0-9]+")]


class NoJson(Body):
    """A body with a value that JSON does not have."""

    content: bytes


@pytest.mark.parametrize("body_type", [OddText, NoJson])
def test_an_annotation_without_words_is_an_error_of_its_author(body_type: type[Body]) -> None:
    """Who declares a bound that the walk does not know hears so at the first body."""
    with pytest.raises(TypeError):
        list(faults_in(body_type, {}))
