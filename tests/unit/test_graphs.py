"""Step graphs and schemas: what is refused, in which words, and what is asked of whoever evaluates schemas."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.errors import InvalidRequest
from api_client.models import Steps
from api_client.wire import read
from store.core.schema_questions import Question, Verdict
from store.core.step_graphs import check, check_metadata, check_size, json_bytes


def step(name: str, *exits: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "owner": "AGENT", "exits": list(exits), **keys}


def graph(*steps: dict[str, Any], initial: str = "a", **keys: Any) -> Steps:
    return read(Steps, {"initialStep": initial, "steps": list(steps), **keys})


class Asked:
    """Answers every question alike, and writes down what was asked."""

    def __init__(self, verdict: Verdict | None = None) -> None:
        self.questions: list[Question] = []
        self._verdict = verdict

    def __call__(self, question: Question) -> Verdict | None:
        self.questions.append(question)
        return self._verdict


def words(steps: Steps, **keys: Any) -> str:
    """Return what a refused graph is refused with."""
    with pytest.raises(InvalidRequest) as fault:
        check(steps, **keys)
    assert fault.value.code == "INVALID_STEPS"
    return str(fault.value)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (graph(), "there are no steps"),
        (graph(step("a", "b"), step("b"), step("b"), step("a")), "'a', 'b' declared more than once"),
        (graph(step("b")), "the initial step 'a' is not declared"),
        (graph(step("a", "c", "b")), "'b', 'c' named as an exit, but not declared"),
        (graph(step("a"), step("b", "a")), "'b' can't be reached from 'a'"),
        (graph(step("a", timeoutSeconds=0)), "timeoutSeconds of 'a' must be 1 or more"),
        (graph(step("a"), stepSchemas={"b": {}}), "stepSchemas names 'b', which is no step"),
    ],
)
def test_a_refused_graph_is_told_with_the_names_at_fault(steps: Steps, told: str) -> None:
    """Each fault is one sentence that names the steps it is about."""
    assert words(steps) == f"The steps can't be taken: {told}."


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, " and 1 more"), (300, " and 290 more")])
def test_a_refusal_lists_ten_names_and_counts_the_rest(count: int, more: str) -> None:
    """However many names are at fault, the sentence stays short: ten in order, then their number."""
    told = words(graph(step("a", *(f"x{number:03}" for number in range(count)))))
    listed = ", ".join(f"'x{number:03}'" for number in range(10))
    assert told == f"The steps can't be taken: {listed}{more} named as an exit, but not declared."


def test_the_bounds_themselves_are_taken() -> None:
    """A name of 80 characters, a timeout of one second and a schema of just the size that it may have are fine."""
    long = "x" * 80
    steps = graph(step(long, timeoutSeconds=1), initial=long, stepSchemas={long: {"type": "object"}})
    check(steps)
    check(steps, schema_bytes=len(b'{"type":"object"}'))
    told = words(steps, schema_bytes=len(b'{"type":"object"}') - 1)
    assert told == f"The steps can't be taken: the schema of {long!r} has 17 bytes, and may have 16."


@pytest.mark.parametrize("name", ["", "x" * 81, "a\nb"])
def test_a_name_out_of_bounds_is_told_with_the_bounds(name: str) -> None:
    """What a step may be called is said in the refusal."""
    with pytest.raises(InvalidRequest, match="name has 1 to 80 characters"):
        check(graph(step(name), initial=name))


def test_all_schemas_are_asked_about_at_once() -> None:
    """One question holds every schema of the graph; without schemas nothing is asked."""
    asked = Asked()
    check(graph(step("a", "b"), step("b"), stepSchemas={"a": True, "b": {"type": "object"}}), ask=asked)
    assert asked.questions == [Question(b'{"a":true,"b":{"type":"object"}}')]
    check(graph(step("a")), ask=asked)
    assert len(asked.questions) == 1


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict("unusable", "the schema of 'a' is none"), "the schema of 'a' is none"),
        (Verdict("long", "it takes too long"), "to check the schemas, it takes too long"),
    ],
)
def test_schemas_that_can_not_be_used_or_checked_are_refused(verdict: Verdict, told: str) -> None:
    """The refusal says what is wrong with a schema, or that the check did not end."""
    assert words(graph(step("a"), stepSchemas={"a": {}}), ask=Asked(verdict)) == f"The steps can't be taken: {told}."


def project(**schemas: Any) -> dict[str, Any]:
    return {"steps": {"stepSchemas": schemas}}


def test_metadata_is_asked_about_where_a_schema_says_something() -> None:
    """Only the step's own schema matters; one that takes everything, or none, needs no check, and false needs one."""
    asked = Asked()
    check_metadata(project(a={}, b={"type": "object"}), "a", {"x": 1}, ask=asked)
    check_metadata(project(a=True, b={"type": "object"}), "a", {"x": 1}, ask=asked)
    check_metadata({"steps": {}}, "a", {"x": 1}, ask=asked)
    check_metadata(project(b={"type": "object"}), "a", {"x": 1}, ask=asked)
    assert asked.questions == []
    check_metadata(project(a={"type": "object"}), "a", {"x": 1}, ask=asked)
    check_metadata(project(a=False), "a", {}, ask=asked)
    assert asked.questions == [Question(b'{"type":"object"}', b'{"x":1}'), Question(b"false", b"{}")]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict("misfit", "$.x: 1 is no text"), "The metadata does not fit the schema of 'a': $.x: 1 is no text"),
        (Verdict("long", "it takes long"), "The metadata can't be checked against the schema of 'a': it takes long."),
        (Verdict("unusable", "no schema"), "The metadata can't be checked against the schema of 'a': no schema."),
    ],
)
def test_metadata_that_misfits_or_can_not_be_checked_is_refused(verdict: Verdict, told: str) -> None:
    """The refusal says at which place what is wrong, or why that can't be said, and of which step's schema."""
    with pytest.raises(InvalidRequest) as fault:
        check_metadata(project(a={"type": "object"}), "a", {}, ask=Asked(verdict))
    assert (str(fault.value), fault.value.code) == (told, "INVALID_METADATA")


def test_metadata_has_so_many_bytes_at_the_most() -> None:
    """The limit itself fits; over it metadata may only get smaller, and the refusal says both sizes."""
    metadata = {"x": "y" * 92}
    assert len(json_bytes(metadata)) == 100
    check_size(metadata, {}, most=None)
    check_size(metadata, {}, most=100)
    check_size(metadata, {"x": "y" * 93}, most=99)
    check_size(metadata, {"x": "z" * 92}, most=99)
    with pytest.raises(InvalidRequest, match="would have 100 bytes, and may have 99"):
        check_size(metadata, {"x": "y" * 91}, most=99)


def test_what_json_can_not_hold_is_refused() -> None:
    """An integer beyond 64 bits is the caller's fault, told as such."""
    with pytest.raises(InvalidRequest, match=r"that JSON can't: Integer exceeds 64-bit range"):
        json_bytes({"x": 2**70})
