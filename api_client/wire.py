"""Reading and writing of the contract's objects, which are declared in `models`, `fields` and `commands`.

All are msgspec's structs: it is loaded and they are made in a few milliseconds, and the inbox's first rows wait for
that. pydantic in place of msgspec for what is written alone was measured, and makes a person wait: 150 ms more for the
first decision and 120 ms for the first form, 10 MB more in the screens, 70 % more time for `approve` on the command
line; a body would be read 5 µs sooner. A struct checks what it is read from, not what its constructor is given: what
came from outside is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
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

NOT_BLANK = r"\S"
NotBlank = Annotated[str, Meta(pattern=NOT_BLANK)]
"""A text that holds more than white space, Unicode's too (CONTRACT.md part 1, Field). Its object calls
`check_not_blank`, for a constructor checks nothing."""

T = TypeVar("T")


class _Keywords(StructMeta):
    """Makes structs whose constructors take names only, so that required keys may follow optional ones."""

    @override
    def __new__(
        mcls: type[_Keywords], name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any
    ) -> _Keywords:
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **config})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Wire(Struct, metaclass=_Keywords, frozen=True, rename="camel"):
    """Base of all that an answer holds; keys that we don't know are passed over."""

    def wire(self) -> dict[str, Json]:
        """Return the object as JSON values under its wire names, optional keys without a value left out.

        Free JSON in it (a payload, metadata) is not copied.
        """
        kind, values = self.__class__, astuple(self)
        if (tag := kind.__struct_config__.tag) is not None:
            values = (*values[: _inherited(kind)], tag, *values[_inherited(kind) :])
        return {
            key: value if value.__class__ in _AS_THEY_ARE else _told(value)
            for (key, optional), value in zip(_keys(kind), values, strict=True)
            if value is not None or not optional
        }

    def wire_bytes(self) -> bytes:
        """Return the JSON of `wire`.

        Raises:
            TypeError: it holds something that JSON can't: an integer beyond 64 bits, text that is no Unicode.
        """
        return orjson.dumps(self.wire())


class Body(Wire):
    """Base of all that a request may hold. `read_command` refuses unknown keys; an answer may have them."""


def read(kind: type[T], raw: Json) -> T:
    """Return the `kind` that JSON values spell.

    Raises:
        ValueError: they spell none.
    """
    return convert(raw, type=kind)


def read_json(kind: type[T], content: bytes | str) -> T:
    """Return the `kind` that a JSON text spells.

    Raises:
        ValueError: it is no JSON, or spells none.
    """
    try:
        return json.decode(content, type=kind)
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


def wire_name(kind: type[Wire], name: str) -> str:
    """Return how an attribute is called on the wire."""
    return kind.__struct_encode_fields__[kind.__struct_fields__.index(name)]


def check_not_blank(one: Wire, name: str) -> None:
    """Check a `NotBlank` attribute of an object that is being made.

    Raises:
        InvalidRequest: it holds nothing but white space.
    """
    text: str = getattr(one, name)
    if not text.strip():
        raise InvalidRequest(f"{wire_name(type(one), name)}: {BLANK}")


BLANK = "must not be blank"


def keep_in_utc(one: Wire, *names: str) -> None:
    """Bring these times of an object that is being made to UTC; those without a zone are taken to be.

    Raises:
        ValueError: in UTC a time is before the calendar's first day or after its last.
    """
    for name in names:
        moment: datetime | None = getattr(one, name)
        if moment is not None and moment.tzinfo is not UTC:
            try:
                force_setattr(one, name, in_utc(moment))
            except OverflowError:
                raise ValueError(f"{name} must be a time within the calendar") from None


_AS_THEY_ARE = frozenset((str, int, float, bool, dict))


def _told(value: Any) -> Json:
    """Return what an attribute holds as it stands on the wire."""
    if isinstance(value, Wire):
        return value.wire()
    if isinstance(value, (tuple, list)):
        return [_told(one) for one in value]
    return wire_time(value) if isinstance(value, datetime) else value


@cache
def _keys(kind: type[Wire]) -> tuple[tuple[str, bool], ...]:
    """Return each attribute's name on the wire, and whether it is left out where it is None; the tag's among them."""
    keys = [(one.encode_name, one.default is None) for one in fields(kind)]
    if (tag_field := kind.__struct_config__.tag_field) is not None:
        keys.insert(_inherited(kind), (tag_field, False))
    return tuple(keys)


def _inherited(kind: type[Wire]) -> int:
    """Return how many attributes come before the tag: the record keeps the order in which it was always written."""
    base = kind.__mro__[1]
    return len(base.__struct_fields__) if issubclass(base, Wire) else 0
