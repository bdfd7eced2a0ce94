"""Dates and times in a form: understood while they are typed, checked against the field, and stored as the wire's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api_client.fields import read_fields
from pumpup_tui.local_state.answer_draft import Bid, Draft, document_of, fill, required_left, take_bid
from pumpup_tui.local_state.typed_answers import check_typed, fix_meaning, settle_meaning, understand
from tests.answers_table import EMAIL, field

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, 14, 30, tzinfo=BERLIN)
"""A Saturday."""


def made(declared: dict[str, Any]) -> Any:
    return read_fields([declared])[0]


@pytest.mark.parametrize(
    ("kind", "typed", "answer", "words"),
    [
        ("DateField", "tomorrow", "2026-11-29", "Sun 2026-11-29"),
        ("DateField", " 2026-12-01 ", "2026-12-01", "Tue 2026-12-01"),
        ("Time", "9am", "09:00", "09:00"),
        ("DateTime", "2026-12-01 9am", "2026-12-01T09:00", "Tue 2026-12-01 09:00 Europe/Berlin"),
        ("DateTime", "2026-12-01", "2026-12-01T00:00", "Tue 2026-12-01 00:00 Europe/Berlin"),
        ("DateTime", "fri 14:30", "2026-12-04T14:30", "Fri 2026-12-04 14:30 Europe/Berlin"),
    ],
)
def test_understood(kind: str, typed: str, answer: str, words: str) -> None:
    """It is said what a text is taken for, and that is what is stored."""
    assert understand(made(field(kind)), typed, NOW, BERLIN) == (answer, words, "")


def test_the_last_one_where_only_that_is_in_bounds() -> None:
    """`fri` is the next one, but for a field that ends today it is the last one."""
    past = made(field("DateField", max="2026-11-28"))
    assert understand(past, "fri", NOW, BERLIN).answer == "2026-11-27"
    assert understand(past, "+1d", NOW, BERLIN)[::2] == ("2026-11-29", "must be at most 2026-11-28")


def test_a_suggestion_in_words_is_not_interpreted() -> None:
    """What an agent wrote is taken as the wire has it, or refused."""
    one, draft = made(field("DateField")), Draft()
    fill([one], {"f": Bid("tomorrow")}, draft)
    assert understand(one, "tomorrow", NOW, BERLIN, in_words=False).answer == ""
    assert check_typed([one], draft, NOW, BERLIN) == ({}, {"f": "must be a date like 2026-01-31"})


def test_tomorrow_stays_the_day_that_was_meant() -> None:
    """A draft holds the day itself: `tomorrow` is another one tomorrow."""
    one, draft = made(field("DateField")), Draft({"f": "tomorrow"}, {"f"})
    fix_meaning(one, draft, NOW, BERLIN)
    assert document_of(draft) == {"typed": {"f": "2026-11-29"}}
    assert check_typed([one], draft, NOW, BERLIN)[0] == {"f": "2026-11-29"}
    settle_meaning(one, draft)
    assert (draft.typed, draft.meant) == ({"f": "2026-11-29"}, {})


def test_a_restored_suggestion_is_what_counts() -> None:
    """What was typed before means nothing once the suggestion is restored."""
    one, draft = made(field("DateField")), Draft({"f": "tomorrow"}, {"f"})
    fix_meaning(one, draft, NOW, BERLIN)
    take_bid(one, Bid("2026-01-01"), draft)
    assert check_typed([one], draft, NOW, BERLIN)[0] == {"f": "2026-01-01"}


def test_a_fault_says_what_to_type() -> None:
    """What is not understood is refused with examples, not with the wire's form."""
    one, draft = made(field("DateTime")), Draft({"f": "soon"}, {"f"})
    assert "try tomorrow 9am" in check_typed([one], draft, NOW, BERLIN)[1]["f"]


def test_blanks_around_an_address() -> None:
    """A pasted address may have blanks around it."""
    one = made(EMAIL)
    assert check_typed([one], Draft({"f": " mei@x.org "}, {"f"}), NOW, BERLIN) == ({"f": "mei@x.org"}, {})


def test_required_left() -> None:
    """What is required and empty is counted; a suggestion fills it."""
    fields = read_fields([{**field("Text"), "id": "a"}, {**field("Switch"), "id": "b"}])
    draft = Draft()
    fill(fields, {"b": Bid(False)}, draft)
    assert required_left(fields, draft) == 1
