"""The engine of metadata schemas: the same verdicts as the library alone, in bounded ways, and always in words."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from store.core.schema_questions import Question, Verdict
from store.schemas.evaluator import answer

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"


def declared(schema: Any) -> Verdict | None:
    return answer(Question(orjson.dumps({"step": schema})))


def checked(schema: Any, metadata: Any) -> Verdict | None:
    return answer(Question(orjson.dumps(schema), orjson.dumps(metadata)))


# -- random schemas over a few names, so that they often say something about the metadata

NAMES = st.sampled_from(["a", "b", "ab", "c"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(2, 5), st.sampled_from([2.0, 2.5, -3.0]), NAMES)
METADATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, METADATA, max_size=4)
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def keywords(inner: st.SearchStrategy[Any], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    lists, by_name = st.lists(inner, min_size=1, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
    every: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(TYPES),
        "enum": st.lists(METADATA, min_size=1, max_size=3),
        "const": METADATA,
        "minimum": st.integers(2, 5),
        "multipleOf": st.sampled_from([2, 0.5]),
        "maxLength": st.integers(0, 2),
        "minItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "maxProperties": st.integers(0, 3),
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
        "properties": by_name,
        "additionalProperties": inner,
        "propertyNames": inner,
        "unevaluatedProperties": inner,
        "dependentSchemas": by_name,
        "items": inner,
        "prefixItems": lists,
        "contains": inner,
        "unevaluatedItems": inner,
        "allOf": lists,
        "anyOf": lists,
        "oneOf": lists,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        **more,
    }
    chosen = st.lists(st.sampled_from(sorted(every)), max_size=4, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: every[name] for name in names}))


DEEPER = st.sampled_from([{"$ref": "#/$defs/tree"}, {"$ref": "#named"}])
SCHEMAS = st.recursive(st.booleans() | st.just({}) | DEEPER, keywords, max_leaves=8)
PATTERNED: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.just({}),
    lambda inner: keywords(
        inner,
        pattern=st.sampled_from(["^a", "b$", "^(a|b)*$"]),
        patternProperties=st.dictionaries(st.sampled_from(["^a", "b", "^.$"]), inner, min_size=1, max_size=2),
    ),
    max_leaves=8,
)
DEFINITIONS = {
    "tree": {"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}, "b": {"$ref": "#named"}}},
    "named": {"$anchor": "named", "type": ["array", "integer"], "items": {"$ref": "#/$defs/tree"}},
}


def as_the_library(schema: Any, metadata: Any) -> None:
    plainly = Draft202012Validator(schema).is_valid(metadata)
    verdict = checked(schema, metadata)
    assert verdict is None or verdict.kind == "misfit", verdict
    assert (verdict is None) == plainly


@given(SCHEMAS, METADATA)
def test_verdicts_are_the_librarys(schema: Any, metadata: Any) -> None:
    """Any schema without patterns, references in a tree among them, takes what `jsonschema` takes and nothing else."""
    whole = {"$defs": DEFINITIONS, "allOf": [schema]}
    assert declared(whole) is None
    as_the_library(whole, metadata)


@given(PATTERNED, OBJECTS)
def test_patterns_that_both_engines_know_say_the_same(schema: Any, metadata: Any) -> None:
    """Simple patterns, on values and on names, beside all that counts evaluated properties, agree with `jsonschema`."""
    assert declared(schema) is None
    as_the_library(schema, metadata)


# -- what is refused where it is declared

TO_ITSELF: dict[str, Any] = {
    "ref": {"$ref": "#"},
    "allOf": {"allOf": [{"$ref": "#"}]},
    "anyOf": {"anyOf": [{"type": "object"}, {"$ref": "#"}]},
    "oneOf": {"oneOf": [{"$ref": "#"}]},
    "not": {"not": {"$ref": "#"}},
    "if": {"if": {"$ref": "#"}},
    "then": {"if": True, "then": {"$ref": "#"}},
    "else": {"if": False, "else": {"$ref": "#"}},
    "dependent": {"dependentSchemas": {"a": {"$ref": "#"}}},
    "two": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}},
    "below": {"properties": {"a": {"$ref": "#/properties/a"}}},
    "anchor": {"items": {"$anchor": "x", "allOf": [{"$ref": "#x"}]}},
    "dynamic": {"$dynamicAnchor": "x", "$dynamicRef": "#x"},
    "id": {"$id": "http://localhost/a", "$ref": "a"},
    "recursive": {"$schema": DRAFT_2019, "$recursiveRef": "#"},
    "draft 7": {"$schema": DRAFT_7, "dependencies": {"a": {"$ref": "#"}}},
    "unused": {"$defs": {"a": {"$ref": "#/$defs/a"}}},
}


@pytest.mark.parametrize("which", TO_ITSELF)
def test_a_reference_to_nothing_but_itself_is_refused(which: str) -> None:
    """A schema that would be evaluated for ever on one value is refused, and an old one refuses the metadata."""
    for verdict in (declared(TO_ITSELF[which]), checked(TO_ITSELF[which], {"a": 1})):
        assert verdict
        assert verdict.kind == "unusable"
        assert "refers to nothing but itself" in verdict.words


TREES: dict[str, Any] = {
    "root": {"type": "object", "additionalProperties": {"$ref": "#"}},
    "defs": {"$ref": "#/$defs/t", "$defs": {"t": {"type": "object", "properties": {"a": {"$ref": "#/$defs/t"}}}}},
    "either": {"anyOf": [{"type": "object", "properties": {"a": {"$ref": "#"}}}, {"type": "integer"}]},
    "dynamic": {"$dynamicAnchor": "t", "type": "object", "properties": {"a": {"$dynamicRef": "#t"}}},
    "recursive": {"$schema": DRAFT_2019, "type": "object", "properties": {"a": {"$recursiveRef": "#"}}},
    "draft 4": {"$schema": DRAFT_4, "type": "object", "properties": {"a": {"$ref": "#"}}},
    "draft 7": {"$schema": DRAFT_7, "type": "object", "properties": {"a": {"$ref": "#", "not": {"$ref": "#"}}}},
    "names": {"type": "object", "propertyNames": {"not": {"$ref": "#"}}, "additionalProperties": {"$ref": "#"}},
}


@pytest.mark.parametrize("which", TREES)
def test_a_tree_through_references_goes_on_working(which: str) -> None:
    """A schema that refers to itself below a property is taken, and says what is wrong deep inside."""
    assert declared(TREES[which]) is None
    assert checked(TREES[which], {"a": {"a": {}}}) is None
    verdict = checked(TREES[which], {"a": {"a": "leaf"}})
    assert verdict
    assert verdict.kind == "misfit"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "http://127.0.0.1:9/schema.json"}, "'http://127.0.0.1:9/schema.json', which is not in it"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "'#/$defs/none', which is not in it"),
        ({"items": {"$ref": "#nobody"}}, "'#nobody', which is not in it"),
        ({"$ref": "#/type", "type": "object"}, "'#/type', which is no schema"),
        ({"$ref": "#/x", "x": {"type": 7}}, "no JSON Schema"),
        ({"type": "no such type"}, "no JSON Schema"),
        ({"properties": {"a": {"$schema": DRAFT_4}}}, "of another dialect"),
        ({"pattern": "(?=a)b"}, "'(?=a)b' is none that can be run"),
        ({"properties": {"a": {"pattern": r"(a)\1"}}}, "is none that can be run"),
        ({"patternProperties": {"(?<!a)b": {}}}, "'(?<!a)b' is none that can be run"),
        ({"pattern": "("}, "is none that can be run"),
        ({"pattern": "(x{1000}){1000}"}, "is none that can be run"),
        (json.loads('{"not":' * 101 + "{}" + "}" * 101), "each inside another"),
    ],
)
def test_what_can_not_be_used_is_refused_with_the_reason(schema: Any, words: str) -> None:
    """References that lead nowhere, patterns that can't be run in bounded time, mixed dialects: each is named."""
    verdict = declared(schema)
    assert verdict
    assert verdict.kind == "unusable"
    assert words in verdict.words


