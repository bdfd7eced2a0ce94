"""Dates and times as people type them: `tomorrow 9am`, `fri`, `+3d`, `next week`, `2026-12-01 09:00`. Pure.

A text is understood in one way or refused with a reason. It is never guessed at: `3/4/2026` is refused, for half of the
world reads it as the other day. That, and the 400 ms that its first date costs, is why this is not `dateparser`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

T = TypeVar("T", date, time)

LONGEST = 60
"""Characters of a text that may be a date or time."""
EXAMPLES = "try tomorrow 9am, fri, +3d or 2026-12-01 09:00"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_DAY_WORDS = ("yesterday", "today", "tomorrow")
_CLOCK_WORDS = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_UNITS = {
    unit: name
    for name, units in {
        "seconds": "s sec secs second seconds",
        "minutes": "m min mins minute minutes",
        "hours": "h hr hrs hour hours",
        "days": "d day days",
        "weeks": "w wk week weeks",
        "months": "mo month months",
        "years": "y yr year years",
    }.items()
    for unit in units.split()
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_ISO_CLOCK = re.compile(r"(\d{4}-\d{2}-\d{2})t(\d)", re.ASCII)
_UNCLEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}([-/.]\d{2,4})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?(am|pm)?", re.ASCII)
_APART = re.compile(r"(\d)\s+(am|pm)\b", re.ASCII)
_STEP = re.compile(r"(\d{1,5})([a-z]+)", re.ASCII)
_STEPS = re.compile(r"([+-]?)((?:\d{1,5}[a-z]+)+)", re.ASCII)
_DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?", re.ASCII)


class NotUnderstood(ValueError):
    """A text names no date or time, or more than one; the message says why, and what to type."""


@dataclass(frozen=True, slots=True)
class TypedTime:
    """A date or time as it was understood: from its first moment to the end of what was named."""

    start: datetime
    end: datetime
    """The moment after the last one: the next midnight of a day, the next minute of a time."""
    has_clock: bool
    """Whether a time of day was typed, or follows from what was."""
    has_day: bool
    """Whether a day was typed, or days from now; else it is today's, or its neighbour's."""


def understood(text: str, now: datetime, zone: tzinfo | None, *, ahead: bool = True) -> TypedTime:
    """Return the date or time that a text names.

    Args:
        text: What was typed.
        now: The present moment, with its zone.
        zone: The zone of whoever typed it; None is the machine's.
        ahead: Whether `fri`, `9am` and `3d` are the next ones from now; else the last ones.

    Raises:
        NotUnderstood: it names none, or is none of the calendar.
    """
    if len(text) > LONGEST:
        raise NotUnderstood(f"too long for a date: {EXAMPLES}")
    words = _words(text)
    if not words:
        raise NotUnderstood(f"empty: {EXAMPLES}")
    try:
        return _Reader(now, zone, ahead=ahead).read(words)
    except OverflowError:
        raise NotUnderstood("outside the calendar: the years are 1 to 9999") from None


def typed_date(text: str, now: datetime, zone: tzinfo | None, *, ahead: bool = True) -> date:
    """Return the day that a text names; arguments and errors as in `understood`."""
    typed = understood(text, now, zone, ahead=ahead)
    if typed.has_clock:
        raise NotUnderstood("a day is asked for, without a time")
    return typed.start.date()


def typed_clock(text: str, now: datetime, zone: tzinfo | None) -> time:
    """Return the time of day that a text names; arguments and errors as in `understood`."""
    typed = understood(text, now, zone)
    if not typed.has_clock or typed.has_day:
        raise NotUnderstood("a time of day is asked for: try 9am, 14:30 or noon")
    return typed.start.time()


def typed_moment(
    text: str, now: datetime, zone: tzinfo | None, *, ahead: bool = True, day_at: time = time()
) -> datetime:
    """Return the moment that a text names, in `zone`; a day without a time is meant at `day_at`."""
    typed = understood(text, now, zone, ahead=ahead)
    if typed.has_clock:
        return typed.start
    return in_zone(datetime.combine(typed.start.date(), day_at), zone)


def in_zone(wall: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment at which clocks in a zone show `wall`; None is the machine's zone."""
    if zone is None:
        return wall.astimezone()
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def zone_name(moment: datetime, zone: tzinfo | None) -> str:
    """Return a zone's name: `Europe/Berlin` where it has one of its own, else as at `moment`, like `CET`."""
    return str(getattr(zone, "key", "")) or moment.astimezone(zone).tzname() or ""


