"""A context's value that is JSON: neat lines, with all of it there."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pumpup_tui.text.nested_values import nested_lines

LEAF = st.integers() | st.booleans() | st.none() | st.from_regex("[a-z]{1,9}", fullmatch=True)
KEY = st.from_regex("[A-Z]{1,9}", fullmatch=True)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4), max_leaves=12
)


def test_keys_and_lists_have_lines_of_their_own() -> None:
    """Short lists stand in one line; what is nested is indented below its key."""
    text = json.dumps({"car": {"make": "Fiat", "doors": 3}, "parts": ["hood", "roof"], "notes": ["a, b", "c"]})
    assert nested_lines(text) == [
        "car:",
        "  make: Fiat",
        "  doors: 3",
        "parts: hood, roof",
        "notes:",
        "  • a, b",
        "  • c",
    ]


def test_what_is_no_object_or_list_stays_as_it_is() -> None:
    """Plain texts, broken JSON and values nested beyond reading are left to be shown as written."""
    for text in ("$240", "", "{not json", "[1, 2", '"text"', "12", "[" * 5_000 + "]" * 5_000, "[" * 9 + "]" * 9):
        assert nested_lines(text) is None


def test_two_keys_of_one_name_are_both_shown() -> None:
    """A reader of JSON would keep the last one alone."""
    assert nested_lines('{"amount": "$1", "amount": "$98,400"}') == ["amount: $1", "amount: $98,400"]


def test_numbers_stay_as_written() -> None:
    """Digits beyond a float's are not rounded."""
    assert nested_lines('{"n": 1.00000000000000000001}') == ["n: 1.00000000000000000001"]


@given(VALUE.filter(lambda value: isinstance(value, (list, dict))))
def test_every_key_and_value_is_there(value: object) -> None:
    """Nothing is left out by laying it out."""
    text = json.dumps(value)
    lines = nested_lines(text)
    if lines is not None:
        shown = "".join(char for char in "".join(lines) if char.isalnum())
        assert shown == "".join(char for char in text if char.isalnum())
