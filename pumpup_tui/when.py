"""Times as people read them: ages relative, moments in the viewer's zone."""

from __future__ import annotations

from datetime import datetime, tzinfo


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
    there, today = moment.astimezone(zone), now.astimezone(zone)
    if there.date() == today.date():
        return there.strftime("%H:%M")
    return there.strftime("%d %b %H:%M" if there.year == today.year else "%Y-%m-%d %H:%M")


def full(moment: datetime, zone: tzinfo | None) -> str:
    """Return date, time to the second, and zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z").strip()
