"""Ranges of time as people type them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pumpup_tui.text.time_ranges import TimeRange, since_of, typed_range, until_of
from pumpup_tui.text.typed_times import NotUnderstood

NOW = datetime(2026, 11, 18, 10, 30, tzinfo=UTC)
"""A Wednesday."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("", None, None),
        ("7d", "2026-11-11", None),
        ("last 7 days", "2026-11-11", None),
        ("24h", "2026-11-17T10:30", None),
        ("90 min", "2026-11-18T09:00", None),
        ("today", "2026-11-18", "2026-11-19"),
        ("Yesterday", "2026-11-17", "2026-11-18"),
        ("last week", "2026-11-09", "2026-11-16"),
        ("this month", "2026-11-01", "2026-12-01"),
        ("mon", "2026-11-16", "2026-11-17"),
        ("2026-11-01", "2026-11-01", "2026-11-02"),
        ("2026-11-01..2026-11-07", "2026-11-01", "2026-11-08"),
        ("2026-11-01 to 2026-11-07 12:00", "2026-11-01", "2026-11-07T12:00"),
        ("from mon to yesterday", "2026-11-16", "2026-11-18"),
        ("7d..yesterday", "2026-11-11", "2026-11-18"),
        ("..2026-11-07", None, "2026-11-08"),
        ("2026-11-07..", "2026-11-07", None),
        ("since mon", "2026-11-16", None),
        ("until 09:00", None, "2026-11-18T09:00"),
        ("09:00-12:00", "2026-11-18T09:00", "2026-11-18T12:00"),
        ("11:00-12:00", "2026-11-17T11:00", "2026-11-17T12:00"),
        ("9-11am", "2026-11-18T09:00", "2026-11-18T11:00"),
        ("22:00-06:00", "2026-11-17T22:00", "2026-11-18T06:00"),
        ("yesterday 09:00-12:00", "2026-11-17T09:00", "2026-11-17T12:00"),
        ("9am-5pm mon", "2026-11-16T09:00", "2026-11-16T17:00"),
    ],
)
def test_what_is_typed_names_a_range(typed: str, since: str | None, until: str | None) -> None:
    """Lengths, days, weeks, clocks and pairs of them name what people mean by them."""
    expected = TimeRange(at(since) if since else None, at(until) if until else None)
    assert typed_range(typed, NOW, UTC) == expected


@pytest.mark.parametrize("typed", ["soon", "7q", "01/02", "2026-11-07..2026-11-01", "25:00-26:00", "9-12", "x" * 999])
def test_what_names_none_is_refused_with_what_to_type(typed: str) -> None:
    """Other words are refused, and say why."""
    with pytest.raises(NotUnderstood, match=r"\w"):
        typed_range(typed, NOW, UTC)


def test_a_side_of_a_range() -> None:
    """`--since` is the first moment of what is named, `--until` its end; a time is itself."""
    assert since_of("7d", NOW, UTC) == at("2026-11-11")
    assert since_of("2026-01-31T09:30", NOW, UTC) == at("2026-01-31T09:30")
    assert until_of("2026-01-31", NOW, UTC) == at("2026-02-01")
    assert until_of("09:00", NOW, UTC) == at("2026-11-18T09:00")


def test_a_day_is_the_readers_own() -> None:
    """Yesterday begins at midnight in the zone of whoever types it, also where the clocks were changed."""
    berlin = ZoneInfo("Europe/Berlin")
    found = typed_range("yesterday", datetime(2026, 10, 26, 12, tzinfo=UTC), berlin)
    assert found == TimeRange(at("2026-10-24T22:00"), at("2026-10-25T23:00"))
