"""`/api/openapi.json`: the same routes table and the same models, as others' tools read them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from inspect import cleandoc
from string import Formatter
from typing import Any, get_args

import orjson
from starlette.responses import Response

from api_client.backend import PAGE, PAGE_MAX, WAIT_MAX
from api_client.commands import HTTP_COMMANDS, KEY_MAX, Command, ReceiveUpload
from api_client.event_filter import DEED_FILTERS
from api_client.needs import Needs
from api_client.wire import Body, Wire, schemas, wire_name
from store.server.call_context import JSON, NO_ONE_ASKED, REVIEWERS, IncomingCall, Row, Shapes
from store.server.payloads import PAYLOADS, payload_schema
from store.server.writes import OWN_KEY

Schema = dict[str, Any]


class Problem(Wire):
    """An error, in a sentence for people; `needs` says what the project's policy asks of who decides."""

    error: str
    needs: Needs | None = None


class Refusal(Wire):
    """The rule that refuses a call; `fields` says what is wrong with each answer of an elicitation."""

    code: str
    message: str
    fields: dict[str, str] | None = None


_TEMPLATE = "#/components/schemas/{name}"
"""The place of a model's schema in the document."""
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_QUERY: Mapping[str, tuple[str, Schema]] = {
    "name": ("A part of the name, in either case.", _TEXT),
    "projectId": ("Of this project only.", _TEXT),
    "context": ("Whether to answer with what a list has of each request's context.", {"type": "boolean"}),
    "taskId": ("Of this task only.", _TEXT),
    "types": ("Of these event types only, separated by commas.", _TEXT),
    "step": ("The cards of this step, in place of all steps' counts.", _TEXT),
    "decidedBy": ("Decisions of the reviewer with this subject only, in either case.", _TEXT),
    "outcome": ("Decisions with this outcome only, like REJECT.", _TEXT),
    "deed": (
        "Only approvals that no action followed, those to which none refers, or denials that one followed.",
        {"type": "string", "enum": [*DEED_FILTERS]},
    ),
    "at": ("As it was: an event's id, for all up to and with it, or a time.", _TEXT),
    "since": ("From this time on.", {"type": "string", "format": "date-time"}),
    "until": ("Before this time.", {"type": "string", "format": "date-time"}),
    "order": ("From the first event or from the last.", {"type": "string", "enum": ["asc", "desc"], "default": "asc"}),
    "cursor": ("Where to go on: a cursor that this list gave.", _TEXT),
    "wait": (
        "Seconds to wait for a request that is pending: answered as soon as it is settled, 204 at the end.",
        {"type": "integer", "minimum": 0, "maximum": WAIT_MAX, "default": 0},
    ),
    "seqs": ("Places in the chain, from 1, separated by commas.", _TEXT),
    "size": ("The size of the tree that they are proved against, in events.", _COUNT),
    "from": ("The events of the earlier tree.", _COUNT),
    "to": ("The events of the later tree.", _COUNT),
    "limit": (
        f"Items in a page; more than {PAGE_MAX} is taken as that.",
        {"type": "integer", "minimum": 1, "default": PAGE},
    ),
}
_KEY_HEADER: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key again on the same path is answered as before and writes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX},
}
_ANY_CALL = (400, 431, 500)
_WITH_KEY = (401, 403, 429)
_WRITES = (404, 409, 413)
_FORM: Schema = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
    "additionalProperties": False,
}


