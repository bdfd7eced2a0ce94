"""The ten field types of an elicitation: what each declares and which answers it takes (CONTRACT.md part 1, Field).

This is the one place where an answer is checked: the form, the store and the server all call it. A check
returns the answer as it is kept, or raises `ValueError` with words for the person who answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from msgspec import Meta
from msgspec.structs import force_setattr
from typing_extensions import override

from api_client.field_values import (
    DateBound,
    DateTimeBound,
    TimeBound,
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
from api_client.models import FieldBid
from api_client.wire import Body, Json, Wire, read


class FieldBase(Body, tag_field="type"):
    """What all field types declare."""

    id: Annotated[str, Meta(min_length=1)]
    label: str
    description: str | None = None
    required: bool

    @property
    def type(self) -> str:
        """The name of its type on the wire."""
        return str(self.__struct_config__.tag)

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
    min_length: Annotated[int, Meta(ge=0)] | None = None
    max_length: Annotated[int, Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ValueError("minLength is over maxLength")

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


class TextField(_Lengths, tag="Text"):
    """One line of text."""

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


class TextAreaField(_Lengths, tag="TextArea"):
    """Text of any number of lines."""


class NumberField(FieldBase, tag="Number"):
    """A number."""

    min: float | None = None
    max: float | None = None
    integer_only: bool

    def __post_init__(self) -> None:
        _keep_numbers(self, "min", "max")
        _check_order(self.min, self.max)

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


class SliderField(FieldBase, tag="Slider"):
    """A number on the grid `min + k * step`; without a step, any between."""

    min: float
    max: float
    step: Annotated[float, Meta(gt=0)] | None = None

    def __post_init__(self) -> None:
        _keep_numbers(self, "min", "max", "step")
        _check_order(self.min, self.max)

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
    options: Annotated[tuple[str, ...], Meta(min_length=1)]


class SelectField(_Options, tag="Select"):
    """One of the options."""

    @override
    def check(self, answer: Json) -> str:
        if not isinstance(answer, str) or answer not in self.options:
            raise ValueError("must be one of the options")
        return answer


class MultiselectField(_Options, tag="Multiselect"):
    """Any of the options, each once."""

    @override
    def check(self, answer: Json) -> list[str]:
        if not isinstance(answer, list) or any(not isinstance(one, str) for one in answer):
            raise ValueError("must be a list of options")
        options = set(self.options)
        unknown = next((one for one in answer if one not in options), None)
        if unknown is not None:
            raise ValueError(f"must hold options only, not {unknown!r}")
        if len(set(answer)) != len(answer):
            raise ValueError("must not repeat an option")
        if self.required and not answer:
            raise ValueError("must have at least one option")
        return list(answer)


class _Spelt(FieldBase):
    """A date or time, its bounds too: as text of a certain form."""

    if TYPE_CHECKING:  # each type has its own, which stand behind the type in the record
        min: str | None
        max: str | None

    def __post_init__(self) -> None:
        for name in ("min", "max"):
            bound: str | None = getattr(self, name)
            if bound is not None:
                try:
                    force_setattr(self, name, self._kept(bound))
                except ValueError as fault:
                    raise ValueError(f"{name} {fault}") from None
        _check_order(*self._limits())

    def _limits(self) -> tuple[Any, Any]:
        low, high = (self._parsed(bound) if bound is not None else None for bound in (self.min, self.max))
        return low, high

    @staticmethod
    def _kept(text: str) -> str:
        """Return a bound as it is kept; `ValueError` says what it must be."""
        raise NotImplementedError

    @staticmethod
    def _parsed(text: str) -> date | time:
        """Return what an answer or a bound means; `ValueError` says what it must be."""
        raise NotImplementedError

    @override
    def check(self, answer: Json) -> str:
        text = text_of(answer)
        check_within(self._parsed(text), *self._limits(), (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return range_words(self.min, self.max)


class DateField(_Spelt, tag="DateField"):
    """A date, `YYYY-MM-DD`."""

    min: DateBound | None = None
    max: DateBound | None = None
    _kept = staticmethod(date_bound)
    _parsed = staticmethod(parse_date)


class TimeField(_Spelt, tag="Time"):
    """A time of day, `HH:MM` or `HH:MM:SS`."""

    min: TimeBound | None = None
    max: TimeBound | None = None
    _kept = staticmethod(time_bound)
    _parsed = staticmethod(parse_clock_time)


class DateTimeField(_Spelt, tag="DateTime"):
    """A wall-clock date and time, `YYYY-MM-DDTHH:MM[:SS]`."""

    min: DateTimeBound | None = None
    max: DateTimeBound | None = None
    _kept = staticmethod(date_time_bound)
    _parsed = staticmethod(parse_date_time)

    @override
    def _limits(self) -> tuple[datetime | None, datetime | None]:
        # The SDK's bounds have microseconds, an answer has none.
        low, high = (datetime.fromisoformat(bound) if bound is not None else None for bound in (self.min, self.max))
        return low, high


class SwitchField(FieldBase, tag="Switch"):
    """Yes or no."""

    @override
    def check(self, answer: Json) -> bool:
        if not isinstance(answer, bool):
            raise ValueError("must be yes or no")
        return answer


class UnknownField(Wire):
    """A field of a type that this program does not know: shown as it is, never answered."""

    type: str
    id: str
    label: str
    description: str | None = None
    required: bool
    raw: dict[str, Json]

    def check(self, answer: Json) -> Json:
        """Raise `ValueError`: nobody here knows what it takes."""
        raise ValueError(f"is of the type {self.type!r}, which this version can't answer")

    def bounds(self) -> str:
        """Return an empty text."""
        return ""


AnyField = (
    TextField
    | TextAreaField
    | NumberField
    | SliderField
    | SelectField
    | MultiselectField
    | DateField
    | TimeField
    | DateTimeField
    | SwitchField
)
"""A field as a request may declare it, known by its `type`."""

FIELD_TYPES: Mapping[str, type[FieldBase]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyField)}


def read_fields(raw: Iterable[Json]) -> list[FieldBase | UnknownField]:
    """Return the fields of an `ELICITATION_REQUESTED` payload, those of unknown shape as `UnknownField`."""
    return [_read_field(one) for one in raw if isinstance(one, dict)]


def _read_field(raw: dict[str, Any]) -> FieldBase | UnknownField:
    known = FIELD_TYPES.get(str(raw.get("type")))
    if known is not None:
        try:
            return read(known, raw)
        except ValueError:
            pass  # a hosted server's dialect of a known type: shown as it is, like an unknown one
    shown = {key: str(raw[key]) for key in ("type", "id", "label", "description") if raw.get(key) is not None}
    unsaid = {"type": "", "id": "", "label": ""}
    return read(UnknownField, {**unsaid, **shown, "required": raw.get("required") is True, "raw": raw})


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
    ids = {field.id for field in fields}
    if len(ids) != len(fields):
        raise ValueError("field ids must be unique")
    if len({bid.field_id for bid in bids}) != len(bids):
        raise ValueError("recommendation holds more than one bid for a field")
    unknown = next((bid.field_id for bid in bids if bid.field_id not in ids), None)
    if unknown is not None:
        raise ValueError(f"recommendation names the field {unknown!r}, which is not declared")


def _keep_numbers(field: FieldBase, *names: str) -> None:
    """Make the bounds of a field that is made in code what they are where it is read: floats, and none without end."""
    for name in names:
        bound: float | None = getattr(field, name)
        if bound is not None:
            if not isfinite(bound):
                raise ValueError(f"{name} must be a number with an end")
            force_setattr(field, name, float(bound))


def _check_order(low: Any, high: Any) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError("min is over max")
