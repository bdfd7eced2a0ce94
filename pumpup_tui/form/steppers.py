"""Values by arrows: a slider along its grid, a number by one, a date or time by the part at the cursor. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import TypeVar

from api_client.field_values import fraction_of, number_of, parse_clock_time, parse_date, parse_date_time, plain
from pumpup_tui.local_state.answer_draft import AnyForm, answer_of, type_of

T = TypeVar("T", time, datetime, Fraction)
DATE_PARTS = (("year", 4), ("month", 7), ("day", 10))
"""Each part of a date, and where its text ends."""
TIME_PARTS = (("hour", 2), ("minute", 5), ("second", 8))
STEPPED = ("Number", "Slider", "DateField", "Time", "DateTime")
"""Field types whose value arrows change."""
UNMARKED = 20
"""Steps of a slider that declares none."""


def stepped(form_field: AnyForm, typed: str, by: int, *, cursor: int, now: datetime) -> str:
    """Return what is typed, `by` steps on and within the field's bounds; as it is, where it is no value.

    Args:
        form_field: What the value is for.
        typed: The text before.
        by: How many steps, down where negative.
        cursor: Where in the text the cursor is: a date or time moves by that part.
        now: The present wall-clock time, where an empty date or time begins.
    """
    kind = type_of(form_field)
    try:
        if kind in ("Number", "Slider"):
            return _number(form_field, typed, by)
        if kind == "Time":
            return _time(form_field, typed.strip(), by, cursor, now)
        if kind in ("DateField", "DateTime"):
            return _date(form_field, typed.strip(), by, cursor, now, has_time=kind == "DateTime")
    except (ValueError, OverflowError):
        pass  # no value yet, or none beyond this one
    return typed


def slider_bar(form_field: AnyForm, typed: str, cells: int) -> str:
    """Return a slider drawn in `cells` cells, with its mark where the value is; without one where it is none."""
    low, high = _bound(form_field, "min") or Fraction(0), _bound(form_field, "max") or Fraction(0)
    try:
        at = fraction_of(number_of(answer_of(form_field, typed)))
    except ValueError:
        return "─" * cells
    if not low <= at <= high:
        return "─" * cells
    place = round((at - low) / (high - low) * (cells - 1)) if high > low else 0
    return "━" * place + "●" + "─" * (cells - 1 - place)


def _number(form_field: AnyForm, typed: str, by: int) -> str:
    low, high = _bound(form_field, "min"), _bound(form_field, "max")
    at = fraction_of(number_of(answer_of(form_field, typed))) if typed.strip() else None
    if type_of(form_field) == "Slider":
        return _spelt(_on_grid(form_field, at, by))
    to = (low or Fraction(0)) if at is None else at + by
    return _spelt(_within(to, low, high))


def _on_grid(form_field: AnyForm, at: Fraction | None, by: int) -> Fraction:
    """Return a slider's value `by` steps from the grid's nearest; its first where there is none yet."""
    first, last = _bound(form_field, "min") or Fraction(0), _bound(form_field, "max") or Fraction(0)
    step = _bound(form_field, "step") or (last - first) / UNMARKED or Fraction(1)
    last = first + (last - first) // step * step
    to = first if at is None else first + (round((at - first) / step) + by) * step
    return _within(to, first, last)


def _bound(form_field: AnyForm, name: str) -> Fraction | None:
    value = getattr(form_field, name, None)
    return None if value is None else fraction_of(value)


def _spelt(value: Fraction) -> str:
    if value.denominator == 1 and abs(value) < 2**63:
        return str(value.numerator)
    number = float(value)
    return plain(number) if 1e-6 <= abs(number) < 1e15 else repr(number)


def _time(form_field: AnyForm, typed: str, by: int, cursor: int, now: datetime) -> str:
    low, high = (parse_clock_time(text) if (text := getattr(form_field, name, None)) else None for name in _BOUNDS)
    if not typed:
        return _clock(_within(now.time().replace(second=0, microsecond=0), low, high), seconds=False)
    at = datetime.combine(date(2000, 1, 1), parse_clock_time(typed))
    part = _part(TIME_PARTS, cursor, len(typed))
    to = (at + timedelta(**{f"{part}s": by})).time()  # past midnight it goes round
    return _clock(_within(to, low, high), seconds=len(typed) > 5)


def _clock(value: time, *, seconds: bool) -> str:
    return value.isoformat("seconds" if seconds or value.second else "minutes")


_BOUNDS = ("min", "max")


def _date(form_field: AnyForm, typed: str, by: int, cursor: int, now: datetime, *, has_time: bool) -> str:
    low, high = (_moment(text) if (text := getattr(form_field, name, None)) else None for name in _BOUNDS)
    if not typed:
        to = now.replace(second=0, microsecond=0, tzinfo=None)
        seconds = False
    else:
        at = parse_date_time(typed) if has_time else datetime.combine(parse_date(typed), time())
        parts = (*DATE_PARTS, *((name, end + 11) for name, end in TIME_PARTS)) if has_time else DATE_PARTS
        part = _part(parts, cursor, len(typed))
        to = _moved(at, part, by)
        seconds = len(typed) > 16
    if not has_time:
        return _within(to, low, high).date().isoformat()
    to = _within(to, low, high)
    return to.isoformat(timespec="seconds" if seconds or to.second else "minutes")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moved(at: datetime, part: str, by: int) -> datetime:
    if part in ("day", "hour", "minute", "second"):
        return at + timedelta(**{f"{part}s": by})
    months = at.year * 12 + at.month - 1 + by * (12 if part == "year" else 1)
    first = at.replace(year=months // 12, month=months % 12 + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(at.day, last.day))


def _part(parts: tuple[tuple[str, int], ...], cursor: int, length: int) -> str:
    """Return the part whose text the cursor is in or just behind; the last one that is there at the end."""
    there = [(name, end) for name, end in parts if end <= length]
    return next((name for name, end in there if cursor <= end), there[-1][0])


def _within(value: T, low: T | None, high: T | None) -> T:
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value