def moment_words(moment: datetime, *, has_clock: bool = True) -> str:
    """Return a date or a date and time with its weekday: `Tue 2026-12-01 09:00`."""
    clock = f" {moment.time().isoformat('seconds' if moment.second else 'minutes')}" if has_clock else ""
    return f"{moment:%a} {moment.date().isoformat()}{clock}"


def _words(text: str) -> list[str]:
    """Return the words of a text, lower-case, without those that only join others."""
    lowered = _ISO_CLOCK.sub(r"\1 \2", text.strip().lower().replace(",", " "))
    return [word for word in _APART.sub(r"\1\2", lowered).split() if word not in ("at", "on", "the", "of")]


class _Reader:
    """Reads words as a day, a time of day, both, or a distance from now."""

    def __init__(self, now: datetime, zone: tzinfo | None, *, ahead: bool) -> None:
        self._now = now.astimezone(zone)
        self._zone = zone
        self._ahead = ahead
        self._today = self._now.date()

    def read(self, words: Sequence[str]) -> TypedTime:
        if words == ["now"]:
            return _minute(self._now.replace(second=0, microsecond=0), has_day=False)
        if (offset := self._offset(words)) is not None:
            return offset
        for index in range(len(words) + 1):
            for day_words, clock_words in ((words[:index], words[index:]), (words[index:], words[:index])):
                if (typed := self._both(day_words, clock_words)) is not None:
                    return typed
        raise NotUnderstood(self._why_not(words))

    def _both(self, day_words: Sequence[str], clock_words: Sequence[str]) -> TypedTime | None:
        """Return what words for a day and words for a time name; either may be empty, None where one names none."""
        clock = _clock_of(clock_words) if clock_words else None
        days = self._days(day_words) if day_words else None
        if (clock_words and clock is None) or (day_words and days is None):
            return None
        if clock is not None:
            if days is not None and (days[1] - days[0]).days != 1:
                return None  # a time in a week is none
            return self._at(clock, days[0] if days is not None else None)
        assert days is not None  # noqa: S101 - for mypy: one of both has words
        first, after = days
        return TypedTime(self._midnight(first), self._midnight(after), has_clock=False, has_day=True)

    def _at(self, clock: time, day: date | None) -> TypedTime:
        wall = datetime.combine(day or self._today, clock)
        if day is None:
            now = self._now.replace(tzinfo=None)
            if self._ahead and wall <= now:
                wall += timedelta(days=1)
            elif not self._ahead and wall > now:
                wall -= timedelta(days=1)
        return _minute(in_zone(wall, self._zone), has_day=day is not None)

    def _midnight(self, day: date) -> datetime:
        return in_zone(datetime.combine(day, time()), self._zone)

    # A distance from now.

    def _offset(self, words: Sequence[str]) -> TypedTime | None:
        text, sign = "".join(words), 0
        if words[0] == "in":
            text, sign = "".join(words[1:]), 1
        elif words[-1] == "ago":
            text, sign = "".join(words[:-1]), -1
        match = _STEPS.fullmatch(text)
        steps = _steps_of(match[2]) if match else None
        if match is None or not steps or (sign and match[1]):
            return None
        sign = sign or {"+": 1, "-": -1}.get(match[1]) or (1 if self._ahead else -1)
        return self._moved({unit: sign * count for unit, count in steps.items()})

    def _moved(self, by: Mapping[str, int]) -> TypedTime:
        months = by.get("months", 0) + 12 * by.get("years", 0)
        day = _month_on(self._today, months) + timedelta(days=by.get("days", 0) + 7 * by.get("weeks", 0))
        exact = timedelta(**{unit: by[unit] for unit in ("hours", "minutes", "seconds") if unit in by})
        if not exact:
            after = day + timedelta(days=1)
            return TypedTime(self._midnight(day), self._midnight(after), has_clock=False, has_day=True)
        clock = self._now.time().replace(microsecond=0)
        start = in_zone(datetime.combine(day, clock if "seconds" in by else clock.replace(second=0)), self._zone)
        # Hours are hours, also where the clocks are changed between.
        return _minute((start.astimezone(UTC) + exact).astimezone(self._zone), has_day=day != self._today)

    # A day.

    def _days(self, words: Sequence[str]) -> tuple[date, date] | None:
        """Return the first day that the words name, and the day after the last."""
        if (week_or_month := self._span(words)) is not None:
            return week_or_month
        day = self._day(words)
        return (day, day + timedelta(days=1)) if day is not None else None

    def _span(self, words: Sequence[str]) -> tuple[date, date] | None:
        """Return the days of `next week`, `last month` and their like."""
        by = {"last": -1, "this": 0, "next": 1}.get(words[0])
        if by is None or len(words) != 2:
            return None
        if words[1] == "week":
            monday = self._today + timedelta(days=7 * by - self._today.weekday())
            return monday, monday + timedelta(days=7)
        if words[1] == "month":
            first = _month_on(self._today.replace(day=1), by)
            return first, _month_on(first, 1)
        if words[1] == "year":
            return date(self._today.year + by, 1, 1), date(self._today.year + by + 1, 1, 1)
        weekday = _index_of(words[1], _WEEKDAYS)
        if weekday is None:
            return None
        day = self._today + timedelta(days=7 * by + weekday - self._today.weekday())
        return day, day + timedelta(days=1)

    def _day(self, words: Sequence[str]) -> date | None:
        if len(words) == 1:
            return self._one_word(words[0])
        return self._named(words) if len(words) in (2, 3) else None

    def _one_word(self, word: str) -> date | None:
        if (by := _index_of(word, _DAY_WORDS)) is not None:
            return self._today + timedelta(days=by - 1)
        if (weekday := _index_of(word, _WEEKDAYS)) is not None:
            away = (weekday - self._today.weekday() - 1) % 7 + 1  # its own word is for today
            return self._today + timedelta(days=away if self._ahead else away - 7 or -7)
        match = _ISO.fullmatch(word)
        return _calendar_day(int(match[1]), int(match[2]), int(match[3])) if match else None

    def _named(self, words: Sequence[str]) -> date | None:
        """Return the day of `1 dec`, `dec 1` or `1 dec 2026`; without a year the next one, or the last."""
        for month_word, day_word in ((words[1], words[0]), (words[0], words[1])):
            month, match = _index_of(month_word, _MONTHS), _DAY_OF_MONTH.fullmatch(day_word)
            if month is not None and match is not None:
                return self._of_year(month + 1, int(match[1]), words[2] if len(words) == 3 else "")
        return None

    def _of_year(self, month: int, day: int, year: str) -> date | None:
        if year:
            is_year = len(year) == 4 and year.isascii() and year.isdigit()
            return _calendar_day(int(year), month, day) if is_year else None
        if (month, day) == (2, 29):  # the next leap year's may be eight years away
            raise NotUnderstood("29 February is not of every year: type the year too")
        this = _calendar_day(self._today.year, month, day)
        if self._ahead:
            return this if this >= self._today else _calendar_day(this.year + 1, month, day)
        return this if this <= self._today else _calendar_day(this.year - 1, month, day)

    def _why_not(self, words: Sequence[str]) -> str:
        if any(_UNCLEAR.fullmatch(word) for word in words):
            return f"day or month first? Write it like {self._today.isoformat()}"
        return f"not understood: {EXAMPLES}"