def test_patterns_are_those_of_json_schema() -> None:
    """Escapes that JSON Schema's dialect has and RE2 writes otherwise are understood; `$` is the end of the text."""
    schema = {"properties": {"a": {"pattern": r"^\u00e4\/\d+$"}, "b": {"pattern": r"^\\u00e4$"}}}
    assert declared(schema) is None
    assert checked(schema, {"a": "ä/12", "b": "\\u00e4"}) is None
    for metadata in ({"a": "ä/12\n"}, {"a": "u00e4/12"}, {"b": "ä"}):
        assert checked(schema, metadata)


# -- what would take for ever in the library

LONG = "a" * 50_000 + "!"
BACKTRACKING: dict[str, Any] = {
    "pattern": ({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": LONG}),
    "patternProperties": ({"patternProperties": {"^(a+)+$": True}, "minProperties": 2}, {LONG: 1}),
    "additionalProperties": ({"patternProperties": {"^(a+)+$": True}, "additionalProperties": False}, {LONG: 1}),
    "unevaluatedProperties": ({"patternProperties": {"^(a+)+$": True}, "unevaluatedProperties": False}, {LONG: 1}),
    "unevaluated through a reference": (
        {"$ref": "#/$defs/p", "unevaluatedProperties": False, "$defs": {"p": {"patternProperties": {"^(a+)+$": {}}}}},
        {LONG: 1},
    ),
    "propertyNames": ({"propertyNames": {"pattern": "^(a+)+$"}}, {LONG: 1}),
    "in the dialect of a part": (
        {"allOf": [{"$schema": Draft202012Validator.META_SCHEMA["$id"], "propertyNames": {"pattern": "^(a+)+$"}}]},
        {LONG: 1},
    ),
    "draft 4": ({"$schema": DRAFT_4, "properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": LONG}),
    "draft 2019": (
        {"$schema": DRAFT_2019, "patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False},
        {LONG: 1},
    ),
}


@pytest.mark.parametrize("which", BACKTRACKING)
def test_a_pattern_does_not_backtrack(which: str) -> None:
    """Wherever a pattern may stand, one that doubles Python's work with each letter ends with a verdict."""
    schema, metadata = BACKTRACKING[which]
    assert declared(schema) is None
    verdict = checked(schema, metadata)
    assert verdict
    assert verdict.kind == "misfit"


def test_unique_items_are_counted_not_compared() -> None:
    """20,000 objects that all differ but two at the ends are told from 20,000 that do."""
    items: list[Any] = [{"n": number} for number in range(20_000)]
    assert checked({"properties": {"x": {"uniqueItems": True}}}, {"x": items}) is None
    assert checked({"properties": {"x": {"uniqueItems": True}}}, {"x": [*items, {"n": 0}]})


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, 1.0], False),
        ([1, True], True),
        ([0, False, None, "0", "", [], {}], True),
        ([{"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}], False),
        ([[1], [True], [1]], False),
        ([1e300, 1e300], False),
    ],
)
def test_items_are_the_same_by_their_json_value(items: list[Any], unique: bool) -> None:
    """1 and 1.0 are one value, 1 and true are two, an object's order does not count."""
    assert (checked({"properties": {"x": {"uniqueItems": True}}}, {"x": items}) is None) is unique


def test_too_deep_ends_in_words() -> None:
    """Metadata that is nested deeper than the engine can follow is answered with a sentence."""
    tree = {"anyOf": [{"type": "object", "additionalProperties": {"$ref": "#"}}, {"type": "integer"}]}
    verdict = answer(Question(orjson.dumps(tree), b'{"a":' * 400 + b"1" + b"}" * 400))
    assert verdict
    assert verdict.kind == "long"
    assert "too deep" in verdict.words


def test_a_fault_of_the_library_is_a_verdict() -> None:
    """What makes the library raise, as an address that is none does, is said and not raised."""
    verdict = answer(Question(b'{"multipleOf":0.1,"items":{"$ref":"http://[bad"}}', b"[1]"))
    assert verdict
    assert verdict.kind == "unusable"
