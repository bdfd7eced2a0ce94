"""Checks of a project's step graph, and of metadata against a step's schema.

Pure, and part of the rules (CONTRACT.md part 3, Projects and Metadata). Evaluating a JSON Schema is left to an `Ask`:
its cost is up to callers, so whoever applies the rules decides where it runs.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import orjson

from api_client.errors import InvalidRequest
from api_client.models import Steps
from store.core.schema_questions import Ask, Question, unasked
from store.core.state_view import Doc

_LISTED = 10
"""Names that a refusal lists at the most."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check(graph: Steps, *, schema_bytes: int | None = None, ask: Ask = unasked) -> None:
    """Check a step graph; each of its schemas may have `schema_bytes` as JSON, None is any number.

    Raises:
        InvalidRequest: INVALID_STEPS, with what is wrong.
        CheckNeeded: by `ask`.
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
    _check_schemas(graph, schema_bytes, ask)


def check_metadata(project: Doc, step: str, metadata: Doc, *, ask: Ask) -> None:
    """Check metadata against the schema that the project declares for `step`, if it does.

    Raises:
        InvalidRequest: INVALID_METADATA, with the place and what is wrong there, or why that can't be said.
        CheckNeeded: by `ask`.
    """
    schema = (project["steps"].get("stepSchemas") or {}).get(step)
    if schema is None or schema is True or schema == {}:
        return
    verdict = ask(Question(json_bytes(schema), json_bytes(metadata)))
    if verdict is not None and verdict.kind == "misfit":
        message = f"The metadata does not fit the schema of {step!r}: {verdict.words}"
        raise InvalidRequest(message, code="INVALID_METADATA")
    if verdict is not None:
        message = f"The metadata can't be checked against the schema of {step!r}: {verdict.words}."
        raise InvalidRequest(message, code="INVALID_METADATA")


def check_size(metadata: Doc, before: Doc, *, most: int | None) -> None:
    """Check that a task's metadata has at most so many bytes as JSON, None is any number (CONTRACT.md part 3, Limits).

    Metadata that was over the limit `before` may get smaller.

    Raises:
        InvalidRequest: it has more.
    """
    if most is None:
        return
    size = len(json_bytes(metadata))
    if size > most and size > len(json_bytes(before)):
        raise InvalidRequest(f"The task's metadata would have {size} bytes, and may have {most}.")


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON.

    Raises:
        InvalidRequest: it holds what JSON can't.
    """
    try:
        return orjson.dumps(value)
    except TypeError as fault:
        raise InvalidRequest(f"The request holds something that JSON can't: {fault}.") from None


def _check_schemas(graph: Steps, most: int | None, ask: Ask) -> None:
    if not graph.step_schemas:
        return
    names = {step.name for step in graph.steps}
    for name, schema in graph.step_schemas.items():
        if name not in names:
            raise _invalid(f"stepSchemas names {name!r}, which is no step")
        if most is not None and (size := len(json_bytes(schema))) > most:
            raise _invalid(f"the schema of {name!r} has {size} bytes, and may have {most}")
    if verdict := ask(Question(json_bytes(graph.step_schemas))):
        raise _invalid(verdict.words if verdict.kind == "unusable" else f"to check the schemas, {verdict.words}")


def _invalid(what: str) -> InvalidRequest:
    return InvalidRequest(f"The steps can't be taken: {what}.", code="INVALID_STEPS")


def _listed(names: set[str]) -> str:
    first = ", ".join(repr(name) for name in sorted(names)[:_LISTED])
    return first if len(names) <= _LISTED else f"{first} and {len(names) - _LISTED} more"
