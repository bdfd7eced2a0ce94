"""What is wrong with a request's body, in the caller's words: each fault with its place, none with what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from api_client.unknown_keys import holds_unknown_keys, item_of, known_keys, narrowed, parts_of
from api_client.wire import BLANK, Body, Json, read

Place = tuple[str, ...]

_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "an object",
    "str": "text",
}
"""What msgspec's words for a kind are to a person."""

_NOT_BLANK = r"Expected `str` matching regex '\\S'"
"""msgspec's words for a `NotBlank` that is blank."""


def faults_in(kind: Any, raw: Json, place: Place = (), *, sound: bool = False) -> Iterator[str]:
    """Give what makes `raw` no `kind`: unknown and missing keys and values of the wrong kind, at every depth.

    What is `sound` holds no fault but unknown keys, which reading it passes over.
    """
    kind = narrowed(kind, raw)
    fault = None if sound else _fault(kind, raw)
    if fault is None and not holds_unknown_keys(kind, raw):
        return
    below = (one for part in parts_of(kind) for one in _below(part, raw, place, sound=fault is None))
    first = next(below, None)
    if first is not None:
        yield first
        yield from below
    elif fault is not None:
        yield _told(kind, fault, place)


def _fault(kind: Any, raw: Json) -> str | None:
    try:
        read(kind, raw)
    except ValueError as fault:
        return str(fault)
    return None


def _below(part: Any, raw: Json, place: Place, *, sound: bool) -> Iterator[str]:
    """Give the faults of what is inside of `raw`, where it has the form of `part`."""
    origin = get_origin(part)
    if origin is tuple and isinstance(raw, (list, tuple)):
        for number, one in enumerate(raw):
            yield from faults_in(item_of(part), one, (*place, str(number)), sound=sound)
    elif origin is dict and isinstance(raw, Mapping):
        for key, one in raw.items():
            yield from faults_in(item_of(part), one, (*place, str(key)), sound=sound)
    elif origin is None and isinstance(raw, Mapping):
        yield from _of_keys(part, raw, place, sound=sound)


def _of_keys(kind: type[Body], raw: Mapping[str, Json], place: Place, *, sound: bool) -> Iterator[str]:
    tag_field, tag = kind.__struct_config__.tag_field, kind.__struct_config__.tag
    if tag_field is not None and raw.get(tag_field) != tag:
        return
    known = known_keys(kind)
    for key, info in known.items():
        if key in raw:
            if not sound or parts_of(info.type):
                yield from faults_in(info.type, raw[key], (*place, key), sound=sound)
        elif info.required:
            yield _at((*place, key), "is missing")
    for key in raw:
        if key not in known and key != tag_field:
            yield _at((*place, key), "unknown key")


def _told(kind: Any, fault: str, place: Place) -> str:
    """Return msgspec's fault as ours."""
    words, _, path = fault.partition(" - at `$")
    place = (*place, *re.findall(r"\w+", path))
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", words):
        return _at((*place, missing[1]), "is missing")
    if words == _NOT_BLANK:
        return _at(place, BLANK)
    if words.startswith(("Invalid value", "Invalid enum value")):  # ends with what was sent
        return _at(place, f"must be one of {', '.join(_choices(kind))}")
    if expected := re.fullmatch(r"Expected (.*?)(, got .*)?", words):
        named = re.sub(r"`([^`]+)`", lambda one: _named(one[1]), expected[1])
        return _at(place, f"must be {named}")
    return _at(place, words[:1].lower() + words[1:])


def _named(kinds: str) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds.split(" | "))


def _choices(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Literal:
        yield from map(str, get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, Body):
        yield str(kind.__struct_config__.tag)
    else:
        for one in get_args(kind):
            yield from _choices(one)


def _at(place: Place, words: str) -> str:
    return f"{'.'.join(place) or 'body'}: {words}"
