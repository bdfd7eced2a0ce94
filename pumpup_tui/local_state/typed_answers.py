"""Dates and times that are typed as answers: what each is understood as, and its form on the wire. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import Any, NamedTuple

from api_client.field_values import parse_clock_time, parse_date, parse_date_time
from pumpup_tui.local_state.answer_draft import TEMPORAL, AnyForm, Draft, check, type_of
from pumpup_tui.text.typed_times import (
    NotUnderstood,
    in_zone,
    moment_words,
    typed_clock,
    typed_date,
    typed_moment,
    zone_name,
)


class Understood(NamedTuple):
    """A typed date or time as it was understood."""

    answer: str
    """The wire's form of it; empty where it was not understood."""
    words: str
    """What it was understood as, or why it was not; empty where there is nothing to say."""
    fault: str = ""
    """Why the field does not accept it."""


NOTHING = Understood("", "")
_PARSERS: Mapping[str, Callable[[str], object]] = {
    "DateField": parse_date,
    "Time": parse_clock_time,
    "DateTime": parse_date_time,
}


def understand(
    form_field: AnyForm, typed: str | list[str], now: datetime, zone: tzinfo | None, *, in_words: bool = True
) -> Understood:
    """Return what a field of a date or time takes a typed text for, in the zone of whoever typed it.

    The next one from now on is meant, or the last one where only that is within the field's bounds. Where no person
    typed it, and so not `in_words`, only the wire's form is understood.
    """
    if type_of(form_field) not in TEMPORAL or isinstance(typed, list) or not typed.strip():
        return NOTHING
    answer = typed.strip()
    if _is_of_the_wire(form_field, answer):
        return Understood(answer, _named(answer, zone), _refusal_of(form_field, answer))
    if not in_words:
        return NOTHING
    try:
        readings = [_read(form_field, typed, now, zone, ahead=ahead) for ahead in (True, False)]
    except NotUnderstood as why:
        return Understood("", str(why), str(why))
    answer = next((one for one in readings if not _refusal_of(form_field, one)), readings[0])
    return Understood(answer, _named(answer, zone), _refusal_of(form_field, answer))


def check_typed(
    fields: Sequence[AnyForm], draft: Draft, now: datetime, zone: tzinfo | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answers as they are stored, and a message for each field id whose answer is refused.

    A date that is not understood is told so, with what to type.
    """
    answers, faults = check(fields, draft)
    for form_field in fields:
        if form_field.id in faults and form_field.id in draft.touched:
            understood = understand(form_field, draft.typed.get(form_field.id, ""), now, zone)
            faults[form_field.id] = understood.fault or faults[form_field.id]
    return answers, faults


def fix_meaning(form_field: AnyForm, draft: Draft, now: datetime, zone: tzinfo | None) -> None:
    """Note in a draft what a typed date or time means at this moment."""
    understood = understand(form_field, draft.typed.get(form_field.id, ""), now, zone)
    if understood.answer:
        draft.meant[form_field.id] = understood.answer
    else:
        draft.meant.pop(form_field.id, None)


def settle_meaning(form_field: AnyForm, draft: Draft) -> None:
    """Put the wire's form in place of what was typed: the field is left, and what it says must not change by itself."""
    if (answer := draft.meant.pop(form_field.id, "")) and form_field.id in draft.touched:
        draft.typed[form_field.id] = answer


def _read(form_field: AnyForm, typed: str, now: datetime, zone: tzinfo | None, *, ahead: bool) -> str:
    match type_of(form_field):
        case "DateField":
            return typed_date(typed, now, zone, ahead=ahead).isoformat()
        case "Time":
            return _clock(typed_clock(typed, now, zone))
        case _:
            moment = typed_moment(typed, now, zone, ahead=ahead)
            return f"{moment.date().isoformat()}T{_clock(moment.time())}"


def _clock(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _refusal_of(form_field: AnyForm, answer: str) -> str:
    """Return why the field does not accept an answer in the wire's form; empty where it does."""
    try:
        form_field.check(answer)
    except ValueError as fault:
        return str(fault)  # not foreign: cleaned where it is shown
    return ""


def _is_of_the_wire(form_field: AnyForm, answer: str) -> bool:
    try:
        _PARSERS[type_of(form_field)](answer)
    except ValueError:
        return False
    return True


def _named(answer: str, zone: tzinfo | None) -> str:
    if "T" in answer:
        wall = datetime.fromisoformat(answer)
        return f"{moment_words(wall)} {zone_name(in_zone(wall, zone), zone)}".rstrip()
    if "-" in answer:
        return moment_words(datetime.fromisoformat(answer), has_clock=False)
    return answer  # not foreign: a time of day, just read as one
