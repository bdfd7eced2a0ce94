"""Times as people read them: relative ages, and moments in the viewer's zone."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache


def age(since: datetime, now: datetime) -> str:
    """Return how long ago `since` was, in one unit: `now`, `12m`, `3h`, `2d`."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 24 * 60 else f"{minutes // (24 * 60)}d"


def stamp(moment: datetime, now: datetime, zone: tzinfo | None) -> str:
    """Return the time of day in `zone`, with the date where it is another day than `now`."""
    there, today = _in_zone(moment, zone), _in_zone(now.replace(second=0, microsecond=0), zone)
    if there.date() == today.date():
        return there.strftime("%H:%M")
    return there.strftime("%d %b %H:%M" if there.year == today.year else "%Y-%m-%d %H:%M")


def day_words(day: date, today: date) -> str:
    """Return a day with its weekday, its year where it is another one, and its name where it is near: `Sat 28 Nov`."""
    near = {0: " · today", 1: " · yesterday"}.get((today - day).days, "")
    return f"{day:%a} {day.day} {day:%b}{'' if day.year == today.year else f' {day.year}'}{near}"


def in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    """Return a moment as clocks in `zone` show it."""
    return _in_zone(moment, zone)


@lru_cache(4096)
def _in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    # Cached: where no zone is given, each call looks the machine's up in a file.
    return moment.astimezone(zone)


def full(moment: datetime, zone: tzinfo | None) -> str:
    """Return date, time to the second, and zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z").strip()


def minute(moment: datetime, zone: tzinfo | None) -> str:
    """Return date and time to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def span(seconds: float | None) -> str:
    """Return a length of time in one unit, to a tenth: `45s`, `2.5h`; `-` where there is none."""
    if seconds is None:
        return "-"
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.1f}{name}"
    return f"{seconds:.0f}s"
