"""The columns of CSV exports: each is filled."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

from api_client.export_columns import EXPORT_COLUMNS, csv_header, csv_row
from api_client.models import Event

FULL = Event(
    id="evt_1",
    task_id="tsk_1",
    project_id="prj_1",
    event_type="NOTE",
    source="HUMAN",
    owner="HUMAN",
    timestamp=datetime(2026, 3, 2, tzinfo=UTC),
    payload={"type": "Note", "message": "seen"},
    transition_from="review",
    transition_to="paid",
    in_response_to="evt_0",
    external_trace_id="trace",
    subject="alice",
    seq=1,
    hash="0" * 64,
)
"""An event that lacks nothing."""


def test_every_column_is_filled() -> None:
    """An event that lacks nothing leaves no cell empty: no column stands in the header alone."""
    (row,) = csv.DictReader(StringIO((csv_header() + csv_row(FULL.wire(), '{"message": "seen"}')).decode()))
    assert tuple(row) == EXPORT_COLUMNS
    assert [column for column, cell in row.items() if not cell] == []
    assert (row["payload"], row["subject"], row["seq"]) == ('{"message": "seen"}', "alice", "1")


def test_every_key_of_an_event_has_a_column() -> None:
    """What an event says is in its row: a key that is added to it is not left out of exports."""
    assert set(FULL.wire()) <= set(EXPORT_COLUMNS)
