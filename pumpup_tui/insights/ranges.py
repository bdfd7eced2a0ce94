"""A range of time, and the hours, days or weeks that its figures are told by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal

Unit = Literal["hour", "day", "week"]
_FORMATS: dict[Unit, str] = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "week": "%Y-%m-%d"}
MOST_HOURS, MOST_DAYS = 36, 62
"""Hours, and days, up to which a range is told by the hour, and by the day."""
MOST_PERIODS = 600
"""Periods that are listed also where nothing happened in them: eleven years of weeks."""


@dataclass(frozen=True, slots=True)
class Range:
    """From `since` on and before `until`; None is the first event, and now."""

    caption: str
    """Its name in clean words."""
    since: datetime | None
    until: datetime | None
    unit: Unit
    zone: tzinfo | None
    made_at: datetime
    """When it was chosen: its last period, where it has no end."""

    def holds(self, moment: datetime) -> bool:
        """Return whether a moment is in the range."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def period_of(self, moment: datetime) -> str:
        """Return the hour, the day or the Monday of the week that a moment is in, in the viewer's zone; texts sort."""
        there = moment.astimezone(self.zone)
        if self.unit == "week":
            there -= timedelta(days=there.weekday())
        return there.strftime(_FORMATS[self.unit])

    def periods(self) -> Iterator[str]:
        """Yield all periods from the first to the last, so that one in which nothing happened is not passed over."""
        if self.since is None:
            return
        step = timedelta(hours=1) if self.unit == "hour" else timedelta(days=1)
        end, at, last = self.until or self.made_at, self.since, ""
        for _ in range(MOST_PERIODS * 7):
            if at >= end:
                break
            if (period := self.period_of(at)) != last:
                yield period
                last = period
            at += step
        if end > self.since and (period := self.period_of(end - timedelta(microseconds=1))) != last:
            yield period


def unit_of(since: datetime | None, end: datetime) -> Unit:
    """Return what a range is told by."""
    if since is None or end - since > timedelta(days=MOST_DAYS):
        return "week"
    return "hour" if end - since <= timedelta(hours=MOST_HOURS) else "day"


def last_days(days: int, now: datetime, zone: tzinfo | None) -> Range:
    """Return the range of the last days: whole ones in the viewer's zone, today the last of them."""
    today = now.astimezone(zone).date()
    first = datetime.combine(today - timedelta(days=days - 1), time(), zone)
    since = first if zone is not None else first.astimezone()
    return Range("today" if days == 1 else f"{days}d", since, None, "hour" if days == 1 else "day", zone, now)


def parsed(text: str, now: datetime, zone: tzinfo | None) -> tuple[datetime | None, datetime | None]:
    """Return the times that a typed range names; an end that is still to come is none.

    Raises:
        NotUnderstood: it names none; the message says what to type.
    """
    from pumpup_tui.text.time_ranges import typed_range

    span = typed_range(text, now, zone)
    return span.since, None if span.until is not None and span.until > now else span.until
