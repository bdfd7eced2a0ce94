"""Dates and times as people type them: each understood in one way, or refused with a reason."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpup_tui.text.typed_times import (
    NotUnderstood,
    moment_words,
    typed_clock,
    typed_date,
    typed_moment,
    understood,
    zone_name,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, 14, 30, 20, tzinfo=BERLIN)
"""A Saturday."""


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", "2026-11-28"),
        (" Tomorrow ", "2026-11-29"),
        ("yesterday", "2026-11-27"),
        ("fri", "2026-12-04"),
        ("Saturday", "2026-12-05"),
        ("next sun", "2026-12-06"),
        ("this sun", "2026-11-29"),
        ("last mon", "2026-11-16"),
        ("next week", "2026-11-30"),
        ("next month", "2026-12-01"),
        ("+3d", "2026-12-01"),
        ("3d", "2026-12-01"),
        ("-2w", "2026-11-14"),
        ("in 2 weeks", "2026-12-12"),
        ("3 days ago", "2026-11-25"),
        ("+3mo", "2027-02-28"),
        ("2026-12-01", "2026-12-01"),
        ("2026/2/3", "2026-02-03"),
        ("1 dec", "2026-12-01"),
        ("Dec 1st", "2026-12-01"),
        ("1 may", "2027-05-01"),
        ("1 December 2024", "2024-12-01"),
    ],
)
def test_a_day(typed: str, day: str) -> None:
    """A day is understood as a calendar reads it, from now on where nothing else is said."""
    assert typed_date(typed, NOW, BERLIN) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("9am", "2026-11-29T09:00"),
        ("11 pm", "2026-11-28T23:00"),
        ("tomorrow 9am", "2026-11-29T09:00"),
        ("9:15 tomorrow", "2026-11-29T09:15"),
        ("fri at noon", "2026-12-04T12:00"),
        ("2026-12-01 9am", "2026-12-01T09:00"),
        ("2026-12-01T09:30", "2026-12-01T09:30"),
        ("12am 1 dec", "2026-12-01T00:00"),
        ("1 dec, 14:30:15", "2026-12-01T14:30:15"),
        ("+90m", "2026-11-28T16:00"),
        ("+1d12h", "2026-11-30T02:30"),
        ("now", "2026-11-28T14:30"),
        ("2026-12-01", "2026-12-01T08:00"),
    ],
)
def test_a_moment(typed: str, moment: str) -> None:
    """A day and a time may stand in either order; a day alone is meant at the time that the caller names."""
    assert typed_moment(typed, NOW, BERLIN, day_at=time(8)).replace(tzinfo=None) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("typed", "start"), [("fri", "2026-11-27T00:00"), ("sat", "2026-11-21T00:00"), ("4pm", "2026-11-27T16:00")]
)
def test_looking_back(typed: str, start: str) -> None:
    """Where the past is asked for, a weekday, a time and a distance are the last ones."""
    assert understood(typed, NOW, BERLIN, ahead=False).start.replace(tzinfo=None) == datetime.fromisoformat(start)
    assert understood("7d", NOW, BERLIN, ahead=False).start.date() == date(2026, 11, 21)


def test_an_end() -> None:
    """What was named has an end: a day's next midnight, a week's next Monday."""
    week = understood("last week", NOW, BERLIN, ahead=False)
    assert (week.start.date(), week.end.date()) == (date(2026, 11, 16), date(2026, 11, 23))
    day = understood("2026-10-25", NOW, BERLIN)
    assert (day.end.timestamp() - day.start.timestamp()) / 3600 == 25  # the clocks go back on it


def test_hours_are_hours_over_a_change_of_the_clocks() -> None:
    """`+3h` is three hours from now, whatever the clocks do meanwhile."""
    now = datetime(2027, 3, 28, 1, 30, tzinfo=BERLIN)
    assert typed_moment("+3h", now, BERLIN).isoformat() == "2027-03-28T05:30:00+02:00"


@pytest.mark.parametrize("typed", ["9am", "14:30", "14:30:05", "noon", "9 AM"])
def test_a_time_of_day(typed: str) -> None:
    """A time of day is understood without a day."""
    expected = {"9am": time(9), "9 AM": time(9), "noon": time(12), "14:30": time(14, 30), "14:30:05": time(14, 30, 5)}
    assert typed_clock(typed, NOW, BERLIN) == expected[typed]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("soon", "not understood"),
        ("fr", "not understood"),
        ("9", "not understood"),
        ("3/4/2026", "day or month first"),
        ("1.12.", "day or month first|not understood"),
        ("2026-02-30", "2026-02-30 is not in the calendar"),
        ("25:00", "25:00 is no time of day"),
        ("13pm", "13pm is no time of day"),
        ("next week 9am", "not understood"),
        ("29 feb", "type the year"),
        ("+99999y", "outside the calendar"),
        ("+1d2d", "not understood"),
        ("\u0661 dec", "not understood"),
        ("tomorrow " * 10, "too long"),
    ],
)
def test_refused(typed: str, why: str) -> None:
    """What names no date, or more than one, is refused with a reason, never guessed at."""
    with pytest.raises(NotUnderstood, match=why):
        understood(typed, NOW, BERLIN)


def test_the_wrong_kind() -> None:
    """A time where a day is asked for is refused, and the other way round."""
    for typed in ("9am", "tomorrow 9am", "+3h"):
        with pytest.raises(NotUnderstood, match="a day is asked for"):
            typed_date(typed, NOW, BERLIN)
    for typed in ("tomorrow", "tomorrow 9am", "+3d"):
        with pytest.raises(NotUnderstood, match="a time of day"):
            typed_clock(typed, NOW, BERLIN)


def test_in_words() -> None:
    """What was understood is said with its weekday and its zone."""
    moment = typed_moment("2026-12-01 9am", NOW, BERLIN)
    assert f"{moment_words(moment)} {zone_name(moment, BERLIN)}" == "Tue 2026-12-01 09:00 Europe/Berlin"


@given(st.text(alphabet="0123456789 :-/+.apmtdwhonexfrilsc", max_size=20))
def test_any_text(typed: str) -> None:
    """Any text is a moment of the calendar, or refused in words."""
    try:
        moment = understood(typed, NOW, BERLIN)
    except NotUnderstood as refusal:
        assert str(refusal)
    else:
        assert moment.start < moment.end
