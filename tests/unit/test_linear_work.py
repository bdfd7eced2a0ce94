"""What a caller sends is checked in work that grows no faster than what is sent: counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from typing_extensions import override

from api_client.commands import CreateProject, RecordAction, RequestElicitation, read_command
from api_client.errors import InvalidRequest
from api_client.fields import MultiselectField, SelectField, TextField, check_answers, check_declaration
from api_client.models import FieldBid, Step, Steps
from store.core import step_graphs


class Counted(str):
    """A text that counts how often any of its kind is compared or hashed."""

    __slots__ = ()
    looks = 0

    @override
    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return str.__eq__(self, other)

    @override
    def __hash__(self) -> int:
        Counted.looks += 1
        return str.__hash__(self)


def texts(count: int, begin: str = "") -> list[Counted]:
    """Return so many different texts, each call's its own objects."""
    return [Counted(f"{begin}{number}") for number in range(count)]


def form(count: int) -> list[TextField]:
    return [TextField(id=text, label="", required=False) for text in texts(count)]


def bids(count: int) -> list[FieldBid]:
    return [FieldBid(field_id=text, value="") for text in texts(count)]


def line(count: int) -> Steps:
    """Return a graph of steps one after the other, each of which may also go back to the first."""
    names = [*texts(count), Counted("end")]
    follows = [*texts(count), Counted("end")][1:]
    pairs = zip(names[:-1], follows, strict=True)
    steps = [Step(name=name, owner="AGENT", exits=(follow, Counted("0"))) for name, follow in pairs]
    return Steps(initial_step=Counted("0"), steps=(*steps, Step(name=names[-1], owner="AGENT")))


def with_schemas(count: int) -> Steps:
    graph = line(count)
    return Steps(initial_step=graph.initial_step, steps=graph.steps, step_schemas=dict.fromkeys(texts(count), True))


def multiselect(count: int) -> MultiselectField:
    return MultiselectField(id="m", label="", required=True, options=tuple(texts(count)))


COMPARED: dict[str, Callable[[int], Callable[[], object]]] = {
    "a form and a bid for each field": lambda n: lambda: check_declaration(form(n), bids(n)),
    "bids for no field": lambda n: lambda: check_declaration(form(n), bids(2 * n)[n:]),
    "fields of one id": lambda n: lambda: check_declaration([*form(n), *form(n)], ()),
    "an answer of all options": lambda n: lambda: multiselect(n).check(texts(n)),
    "an answer of no option": lambda n: lambda: multiselect(n).check(texts(n, "no ")),
    "one option": lambda n: lambda: SelectField(id="s", label="", required=True, options=tuple(texts(n))).check("no"),
    "answers": lambda n: lambda: check_answers(form(n), dict.fromkeys(texts(n), "x")),
    "answers to no field": lambda n: lambda: check_answers(form(n), dict.fromkeys(texts(n, "no "), "x")),
    "a graph": lambda n: lambda: step_graphs.check(line(n)),
    "a graph's order": lambda n: lambda: line(n).in_graph_order(),
    "steps of one name": lambda n: (
        lambda: step_graphs.check(
            Steps(initial_step="0", steps=tuple(Step(name=text, owner="AGENT") for text in [*texts(n), *texts(n)]))
        )
    ),
    "a schema for each step": lambda n: lambda: step_graphs.check(with_schemas(n)),
}


@pytest.mark.parametrize("what", COMPARED)
def test_twice_as_much_takes_twice_the_comparisons(what: str) -> None:
    """No list that a caller sent is searched once for each entry of another."""

    def looks(size: int) -> int:
        Counted.looks = 0
        with suppress(InvalidRequest, ValueError):
            COMPARED[what](size)()
        return Counted.looks

    assert looks(200) > 0
    assert looks(400) < 2.1 * looks(200)


FIELD = {"type": "Text", "label": "", "required": False}


def elicitation(count: int, **last: Any) -> dict[str, Any]:
    fields = [{**FIELD, "id": str(number)} for number in range(count)]
    bids = [{"fieldId": str(number)} for number in range(count)]
    body = {"projectName": "p", "taskId": "t", "summary": "?", "recommendation": bids}
    return {**body, "fields": [*fields, {**FIELD, "id": "last", **last}]}


def action(**keys: Any) -> dict[str, Any]:
    return {"projectName": "p", "taskId": "t", "description": "x", **keys}


BODIES: dict[str, tuple[Any, Callable[[int], dict[str, Any]]]] = {
    "a form": (RequestElicitation, elicitation),
    "a form with an unknown key": (RequestElicitation, lambda n: elicitation(n, hint="")),
    "a form with a wrong field": (RequestElicitation, lambda n: elicitation(n, required=7)),
    "a form of wrong fields": (RequestElicitation, lambda n: {**elicitation(0), "fields": [{}] * n}),
    "unknown keys": (RecordAction, lambda n: action(**{f"k{number}": 1 for number in range(n)})),
    "attachments": (RecordAction, lambda n: action(addAttachments=[{"uploadId": "u", "label": "l"}] * n)),
    "keys to unset": (RecordAction, lambda n: action(metadataPatch={"unset": ["k"] * n})),
    "wrong keys to unset": (RecordAction, lambda n: action(metadataPatch={"unset": [1] * n})),
    "steps": (
        CreateProject,
        lambda n: {"name": "x", "steps": {"initialStep": "0", "steps": [{"name": "0", "owner": "AGENT"}] * n}},
    ),
}


@pytest.mark.parametrize("what", BODIES)
def test_reading_a_command_of_twice_the_size_takes_twice_the_calls(what: str) -> None:
    """The faults of a body are looked for once a place, wherever the first one is."""
    kind, body = BODIES[what]

    def calls(size: int) -> int:
        count, raw = 0, body(size)

        def profile(_: FrameType, event: str, __: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(profile)
        try:
            with suppress(InvalidRequest):
                read_command(kind, raw)
        finally:
            sys.setprofile(before)
        return count

    calls(1)  # fills what is remembered of the kinds
    assert calls(400) < 2.1 * calls(200)
