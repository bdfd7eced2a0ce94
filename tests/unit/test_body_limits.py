"""The counted limits within a body: each holds at its place, says so, and is checked in one walk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client.body_limits import DEEPEST, BodyLimits, _raise_fault, _scan, check_body
from api_client.errors import InvalidRequest

SMALL = BodyLimits(fields=3, options=4, context_entries=2, summary=40, text=80, nesting=5)


def nested(levels: int) -> Any:
    """Return lists within lists, so many."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


AT_THE_LIMIT: dict[str, dict[str, Any]] = {
    "fields": {"fields": [{}] * 3},
    "bids": {"recommendation": [{}] * 3},
    "answers": {"answers": dict.fromkeys("abc", 1)},
    "options": {"fields": [{"options": ["x"] * 4}]},
    "options of an answer": {"answers": {"a": ["x"] * 4}},
    "options of a bid": {"recommendation": [{"value": ["x"] * 4}]},
    "context": {"keyValueContext": {"a": "x", "b": "x"}},
    "summary": {"summary": "é" * 20},
    "text": {"message": "é" * 40},
    "a label": {"fields": [{"label": "x" * 80}]},
    "a summary below the first level": {"detail": {"summary": "x" * 80}},
    "a key": {"detail": {"x" * 80: 1}},
    "nesting": {"detail": nested(4)},
}
OVER_IT: dict[str, tuple[dict[str, Any], str]] = {
    "fields": ({"fields": [{}] * 4}, "fields: has 4 fields, at most 3 are taken"),
    "bids": ({"recommendation": [{}] * 4}, "recommendation: has 4 bids, at most 3 are taken"),
    "answers": ({"answers": dict.fromkeys("abcd", 1)}, "answers: has 4 answers, at most 3 are taken"),
    "options": ({"fields": [{}, {"options": ["x"] * 5}]}, "fields.1.options: has 5 options, at most 4 are taken"),
    "options of an answer": ({"answers": {"a": ["x"] * 5}}, "answers.a: has 5 options, at most 4 are taken"),
    "options of a bid": (
        {"recommendation": [{"value": ["x"] * 5}]},
        "recommendation.0.value: has 5 options, at most 4 are taken",
    ),
    "context": ({"keyValueContext": dict.fromkeys("abc", "x")}, "keyValueContext: has 3 entries, at most 2 are taken"),
    "summary": ({"summary": "é" * 20 + "x"}, "summary: the text has 41 bytes, at most 40 are taken"),
    "text": ({"message": "é" * 40 + "x"}, "message: the text has 81 bytes, at most 80 are taken"),
    "text in a list": ({"fields": [{"options": ["x", "x" * 81]}]}, "fields.0.options.1: the text has 81 bytes"),
    "text in metadata": ({"metadataPatch": {"set": {"a": ["x" * 81]}}}, "metadataPatch.set.a.0: the text has 81 bytes"),
    "a key": ({"detail": {"x" * 81: 1}}, "detail: a key has 81 bytes, at most 80 are taken"),
    "nesting of lists": ({"detail": nested(5)}, "detail.0.0.0.0: the body is nested deeper than 5 levels"),
    "nesting of objects": ({"detail": {"a": {"b": {"c": {"d": {}}}}}}, "detail.a.b.c.d: the body is nested deeper"),
}


TEXTS = st.builds(str.__mul__, st.sampled_from("aé\ud800"), st.sampled_from([0, 10, 11, 20, 21, 40, 41, 80, 81]))
VALUES = st.recursive(
    TEXTS, lambda one: st.lists(one, max_size=2) | st.dictionaries(TEXTS, one, max_size=2), max_leaves=4
)
BODIES = st.fixed_dictionaries({}, optional={"summary": TEXTS, "message": TEXTS, "detail": VALUES})


@given(body=BODIES)
def test_the_quick_look_lets_nothing_through(body: dict[str, Any]) -> None:
    """What it finds within the limits is within them where each place is looked at."""
    if _scan(body, SMALL)[1]:
        _raise_fault(body, SMALL)


def keys_in(value: Any) -> int:
    """Return how many keys a value holds at all depths."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(keys_in, inner)) + (len(value) if isinstance(value, dict) else 0)


@given(body=BODIES)
def test_a_body_that_is_taken_has_its_keys_counted(body: dict[str, Any]) -> None:
    """Whatever else is in it; what is refused need not be counted."""
    try:
        counted = check_body(body, SMALL)
    except InvalidRequest:
        return
    assert counted == keys_in(body)


@pytest.mark.parametrize("what", AT_THE_LIMIT)
def test_what_is_at_a_limit_is_taken(what: str) -> None:
    """A limit is the most that is taken, not the first that is not; what is not counted there is free."""
    check_body(AT_THE_LIMIT[what], SMALL)


@pytest.mark.parametrize("what", OVER_IT)
def test_what_is_over_a_limit_is_refused_with_its_place(what: str) -> None:
    """The caller reads where it is, how much there is, and how much is taken."""
    body, words = OVER_IT[what]
    with pytest.raises(InvalidRequest) as refused:
        check_body(body, SMALL)
    assert refused.value.message.startswith(words)


def test_the_defaults_are_the_contracts() -> None:
    """500 fields, 1,000 options a field, 200 context entries, summaries 16 kB, other texts 64 kB, nesting 32."""
    assert BodyLimits() == BodyLimits(
        fields=500, options=1_000, context_entries=200, summary=16_000, text=64_000, nesting=32
    )


def test_a_limit_that_makes_no_sense_is_refused() -> None:
    """Nothing may be forbidden altogether, and nothing nested more deeply than the record's readers take."""
    with pytest.raises(ValueError, match="summary must be 1 or more"):
        BodyLimits(summary=0)
    with pytest.raises(ValueError, match=f"nesting must be {DEEPEST} or less"):
        BodyLimits(nesting=DEEPEST + 1)


def test_a_refusal_repeats_no_endless_key() -> None:
    """What a caller sends does not come back at its full length."""
    with pytest.raises(InvalidRequest) as refused:
        check_body({"detail": {"k" * 60_000: "x" * 70_000}}, BodyLimits())
    assert len(refused.value.message) < 200


WIDE: dict[str, Callable[[int], dict[str, Any]]] = {
    "fields": lambda n: {"fields": [{"id": f"{i}", "options": ["a", "b"]} for i in range(n)]},
    "metadata": lambda n: {"metadataPatch": {"set": {f"{i}": {"a": i} for i in range(n)}}},
    "nested lists": lambda n: {"detail": {f"{i}": nested(20) for i in range(n)}},
    "nested in one": lambda n: {"detail": [[[{"a": i}] for i in range(n)]]},
    "texts": lambda n: {"detail": ["x"] * n},
}


@pytest.mark.parametrize("what", WIDE)
def test_a_body_of_twice_the_size_takes_twice_the_work(what: str) -> None:
    """The walk is linear in what is sent."""
    wide = BodyLimits(fields=10**6, options=10**6, context_entries=10**6)

    def lines(size: int) -> int:
        count = 0
        body = WIDE[what](size)

        def trace(_: FrameType, event: str, __: object) -> Any:
            nonlocal count
            count += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            check_body(body, wide)
        finally:
            sys.settrace(before)
        return count

    assert lines(400) <= 2.1 * lines(200)
