"""Reading and writing of the contract's objects, which are declared in `models`, `fields` and `commands`.

All are msgspec's structs: it is loaded and they are made in a few milliseconds, and the inbox's first rows wait for
that. pydantic in place of msgspec for what is written alone was measured, and makes a person wait: 150 ms more for the
first decision and 120 ms for the first form, 10 MB more in the screens, 70 % more time for `approve` on the command
line; a body would be read 5 µs sooner. A struct checks what it is read from, not what its constructor is given: what
came from outside is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from threading import RLock
from typing import Annotated, Any, TypeVar, dataclass_transform

import orjson
from msgspec import Meta, Struct, StructMeta, convert, field, json
from msgspec.structs import astuple, fields, force_setattr
from typing_extensions import override

from api_client.errors import InvalidRequest
from api_client.times import in_utc, wire_time

Json = Any
"""A value out of JSON."""

Moment = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
"""A time: aware and in UTC inside (its object calls `keep_in_utc`), the wire's text outside."""

Confidence = Annotated[float, Meta(ge=0, le=1)]
"""From 0 to 1."""

NOT_BLANK = r"\S"
NotBlank = Annotated[str, Meta(pattern=NOT_BLANK)]
"""A text with a character that is no white space, by Unicode's count (CONTRACT.md part 1, Field). Its object calls
`check_not_blank`, for a constructor checks nothing."""

T = TypeVar("T")


class _Keywords(StructMeta):
    """Metaclass of structs with keyword-only constructors, so that required keys may follow optional ones."""

    @override
    def __new__(
        mcls: type[_Keywords], name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any
    ) -> _Keywords:
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **config})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Wire(Struct, metaclass=_Keywords, frozen=True, rename="camel"):
    """Base of all objects of a response; unknown keys are ignored when it is read."""

    def wire(self) -> dict[str, Json]:
        """Return the object as JSON values under its wire names, optional keys without a value left out.

        Free JSON in it (a payload, metadata) is not copied.
        """
        model, values = self.__class__, astuple(self)
        if (tag := model.__struct_config__.tag) is not None:
            values = (*values[: _inherited(model)], tag, *values[_inherited(model) :])
        return {
            key: value if value.__class__ in _PLAIN_TYPES else _wire_value(value)
            for (key, optional), value in zip(_keys(model), values, strict=True)
            if value is not None or not optional
        }

    def wire_bytes(self) -> bytes:
        """Return the JSON of `wire`.

        Raises:
            TypeError: a value can't be written: an integer beyond 64 bits, text that is no Unicode.
        """
        return orjson.dumps(self.wire())


class Body(Wire):
    """Base of all objects of a request. `read_command` refuses unknown keys; a response may have them."""


def read(model: type[T], raw: Json) -> T:
    """Return the `model` that JSON values spell.

    Raises:
        ValueError: they spell none.
    """
    return convert(raw, type=_prepared(model))


def read_json(model: type[T], content: bytes | str) -> T:
    """Return the `model` that a JSON text spells.

    Raises:
        ValueError: it is no JSON, or spells none.
    """
    try:
        return json.decode(content, type=_prepared(model))
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


def read_known(model: type[T], content: bytes | str) -> T | None:
    """Return the `model` that a recorded JSON text spells; None where it has no shape that this version knows."""
    try:
        return read_json(model, content)
    except ValueError:
        return None


def schemas(models: Iterable[Any], ref_template: str) -> dict[str, Any]:
    """Return the JSON Schemas of types and of all that is within them, by name."""
    # Prepared one after the other, each in its turn: msgspec would build them all, beside threads that read.
    _, found = json.schema_components([_prepared(model) for model in models], ref_template=ref_template)
    return found


_PREPARING = RLock()
_PREPARED: dict[Any, Any] = {}
"""By type: the very object that was prepared. `Page[Event]` may be made anew, and be equal, without being prepared."""


def _prepared(model: type[T]) -> type[T]:
    """Return the type, once msgspec knows all of it.

    msgspec 0.22 reads a struct's annotations when it is first asked for, and another thread that asks meanwhile gets
    what there is of it so far: the process ends with a segmentation fault. So one thread at a time does that, and no
    other module of ours reads with msgspec.
    """
    prepared: type[T] | None = _PREPARED.get(model)
    if prepared is None:
        with _PREPARING:
            json.Decoder(model)
            prepared = _PREPARED.setdefault(model, model)
    return prepared


def wire_name(model: type[Wire], name: str) -> str:
    """Return the name of an attribute on the wire."""
    return model.__struct_encode_fields__[model.__struct_fields__.index(name)]


def check_not_blank(model: Wire, name: str) -> None:
    """Check a `NotBlank` attribute in an object's constructor.

    Raises:
        InvalidRequest: the attribute is empty or white space alone.
    """
    text: str = getattr(model, name)
    if not text.strip():
        raise InvalidRequest(f"{wire_name(type(model), name)}: {BLANK}")


BLANK = "must not be blank"


def keep_in_utc(model: Wire, *names: str) -> None:
    """Convert these times to UTC in an object's constructor; those without a zone are taken as UTC.

    Raises:
        ValueError: in UTC a time is before the calendar's first day or after its last.
    """
    for name in names:
        moment: datetime | None = getattr(model, name)
        if moment is not None and moment.tzinfo is not UTC:
            try:
                force_setattr(model, name, in_utc(moment))
            except OverflowError:
                raise ValueError(f"{name} must be a time within the calendar") from None


_PLAIN_TYPES = frozenset((str, int, float, bool, dict))


def _wire_value(value: Any) -> Json:
    """Return an attribute's value as JSON."""
    if isinstance(value, Wire):
        return value.wire()
    if isinstance(value, (tuple, list)):
        return [_wire_value(item) for item in value]
    return wire_time(value) if isinstance(value, datetime) else value


@cache
def _keys(model: type[Wire]) -> tuple[tuple[str, bool], ...]:
    """Return the wire name of each attribute and of the tag, and whether it is left out where it is None."""
    keys = [(info.encode_name, info.default is None) for info in fields(model)]
    if (tag_field := model.__struct_config__.tag_field) is not None:
        keys.insert(_inherited(model), (tag_field, False))
    return tuple(keys)


def _inherited(model: type[Wire]) -> int:
    """Return how many attributes come before the tag: the order of keys in the record never changes."""
    base = model.__mro__[1]
    return len(base.__struct_fields__) if issubclass(base, Wire) else 0
