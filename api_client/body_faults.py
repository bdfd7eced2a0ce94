"""The faults of a request's body: each with its place, in words for the caller, and without what was sent.

A body is walked beside the annotations of the type that it must spell. msgspec reads bodies by the same annotations,
but stops at the first fault and describes it in a text that is made for programmers; nothing is taken from that text.
A property test holds the two against each other: the walk finds a fault exactly where msgspec refuses a body.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from operator import ge, gt, le, lt
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta
from msgspec.structs import fields
from typing_extensions import override

from api_client.wire import BLANK, NOT_BLANK, Body, Json, read

Place = tuple[str, ...]
"""The keys and indexes that lead from the body to a value."""

UNEXPLAINED = "is not accepted"
"""The message where msgspec refuses what the walk accepts, which would be an error of this module."""
_BOOLEAN, _INTEGER, _NUMBER, _STRING = "true or false", "a whole number", "a number", "text"
_OBJECT, _ARRAY, _NULL = "an object", "a list", "null"
_NAMES = (_BOOLEAN, _INTEGER, _NUMBER, _STRING, _OBJECT, _ARRAY, _NULL)
"""JSON's types in words for a caller, in the order in which a message names them."""
_TYPES_OF: Mapping[type, tuple[str, ...]] = {
    bool: (_BOOLEAN,),
    int: (_INTEGER, _NUMBER),
    float: (_NUMBER,),
    str: (_STRING,),
    dict: (_OBJECT,),
    list: (_ARRAY,),
    NoneType: (_NULL,),
    tuple: (_ARRAY,),
    Mapping: (_OBJECT,),
}
"""The JSON types that a Python value may stand for; of a subclass the first that fits counts."""


def faults_in(body_type: Any, raw: Json) -> Iterator[str]:
    """Yield the faults of `raw` as a `body_type`: missing keys, unknown keys and unfit values, at every depth.

    The faults come in the order of the declaration, the unknown keys of an object last. The checks that an object makes
    as a whole run only where its values have no fault.
    """
    return _slot(body_type).faults(raw, ())


def has_unknown_keys(body_type: Any, raw: Json) -> bool:
    """Return whether `raw`, which msgspec reads as a `body_type`, has a key that is not declared, at any depth.

    A model ignores the keys that it does not know; a request must not have any (CONTRACT.md, Conventions). Nearly every
    body has none, and that is found without a step of Python for each key.
    """
    return _slot(body_type).has_unknown_keys(raw)


class _Rule(ABC):
    """Base of the rules: the demands on a value of one JSON type."""

    has_keys = False
    """True where an object of declared keys may stand in it."""

    @abstractmethod
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        """Yield the faults of a value of this JSON type."""

    def has_unknown_keys(self, raw: Any) -> bool:
        """Return whether a value that is otherwise without fault has an unknown key."""
        return False


class _Slot:
    """A place in a body: a rule for each JSON type that is accepted there, or no rule where anything is."""

    def __init__(self, rules: Mapping[str, _Rule] | None) -> None:
        self.accepts_anything = rules is None
        self._rules = {name: rules[name] for name in _NAMES if name in rules} if rules is not None else {}
        self.has_keys = any(rule.has_keys for rule in self._rules.values())

    def faults(self, raw: Json, place: Place) -> Iterator[str]:
        """Yield the faults of a value in this place."""
        if self.accepts_anything:
            return
        rule = self._rule_for(raw)
        if rule is None:
            yield _at(place, f"must be {' or '.join(self._rules)}")
        else:
            yield from rule.faults(raw, place)

    def has_unknown_keys(self, raw: Json) -> bool:
        """Return whether a value in this place, which is otherwise without fault, has an unknown key."""
        rule = self._rule_for(raw) if self.has_keys else None
        return rule is not None and rule.has_unknown_keys(raw)

    def _rule_for(self, raw: Json) -> _Rule | None:
        return next((self._rules[name] for name in _json_types(raw) if name in self._rules), None)


class _TypeRule(_Rule):
    """Any value of its JSON type."""

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        yield from ()


class _NumberRule(_Rule):
    """A number within bounds."""

    def __init__(self, name: str, meta: Meta) -> None:
        self._name = name
        self._type = int if name == _INTEGER else float
        bounds = ((">=", ge, meta.ge), (">", gt, meta.gt), ("<=", le, meta.le), ("<", lt, meta.lt))
        self._bounds = [(sign, holds, self._type(bound)) for sign, holds, bound in bounds if bound is not None]

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        try:
            number = self._type(raw)
        except OverflowError:
            yield _at(place, "number out of range")
            return
        for sign, holds, bound in self._bounds:
            if not holds(number, bound):
                yield _at(place, f"must be {self._name} {sign} {bound}")
                return


class _TextRule(_Rule):
    """A text that is long enough, and not blank where that is asked for."""

    def __init__(self, meta: Meta) -> None:
        self._min_length = meta.min_length or 0
        self._may_be_blank = meta.pattern is None
        if meta.pattern not in (None, NOT_BLANK):
            raise TypeError(f"no words for the pattern {meta.pattern!r}")

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        if len(raw) < self._min_length:
            yield _at(place, f"must be {_STRING} of length >= {self._min_length}")
        elif not self._may_be_blank and not raw.strip():
            yield _at(place, BLANK)


class _ChoiceRule(_Rule):
    """One of a few texts."""

    def __init__(self, choices: Iterable[str]) -> None:
        self._choices = list(choices)

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        if raw not in self._choices:
            yield _one_of(self._choices, place)


