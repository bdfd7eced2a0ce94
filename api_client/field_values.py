"""The single values that an answer or a bound may be: texts, numbers and dates, and the words for them.

Each function that checks or parses raises `ValueError` with words for whoever gave the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from msgspec import Meta

from api_client.wire import Json

M = TypeVar("M", time, datetime)
Comparable = TypeVar("Comparable", date, time, datetime, Decimal, int)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_ZONED_TIME = re.compile(
    r"(?P<clock>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)((?<=:[0-9]{2}:[0-9]{2})\.[0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
"""A time of day as RFC 3339 has it, its seconds, fraction and zone left out at will."""
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_PHONE = re.compile(r"\+?[0-9(][0-9 .()\-]*[0-9]")
_LARGEST_INTEGER = 2**63 - 1

_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
DateBound = Annotated[
    str,
    Meta(
        description="`YYYY-MM-DD`, and so it is read back; a time of day and a zone after it are dropped.",
        extra_json_schema={"anyOf": [{"format": "date"}, {"format": "date-time"}]},
    ),
]
TimeBound = Annotated[
    str,
    Meta(
        description="`HH:MM` or `HH:MM:SS`, and so it is read back; a fraction of a second and a zone are dropped.",
        extra_json_schema={"anyOf": [{"pattern": f"^{_CLOCK}$"}, {"format": "time"}]},
    ),
]
DateTimeBound = Annotated[
    str,
    Meta(
        description="`YYYY-MM-DDTHH:MM[:SS]`, and so it is read back; a zone is dropped, the wall clock stays.",
        extra_json_schema={
            "anyOf": [{"pattern": f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}$"}, {"format": "date-time"}]
        },
    ),
]


def parse_date(text: str) -> date:
    """Return the date that `YYYY-MM-DD` names.

    Raises:
        ValueError: `text` names none.
    """
    if not _DATE.fullmatch(text):
        raise ValueError("must be a date like 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not in the calendar") from None


def parse_clock_time(text: str) -> time:
    """Return the time of day that `HH:MM` or `HH:MM:SS` names.

    Raises:
        ValueError: `text` names none.
    """
    if not _TIME.fullmatch(text):
        raise ValueError("must be a time like 09:30 or 09:30:15")
    try:
        return _before_midnight(time.fromisoformat(text), text[:2])
    except ValueError:
        raise ValueError(f"{text} is no time of day") from None


def parse_date_time(text: str) -> datetime:
    """Return the wall-clock moment that `YYYY-MM-DDTHH:MM[:SS]` names.

    Raises:
        ValueError: `text` names none.
    """
    if not _DATE_TIME.fullmatch(text):
        raise ValueError("must be a date and time like 2026-01-31T09:30, without a zone")
    try:
        return _before_midnight(datetime.fromisoformat(text), text[11:13])
    except ValueError:
        raise ValueError(f"{text} is not in the calendar") from None


def _before_midnight(moment: M, hour: str) -> M:
    # Newer Pythons read 24:00 as the next day's midnight; the contract has no such hour.
    if hour == "24":
        raise ValueError("no such hour")
    return moment


def number_bound(number: float) -> float:
    """Return a bound of a `Number` or `Slider`, whose constructor may be given an integer, as it is read: a float."""
    if not math.isfinite(number):
        raise ValueError("must be a number with an end")
    return float(number)


def date_bound(text: str) -> str:
    """Return a bound of a `DateField` in its plain form; a time of day and a zone after the date are dropped.

    The published schemas have a plain string here, and `2026-05-14T00:00:00Z` comes too (CONTRACT.md part 1, Field).
    """
    day, has_time, time_of_day = text.partition("T")
    if has_time and not _ZONED_TIME.fullmatch(time_of_day):
        raise ValueError("must be a date like 2026-01-31")
    return parse_date(day).isoformat()


def time_bound(text: str) -> str:
    """Return a bound of a `Time` in its plain form, without zone and fraction: no answer is finer than a second."""
    match = _ZONED_TIME.fullmatch(text)
    clock = match["clock"] if match else text
    parse_clock_time(clock)
    return clock


def date_time_bound(text: str) -> str:
    """Return a bound of a `DateTime` in its plain form."""
    # The SDK sends a naive datetime with the machine's offset: the zone is dropped, and the wall clock stays.
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError:
        raise ValueError("must be a date and time like 2026-01-31T09:30") from None


def decimal_of(number: float) -> Decimal:
    """Return `number` as it is written, not as its bits say."""
    return Decimal(str(number))


def fraction_of(number: float) -> Fraction:
    """Return `number` exactly as it is written."""
    return Fraction(decimal_of(number))


def plain(number: float) -> str:
    """Return `number` as a person writes it: no `.0`, no exponent."""
    return format(decimal_of(number).normalize(), "f") if number else "0"


def check_within(
    value: Comparable, low: Comparable | None, high: Comparable | None, words: tuple[object, object]
) -> None:
    """Raise `ValueError`, naming the bound in `words`, where `value` is outside."""
    if low is not None and value < low:
        raise ValueError(f"must be at least {words[0]}")
    if high is not None and value > high:
        raise ValueError(f"must be at most {words[1]}")


def check_number(number: float, low: float | None, high: float | None) -> None:
    """Raise `ValueError` where `number`, as it is written, is outside."""
    least, most = (None if limit is None else decimal_of(limit) for limit in (low, high))
    check_within(decimal_of(number), least, most, both_plain(low, high))


def check_length(text: str, least: int | None, most: int | None) -> None:
    """Raise `ValueError` where `text` has fewer or more characters than it may have."""
    if least is not None and len(text) < least:
        raise ValueError(f"must have at least {least} characters, has {len(text)}")
    if most is not None and len(text) > most:
        raise ValueError(f"must have at most {most} characters, has {len(text)}")


def text_of(answer: Json) -> str:
    """Return a text that can be stored."""
    if not isinstance(answer, str):
        raise ValueError("must be text")
    # JSON can spell half of a surrogate pair; no file and no wire in UTF-8 can hold it.
    if any("\ud800" <= char <= "\udfff" for char in answer):
        raise ValueError("holds half a character (a lone surrogate)")
    return answer


def number_of(answer: Json) -> float:
    """Return a number that can be stored."""
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        raise ValueError("must be a number")
    if isinstance(answer, int) and abs(answer) > _LARGEST_INTEGER:
        raise ValueError("is too large a number")
    if not math.isfinite(answer):
        raise ValueError("must be a number")
    return answer


def both_plain(low: float | None, high: float | None) -> tuple[str | None, str | None]:
    """Return both bounds as a person writes them."""
    return (None if low is None else plain(low), None if high is None else plain(high))


def range_words(low: object, high: object, unit: str = "") -> str:
    """Return bounds in words; empty where there are none."""
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return f"at least {low}{unit}"
    return f"at most {high}{unit}" if high is not None else ""


def is_phone(text: str) -> bool:
    """Return whether `text` is a phone number of 7 to 15 digits."""
    return bool(_PHONE.fullmatch(text)) and 7 <= sum(char.isdigit() for char in text) <= 15


def is_url(text: str) -> bool:
    """Return whether `text` is an http or https address with a host."""
    if any(char.isspace() or not char.isprintable() for char in text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port  # read for its ValueError
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def is_email(text: str) -> bool:
    """Return whether `text` is an address like name@host.tld."""
    return bool(_EMAIL.fullmatch(text)) and text.isprintable()


_FORMATS: Mapping[str, tuple[Callable[[str], bool], str, str]] = {
    "EMAIL": (is_email, "must be an e-mail address like name@host.tld", "name@host.tld"),
    "PHONE": (is_phone, "must be a phone number of 7 to 15 digits", "7 to 15 digits"),
    "URL": (is_url, "must be an http or https address", "http or https"),
}
"""By the format of a text: its check, the message where it fails, and the format in a few words."""


def check_format(text: str, name: str | None) -> None:
    """Raise `ValueError` where `text` does not have the format of this name; without a name every text is accepted."""
    if name is not None:
        has_format, message, _ = _FORMATS[name]
        if not has_format(text):
            raise ValueError(message)


def format_words(name: str | None) -> str:
    """Return the format of this name in a few words; empty without a name."""
    return _FORMATS[name][2] if name is not None else ""
