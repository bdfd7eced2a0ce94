"""Ranges of time as people type them: `7d`, `yesterday`, `09:00-12:00`, `2026-11-01..2026-11-07`, `last week`.

Where one word names a day or more, the range is all of it. A length without more (`7d`, `24h`) is from so long ago on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from pumpup_tui.text.typed_times import LONGEST, NotUnderstood, in_zone, understood

EXAMPLES = "try 7d, 24h, yesterday, last week, 09:00-12:00 or 2026-11-01..2026-11-07"
_LENGTH = re.compile(r"(last\s+|past\s+)?(?:\d{1,5}\s*[a-z]+\s*)+", re.ASCII)
_CLOCK = r"\d{1,2}(?::\d{2}(?::\d{2})?)?\s*(?:am|pm)?"
_CLOCKS = re.compile(rf"(?:(.*?)\s+)?({_CLOCK})\s*(?:-|to)\s*({_CLOCK})(?:\s+(.*))?")
_PERIOD = re.compile(r"(this|last) (week|month|year)")
_ENDS = re.compile(r"\s*\.\.\s*|\s+to\s+|\s+-\s+|\s+until\s+")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of time: from `since` on and before `until`, either of which may be open."""

    since: datetime | None = None
    until: datetime | None = None

    def within(self, other: TimeRange) -> TimeRange:
        """Return the part of it that is in another range."""
        sinces = [moment for moment in (self.since, other.since) if moment]
        untils = [moment for moment in (self.until, other.until) if moment]
        return TimeRange(max(sinces, default=None), min(untils, default=None))


def typed_range(text: str, now: datetime, zone: tzinfo | None) -> TimeRange:
    """Return the range that a text names; an empty text names all time.

    Args:
        text: What was typed.
        now: The present moment, with its zone.
        zone: The zone of whoever typed it; None is the machine's.

    Raises:
        NotUnderstood: it names none; the message says what to type.
    """
    words = " ".join(text.lower().split())
    if len(words) > 2 * LONGEST:
        raise NotUnderstood(f"too long for a range of time: {EXAMPLES}")
    if not words:
        return TimeRange()
    return _one_sided(words, now, zone) or _between_clocks(words, now, zone) or _named(words, now, zone)


def _one_sided(words: str, now: datetime, zone: tzinfo | None) -> TimeRange | None:
    """Return the range of `since …` or `until …`; None where the words are neither."""
    side, _, rest = words.partition(" ")
    if not rest or _ENDS.search(rest):
        return None
    if side in ("since", "from", "after"):
        return TimeRange(since=since_of(rest, now, zone))
    return TimeRange(until=until_of(rest, now, zone)) if side in ("until", "before") else None


def _named(words: str, now: datetime, zone: tzinfo | None) -> TimeRange:
    ends = _ENDS.split(words.removeprefix("from "), maxsplit=1)
    if len(ends) == 2:
        return _between(ends[0], ends[1], now, zone)
    if _is_length(words):
        return TimeRange(since=since_of(words, now, zone))
    return _whole(words, now, zone)


def since_of(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment from which on a range goes: the first of what is named.

    Raises:
        NotUnderstood: nothing is named.
    """
    return understood(_unprefixed(text), now, zone, ahead=False).start


def until_of(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment before which a range ends: a time itself, of a day or more its end.

    Raises:
        NotUnderstood: nothing is named.
    """
    typed = understood(_unprefixed(text), now, zone, ahead=False)
    return typed.start if typed.has_clock else typed.end


def names_period(text: str) -> bool:
    """Return whether a text names a week, a month or a year, which has an end, and no day or time in it."""
    return _PERIOD.fullmatch(" ".join(text.lower().split())) is not None


def _unprefixed(text: str) -> str:
    """Return the words for a moment: `last 7d` is 7 days ago."""
    words = " ".join(text.lower().split())
    return re.sub(r"^(last|past) (?=\d)", "", words)


def _is_length(words: str) -> bool:
    match = _LENGTH.fullmatch(words)
    return match is not None and not re.search(r"\d(am|pm)$", words.replace(" ", ""))


def _whole(words: str, now: datetime, zone: tzinfo | None) -> TimeRange:
    """Return all of the day, week or month that is named; a time of day names the minute."""
    try:
        typed = understood(words, now, zone, ahead=False)
    except NotUnderstood as fault:
        raise NotUnderstood(str(fault).partition(":")[0] + f": {EXAMPLES}") from None
    return TimeRange(typed.start, typed.end)


def _between(first: str, last: str, now: datetime, zone: tzinfo | None) -> TimeRange:
    since = since_of(first, now, zone) if first else None
    until = until_of(last, now, zone) if last and last != "now" else None
    if since is not None and until is not None and until <= since:
        raise NotUnderstood("it ends before it begins")
    return TimeRange(since, until)


def _between_clocks(words: str, now: datetime, zone: tzinfo | None) -> TimeRange | None:
    """Return the range between two times of one day, and over midnight where the second is the earlier one."""
    match = _CLOCKS.fullmatch(words)
    if match is None or not any(mark in match[2] + match[3] for mark in (":", "am", "pm")):
        return None
    before, first, last, behind = match.groups()
    first = _with_half(first, last)
    day = before or behind or ""
    start = understood(f"{day} {first}".strip(), now, zone, ahead=False).start.astimezone(zone)
    clock = understood(last, now, zone, ahead=False).start.astimezone(zone).time()
    end = in_zone(datetime.combine(start.date(), clock), zone)
    if end <= start:
        end = in_zone(datetime.combine(start.date() + timedelta(days=1), clock), zone)
    return TimeRange(start, end)


def _with_half(first: str, last: str) -> str:
    """Return the first of two times with the half of the day that only the last one names: `9-11am`."""
    half = re.search(r"(am|pm)$", last)
    return f"{first}{half[1]}" if half and first.isdecimal() else first