class _ListRule(_Rule):
    """A list whose items follow the same rules."""

    def __init__(self, item: _Slot, meta: Meta) -> None:
        self._item, self._min_length = item, meta.min_length or 0
        self.has_keys = item.has_keys

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        if not self._item.accepts_anything:
            for index, item in enumerate(raw):
                yield from self._item.faults(item, (*place, str(index)))
        if len(raw) < self._min_length:
            yield _at(place, f"must be {_ARRAY} of length >= {self._min_length}")

    @override
    def has_unknown_keys(self, raw: Any) -> bool:
        return any(map(self._item.has_unknown_keys, raw))


class _MapRule(_Rule):
    """An object of any keys, whose values follow the same rules."""

    def __init__(self, value: _Slot) -> None:
        self._value = value
        self.has_keys = value.has_keys

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        if not self._value.accepts_anything:
            for key, value in raw.items():
                yield from self._value.faults(value, (*place, str(key)))

    @override
    def has_unknown_keys(self, raw: Any) -> bool:
        return any(map(self._value.has_unknown_keys, raw.values()))


class _BodyRule(_Rule):
    """An object of declared keys."""

    has_keys = True

    def __init__(self, body_type: type[Body]) -> None:
        self._type = body_type
        self._slots = {info.encode_name: (_slot(info.type), info.required) for info in fields(body_type)}
        self._with_keys = [(key, slot) for key, (slot, _) in self._slots.items() if slot.has_keys]
        self._declared = {*self._slots, body_type.__struct_config__.tag_field}
        self._is_checked_whole = hasattr(body_type, "__post_init__")

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        is_sound = True
        for fault in self._faults_of_keys(raw, place):
            is_sound = False
            yield fault
        if is_sound and self._is_checked_whole:
            try:
                read(self._type, raw)
            except ValueError as fault:
                # All its values are without fault: what msgspec passes on is an error of its own `__post_init__`.
                yield _at(place, str(fault.__cause__ or UNEXPLAINED))

    def _faults_of_keys(self, raw: Mapping[str, Json], place: Place) -> Iterator[str]:
        for key, (slot, is_required) in self._slots.items():
            if key in raw:
                yield from slot.faults(raw[key], (*place, key))
            elif is_required:
                yield _missing(key, place)
        for key in raw:
            if key not in self._declared:
                yield _at((*place, key), "unknown key")

    @override
    def has_unknown_keys(self, raw: Any) -> bool:
        return not self._declared.issuperset(raw) or any(
            slot.has_unknown_keys(raw[key]) for key, slot in self._with_keys if key in raw
        )


class _TaggedRule(_Rule):
    """An object whose tag says which of several declarations its keys have."""

    has_keys = True

    def __init__(self, body_types: Iterable[type[Body]]) -> None:
        self._by_tag: dict[str, _BodyRule] = {}
        for body_type in body_types:
            self._tag_field = str(body_type.__struct_config__.tag_field)
            self._by_tag[str(body_type.__struct_config__.tag)] = _BodyRule(body_type)

    @override
    def faults(self, raw: Any, place: Place) -> Iterator[str]:
        if self._tag_field not in raw:
            yield _missing(self._tag_field, place)
            return
        tag, place_of_tag = raw[self._tag_field], (*place, self._tag_field)
        if not isinstance(tag, str):
            yield _at(place_of_tag, f"must be {_STRING}")
        elif tag not in self._by_tag:
            yield _one_of(self._by_tag, place_of_tag)
        else:
            yield from self._by_tag[tag].faults(raw, place)

    @override
    def has_unknown_keys(self, raw: Any) -> bool:
        return self._by_tag[raw[self._tag_field]].has_unknown_keys(raw)


@cache
def _slot(annotation: Any) -> _Slot:
    """Return the rules of an annotation.

    Raises:
        TypeError: it has a part that none of the contract's types has, and for which there are no words.
    """
    if annotation is Any:
        return _Slot(None)
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    tagged = [option for option in options if _is_body(option) and option.__struct_config__.tag_field is not None]
    rules = dict(_rule(option) for option in options if option not in tagged)
    if tagged:
        rules[_OBJECT] = _TaggedRule(tagged)
    return _Slot(rules)


def _rule(annotation: Any) -> tuple[str, _Rule]:
    """Return the JSON type that an annotation accepts, and its rule."""
    annotation, *metas = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    meta = next((meta for meta in metas if isinstance(meta, Meta)), _NO_BOUNDS)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _STRING, _ChoiceRule(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _ARRAY, _ListRule(_slot(arguments[0]), meta)
    if origin is dict:
        return _OBJECT, _MapRule(_slot(arguments[1]))
    if _is_body(annotation):
        return _OBJECT, _BodyRule(annotation)
    return _scalar(annotation, meta)


def _scalar(annotation: Any, meta: Meta) -> tuple[str, _Rule]:
    if annotation is str:
        return _STRING, _TextRule(meta)
    if annotation in (int, float):
        name = _TYPES_OF[annotation][0]
        return name, _NumberRule(name, meta)
    if annotation in (bool, NoneType):
        return _TYPES_OF[annotation][0], _TypeRule()
    raise TypeError(f"no rule for {annotation!r}")


_NO_BOUNDS = Meta()


def _is_body(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Body)


def _json_types(raw: Json) -> tuple[str, ...]:
    names = _TYPES_OF.get(raw.__class__)
    return names if names is not None else next((_TYPES_OF[base] for base in _TYPES_OF if isinstance(raw, base)), ())


def _one_of(choices: Iterable[str], place: Place) -> str:
    return _at(place, f"must be one of {', '.join(choices)}")


def _missing(key: str, place: Place) -> str:
    return _at((*place, key), "is missing")


def _at(place: Place, words: str) -> str:
    return f"{'.'.join(place) or 'body'}: {words}"
