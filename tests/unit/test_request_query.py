"""The query language: what each word takes, in the inbox and in a grant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client.grant_filter import grant_test
from api_client.request_query import STATES, Reader, read_filter
from api_client.request_query_faults import fault_of
from tests.unit.test_queue import NOW, READER, item, recommends

ODD = item(
    7,
    summary="Pay “Müller” NOW",
    assignee_id="alice",
    recommendation=recommends("REJECT", 0.62),
    overdue_at=NOW - timedelta(minutes=1),
)
FIELDS = item(8, event_type="ELICITATION_REQUESTED", project_name="loans", field_count=2, assignee_id="maria")


@pytest.mark.parametrize(
    ("text", "odd", "fields"),
    [
        ("", True, True),
        ("müller", True, False),
        ("pay now", True, False),
        ('"pay now"', False, False),
        ("claim 8", False, True),
        ("-müller", False, True),
        ("is:mine", True, False),
        ("is:m", True, False),
        ("is:free", False, False),
        ("is:overdue", True, False),
        ("is:", True, True),
        ("is:nothing", False, False),
        ("is:may", False, False),
        ("type:e", False, True),
        ("project:loa", False, True),
        ("-project:loans", True, False),
        ("step:review", True, True),
        ("agent:deny", True, False),
        ("confidence<.7", True, False),
        ("confidence>=0.62", True, False),
        ("confidence>.7", False, False),
        ("@mar", False, True),
        ("@", True, True),
        ("order:8", False, False),
        ("is:mine agent:deny müller", True, False),
        ('project:"loans"', False, True),
    ],
)
def test_a_filter_takes(text: str, odd: bool, fields: bool) -> None:
    """Each word of a filter, by itself and with others."""
    test = read_filter(text, READER).test
    assert [test is None or test(one) for one in (ODD, FIELDS)] == [odd, fields]


@pytest.mark.parametrize(
    ("text", "depends"),
    [
        ("is:overdue", True),
        ("-is:overdue refund", True),
        ('is:"over', True),
        ("is:o", True),
        ("is:mine is:free", False),
        ("is:", False),
        ("is:never", False),
        ("overdue", False),
        ("project:overdue", False),
        ("", False),
    ],
)
def test_a_filter_says_whether_it_depends_on_the_time(text: str, *, depends: bool) -> None:
    """Only a state that time alone brings about does, also half typed or with others; a text that reads so does not."""
    assert read_filter(text, READER).depends_on_time is depends


def test_a_state_that_time_brings_about_says_so() -> None:
    """Of each word of `is:`: where a request passes on another day and not now, the word depends on the time."""
    snoozed = {"r1": NOW + timedelta(days=1)}
    early, late = (Reader(READER.name, now, snoozed=snoozed) for now in (NOW, NOW + timedelta(days=400)))
    due = [item(assignee_id=name, overdue_at=NOW + timedelta(days=1)) for name in (None, "alice", "bob")]
    for word in STATES:
        now, then = (read_filter(f"is:{word}", reader) for reader in (early, late))
        assert now.test is not None
        assert then.test is not None
        changes = any(now.test(one) != then.test(one) for one in due)
        assert now.depends_on_time is changes, word


@given(st.text(max_size=30))
def test_any_text_is_a_filter(text: str) -> None:
    """Nothing that can be typed is an error; a text that stands in a summary finds it when it is quoted."""
    test = read_filter(text, READER).test
    assert test is None or test(ODD) in (True, False)


PAID = item(
    9,
    requested_by="Refund-Agent-2",
    key_value_context={"Amount": "$499.50", "net amount": "EUR 1,200", "Region": " eu ", "Weight": "12 kg"},
)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("from:refund-agent", True),
        ("from:AGENT-2 -from:claims", True),
        ("-from:refund", False),
        ("context.Amount<500", True),
        ("context.amount>=499.5 context.Amount<=$499.50 context.AMOUNT=499.50", True),
        ("context.Amount>499.50", False),
        ("-context.Amount>=500", True),
        ("context.Amount<€500", False),
        ('"context.Net amount">1,000 -"context.Net amount">1200', True),
        ('context.Weight<20kg -context.Weight<"5 kg"', True),
        ("context.Region:EU", True),
        ('context.Region:"e"', False),
        ("-context.Region:us", True),
        ("context.Amount:499.50", False),
    ],
)
def test_a_filter_reads_the_context_and_who_asked(text: str, *, taken: bool) -> None:
    """Amounts in any currency or in the one that is named, quantities of one unit, whole texts; names in part."""
    test = read_filter(text, READER).test
    assert test is not None
    assert test(PAID) is taken
    assert fault_of(text) == ""
    assert grant_test(text)(PAID) is taken


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"Total": "$4"},
        {"Amount": "$4", "amount": "$9,000"},
        *(
            {"Amount": text}
            for text in ("", "about 4", "$4 to $9", "4k", "4 Mio", "$4 M", "M$4", "4 MIO", "4 kg", "1.234")
        ),
    ],
)
def test_what_is_unclear_passes_no_comparison(context: dict[str, str] | None) -> None:
    """No key, or several alike, or no certain number: neither a comparison nor its opposite passes."""
    unclear = item(key_value_context=context)
    for sign in ("<", "<=", ">", ">=", "="):
        for without in ("", "-"):
            test = read_filter(f"{without}context.Amount{sign}4", READER).test
            assert test is not None
            assert not test(unclear), f"{without}{sign}"


def test_a_grant_asks_neither_who_has_the_task_nor_less_than_the_whole_summary() -> None:
    """A word is not found in the assignee, an excluded one is found far down; an unfit filter grants nothing."""
    long = item(summary=f"Refund {'.' * 8_000} twice", assignee_id="maria")
    assert grant_test("refund twice -maria")(long)
    assert not grant_test("refund -twice")(long)
    for unfit in ("", "is:free", "-is:mine", "Refund @", "project:claims type:e", "context.Amount<"):
        assert not grant_test(unfit)(item()), unfit
