"""The shapes that a kind may be looked into by, and a quick look for keys that none of them declares.

A model passes over the keys that it does not know; a request must not have any (CONTRACT.md, Conventions). Nearly
every body has none, and that is found without a step of Python for each key: `body_faults` names those of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec.structs import FieldInfo, fields

from api_client.wire import Body, Json

_Look = Callable[[Json], bool]
"""Tells whether a value, which is of the right kind, holds an unknown key at any depth."""


def holds_unknown_keys(kind: Any, raw: Json) -> bool:
    """Tell whether `raw`, which spells a `kind`, holds a key that the kind does not declare, at any depth."""
    return _look(kind)(raw)


@cache
def parts_of(kind: Any) -> tuple[Any, ...]:
    """Return the bodies, lists and objects that a kind may be and that can be looked into."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return parts_of(inner[0])
    if origin in (Union, UnionType):
        return tuple(part for one in inner for part in parts_of(one))
    if origin in (tuple, dict):
        return () if item_of(kind) is Any else (kind,)
    return (kind,) if isinstance(kind, type) and issubclass(kind, Body) else ()


def item_of(kind: Any) -> Any:
    """Return what a list or an object holds."""
    return get_args(kind)[0 if get_origin(kind) is tuple else 1]


@cache
def known_keys(kind: type[Body]) -> Mapping[str, FieldInfo]:
    """Return what a body declares, by its keys on the wire; without the key of its tag."""
    return {one.encode_name: one for one in fields(kind)}


def narrowed(kind: Any, raw: Json) -> Any:
    """Return the one body of a tagged union that `raw` says it is; `kind` itself where it says none."""
    tag_field, by_tag = _tags(kind)
    tag = raw.get(tag_field) if by_tag and isinstance(raw, Mapping) else None
    return by_tag.get(tag, kind) if isinstance(tag, str) else kind


@cache
def _tags(kind: Any) -> tuple[str, Mapping[str, type[Body]]]:
    """Return the key of a union's tags, and its bodies by their tags; empty where it has none."""
    by_tag: dict[str, type[Body]] = {}
    tag_field = ""
    for part in parts_of(kind):
        if part is not kind and get_origin(part) is None and (found := part.__struct_config__.tag_field) is not None:
            tag_field = found
            by_tag[str(part.__struct_config__.tag)] = part
    return tag_field, by_tag


@cache
def _look(kind: Any) -> _Look:
    """Return what looks for unknown keys in what spells a `kind`."""
    if _tags(kind)[1]:
        return lambda raw: (body := narrowed(kind, raw)) is not kind and _look_into_body(body)(raw)
    looks = [(get_origin(part), _look_into(part)) for part in parts_of(kind) if not _is_flat(part)]
    if not looks:
        return lambda _: False

    def look(raw: Json) -> bool:
        is_list = isinstance(raw, (list, tuple))
        if not is_list and not isinstance(raw, Mapping):
            return False
        return any(one(raw) for origin, one in looks if (origin is tuple) == is_list)

    return look


def _is_flat(part: Any) -> bool:
    """Tell whether a list or an object holds nothing that has keys of its own."""
    return get_origin(part) in (tuple, dict) and not parts_of(item_of(part))


def _look_into(part: Any) -> _Look:
    origin = get_origin(part)
    if origin is None:
        return _look_into_body(part)
    inner = _look(item_of(part))
    return (lambda raw: any(map(inner, raw))) if origin is tuple else (lambda raw: any(map(inner, raw.values())))


@cache
def _look_into_body(kind: type[Body]) -> _Look:
    keys, tag_field = known_keys(kind), kind.__struct_config__.tag_field
    declared = {*keys} if tag_field is None else {*keys, tag_field}
    below = [(key, _look(info.type)) for key, info in keys.items() if parts_of(info.type)]

    def look(raw: Mapping[str, Json]) -> bool:
        return not declared.issuperset(raw) or any(one(raw[key]) for key, one in below if key in raw)

    return look
