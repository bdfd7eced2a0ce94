"""How the contract's objects stand on the wire, and what is read back from there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import fields

from api_client.commands import Answer, Command, CreateProject, CreateTask, Decide, RequestElicitation, read_command
from api_client.errors import InvalidRequest
from api_client.fields import FIELD_TYPES
from api_client.models import ApprovalResult, Event, FieldBid, InboxItem, Page, Project, Task
from api_client.times import wire_time
from api_client.wire import Wire, read, read_json
from tests.answers_table import TAKEN, field

EVENT: dict[str, Any] = {
    "id": "evt_1",
    "taskId": "tsk_1",
    "projectId": "prj_1",
    "eventType": "NOTE",
    "source": "AGENT",
    "owner": "AGENT",
    "timestamp": "2026-03-02T12:00:00.000000Z",
    "payload": {"type": "Note", "message": None, "more": [None, {"a": None}], "none": {}},
}


def below(kind: type[Wire]) -> Iterable[type[Wire]]:
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


TIMES = [
    (kind, info.encode_name)
    for kind in below(Wire)
    if "[" not in kind.__name__
    for info in fields(kind)
    if "datetime.datetime" in str(info.type)
]
PROJECT = {
    "id": "p",
    "name": "P",
    "projectName": "p",
    "steps": {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT"}]},
}
SAMPLE: dict[str, Any] = {
    **EVENT,
    **dict.fromkeys(("requestId", "summary", "taskName", "projectName", "step", "name", "currentStep"), "x"),
    "status": "RUNNING",
    "outcome": {"type": "APPROVE"},
    "fields": {},
    "decidedAt": EVENT["timestamp"],
    "answeredAt": EVENT["timestamp"],
    "requestedAt": EVENT["timestamp"],
    "settledAt": EVENT["timestamp"],
    "terminal": False,
    "count": 0,
    "waiting": 0,
}
GRANT = {"filter": "x", "until": EVENT["timestamp"], "most": 1, "sample": 0.1, "givenBy": {"subject": "a"}}
OTHERS: dict[str, dict[str, Any]] = {
    "SettledRequest": {"outcome": "APPROVE"},
    "Agreed": {"subject": "a", "at": EVENT["timestamp"], "eventId": "e", "outcome": "APPROVE"},
    "RequestDetail": {"event": EVENT, "task": {**SAMPLE, "id": "t"}, "project": PROJECT},
    "Deed": {"eventId": "e", "link": "TRACE"},
    "GrantEnd": {"reason": "TIME", "at": EVENT["timestamp"], "by": "platform"},
    "Grant": {**GRANT, "givenAt": EVENT["timestamp"]},
    "Disagreement": {"outcome": "REJECT", "decidedBy": "bob"},
    "Paused": {"reason": "why", "by": "bob", "at": EVENT["timestamp"]},
    "EscalatedTask": {"tags": ["lead"], "by": "bob", "at": EVENT["timestamp"]},
}
"""What an object spells otherwise than the sample."""


@pytest.mark.parametrize(("kind", "name"), TIMES, ids=[f"{kind.__name__}.{name}" for kind, name in TIMES])
@pytest.mark.parametrize("spelt", ["2026-03-02T12:00:00Z", "2026-03-02T14:00:00.000000+02:00", "2026-03-02T12:00:00"])
def test_every_time_is_in_utc_inside_and_has_six_digits_outside(kind: type[Wire], name: str, spelt: str) -> None:
    """However a server writes a moment, it is the same one, and is told on as the contract has it."""
    spells = {**SAMPLE, **OTHERS.get(kind.__name__, {}), name: spelt}
    for one in (read(kind, spells), read_json(kind, json.dumps(spells))):
        assert one.wire()[name] == "2026-03-02T12:00:00.000000Z"
        attribute = next(info.name for info in fields(kind) if info.encode_name == name)
        assert getattr(one, attribute).tzinfo is UTC


def test_the_times_are_looked_for() -> None:
    """The test above sees the times of all objects."""
    assert len(TIMES) >= 8


def test_a_time_that_is_made_is_in_utc_too() -> None:
    """Objects that are made in the program keep their moments as those that are read."""
    known = read(Event, EVENT)
    moment = datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=2)))
    item = InboxItem(
        request_id="r",
        event_type="APPROVAL_REQUESTED",
        summary="?",
        requested_at=moment,
        task_id="t",
        task_name="T",
        project_id="p",
        project_name="p",
        step="s",
    )
    assert item.requested_at == known.timestamp
    assert item.requested_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime(2026, 3, 2, 12, 0, 0, 7, tzinfo=UTC), "2026-03-02T12:00:00.000007Z"),
        (datetime(2026, 3, 2, 1, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T23:00:00.000000Z"),
    ],
)
def test_the_text_of_a_time_has_one_width(moment: datetime, told: str) -> None:
    """The texts of two times compare as the times do."""
    assert wire_time(moment) == told


@pytest.mark.parametrize("spelt", ["0001-01-01T00:00:00+02:00", "soon", "2026-02-30T00:00:00Z", 1_700_000_000, None])
def test_what_is_no_time_is_refused(spelt: object) -> None:
    """A moment that no calendar has, in UTC, is a fault of whoever wrote it and no crash."""
    with pytest.raises(ValueError, match="timestamp"):
        read(Event, {**EVENT, "timestamp": spelt})


def test_optional_keys_without_a_value_are_left_out_and_nothing_else_is() -> None:
    """Nulls and empty things in free JSON, empty lists and texts are told as they are."""
    assert read(Event, {**EVENT, "seq": None, "transitionTo": None}).wire() == EVENT
    task = {"id": "t", "projectId": "p", "name": "", "currentStep": "s", "status": "RUNNING"}
    assert read(Task, task).wire() == {**task, "metadata": {}, "attachments": []}
    assert read(Page[Task], {"nextCursor": None}).wire() == {"items": []}
    assert FieldBid(field_id="f", value=None).wire() == {"fieldId": "f", "value": None}


def test_keys_that_we_do_not_know_are_passed_over_in_an_answer() -> None:
    """A hosted server may add some, at every depth, also to what a request may hold."""
    step = {"name": "a", "owner": "AGENT", "exits": [], "colour": "red"}
    steps = {"initialStep": "a", "steps": [step], "colour": "red"}
    raw = {"id": "p", "name": "P", "projectName": "p", "steps": steps, "colour": "red"}
    assert "colour" not in str(read(Project, raw).wire())
    result = {**SAMPLE, "outcome": {"type": "APPROVE", "mood": "good"}}
    assert read(ApprovalResult, result).outcome.wire() == {"type": "APPROVE"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b'{"items":7}',
        b'{"items":[{"id":"evt_1"}]}',
        b'{"items":[],"nextCursor":"\\ud800"}',
        b'{"items":[],"nextCursor":"\xff"}',
        b'{"items":[],"more":NaN} x',
        b'{"items":' + b"[" * 200_000,
        b'{"more":' + b"[" * 200_000,
    ],
    ids=lambda text: repr(text[:30]),
)
def test_what_a_server_must_not_answer_is_refused(text: bytes) -> None:
    """No answer, however broken, is more than a `ValueError`."""
    kind: type[Wire] = Event if text == b"{}" else Page[Event]
    with pytest.raises(ValueError, match=r"."):
        read_json(kind, text)


@pytest.mark.parametrize("row", TAKEN, ids=lambda row: row.name)
def test_a_field_comes_back_as_it_was_told(row: Any) -> None:
    """The type stands on the wire and says which field it is."""
    kind = FIELD_TYPES[row.field["type"]]
    one = read(kind, row.field)
    assert one.type == one.wire()["type"] == row.field["type"]
    assert read(kind, one.wire()) == one


ASKING = {"projectName": "p", "taskId": "t", "summary": "s"}
TEXT = field("Text")
FAULTS: list[tuple[type[Command], dict[str, Any], list[str]]] = [
    (
        CreateTask,
        {"name": 7, "metadataPatch": {"setonce": {}}, "colour": "SECRET"},
        ["projectName: is missing", "name: must be text", "metadataPatch.setonce: unknown key", "colour: unknown key"],
    ),
    (
        CreateProject,
        {"name": "x", "steps": {"initialStep": "a", "steps": [{"nam": "SECRET", "owner": "SECRET", "exits": [1]}]}},
        [
            "steps.steps.0.name: is missing",
            "steps.steps.0.owner: must be one of AGENT, HUMAN, PLATFORM",
            "steps.steps.0.exits.0: must be text",
            "steps.steps.0.nam: unknown key",
        ],
    ),
    (
        RequestElicitation,
        {**ASKING, "keyValueContext": {"a": ["SECRET"]}, "fields": [TEXT, {**TEXT, "type": "SECRET"}, {"id": "f"}]},
        [
            "fields.1.type: must be one of Text, TextArea, Number, Slider, Select, Multiselect, DateField, Time, "
            "DateTime, Switch",
            "fields.2.type: is missing",
            "keyValueContext.a: must be text",
        ],
    ),
    (
        RequestElicitation,
        {**ASKING, "fields": [field("DateField", min="SECRET"), {**TEXT, "format": "SECRET", "minLength": -1}]},
        [
            "fields.0: min must be a date like 2026-01-31",
            "fields.1.minLength: must be a whole number >= 0",
            "fields.1.format: must be one of EMAIL, PHONE, URL",
        ],
    ),
    (RequestElicitation, {**ASKING, "fields": []}, ["body: fields must not be empty"]),
    (
        RequestElicitation,
        {**ASKING, "fields": [{**TEXT, "type": "S - at `$.SECRET`"}]},
        [f"fields.0.type: must be one of {', '.join(FIELD_TYPES)}"],
    ),
    (
        RequestElicitation,
        {**ASKING, "fields": "SECRET", "recommendation": [{"confidence": 1.5, "note": "SECRET"}]},
        [
            "fields: must be a list",
            "recommendation.0.fieldId: is missing",
            "recommendation.0.confidence: must be a number <= 1.0",
            "recommendation.0.note: unknown key",
        ],
    ),
]


@pytest.mark.parametrize(("kind", "raw", "words"), FAULTS)
def test_each_fault_of_a_body_is_named_with_its_place(
    kind: type[Command], raw: dict[str, Any], words: list[str]
) -> None:
    """Who sends a body with several faults hears of all of them, in words, and gets nothing of it back."""
    with pytest.raises(InvalidRequest) as fault:
        read_command(kind, raw)
    assert fault.value.message.split("; ") == words


def test_no_more_than_ten_faults_are_told() -> None:
    """A body of a thousand faults makes no answer of a thousand lines."""
    with pytest.raises(InvalidRequest) as fault:
        read_command(CreateTask, {f"key{number}": 1 for number in range(1000)})
    assert len(fault.value.message.split("; ")) == 10


def test_what_stands_in_the_path_is_no_key_of_the_body() -> None:
    """An id that is told twice could be told in two ways."""
    decided = {"outcome": {"type": "APPROVE"}}
    command = read_command(Decide, decided, request_id="evt_1")
    assert (command.request_id, command.body()) == ("evt_1", decided)
    with pytest.raises(InvalidRequest, match="requestId: unknown key"):
        read_command(Decide, {**decided, "requestId": "evt_1"}, request_id="evt_1")


def test_free_json_is_kept_as_it_was_sent() -> None:
    """Answers may be anything, nulls in them too."""
    answers = {"a": None, "b": [None, {"c": None}], "d": 1.0}
    assert read_command(Answer, {"answers": answers}, request_id="evt_1").body() == {"answers": answers}


def test_the_keys_of_a_field_keep_their_order() -> None:
    """The same declaration makes the same bytes, and so the same hash, as it always did."""
    text = field("Text", maxLength=9, format="URL")
    assert list(read(FIELD_TYPES["Text"], text).wire()) == ["id", "label", "required", "maxLength", "type", "format"]
    day = field("DateField", max="2026-01-31", min="2026-01-01")
    assert list(read(FIELD_TYPES["DateField"], day).wire()) == ["id", "label", "required", "type", "min", "max"]
