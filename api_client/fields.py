"""The ten field types of an elicitation: what each declares and which answers it takes (CONTRACT.md part 1, Field).

This is the one place where an answer is checked: the form, the store and the server all call it. A check
returns the answer as it is kept, or raises `ValueError` with words for the person who answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError, model_validator
from typing_extensions import override

from api_client.field_values import (
    both_plain,
    check_number,
    check_within,
    date_bound,
    date_time_bound,
    fraction_of,
    is_email,
    is_phone,
    is_url,
    number_of,
    parse_clock_time,
    parse_date,
    parse_date_time,
    plain,
    range_words,
    text_of,
    time_bound,
)
from api_client.models import Body, FieldBid, Json, Wire


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
        text = text_of(answer)
        if self.required and not text:
            raise ValueError("must not be empty")
        if self.min_length is not None and len(text) < self.min_length:
            raise ValueError(f"must have at least {self.min_length} characters, has {len(text)}")
        if self.max_length is not None and len(text) > self.max_length:
            raise ValueError(f"must have at most {self.max_length} characters, has {len(text)}")
        return text

    @override
    def bounds(self) -> str:
        return range_words(self.min_length, self.max_length, " characters")


class TextField(_Lengths):
    """One line of text."""

    type: Literal["Text"] = "Text"
    format: Literal["EMAIL", "PHONE", "URL"] | None = None

    @override
    def check(self, answer: Json) -> str:
        text = super().check(answer)
        if len(text.splitlines()) > 1 or text != "".join(text.splitlines()):
            raise ValueError("must be one line")
        if self.format == "EMAIL" and not is_email(text):
            raise ValueError("must be an e-mail address like name@host.tld")
        if self.format == "PHONE" and not is_phone(text):
            raise ValueError("must be a phone number of 7 to 15 digits")
        if self.format == "URL" and not is_url(text):
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
        number = number_of(answer)
        if self.integer_only:
            if number != int(number):
                raise ValueError("must be a whole number")
            number = int(number_of(int(number)))
        check_number(number, self.min, self.max)
        return number

    @override
    def bounds(self) -> str:
        whole = "whole number" if self.integer_only else ""
        return ", ".join(part for part in (whole, range_words(*both_plain(self.min, self.max))) if part)


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
        number = number_of(answer)
        check_number(number, self.min, self.max)
        # Decimal arithmetic, for 0.1 + 0.2 must be on a grid of 0.1 (CONTRACT.md part 1).
        # Fractions of those decimals: a quotient past 28 digits is an error to Decimal.
        if self.step is not None and (fraction_of(number) - fraction_of(self.min)) % fraction_of(self.step):
            raise ValueError(f"must be {plain(self.min)} plus a multiple of {plain(self.step)}")
        return number

    @override
    def bounds(self) -> str:
        steps = f", step {plain(self.step)}" if self.step is not None else ""
        return range_words(*both_plain(self.min, self.max)) + steps


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
    min: Annotated[str, AfterValidator(date_bound)] | None = None
    max: Annotated[str, AfterValidator(date_bound)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> DateField:
        return _checked_order(self, self.min, self.max)

    @override
    def check(self, answer: Json) -> str:
        text = text_of(answer)
        low, high = (parse_date(bound) if bound else None for bound in (self.min, self.max))
        check_within(parse_date(text), low, high, (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return range_words(self.min, self.max)


class TimeField(FieldBase):
    """A time of day, `HH:MM` or `HH:MM:SS`."""

    type: Literal["Time"] = "Time"
    min: Annotated[str, AfterValidator(time_bound)] | None = None
    max: Annotated[str, AfterValidator(time_bound)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> TimeField:
        low, high = (parse_clock_time(bound) if bound else None for bound in (self.min, self.max))
        return _checked_order(self, low, high)

    @override
    def check(self, answer: Json) -> str:
        text = text_of(answer)
        low, high = (parse_clock_time(bound) if bound else None for bound in (self.min, self.max))
        check_within(parse_clock_time(text), low, high, (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return range_words(self.min, self.max)


class DateTimeField(FieldBase):
    """A wall-clock date and time, `YYYY-MM-DDTHH:MM[:SS]`."""

    type: Literal["DateTime"] = "DateTime"
    min: Annotated[str, AfterValidator(date_time_bound)] | None = None
    max: Annotated[str, AfterValidator(date_time_bound)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> DateTimeField:
        return _checked_order(self, *self._limits())

    def _limits(self) -> tuple[datetime | None, datetime | None]:
        low, high = (datetime.fromisoformat(bound) if bound else None for bound in (self.min, self.max))
        return low, high

    @override
    def check(self, answer: Json) -> str:
        text = text_of(answer)
        check_within(parse_date_time(text), *self._limits(), (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return range_words(self.min, self.max)


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
