"""JSON Schema's keywords whose cost in the `jsonschema` library is not bounded, in bounded ways.

Patterns are run by RE2, which can't backtrack: its time is linear in the text. It has no lookarounds and no
backreferences; a pattern with those is refused where it is declared. `uniqueItems` is linear too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft201909Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Errors = Iterator[ValidationError]

PATTERN_BYTES = 4 << 20
"""Memory that one pattern may take; a larger one is refused."""
_ESCAPE = re.compile(r"\\(?:u(?P<hex>[0-9A-Fa-f]{4})|.)", re.DOTALL)
_LATEST = {Draft201909Validator, Draft202012Validator}


class PatternError(ValueError):
    """A pattern that RE2 can't express; `str()` says why."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    r"""Return a pattern for RE2, in which `\uXXXX` is a character as in ECMA 262.

    Raises:
        PatternError: it is none, or has what RE2 can't express.
    """
    import re2  # on the way to a schema with a pattern only

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_BYTES
    try:
        return re2.compile(_ESCAPE.sub(_code_point, pattern), options)
    except (re2.error, UnicodeEncodeError) as fault:
        words = fault.args[0] if fault.args else ""
        raise PatternError(words.decode(errors="replace") if isinstance(words, bytes) else str(words)) from None


def _code_point(found: re.Match[str]) -> str:
    return f"\\x{{{found['hex']}}}" if found["hex"] else found[0]


def _matches(pattern: str, text: str) -> bool:
    return compiled(pattern).search(text) is not None


@lru_cache(maxsize=16)
def bounded(kind: type[Validator], *, has_pattern_properties: bool) -> type[Validator]:
    """Return the dialect `kind` with these keywords in the place of its own."""
    own: dict[str, Any] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    if has_pattern_properties and kind in _LATEST:
        own["unevaluatedProperties"] = _unevaluated_properties
    dialect: type[Validator] = extend(kind, own)  # type: ignore[no-untyped-call]
    return dialect


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "string") and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, subschema, path=key, schema_path=pattern)


def _additional_properties(validator: Any, subschema: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = [key for key in instance if key not in declared and not _any_matches(patterns, key)]
    if validator.is_type(subschema, "object"):
        for key in extra:
            yield from validator.descend(instance[key], subschema, path=key)
    elif not subschema and extra:
        yield ValidationError(f"Additional properties are not allowed: {_listed(extra)}")


def _any_matches(patterns: Iterable[str], text: str) -> bool:
    return any(_matches(pattern, text) for pattern in patterns)


def _unique_items(validator: Any, wanted: bool, instance: Any, _schema: Any) -> Errors:
    if not wanted or not validator.is_type(instance, "array"):
        return
    # As text, for the hash of a string can't be foreseen by who chooses the items; that of a number can.
    if len({json.dumps(_plain(item), sort_keys=True) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _plain(value: Any) -> Any:
    """Return `value` with 1.0 as 1, which are one number in JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


# -- unevaluatedProperties beside patternProperties: the library would run the patterns with `re`


def _unevaluated_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    seen = _evaluated(validator, instance, schema)
    left = [key for key in instance if key not in seen]
    faulty = [key for key in left if any(True for _ in validator.descend(instance[key], subschema, path=key))]
    if faulty:
        yield ValidationError(f"Unevaluated properties are not allowed: {_listed(faulty)}")


def _evaluated(validator: Any, instance: Mapping[str, Any], schema: Any) -> set[str]:
    """Return the keys that `schema` says something about, itself or through what applies to the same instance."""
    if not validator.is_type(schema, "object"):
        return set()
    seen = set(instance.keys() & schema.get("properties", {}).keys())
    seen |= {key for key in instance if _any_matches(schema.get("patternProperties", ()), key)}
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema:
            evolved = validator.evolve(schema=schema[keyword])
            seen |= {key for key, value in instance.items() if evolved.is_valid(value)}
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            target = validator._resolver.lookup(schema[keyword])
            there = validator.evolve(schema=target.contents, _resolver=target.resolver)
            seen |= _evaluated(there, instance, target.contents)
    for applied in _applied(validator, instance, schema):
        seen |= _evaluated(validator, instance, applied)
    return seen


def _applied(validator: Any, instance: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the subschemas that hold for the same instance."""

    def holds(subschema: Any) -> bool:
        return bool(validator.evolve(schema=subschema).is_valid(instance))

    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from filter(holds, schema.get(keyword, ()))
    yield from (one for key, one in schema.get("dependentSchemas", {}).items() if key in instance)
    if "if" in schema and holds(schema["if"]):
        yield schema["if"]
        yield schema.get("then", True)
    elif "if" in schema:
        yield schema.get("else", True)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(repr(key) for key in keys)
