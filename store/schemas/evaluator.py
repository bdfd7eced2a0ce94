"""The answers to questions about schemas, with the `jsonschema` library (CONTRACT.md part 3, Projects and Metadata).

What it costs is up to whoever wrote the schema and the metadata: it is run where it can be cut off (see `worker`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from referencing import Registry

from store.core.schema_questions import Question, Verdict
from store.schemas.keywords import PatternError, bounded, compiled
from store.schemas.references import Survey, UnusableSchema

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

WORDS_MAX = 300
"""Characters of what a schema's keyword has to say."""


def answer(question: Question) -> Verdict | None:
    """Return why the answer is no, None where it is yes. Whatever the schema does, it ends in words."""
    try:
        if question.metadata is None:
            return _declared(orjson.loads(question.schema))
        return _misfit(question.schema, question.metadata)
    except UnusableSchema as fault:
        return Verdict("unusable", str(fault))
    except RecursionError:
        return Verdict("long", "it goes too deep for this schema and metadata")
    except MemoryError:
        return Verdict("long", "it takes too much memory for this schema and metadata")
    except Exception as fault:  # noqa: BLE001 - the library's faults are many, and a schema is a caller's program
        return Verdict("unusable", f"it can't be evaluated ({type(fault).__name__})")


def _declared(schemas: dict[str, Any]) -> Verdict | None:
    for step, schema in schemas.items():
        try:
            _check(schema)
        except UnusableSchema as fault:
            return Verdict("unusable", f"the schema of {step!r} can't be used: {fault}")
        except SchemaError as fault:
            return Verdict("unusable", f"the schema of {step!r} is no JSON Schema: {fault.message[:WORDS_MAX]}")
        except RecursionError:
            return Verdict("unusable", f"the schema of {step!r} is too deep")
    return None


def _check(schema: Any) -> None:
    kind = _dialect(schema)
    _check_form(schema, kind)
    survey = Survey(schema, kind)
    for outside in survey.outside:
        _check_form(outside, kind)
    _usable(survey)


def _check_form(schema: Any, kind: Any) -> None:
    # Without the library's format checker, which knows a regular expression by Python's syntax.
    kind.check_schema(schema, format_checker=None)


def _usable(survey: Survey) -> None:
    survey.check_loops()
    survey.drop_dialects()
    for pattern in survey.patterns():
        try:
            compiled(pattern)
        except PatternError as fault:
            raise UnusableSchema(
                f"its pattern {pattern[:WORDS_MAX]!r} is none that can be run in bounded time ({fault}): "
                "patterns are RE2's, without lookaround and backreferences"
            ) from None


def _misfit(schema: bytes, metadata: bytes) -> Verdict | None:
    fault = next(_validator(schema).iter_errors(orjson.loads(metadata)), None)
    if fault is None:
        return None
    return Verdict("misfit", f"{fault.json_path[:WORDS_MAX]}: {fault.message[:WORDS_MAX]}")


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> Validator:
    content = orjson.loads(schema)
    kind = _dialect(content)
    survey = Survey(content, kind)
    _usable(survey)
    has_pattern_properties = any("patternProperties" in place.schema for place in survey.places.values())
    # An empty registry, handed in: without it the library would fetch a remote $ref.
    return bounded(kind, has_pattern_properties=has_pattern_properties)(content, registry=Registry())


def _dialect(schema: Any) -> type[Validator]:
    return validator_for(schema, default=Draft202012Validator)
