"""A filter that is kept, in the configuration or in a grant: what is right, and that no text ends the check."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api_client.request_query import read_filter
from api_client.request_query_faults import fault_of, grant_fault
from tests.unit.test_queue import READER, item


@pytest.mark.parametrize(
    "text",
    [
        'refund "lost parcel"',
        "project:claims step:review",
        'project:"car claims" -step:paid',
        "type:approval",
        "type:e",
        "is:mine",
        "-is:free is:overdue",
        "agent:deny",
        'agent:"ask for more"',
        "confidence<.7 confidence>=0.2 -confidence=1",
        "@maria",
        '"re:claim" 12:30 C-1029 don\'t',
        "project:a:b",
        "from:refund-agent",
        'context.Amount<500 -context.Region:EU "context.Net amount">="1,000.50 kg" context.City:"New York"',
    ],
)
def test_what_can_be_typed_can_be_kept(text: str) -> None:
    """All that the filter's own words allow, alone and together."""
    assert fault_of(text) == ""


@given(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(("", "-", '"', "a ")),
        st.sampled_from(("", "context.", "from:")),
        st.text(st.sampled_from('ab "-@:<>=!.5\n') | st.characters(), max_size=30),
    )
)
@example('is:"')
@example('-"')
@example('"context.a"<"5')
def test_any_text_is_told_or_taken(text: str) -> None:
    """Whatever stands there: a word for what is wrong, or a filter that does what it says."""
    fault = fault_of(text)
    read = read_filter(text, READER).test
    assert fault or read is not None
    if read is not None:
        read(item())


def test_a_key_that_is_right_is_no_text() -> None:
    """What the check lets by is read as what it means: no request is asked for the word itself."""
    words = "is:mine type:approval agent:deny confidence<.7 project:zzz @zzz step:a:b from:zzz"
    for word in words.split():
        assert not fault_of(word)
        test = read_filter(f"-{word}", READER).test
        assert test is not None
        assert test(item(summary=word, assignee_id="bob", event_type="ELICITATION_REQUESTED")), word


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("from:", "nothing after the colon: write it like from:refund-agent"),
        ("asker:bot", "did you mean from:"),
        ("context:Amount<5", "did you mean context.Amount<500 or context.Region:EU"),
        ("context.Amount", "asks nothing of the context"),
        ("-Context.Amount>=500", "asks nothing of the context"),
        ("context.Amount<", "compares nothing"),
        ("context.Amount<much", "compares with no certain number"),
        ("context.Amount<1.234", "compares with no certain number"),
        ('context.City:"New', "has no closing quote"),
        ('context.City:New"York"', "has a quote within it"),
    ],
)
def test_a_slip_in_a_word_on_the_context_or_the_asker_is_told(text: str, told: str) -> None:
    """What is missing, and what to write instead."""
    assert told in fault_of(text)
    assert told in grant_fault(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("is:mine", "changes with the reader, the time or the task"),
        ('refund -is:"overdue"', "changes with the reader, the time or the task"),
        ("@maria", "changes with who takes the task"),
        ("-@maria", "changes with who takes the task"),
        ("type:elicitation", "leaves no approvals"),
        ("-type:a", "leaves no approvals"),
        ("-confidence<.7", "would also grant what has no confidence"),
        ('type:approval -type:e project:claims step:review agent:approve confidence>=.9 from:bot "@maria" is', ""),
        ("context.Amount<500 -context.Region:EU", ""),
    ],
)
def test_a_grant_refuses_what_changes_while_the_request_does_not(text: str, told: str) -> None:
    """The reader, the time and who has the task are no ground to decide by; what the agent asked is."""
    fault = grant_fault(text)
    assert told in fault
    assert bool(told) is bool(fault)


def test_the_check_brings_no_screens() -> None:
    """A start after a change waits for the check: it loads nothing of the terminal's toolkit."""
    loaded = "[name for name in sys.modules if name.startswith('textual')]"
    code = f"import sys, api_client.request_query_faults; print({loaded})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
