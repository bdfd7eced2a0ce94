"""The ten field types of an elicitation: the keys and the accepted answers of each (CONTRACT.md part 1, Field).

This is the one place where an answer is checked: the form, the store and the server all call it. A check returns the
answer as it is stored, or raises `ValueError` with words for the person who answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from msgspec import Meta
from msgspec.structs import force_setattr
from typing_extensions import override

from api_client.field_values import (
    DateBound,
    DateTimeBound,
    TimeBound,
    both_plain,
    check_format,
    check_length,
    check_number,
    check_within,
    date_bound,
    date_time_bound,
    format_words,
    fraction_of,
    number_bound,
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
    """Base of all field types, with the keys that each of them has."""

    id: Annotated[str, Meta(min_length=1)]
    label: str
    description: str | None = None
    required: bool

    @property
    def type(self) -> str:
        """The type's name on the wire."""
        return str(self.__struct_config__.tag)

    def check(self, answer: Json) -> Json:
        """Return `answer` as it is stored.

        Raises:
            ValueError: this field does not accept it; the message says what it accepts.
        """
        raise NotImplementedError

    def bounds(self) -> str:
        """Return the limits of an answer in words; empty where there are none."""
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
        check_length(text, self.min_length, self.max_length)
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
        check_format(text, self.format)
        return text

    @override
    def bounds(self) -> str:
        return ", ".join(part for part in (format_words(self.format), super().bounds()) if part)


class TextAreaField(_Lengths, tag="TextArea"):
    """Text of any number of lines."""


class _Ranged(FieldBase):
    """Base of the fields whose answers lie between two bounds, and whose bounds are values of the same type."""

    if TYPE_CHECKING:  # each type declares its own, which come after `type` in the record
        min: Any
        max: Any

    def __post_init__(self) -> None:
        for name in ("min", "max", "step"):
            bound = getattr(self, name, None)
            if bound is not None:
                try:
                    force_setattr(self, name, self._normalized(bound))
                except ValueError as fault:
                    raise ValueError(f"{name} {fault}") from None
        low, high = self._limits()
        if low is not None and high is not None and low > high:
            raise ValueError("min is over max")

    @staticmethod
    def _normalized(bound: Any, /) -> Any:
        """Return a bound as it is stored; raise `ValueError` with words that say what it must be."""
        raise NotImplementedError

    def _limits(self) -> tuple[Any, Any]:
        """Return both bounds as values that compare; None where there is none."""
        return self.min, self.max


class NumberField(_Ranged, tag="Number"):
    """A number."""

    min: float | None = None
    max: float | None = None
    integer_only: bool
    _normalized = staticmethod(number_bound)

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


class SliderField(_Ranged, tag="Slider"):
    """A number on the grid `min + k * step`; without a step, any between."""

    min: float
    max: float
    step: Annotated[float, Meta(gt=0)] | None = None
    _normalized = staticmethod(number_bound)

    @override
    def check(self, answer: Json) -> float:
        number = number_of(answer)
        check_number(number, self.min, self.max)
        # Decimal arithmetic, for 0.1 + 0.2 must be on a grid of 0.1 (CONTRACT.md part 1); and fractions of those
        # decimals, for Decimal has no quotient of more than 28 digits.
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
        if not isinstance(answer, list) or any(not isinstance(option, str) for option in answer):
            raise ValueError("must be a list of options")
        declared = set(self.options)
        unknown = next((option for option in answer if option not in declared), None)
        if unknown is not None:
            raise ValueError(f"must hold options only, not {unknown!r}")
        if len(set(answer)) != len(answer):
            raise ValueError("must not repeat an option")
        if self.required and not answer:
            raise ValueError("must have at least one option")
        return list(answer)


class _Temporal(_Ranged):
    """Base of dates and times, which are texts of a certain form; their bounds too."""

    @override
    def _limits(self) -> tuple[Any, Any]:
        low, high = (self._parsed(bound) if bound is not None else None for bound in (self.min, self.max))
        return low, high

    @staticmethod
    def _parsed(text: str, /) -> date | time:
        """Return the date or time that a text names; raise `ValueError` with words that say what it must be."""
        raise NotImplementedError

    @override
    def check(self, answer: Json) -> str:
        text = text_of(answer)
        check_within(self._parsed(text), *self._limits(), (self.min, self.max))
        return text

    @override
    def bounds(self) -> str:
        return range_words(self.min, self.max)


class DateField(_Temporal, tag="DateField"):
    """A date, `YYYY-MM-DD`."""

    min: DateBound | None = None
    max: DateBound | None = None
    _normalized = staticmethod(date_bound)
    _parsed = staticmethod(parse_date)


class TimeField(_Temporal, tag="Time"):
    """A time of day, `HH:MM` or `HH:MM:SS`."""

    min: TimeBound | None = None
    max: TimeBound | None = None
    _normalized = staticmethod(time_bound)
    _parsed = staticmethod(parse_clock_time)


class DateTimeField(_Temporal, tag="DateTime"):
    """A wall-clock date and time, `YYYY-MM-DDTHH:MM[:SS]`."""

    min: DateTimeBound | None = None
    max: DateTimeBound | None = None
    _normalized = staticmethod(date_time_bound)
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
    """A field of a type that this program does not know: displayed as it is, never answered."""

    type: str
    id: str
    label: str
    description: str | None = None
    required: bool
    raw: dict[str, Json]

    def check(self, answer: Json) -> Json:
        """Raise `ValueError`: the answers that it accepts are not known."""
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

FIELD_TYPES: Mapping[str, type[FieldBase]] = {
    str(field_type.__struct_config__.tag): field_type for field_type in get_args(AnyField)
}


def read_fields(raw: Iterable[Json]) -> list[FieldBase | UnknownField]:
    """Return the fields of an `ELICITATION_REQUESTED` payload, those of unknown shape as `UnknownField`."""
    return [_read_field(field) for field in raw if isinstance(field, dict)]


def _read_field(raw: dict[str, Any]) -> FieldBase | UnknownField:
    field_type = FIELD_TYPES.get(str(raw.get("type")))
    if field_type is not None:
        try:
            return read(field_type, raw)
        except ValueError:
            pass  # a hosted server's dialect of a known type: displayed as it is, like an unknown one
    texts = {key: str(raw[key]) for key in ("type", "id", "label", "description") if raw.get(key) is not None}
    defaults = {"type": "", "id": "", "label": ""}
    return read(UnknownField, {**defaults, **texts, "required": raw.get("required") is True, "raw": raw})


def check_answers(
    fields: Sequence[FieldBase | UnknownField], answers: Mapping[str, Json]
) -> tuple[dict[str, Json], dict[str, str]]:
    """Check all answers at once (CONTRACT.md part 3, Answers).

    Returns:
        The answers as they are stored, and a message for each field id whose answer is refused.
    """
    accepted: dict[str, Json] = {}
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
            accepted[field.id] = field.check(answer)
        except ValueError as fault:
            faults[field.id] = str(fault)
    return accepted, faults


def check_declaration(fields: Sequence[FieldBase], bids: Sequence[FieldBid]) -> None:
    """Check the ids of a form's fields and its bids against each other (CONTRACT.md part 1).

    Raises:
        ValueError: there are no fields, two of one id, two bids for one field or one for none.
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
