"""A filter that is kept in the configuration: what is right, and that no text ends the check."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api_client.request_query import read_filter
from api_client.request_query_faults import fault_of
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
    ],
)
def test_what_can_be_typed_can_be_kept(text: str) -> None:
    """All that the filter's own words allow, alone and together."""
    assert fault_of(text) == ""


@given(st.text(st.sampled_from('ab "-@:<>=!.5\n') | st.characters(), max_size=30))
@example('is:"')
@example('-"')
def test_any_text_is_told_or_taken(text: str) -> None:
    """Whatever stands there: a word for what is wrong, or a filter that does what it says."""
    fault = fault_of(text)
    read = read_filter(text, READER).test
    assert fault or read is not None
    if read is not None:
        read(item())


def test_a_key_that_is_right_is_no_text() -> None:
    """What the check lets by is read as what it means: no request is asked for the word itself."""
    for word in ("is:mine", "type:approval", "agent:deny", "confidence<.7", "project:zzz", "@zzz", "step:a:b"):
        assert not fault_of(word)
        test = read_filter(f"-{word}", READER).test
        assert test is not None
        assert test(item(summary=word, assignee_id="bob", event_type="ELICITATION_REQUESTED")), word


def test_the_check_brings_no_screens() -> None:
    """A start after a change waits for the check: it loads nothing of the terminal's toolkit."""
    loaded = "[name for name in sys.modules if name.startswith('textual')]"
    code = f"import sys, api_client.request_query_faults; print({loaded})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
