"""The ten field types of an elicitation: what each declares and which answers it takes (CONTRACT.md part 1, Field).

This is the one place where an answer is checked: the form, the store and the server all call it. A check
returns the answer as it is kept, or raises `ValueError` with words for the person who answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from typing_extensions import override

from api_client.models import Body, FieldBid, Json, Wire

M = TypeVar("M", time, datetime)
Comparable = TypeVar("Comparable", date, time, datetime, Decimal, int)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_PHONE = re.compile(r"\+?[0-9(][0-9 .()\-]*[0-9]")
_LARGEST_INTEGER = 2**63 - 1


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


def _date_bound(text: str) -> str:
    return parse_date(text).isoformat()


def _time_bound(text: str) -> str:
    parse_clock_time(text)
    return text


def _date_time_bound(text: str) -> str:
    # The SDK sends a naive datetime with the machine's offset: the zone is dropped, the wall clock kept.
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _fraction(number: float) -> Fraction:
    return Fraction(_decimal(number))


def _plain(number: float) -> str:
    """Return `number` as a person writes it: no `.0`, no exponent."""
    return format(_decimal(number).normalize(), "f") if number else "0"


def _within(value: Comparable, low: Comparable | None, high: Comparable | None, words: tuple[object, object]) -> None:
    if low is not None and value < low:
        raise ValueError(f"must be at least {words[0]}")
    if high is not None and value > high:
        raise ValueError(f"must be at most {words[1]}")


def _text(answer: Json) -> str:
    if not isinstance(answer, str):
        raise ValueError("must be text")
    # JSON can spell half of a surrogate pair; no file and no wire in UTF-8 can hold it.
    if any("\ud800" <= char <= "\udfff" for char in answer):
        raise ValueError("holds half a character (a lone surrogate)")
    return answer


def _number(answer: Json) -> float:
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        raise ValueError("must be a number")
    if isinstance(answer, int) and abs(answer) > _LARGEST_INTEGER:
        raise ValueError("is too large a number")
    if not math.isfinite(answer):
        raise ValueError("must be a number")
    return answer


class FieldBase(Body):
    """What all field types declare."""

    id: str = Field(min_length=1)
    label: str
    description: str | None = None
    required: bool

    def check(self, answer: Json) -> Json:
        """Return `answer` as it is kept.

        Raises:
            ValueError: this field does not take it; the message says what it takes.
        """
        raise NotImplementedError

    def bounds(self) -> str:
        """Return what an answer must keep to, in words; empty where there is nothing to say."""
        return ""


class _Lengths(FieldBase):
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> _Lengths:
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ValueError("minLength is over maxLength")
        return self

    @override
    def check(self, answer: Json) -> str:
        text = _text(answer)
        if self.required and not text:
            raise ValueError("must not be empty")
        if self.min_length is not None and len(text) < self.min_length:
            raise ValueError(f"must have at least {self.min_length} characters, has {len(text)}")
        if self.max_length is not None and len(text) > self.max_length:
            raise ValueError(f"must have at most {self.max_length} characters, has {len(text)}")
        return text

    @override
    def bounds(self) -> str:
        return _range_words(self.min_length, self.max_length, " characters")


class TextField(_Lengths):
    """One line of text."""

    type: Literal["Text"] = "Text"
    format: Literal["EMAIL", "PHONE", "URL"] | None = None

    @override
    def check(self, answer: Json) -> str:
        text = super().check(answer)
        if len(text.splitlines()) > 1 or text != "".join(text.splitlines()):
            raise ValueError("must be one line")
        if self.format == "EMAIL" and not (_EMAIL.fullmatch(text) and text.isprintable()):
            raise ValueError("must be an e-mail address like name@host.tld")
        if self.format == "PHONE" and not _is_phone(text):
            raise ValueError("must be a phone number of 7 to 15 digits")
        if self.format == "URL" and not _is_url(text):
            raise ValueError("must be an http or https address")
        return text

    @override
    def bounds(self) -> str:
        form = {"EMAIL": "name@host.tld", "PHONE": "7 to 15 digits", "URL": "http or https"}.get(self.format or "", "")
        return ", ".join(part for part in (form, super().bounds()) if part)


class TextAreaField(_Lengths):
    """Text of any number of lines."""

    type: Literal["TextArea"] = "TextArea"


class NumberField(FieldBase):
    """A number."""

    type: Literal["Number"] = "Number"
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    integer_only: bool

    @model_validator(mode="after")
    def _ordered(self) -> NumberField:
        return _checked_order(self, self.min, self.max)

    @override
    def check(self, answer: Json) -> float:
        number = _number(answer)
        if self.integer_only:
            if number != int(number):
                raise ValueError("must be a whole number")
            number = int(_number(int(number)))
        _within(_decimal(number), _maybe(self.min), _maybe(self.max), _pair(self.min, self.max))
        return number

    @override
    def bounds(self) -> str:
        whole = "whole number" if self.integer_only else ""
        return ", ".join(part for part in (whole, _range_words(*_pair(self.min, self.max))) if part)


class SliderField(FieldBase):
    """A number on the grid `min + k * step`; without a step, any between."""

    type: Literal["Slider"] = "Slider"
    min: float = Field(allow_inf_nan=False)
    max: float = Field(allow_inf_nan=False)
    step: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ordered(self) -> SliderField:
        return _checked_order(self, self.min, self.max)

    @override
    def check(self, answer: Json) -> float:
        number = _number(answer)
        _within(_decimal(number), _maybe(self.min), _maybe(self.max), _pair(self.min, self.max))
        # Decimal arithmetic, for 0.1 + 0.2 must be on a grid of 0.1 (CONTRACT.md part 1).
        # Fractions of those decimals: a quotient past 28 digits is an error to Decimal.
        if self.step is not None and (_fraction(number) - _fraction(self.min)) % _fraction(self.step):
            raise ValueError(f"must be {_plain(self.min)} plus a multiple of {_plain(self.step)}")
        return number

    @override
    def bounds(self) -> str:
        steps = f", step {_plain(self.step)}" if self.step is not None else ""
        return _range_words(*_pair(self.min, self.max)) + steps


class _Options(FieldBase):
    options: tuple[str, ...] = Field(min_length=1, strict=False)


class SelectField(_Options):
    """One of the options."""

    type: Literal["Select"] = "Select"

    @override
    def check(self, answer: Json) -> str:
        if not isinstance(answer, str) or answer not in self.options:
            raise ValueError("must be one of the options")
        return answer


class MultiselectField(_Options):
    """Any of the options, each once."""

    type: Literal["Multiselect"] = "Multiselect"

    @override
    def check(self, answer: Json) -> list[str]:
        if not isinstance(answer, list) or any(not isinstance(one, str) for one in answer):
            raise ValueError("must be a list of options")
        if unknown := [one for one in answer if one not in self.options]:
            raise ValueError(f"must hold options only, not {unknown[0]!r}")
        if len(set(answer)) != len(answer):
            raise ValueError("must not repeat an option")
        if self.required and not answer:
            raise ValueError("must have at least one option")
        return list(answer)


class DateField(FieldBase):
    """A date, `YYYY-MM-DD`."""

    type: Literal["DateField"] = "DateField"
    min: Annotated[str, AfterValidator(_date_bound)] | None = None
    max: Annotated[str, AfterValidator(_date_bound)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> DateField:
        return _checked_order(self, self.min, self.max)

    @override
    def check(self, answer: Json) -> str:
        text = _text(answer)
        low, high = (parse_date(bound) if bound else None for bound in (self.min, self.max))
        _within(parse_date(text), low, high, (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return _range_words(self.min, self.max)


class TimeField(FieldBase):
    """A time of day, `HH:MM` or `HH:MM:SS`."""

    type: Literal["Time"] = "Time"
    min: Annotated[str, AfterValidator(_time_bound)] | None = None
    max: Annotated[str, AfterValidator(_time_bound)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> TimeField:
        low, high = (parse_clock_time(bound) if bound else None for bound in (self.min, self.max))
        return _checked_order(self, low, high)

    @override
    def check(self, answer: Json) -> str:
        text = _text(answer)
        low, high = (parse_clock_time(bound) if bound else None for bound in (self.min, self.max))
        _within(parse_clock_time(text), low, high, (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return _range_words(self.min, self.max)


class DateTimeField(FieldBase):
    """A wall-clock date and time, `YYYY-MM-DDTHH:MM[:SS]`."""

    type: Literal["DateTime"] = "DateTime"
    min: Annotated[str, AfterValidator(_date_time_bound)] | None = None
    max: Annotated[str, AfterValidator(_date_time_bound)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> DateTimeField:
        return _checked_order(self, *self._limits())

    def _limits(self) -> tuple[datetime | None, datetime | None]:
        low, high = (datetime.fromisoformat(bound) if bound else None for bound in (self.min, self.max))
        return low, high

    @override
    def check(self, answer: Json) -> str:
        text = _text(answer)
        _within(parse_date_time(text), *self._limits(), (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return _range_words(self.min, self.max)


class SwitchField(FieldBase):
    """Yes or no."""

    type: Literal["Switch"] = "Switch"

    @override
    def check(self, answer: Json) -> bool:
        if not isinstance(answer, bool):
            raise ValueError("must be yes or no")
        return answer


class UnknownField(Wire):
    """A field of a type that this program does not know: shown as it is, never answered."""

    type: str = ""
    id: str = ""
    label: str = ""
    description: str | None = None
    required: bool = False
    raw: dict[str, Json] = Field(default_factory=dict)

    def check(self, answer: Json) -> Json:
        """Raise `ValueError`: nobody here knows what it takes."""
        raise ValueError(f"is of the type {self.type!r}, which this version can't answer")

    def bounds(self) -> str:
        """Return an empty text."""
        return ""


AnyField = Annotated[
    TextField
    | TextAreaField
    | NumberField
    | SliderField
    | SelectField
    | MultiselectField
    | DateField
    | TimeField
    | DateTimeField
    | SwitchField,
    Field(discriminator="type"),
]
"""A field as a request may declare it."""

FIELD_TYPES: Mapping[str, type[FieldBase]] = {
    "Text": TextField,
    "TextArea": TextAreaField,
    "Number": NumberField,
    "Slider": SliderField,
    "Select": SelectField,
    "Multiselect": MultiselectField,
    "DateField": DateField,
    "Time": TimeField,
    "DateTime": DateTimeField,
    "Switch": SwitchField,
}


def read_fields(raw: Iterable[Json]) -> list[FieldBase | UnknownField]:
    """Return the fields of an `ELICITATION_REQUESTED` payload, those of unknown shape as `UnknownField`."""
    return [_read_field(one) for one in raw if isinstance(one, dict)]


def _read_field(raw: dict[str, Any]) -> FieldBase | UnknownField:
    known = FIELD_TYPES.get(str(raw.get("type")))
    if known is not None:
        names = {info.alias or name for name, info in known.model_fields.items()}
        try:
            return known.model_validate({key: value for key, value in raw.items() if key in names})
        except ValidationError:
            pass  # a hosted server's dialect of a known type: shown as it is, like an unknown one
    shown = {key: str(raw[key]) for key in ("type", "id", "label", "description") if raw.get(key) is not None}
    return UnknownField(**shown, required=raw.get("required") is True, raw=raw)


def check_answers(
    fields: Sequence[FieldBase | UnknownField], answers: Mapping[str, Json]
) -> tuple[dict[str, Json], dict[str, str]]:
    """Check all answers at once (CONTRACT.md part 3, Answers).

    Returns:
        The answers as they are kept, and a message for each field id whose answer is refused.
    """
    kept: dict[str, Json] = {}
    faults: dict[str, str] = {}
    declared = {field.id for field in fields}
    for field_id in answers:
        if field_id not in declared:
            faults[field_id] = "is not a field of this request"
    for field in fields:
        answer = answers.get(field.id)
        if answer is None:
            if field.required:
                faults[field.id] = "is required"
            continue
        try:
            kept[field.id] = field.check(answer)
        except ValueError as fault:
            faults[field.id] = str(fault)
    return kept, faults


def check_declaration(fields: Sequence[FieldBase], bids: Sequence[FieldBid]) -> None:
    """Check what no single field can: ids and bids (CONTRACT.md part 1).

    Raises:
        ValueError: no fields, a doubled id, a doubled bid or one for no field.
    """
    if not fields:
        raise ValueError("fields must not be empty")
    ids = [field.id for field in fields]
    if len(set(ids)) != len(ids):
        raise ValueError("field ids must be unique")
    for_fields = [bid.field_id for bid in bids]
    if len(set(for_fields)) != len(for_fields):
        raise ValueError("recommendation holds more than one bid for a field")
    if unknown := [field_id for field_id in for_fields if field_id not in ids]:
        raise ValueError(f"recommendation names the field {unknown[0]!r}, which is not declared")


F = TypeVar("F", bound=FieldBase)


def _checked_order(field: F, low: Any, high: Any) -> F:
    if low is not None and high is not None and low > high:
        raise ValueError("min is over max")
    return field


def _maybe(number: float | None) -> Decimal | None:
    return None if number is None else _decimal(number)


def _pair(low: float | None, high: float | None) -> tuple[str | None, str | None]:
    return (None if low is None else _plain(low), None if high is None else _plain(high))


def _range_words(low: object, high: object, unit: str = "") -> str:
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return f"at least {low}{unit}"
    return f"at most {high}{unit}" if high is not None else ""


def _is_phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(text)) and 7 <= sum(char.isdigit() for char in text) <= 15


def _is_url(text: str) -> bool:
    if any(char.isspace() or not char.isprintable() for char in text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port  # read for its ValueError
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