def _minute(moment: datetime, *, has_day: bool) -> TypedTime:
    return TypedTime(moment, moment + timedelta(minutes=1), has_clock=True, has_day=has_day)


def _steps_of(text: str) -> dict[str, int]:
    """Return the counts of `1d12h` by unit; none where a unit is unknown or stands twice."""
    steps: dict[str, int] = {}
    for count, unit in _STEP.findall(text):
        name = _UNITS.get(unit)
        if name is None or name in steps:
            return {}
        steps[name] = int(count)
    return steps


def _clock_of(words: Sequence[str]) -> time | None:
    """Return the time of day that a word names; a bare number is none."""
    if len(words) != 1:
        return None
    word = words[0]
    if word in _CLOCK_WORDS:
        return _CLOCK_WORDS[word]
    match = _CLOCK.fullmatch(word)
    if match is None or (match[2] is None and match[4] is None):
        return None
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:
            raise NotUnderstood(f"{word} is no time of day")
        hour = hour % 12 + (12 if match[4] == "pm" else 0)
    return _made(lambda: time(hour, int(match[2] or 0), int(match[3] or 0)), f"{word} is no time of day")


def _calendar_day(year: int, month: int, day: int) -> date:
    return _made(lambda: date(year, month, day), f"{year:04}-{month:02}-{day:02} is not in the calendar")


def _made(make: Callable[[], T], fault: str) -> T:
    try:
        return make()
    except ValueError:
        raise NotUnderstood(fault) from None


def _month_on(day: date, months: int) -> date:
    """Return the day so many months on; the month's last where it is shorter."""
    count = day.year * 12 + day.month - 1 + months
    if not 12 <= count < 120_000:
        raise OverflowError
    first = date(count // 12, count % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if count < 119_999 else date.max
    return first.replace(day=min(day.day, last.day))


def _index_of(word: str, names: Sequence[str]) -> int | None:
    """Return the place of the name that a word is, or begins with three letters or more."""
    if len(word) < 3:
        return None
    return next((index for index, name in enumerate(names) if name.startswith(word)), None)
