"""Times on the wire: RFC 3339 in UTC with a `Z`, microseconds kept (CONTRACT.md, Conventions)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer

Clock = Callable[[], datetime]
"""Returns the time now, zone-aware. Handed in wherever a time is needed."""


def utc_now() -> datetime:
    """Return the machine's time in UTC: the clock that the composition root hands in."""
    return datetime.now(UTC)


def wire_time(moment: datetime) -> str:
    """Return `moment` as it stands on the wire, always with six digits of microseconds.

    The fixed width makes the texts of two times compare as the times do.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Return the moment that `text` names, in UTC.

    Raises:
        ValueError: `text` is no RFC 3339 time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc), PlainSerializer(wire_time, return_type=str, when_used="always")]
"""A model's time: aware and in UTC inside, the wire's text outside."""
