"""The columns of CSV exports: each is filled, and a decision is read without its JSON."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

from api_client.export_columns import EXPORT_COLUMNS, Names, csv_header, csv_row
from api_client.models import Event
from api_client.outcome_words import OUTCOME_WORDS
from pumpup_tui.text.outcomes import OUTCOMES

FULL = Event(
    id="evt_1",
    task_id="tsk_1",
    project_id="prj_1",
    event_type="APPROVAL_DECIDED",
    source="HUMAN",
    owner="HUMAN",
    timestamp=datetime(2026, 3, 2, 9, 1, 30, tzinfo=UTC),
    payload={
        "type": "ApprovalDecided",
        "outcome": {"type": "REJECT", "note": "=twice", "reasonCode": "fraud"},
        "authority": {"subject": "alice", "authorityTags": [], "grant": "grt_1"},
        "blind": True,
        "recommendationSnapshot": {"outcome": {"type": "APPROVE"}, "confidence": 0.91},
    },
    transition_from="review",
    transition_to="paid",
    in_response_to="evt_0",
    external_trace_id="trace",
    subject="alice",
    seq=1,
    hash="0" * 64,
)
"""An event that lacks nothing."""
NAMES = Names("Claims", "Claim C-1", "Refund?", "2026-03-02T09:00:00.000000Z")


def row_of(event: Event, names: Names = NAMES) -> dict[str, str]:
    (row,) = csv.DictReader(StringIO((csv_header() + csv_row(event.wire(), '{"outcome": {}}', names)).decode()))
    return row


def test_every_column_is_filled() -> None:
    """An event that lacks nothing leaves no cell empty: no column stands in the header alone."""
    row = row_of(FULL)
    assert tuple(row) == EXPORT_COLUMNS
    assert [column for column, cell in row.items() if not cell] == []
    assert (row["payload"], row["subject"], row["seq"]) == ('{"outcome": {}}', "alice", "1")


def test_a_decision_is_read_without_its_json() -> None:
    """Of what, by whom, with which words and after how long; a note that would be a formula is none."""
    row = row_of(FULL)
    assert (row["project"], row["task"], row["request"]) == ("Claims", "Claim C-1", "Refund?")
    assert (row["outcome"], row["note"], row["reason_code"], row["decided_by"]) == ("deny", "'=twice", "fraud", "alice")
    assert (row["recommended"], row["confidence"], row["seconds_waited"]) == ("approve", "0.91", "90.000")
    assert row_of(FULL, Names())["seconds_waited"] == ""


def test_outcomes_have_one_word_everywhere() -> None:
    """The files name them as the screens do."""
    assert {name: act.word for name, act in OUTCOMES.items()} == OUTCOME_WORDS


def test_every_key_of_an_event_has_a_column() -> None:
    """What an event says is in its row: a key that is added to it is not left out of exports."""
    assert set(FULL.wire()) <= set(EXPORT_COLUMNS)
