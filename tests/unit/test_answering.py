"""What is typed and picked in a form, and what it answers: the table of answers, forth and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client.fields import read_fields
from pumpup_tui.form.steppers import slider_bar, stepped
from pumpup_tui.local_state.answer_draft import (
    AnyForm,
    Bid,
    Draft,
    answer_of,
    check,
    document_of,
    draft_of,
    fill,
    take_bid,
    type_of,
    typed_of,
    why_sealed,
)
from tests.answers_table import (
    ADULT,
    DATE,
    HUGE_GRID,
    MOMENT,
    OFFICE,
    REFUSED,
    SPRING,
    TAKEN,
    TENTHS,
    TIME,
    WHOLE,
    Refused,
    Taken,
)
from tests.unit.test_text import NASTY

NOW = datetime(2026, 3, 2, 12, 30, 15, tzinfo=UTC)
TYPED_TEXTS = (str, int, float)


def made(declared: dict[str, Any]) -> AnyForm:
    return read_fields([declared])[0]


@pytest.mark.parametrize("row", TAKEN, ids=lambda row: row.name)
def test_an_answer_that_is_taken_can_be_typed(row: Taken) -> None:
    """Typed as it would be, it is answered as the table says; what is empty is left out."""
    one = made(row.field)
    kept, faults = check([one], Draft({"f": typed_of(one, row.answer)}))
    empty = row.answer in ("", []) and type_of(one) != "Select"
    assert (kept, faults) == ({} if empty else {"f": row.kept}, {})


@pytest.mark.parametrize(
    "row",
    [row for row in REFUSED if isinstance(row.answer, TYPED_TEXTS) and not isinstance(row.answer, bool)],
    ids=lambda row: row.name,
)
def test_an_answer_that_is_refused_is_refused_in_the_form(row: Refused) -> None:
    """Where it can be typed at all: in the same words, or because there is nothing."""
    one = made(row.field)
    typed = typed_of(one, row.answer)
    kept, faults = check([one], Draft({"f": typed}))
    if answer_of(one, typed) == row.answer:
        assert row.words in faults["f"]
    elif answer_of(one, typed) is None:
        assert faults == {"f": "is required"}
    else:
        assert not (
            isinstance(row.answer, str) and type_of(one) in ("Text", "TextArea")
        )  # "1" is a number, and " 2026-01-01" a date, once typed
        assert kept or faults


@given(st.sampled_from(TAKEN), st.sampled_from(TAKEN))
def test_a_draft_survives_the_disk(one: Taken, other: Taken) -> None:
    """What a person typed or picked comes back; an untouched bid is not kept as if it were theirs."""
    fields = [made({**row.field, "id": name}) for name, row in (("a", one), ("b", other))]
    draft = Draft({"a": typed_of(fields[0], one.answer), "b": typed_of(fields[1], other.answer)}, {"a"})
    back = draft_of(document_of(draft))
    assert (back.typed, back.touched) == ({"a": draft.typed["a"]}, {"a"})
    fill(fields, {"b": Bid(other.answer)}, back)
    assert back.typed == draft.typed


@pytest.mark.parametrize("document", [{}, {"typed": 1}, {"typed": {"a": 1, "b": [1], "c": None}}, {"other": {}}])
def test_a_document_of_another_kind_is_an_empty_draft(document: dict[str, Any]) -> None:
    assert draft_of(document) == Draft()


def test_a_bid_taken_back_is_untouched() -> None:
    one = made(WHOLE)
    draft = Draft({"f": "240"}, {"f"})
    take_bid(one, Bid(24), draft)
    assert (draft.typed, draft.touched) == ({"f": "24"}, set())


@given(st.sampled_from([row.field for row in TAKEN]), st.one_of(NASTY, st.text(), st.lists(st.text(), max_size=3)))
def test_whatever_is_typed_is_an_answer_or_a_fault(declared: dict[str, Any], typed: str | list[str]) -> None:
    """Never a traceback, never both, and a taken answer is typed back to the same answer."""
    one = made(declared)
    if isinstance(typed, list) != (type_of(one) in ("Select", "Multiselect", "Switch")):
        return
    kept, faults = check([one], Draft({"f": typed}))
    assert len(kept) + len(faults) <= 1
    if kept:
        assert check([one], Draft({"f": typed_of(one, kept["f"])}))[0] == kept


@pytest.mark.parametrize(
    ("declared", "typed", "said"),
    [
        (MOMENT, "2026-01-01T09:00", ""),
        (TIME, "09:00\x1b", "1 hidden"),
        (TIME, "a\nb", "more than one line"),
        (TIME, "x" * 3_000, "too long to edit here"),
        ({**TIME, "type": "TextArea"}, "a\nb", ""),
        ({**TIME, "type": "TextArea"}, "x\n" * 20_000, "too long to edit here"),
        ({**TIME, "type": "TextArea"}, "\u202ea", "1 hidden"),
    ],
)
def test_a_text_that_hides_something_or_is_endless_is_not_put_into_an_editor(
    declared: dict[str, Any], typed: str, said: str
) -> None:
    assert why_sealed(made(declared), typed) == said


@pytest.mark.parametrize(
    ("declared", "typed", "cursor", "by", "after"),
    [
        (TENTHS, "", 0, 1, "0"),
        (TENTHS, "0.2", 3, 1, "0.3"),
        (TENTHS, "0.25", 4, 1, "0.3"),
        (TENTHS, "1", 1, 1, "1"),
        (TENTHS, "0.3", 3, -10, "0"),
        (TENTHS, "soon", 4, 1, "soon"),
        (HUGE_GRID, "0", 1, 1, "1e-300"),
        (WHOLE, "", 0, 1, "0"),
        (WHOLE, "-1", 2, 1, "0"),
        (ADULT, "", 0, 1, "18"),
        (ADULT, "120", 3, 1, "120"),
        (WHOLE, "nan", 3, 1, "nan"),
        (DATE, "", 0, 1, "2026-03-02"),
        (DATE, "2024-02-28", 10, 1, "2024-02-29"),
        (DATE, "2026-02-28", 10, 1, "2026-03-01"),
        (DATE, "2024-02-29", 4, 1, "2025-02-28"),
        (DATE, "2026-01-31", 6, 1, "2026-02-28"),
        (DATE, "2026-01-31", 7, -1, "2025-12-31"),
        (DATE, "9999-12-31", 10, 1, "9999-12-31"),
        (DATE, "2026-02-30", 10, 1, "2026-02-30"),
        (SPRING, "", 0, 1, "2026-03-02"),
        (SPRING, "2026-05-31", 10, 1, "2026-05-31"),
        (TIME, "", 0, 1, "12:30"),
        (TIME, "23:59", 5, 1, "00:00"),
        (TIME, "23:59:59", 8, 1, "00:00:00"),
        (TIME, "09:30", 1, 1, "10:30"),
        (TIME, "09:30:15", 5, -1, "09:29:15"),
        (OFFICE, "17:30:30", 8, 1, "17:30:30"),
        (MOMENT, "", 0, 1, "2026-03-02T12:30"),
        (MOMENT, "2026-12-31T23:59", 16, 1, "2027-01-01T00:00"),
        (MOMENT, "2026-12-31T23:59:59", 19, 1, "2027-01-01T00:00:00"),
        (MOMENT, "2024-02-29T10:00", 4, 1, "2025-02-28T10:00"),
    ],
)
def test_arrows_step_along_what_the_field_takes(
    declared: dict[str, Any], typed: str, cursor: int, by: int, after: str
) -> None:
    assert stepped(made(declared), typed, by, cursor=cursor, now=NOW) == after


@given(
    st.sampled_from([TENTHS, HUGE_GRID, WHOLE, ADULT, DATE, SPRING, TIME, OFFICE, MOMENT]),
    st.integers(-1000, 1000),
    st.integers(0, 20),
    st.one_of(st.just(""), NASTY, st.sampled_from(["0.1", "50", "2026-04-01", "10:00", "2026-04-01T10:00:00"])),
)
def test_arrows_lead_to_an_answer_from_an_answer(declared: dict[str, Any], by: int, cursor: int, typed: str) -> None:
    """From nothing or from an answer to one that is taken; from anything else nowhere."""
    one = made(declared)
    after = stepped(one, typed, by, cursor=cursor, now=NOW)
    if after != typed and (not typed or not check([one], Draft({"f": typed}))[1]):
        assert not check([one], Draft({"f": after}))[1]


@pytest.mark.parametrize(
    ("typed", "bar"), [("0", "●────"), ("0.5", "━━●──"), ("1", "━━━━●"), ("", "─────"), ("7", "─────"), ("x", "─────")]
)
def test_a_slider_is_drawn_where_it_stands(typed: str, bar: str) -> None:
    assert slider_bar(made(TENTHS), typed, 5) == bar