def documented(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the table with one more row: the call that answers the document of them all."""

    @cache
    def text() -> bytes:
        return orjson.dumps(describe(table))

    async def document(_call: IncomingCall) -> Response:
        """Answer what the server takes and answers, as an OpenAPI document."""
        return Response(await asyncio.to_thread(text), media_type=JSON)

    table = (*rows, Row("GET", "/api/openapi.json", document, NO_ONE_ASKED, {200: None}))
    return table


def describe(rows: Sequence[Row]) -> Schema:
    """Return the OpenAPI 3.1 document of a routes table."""
    paths: dict[str, Schema] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pump Up",
            "version": version("pumpup-tui"),
            "description": "Tasks that agents work on, and the requests on which a person must decide.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(rows),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _operation(row: Row) -> Schema:
    operation: Schema = {
        "operationId": row.name,
        "summary": row.summary,
        "parameters": [*_parameters(row)],
        "responses": _responses(row),
    }
    if row.roles == REVIEWERS:
        operation["description"] = "Takes a reviewer's key."
    elif row.roles == NO_ONE_ASKED:
        operation["security"] = []
    if row.takes is ReceiveUpload:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}
    elif body := _body_of(row):
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(body)}}}
    return operation


def _body_of(row: Row) -> type[Command] | None:
    """Return the command that a call's JSON body spells, None where it needs no body."""
    return None if row.method == "DELETE" else row.takes or row.asks


def _parameters(row: Row) -> Iterable[Schema]:
    for name in path_names(row.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    for name in row.query:
        words, schema = _QUERY[name]
        yield {"name": name, "in": "query", "description": words, "schema": schema}
    if row.takes in HTTP_COMMANDS:
        yield {**_KEY_HEADER, "required": row.method not in OWN_KEY}


def path_names(path: str) -> list[str]:
    """Return the names of the parts of a path that vary."""
    return [name for _, name, _, _ in Formatter().parse(path) if name]


def _responses(row: Row) -> Schema:
    """Return the answers of a call by status: the table's own, and every error that may come in their place."""
    responses = {str(status): _answer(status, shapes, row.media) for status, shapes in row.answers.items()}
    errors = set(_ANY_CALL)
    if row.roles != NO_ONE_ASKED:
        errors.update(_WITH_KEY)
    if row.method != "GET":
        errors.update(_WRITES)
    if "{" in row.path or {"projectId", "taskId", "size", "from"} & set(row.query):
        errors.add(404)
    for status in sorted(errors):
        responses[str(status)] = _answer(status, Refusal if status == 400 else Problem, JSON)
    return responses


def _answer(status: int, shapes: Shapes, media: str) -> Schema:
    response: Schema = {"description": HTTPStatus(status).phrase}
    if isinstance(shapes, tuple):
        response["content"] = {media: {"schema": {"anyOf": [_ref(shape) for shape in shapes]}}}
    elif shapes is not None:
        response["content"] = {media: {"schema": _ref(shapes)}}
    elif status != HTTPStatus.NO_CONTENT:
        response["content"] = {media: {}}
    return response


def _ref(model: type[Wire]) -> Schema:
    return {"$ref": _TEMPLATE.format(name=_name(model))}


def _name(model: type[Wire]) -> str:
    # As msgspec names the schema of a generic model.
    return model.__name__ + "".join(f"_{_name(inner)}_" for inner in get_args(model))


def _schemas(rows: Iterable[Row]) -> Schema:
    models: dict[str, type[Wire]] = {}
    for row in rows:
        for shapes in (*row.answers.values(), _body_of(row), Problem, Refusal):
            for shape in shapes if isinstance(shapes, tuple) else (shapes,):
                if shape is not None and shape is not ReceiveUpload:
                    models[_name(shape)] = shape
    # The form that is taken is also the one that is given: what is left out of an answer is never required.
    found = schemas((*models.values(), *PAYLOADS), _TEMPLATE)
    if "Event" in found:
        found["Event"]["properties"]["payload"] = payload_schema(_TEMPLATE)
    refusing = {_name(kind) for kind in _below(Body)}
    for name, schema in found.items():
        schema["description"] = cleandoc(schema["description"])
        if name in refusing:
            schema["additionalProperties"] = False
        if (kind := models.get(name)) in HTTP_COMMANDS:
            _leave_path_out(schema, kind)
    return found


def _leave_path_out(schema: Schema, kind: type[Command]) -> None:
    """Remove from a command's schema the keys that are in its path."""
    for key in (wire_name(kind, name) for name in kind.path_keys()):
        del schema["properties"][key]
        schema["required"].remove(key)


def _below(model: type[Wire]) -> Iterable[type[Wire]]:
    for kind in model.__subclasses__():
        yield kind
        yield from _below(kind)
