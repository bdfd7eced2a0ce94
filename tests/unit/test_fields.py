"""What an answer to a field must be (CONTRACT.md part 1, Field)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api_client.body_faults import faults_in
from api_client.commands import RequestElicitation, read_command
from api_client.errors import InvalidRequest
from api_client.field_values import date_bound, date_time_bound, time_bound
from api_client.fields import (
    FIELD_TYPES,
    AnyField,
    FieldBase,
    NumberField,
    SliderField,
    UnknownField,
    check_answers,
    read_fields,
)
from api_client.wire import Json, read
from tests.answers_table import BAD_DECLARATIONS, REFUSED, TAKEN, Refused, Taken, field


def declared(raw: dict[str, Json]) -> FieldBase:
    if faults := list(faults_in(AnyField, raw)):
        raise ValueError("; ".join(faults))
    return read(tuple[AnyField], [raw])[0]


@pytest.mark.parametrize("row", TAKEN, ids=lambda row: row.name)
def test_an_answer_within_its_field_is_kept(row: Taken) -> None:
    """A valid answer is kept as it was given, whole numbers as integers."""
    kept = declared(row.field).check(row.answer)
    assert kept == row.kept
    assert type(kept) is type(row.kept)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_an_answer_outside_its_field_is_refused_in_words(row: Refused) -> None:
    """A reviewer whose answer is refused is told what the field takes."""
    with pytest.raises(ValueError, match=row.words):
        declared(row.field).check(row.answer)


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_every_type_is_in_the_table(kind: str) -> None:
    """No field type goes without an answer taken and one refused."""
    assert any(row.field["type"] == kind for row in TAKEN)
    assert any(row.field["type"] == kind for row in REFUSED)


@pytest.mark.parametrize(("name", "raw"), BAD_DECLARATIONS, ids=[name for name, _ in BAD_DECLARATIONS])
def test_a_broken_declaration_is_refused(name: str, raw: dict[str, Json]) -> None:
    """An agent that declares a field wrongly hears so when it asks, not when a person answers."""
    with pytest.raises(ValueError):
        declared(raw)


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("DateField", "2026-05-14", "2026-05-14"),
        ("DateField", "2026-05-14T00:00:00Z", "2026-05-14"),
        ("DateField", "2026-05-14T00:00:00.000Z", "2026-05-14"),
        ("DateField", "2026-05-14T23:30:00+02:00", "2026-05-14"),
        ("DateField", "2026-05-14T09:30", "2026-05-14"),
        ("Time", "09:00", "09:00"),
        ("Time", "09:00:00", "09:00:00"),
        ("Time", "09:00:00Z", "09:00:00"),
        ("Time", "09:00:00.000Z", "09:00:00"),
        ("Time", "09:00:00.5-0330", "09:00:00"),
        ("Time", "09:00+02:00", "09:00"),
        ("DateTime", "2026-05-14T09:00:00Z", "2026-05-14T09:00:00"),
        ("DateTime", "2026-05-14T09:00:00.000+02:00", "2026-05-14T09:00:00"),
    ],
)
def test_a_bound_with_a_zone_is_kept_in_its_plain_form(kind: str, sent: str, kept: str) -> None:
    """The published schemas have plain strings for bounds: the zone is dropped, and answers are held to the rest."""
    for name in ("min", "max"):
        made = declared(field(kind, **{name: sent}))
        assert made.wire()[name] == kept
        assert kept in made.bounds()
        assert made.check(kept) == kept


def asking(fields: list[Json], bids: list[Json] | None = None) -> RequestElicitation:
    raw = {"projectName": "p", "taskId": "t", "summary": "s", "fields": fields, "recommendation": bids}
    return read_command(RequestElicitation, raw)


@pytest.mark.parametrize(
    ("fields", "bids", "words"),
    [
        ([], None, "must not be empty"),
        ([field("Text"), field("Switch")], None, "unique"),
        ([field("Text")], [{"fieldId": "g", "value": 1}], "'g', which is not declared"),
        ([field("Text")], [{"fieldId": "f", "value": 1}, {"fieldId": "f", "value": 2}], "more than one bid"),
        ([field("Text")], [{"fieldId": "f", "value": 1, "confidence": 1.5}], "confidence"),
        (["Text"], None, "fields"),
        ([None], None, "fields"),
    ],
)
def test_a_request_whose_fields_make_no_form_is_refused(
    fields: list[Json], bids: list[Json] | None, words: str
) -> None:
    """Doubled ids, bids for no field and the like are refused with the place named."""
    with pytest.raises(InvalidRequest, match=words):
        asking(fields, bids)


def test_a_bid_without_a_value_is_read_back_as_null() -> None:
    """The TypeScript SDK leaves an undefined value out; the Python SDK wants the key in the event that it reads."""
    bids = asking([field("Switch")], [{"fieldId": "f", "rationale": "not sure"}]).wire()["recommendation"]
    assert bids == [{"fieldId": "f", "value": None, "rationale": "not sure"}]


def test_a_bid_is_not_an_answer() -> None:
    """An agent may bid what its own field would refuse: the reviewer sees it and corrects it."""
    assert asking([field("Switch")], [{"fieldId": "f", "value": "maybe"}]).recommendation


def test_all_faults_are_told_at_once() -> None:
    """A reviewer with five wrong answers corrects five, not one after the other."""
    fields = [
        declared(field("Text", id="name")),
        declared(field("Number", id="amount", integerOnly=True, max=5)),
        declared(field("Switch", id="sure")),
        declared(field("DateField", id="when", required=False)),
        declared(field("Text", id="note", required=False)),
    ]
    kept, faults = check_answers(
        fields, {"name": "", "amount": 6, "when": "tomorrow", "note": None, "extra": 1, "ghost": None}
    )
    assert kept == {}
    assert set(faults) == {"name", "amount", "sure", "when", "extra", "ghost"}
    assert faults["sure"] == "is required"
    assert faults["extra"] == "is not a field of this request"


def test_what_is_left_out_is_not_kept() -> None:
    """A null counts as left out: the agent finds no key for it."""
    fields = [declared(field("Text", id="a", required=False)), declared(field("Switch", id="b"))]
    assert check_answers(fields, {"a": None, "b": False}) == ({"b": False}, {})


def test_a_false_switch_and_a_zero_are_answers() -> None:
    """False and 0 satisfy a required field."""
    fields = [declared(field("Switch", id="s")), declared(field("Number", id="n", integerOnly=False))]
    assert check_answers(fields, {"s": False, "n": 0}) == ({"s": False, "n": 0}, {})


def test_foreign_fields_are_read_as_far_as_they_go() -> None:
    """Fields of another server's dialect are shown, never a crash; keys that we don't know are passed over."""
    colour = {"type": "Colour", "id": "c", "label": "Colour", "required": True, "palette": ["red"]}
    odd_select = {"type": "Select", "id": "s", "label": 7, "required": True, "options": {"a": "A"}}
    dialect = {**field("Text"), "placeholder": "x", "min_length": 9}
    read = read_fields([colour, odd_select, dialect, "no field", None, {}])
    assert [type(one).__name__ for one in read] == ["UnknownField", "UnknownField", "TextField", "UnknownField"]
    assert (read[0].id, read[0].label, read[0].required) == ("c", "Colour", True)
    assert read[1].label == "7"
    assert read[2].check("x") == "x"
    assert isinstance(read[0], UnknownField)
    assert read[0].raw["palette"] == ["red"]
    assert (read[0].type, read[0].description, read[0].bounds()) == ("Colour", None, "")
    assert isinstance(read[3], UnknownField)
    assert (read[3].type, read[3].id, read[3].label, read[3].required) == ("", "", "", False)
    (described,) = read_fields([{**colour, "description": "of the car"}])
    assert described.description == "of the car"


def test_a_field_of_an_unknown_type_takes_no_answer() -> None:
    """What this version can't check it does not send."""
    _, faults = check_answers(read_fields([{"type": "Colour", "id": "c"}]), {"c": "red"})
    assert "can't answer" in faults["c"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (field("Text", format="EMAIL", maxLength=40), "name@host.tld, at most 40 characters"),
        (field("TextArea", minLength=2, maxLength=3), "2 to 3 characters"),
        (field("Number", integerOnly=True, min=1.0, max=5.0), "whole number, 1 to 5"),
        (field("Number", integerOnly=False, min=0.5), "at least 0.5"),
        (field("Number", integerOnly=True, max=5.0), "whole number, at most 5"),
        (field("Number", integerOnly=False), ""),
        (field("Slider", min=-0.0, max=1e21, step=0.1), "0 to 1000000000000000000000, step 0.1"),
        (field("DateField", max="2026-05-31"), "at most 2026-05-31"),
        (field("DateTime", min="2026-03-01T09:00:00Z"), "at least 2026-03-01T09:00:00"),
        (field("Switch"), ""),
    ],
)
def test_bounds_are_told_as_a_person_writes_them(raw: dict[str, Json], words: str) -> None:
    """The form says beside a field what it takes: no `5.0`, no exponents."""
    assert declared(raw).bounds() == words


