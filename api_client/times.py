"""Times on the wire: RFC 3339 in UTC with a `Z`, microseconds kept (CONTRACT.md, Conventions)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import to_builtins

Clock = Callable[[], datetime]
"""Returns the present time, zone-aware. Passed in wherever a time is needed."""


def utc_now() -> datetime:
    """Return the machine's time in UTC: the clock that the composition root passes in."""
    return datetime.now(UTC)


def wire_time(moment: datetime) -> str:
    """Return `moment` as it stands on the wire, always with six digits of microseconds.

    The fixed width makes the texts of two times compare as the times do.
    """
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    text: str = to_builtins(utc)  # a tenth of the time of `isoformat`
    return text if utc.microsecond else f"{text[:-1]}.000000Z"


def parse_time(text: str) -> datetime:
    """Return the moment that `text` names, in UTC.

    Raises:
        ValueError: `text` is no RFC 3339 time.
    """
    return in_utc(datetime.fromisoformat(text))


def later(moment: datetime, **time: float) -> datetime:
    """Return `moment` and so much time (as of `timedelta`), but no time after the calendar's last."""
    try:
        return moment + timedelta(**time)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; one without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
