"""A project's step graph and metadata schemas: what may be declared, and what metadata satisfies.

Pure, and part of the rules (CONTRACT.md part 3, Projects and Metadata); apart from them for its library.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from api_client.errors import InvalidRequest
from api_client.models import Steps
from store.fold import Doc

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_LISTED = 10
"""Names that a refusal lists at the most."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check(graph: Steps) -> None:
    """Check a step graph.

    Raises:
        InvalidRequest: INVALID_STEPS, with what is wrong.
    """
    names = Counter(step.name for step in graph.steps)
    if not names:
        raise _invalid("there are no steps")
    for name in names:
        if not 1 <= len(name) <= 80 or _CONTROL.search(name):
            raise InvalidRequest("A step's name has 1 to 80 characters, none of them a control character.")
    if doubled := {name for name, count in names.items() if count > 1}:
        raise _invalid(f"{_listed(doubled)} declared more than once")
    if graph.initial_step not in names:
        raise _invalid(f"the initial step {graph.initial_step!r} is not declared")
    exits = {exit_ for step in graph.steps for exit_ in step.exits}
    if unknown := exits - names.keys():
        raise _invalid(f"{_listed(unknown)} named as an exit, but not declared")
    if lost := names.keys() - graph.reached():
        raise _invalid(f"{_listed(lost)} can't be reached from {graph.initial_step!r}")
    for step in graph.steps:
        if step.timeout_seconds is not None and step.timeout_seconds < 1:
            raise _invalid(f"timeoutSeconds of {step.name!r} must be 1 or more")
    _check_schemas(graph)


def check_metadata(project: Doc, step: str, metadata: Doc) -> None:
    """Check metadata against the schema that the project declares for `step`, if it does.

    Raises:
        InvalidRequest: INVALID_METADATA, with the place and what is wrong there.
    """
    schemas = project["steps"].get("stepSchemas") or {}
    if step not in schemas:
        return
    from referencing.exceptions import Unresolvable

    try:
        fault = next(_validator(orjson.dumps(schemas[step])).iter_errors(dict(metadata)), None)
    except Unresolvable as missing:
        message = f"The schema of {step!r} refers to {missing.ref!r}, which is not in it."
        raise InvalidRequest(message, code="INVALID_METADATA") from None
    if fault is not None:
        message = f"The metadata does not fit the schema of {step!r}: {fault.json_path}: {fault.message[:300]}"
        raise InvalidRequest(message, code="INVALID_METADATA")


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    content: Any = orjson.loads(schema)
    kind = validator_for(content, default=Draft202012Validator)
    # An empty registry, handed in: without it the library would fetch a remote $ref.
    return kind(content, registry=Registry())


def _check_schemas(graph: Steps) -> None:
    if not graph.step_schemas:
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    names = {step.name for step in graph.steps}
    for name, schema in graph.step_schemas.items():
        if name not in names:
            raise _invalid(f"stepSchemas names {name!r}, which is no step")
        try:
            validator_for(schema, default=Draft202012Validator).check_schema(schema)  # type: ignore[arg-type]  # bool too
        except SchemaError as fault:
            raise _invalid(f"the schema of {name!r} is no JSON Schema: {fault.message[:300]}") from None


def _invalid(what: str) -> InvalidRequest:
    return InvalidRequest(f"The steps can't be taken: {what}.", code="INVALID_STEPS")


def _listed(names: set[str]) -> str:
    told = ", ".join(repr(name) for name in sorted(names)[:_LISTED])
    return told if len(names) <= _LISTED else f"{told} and {len(names) - _LISTED} more"