@pytest.mark.parametrize(
    ("bound", "text", "words"),
    [
        (date_bound, "2026-01-31Tnoon", "must be a date like 2026-01-31"),
        (date_bound, "31.1.2026", "must be a date like 2026-01-31"),
        (time_bound, "noon", "must be a time like 09:30"),
        (date_time_bound, "tomorrow", "must be a date and time like 2026-01-31T09:30"),
    ],
)
def test_a_bound_that_is_none_is_told_with_its_form(bound: Callable[[str], str], text: str, words: str) -> None:
    """An agent whose bound can't be read is told how one looks."""
    with pytest.raises(ValueError, match=words):
        bound(text)


@pytest.mark.parametrize("name", ["min", "max", "step"])
def test_a_field_made_in_code_is_held_to_the_same_bounds(name: str) -> None:
    """A bound is a number with an end, told by its name, and is kept as it would be where it is read."""
    bounds: dict[str, Any] = {"min": 0, "max": 10, "step": 2}
    made = SliderField(id="s", label="S", required=True, **bounds)
    assert type(getattr(made, name)) is float
    assert read(SliderField, made.wire()) == made
    with pytest.raises(ValueError, match=f"{name} must be a number with an end"):
        SliderField(id="s", label="S", required=True, **{**bounds, name: float("inf")})
    if name != "step":
        number: dict[str, Any] = {"id": "n", "label": "N", "required": True, "integer_only": True}
        assert type(getattr(NumberField(**{**number, name: 1}), name)) is float
        with pytest.raises(ValueError, match=f"{name} must be a number with an end"):
            NumberField(**{**number, name: float("inf")})
