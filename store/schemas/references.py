"""The references of a JSON Schema: whether each leads somewhere, and none only back to itself.

A reference that comes back to where it started without going into a property or an item of the instance would have a
validator run for ever. It is found here before anything is validated, over all that applies to the same instance.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

DEPTH = 100
"""Schemas that may apply to one and the same value, each inside the one before."""
_SAME = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "extends", "type", "disallow")
"""Keywords whose subschemas apply to the instance itself: one, or a list of them."""
_SAME_BY_NAME = ("dependentSchemas", "dependencies")
_BELOW = (
    "items", "prefixItems", "additionalItems", "contains", "unevaluatedItems",
    "additionalProperties", "propertyNames", "unevaluatedProperties",
)  # fmt: skip
"""Keywords whose subschemas apply to what is in the instance."""
_BELOW_BY_NAME = ("properties", "patternProperties", "$defs", "definitions")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_ALWAYS_KNOWN = {"$defs", "definitions", "then", "else"}


class UnusableSchema(ValueError):
    """The schema can't be used; `str()` says why, as the end of a sentence about it."""


class SchemaPlace(NamedTuple):
    """A schema within the whole, and how references in it are resolved."""

    schema: dict[str, Any]
    resolver: Any


class Survey:
    """All schemas that a schema is made of, those that references lead to among them."""

    def __init__(self, content: Any, kind: type[Validator]) -> None:
        """Walk through `content`, a schema of the dialect `kind`.

        Raises:
            UnusableSchema: a reference leads nowhere, or to no schema.
        """
        self._kind = kind
        self._specification = specification_with(_id_of(kind.META_SCHEMA))
        self._known = {*kind.VALIDATORS, *_ALWAYS_KNOWN}
        # Up to draft 7, what is beside a $ref does not count.
        self._only_ref = not {"$dynamicRef", "$recursiveRef"} & self._known
        self._anchored = _anchored(content)
        self._targets: dict[int, list[int]] = defaultdict(list)
        self.places: dict[int, SchemaPlace] = {}
        self.outside: list[dict[str, Any]] = []
        """Schemas that stand where the dialect knows of none, and are referred to."""
        if isinstance(content, dict):
            resource = self._specification.create_resource(content)
            self._walk(SchemaPlace(content, Registry().resolver_with_root(resource)))
        self._follow()

    def check_loops(self) -> None:
        """Raise `UnusableSchema` where a schema refers to itself for the same value, or nests too deeply."""
        after = {number: self._same(number) for number in self.places}
        before: dict[int, list[int]] = defaultdict(list)
        for number, targets in after.items():
            for target in targets:
                before[target].append(number)
        left = {number: len(targets) for number, targets in after.items()}
        depth = dict.fromkeys(self.places, 1)
        ready = deque(number for number, count in left.items() if not count)
        while ready:
            number = ready.popleft()
            for one in before[number]:
                depth[one] = max(depth[one], depth[number] + 1)
                left[one] -= 1
                if not left[one]:
                    ready.append(one)
        if looping := {number for number, count in left.items() if count}:
            raise UnusableSchema(f"it refers to nothing but itself through {self._loop(looping, after)}")
        if max(depth.values(), default=0) > DEPTH:
            raise UnusableSchema(f"over {DEPTH} of its schemas, each inside another, apply to one value")

    def patterns(self) -> Iterator[str]:
        """Yield the regular expressions."""
        for schema, _ in self.places.values():
            if isinstance(pattern := schema.get("pattern"), str):
                yield pattern
            if isinstance(by_pattern := schema.get("patternProperties"), dict):
                yield from by_pattern

    def drop_dialects(self) -> None:
        """Remove `$schema`, at which the library would fall back on its own keywords.

        Raises:
            UnusableSchema: a part is of another dialect than the whole.
        """
        for schema, _ in self.places.values():
            if "$schema" in schema and validator_for(schema, default=self._kind) is not self._kind:
                raise UnusableSchema(f"a part of it is of another dialect, {schema['$schema']!r}")
        for schema, _ in self.places.values():
            schema.pop("$schema", None)

    def _walk(self, start: SchemaPlace) -> None:
        waiting = [start]
        while waiting:
            place = waiting.pop()
            if id(place.schema) in self.places:
                continue
            self.places[id(place.schema)] = place
            for sub in self._subschemas(place.schema, (*_SAME, *_BELOW), (*_SAME_BY_NAME, *_BELOW_BY_NAME)):
                resource = self._specification.create_resource(sub)
                waiting.append(SchemaPlace(sub, place.resolver.in_subresource(resource)))

    def _follow(self) -> None:
        """Resolve the references of all places; what they lead to may bring more."""
        done = 0
        while done < len(self.places):
            for number, place in list(self.places.items())[done:]:
                done += 1
                for target in self._referred(place):
                    self._targets[number].append(id(target.schema))
                    if id(target.schema) not in self.places:
                        self.outside.append(target.schema)
                        self._walk(target)

    def _referred(self, place: SchemaPlace) -> Iterator[SchemaPlace]:
        for keyword in _REFERENCES:
            reference = place.schema.get(keyword)
            if keyword not in self._known or not isinstance(reference, str):
                continue
            try:
                target = place.resolver.lookup(reference)
            except Unresolvable:
                raise UnusableSchema(f"it refers to {reference!r}, which is not in it") from None
            if not isinstance(target.contents, dict | bool):
                raise UnusableSchema(f"it refers to {reference!r}, which is no schema")
            targets = [target.contents]
            if keyword == "$dynamicRef":  # decided as it is used, by where one has come from: any of these
                targets += self._anchored["$dynamicAnchor", reference.rpartition("#")[2]]
            elif keyword == "$recursiveRef":
                targets += self._anchored["$recursiveAnchor", True]
            yield from (SchemaPlace(schema, target.resolver) for schema in targets if isinstance(schema, dict))

    def _same(self, number: int) -> list[int]:
        """Return the places that apply to the same value as this one."""
        schema = self.places[number].schema
        within = [id(sub) for sub in self._subschemas(schema, _SAME, _SAME_BY_NAME)]
        return [*dict.fromkeys([*within, *self._targets[number]])]

    def _subschemas(
        self, schema: Mapping[str, Any], keywords: Iterable[str], by_name: Iterable[str]
    ) -> Iterator[dict[str, Any]]:
        if self._only_ref and "$ref" in schema:
            keywords, by_name = (), [name for name in by_name if name in _ALWAYS_KNOWN]
        for keyword in keywords:
            value = schema.get(keyword) if keyword in self._known else None
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict))
        for keyword in by_name:
            value = schema.get(keyword) if keyword in self._known else None
            if isinstance(value, dict):
                yield from (one for one in value.values() if isinstance(one, dict))

    def _loop(self, looping: set[int], after: Mapping[int, list[int]]) -> str:
        """Return a reference on a loop."""
        number, seen = min(looping, key=list(self.places).index), set[int]()
        while number not in seen:
            seen.add(number)
            number = next(one for one in after[number] if one in looping)
        start = number
        while True:
            schema = self.places[number].schema
            number = next(one for one in after[number] if one in looping)
            for keyword in _REFERENCES:
                if number in self._targets.get(id(schema), ()) and isinstance(schema.get(keyword), str):
                    return repr(schema[keyword])
            if number == start:
                return "its subschemas"


def _id_of(meta_schema: Mapping[str, Any]) -> str:
    return str(meta_schema.get("$id") or meta_schema.get("id"))


def _anchored(content: Any) -> defaultdict[tuple[str, Any], list[dict[str, Any]]]:
    """Return all objects under the anchor that they declare, wherever they stand."""
    found: defaultdict[tuple[str, Any], list[dict[str, Any]]] = defaultdict(list)
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for keyword in ("$dynamicAnchor", "$recursiveAnchor"):
                if isinstance(anchor := value.get(keyword), str | bool):
                    found[keyword, anchor].append(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found
