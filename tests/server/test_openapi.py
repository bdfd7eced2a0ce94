"""The OpenAPI document is what the server does: no answer comes that it does not name, whatever is sent."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from store.server.openapi import describe, path_names
from store.server.routes import ROWS
from tests.sdk.serving import ServedFolder, serving
from tests.server.conftest import Served
from tests.waiting import HANG_SECONDS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
bounded = settings(
    max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
# A stream has no end to wait for: tests/server/test_stream.py has it.
CALLS = [row for row in ROWS if row.path != "/api/events/stream"]
# Made where it runs: what is to be sent takes seconds to choose, and each worker collects all tests.
schema = schemathesis.pytest.from_fixture("call")


@pytest.fixture(params=CALLS, ids=lambda row: f"{row.method} {row.path}")
def call(request: pytest.FixtureRequest) -> BaseSchema:
    """The document of one call."""
    return schemathesis.openapi.from_dict(describe([request.param]))


@dataclass(frozen=True)
class Real:
    """A running server, and ids of things that are there."""

    served: ServedFolder
    ids: dict[str, list[str]]
    answers: Counter[tuple[str, int]]
    """How often each call was answered with each status where what it names is there."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A server in a process of its own, with tasks and requests in each state."""
    with serving(tmp_path_factory.mktemp("openapi") / "data") as served:
        yield Real(served, _filled(served), Counter())


def _filled(served: ServedFolder) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {"task_id": [], "request_id": [], "upload_id": [], "project_id": ["prj_general"]}
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {served.agent_key}"}) as agent:
        for number in range(6):
            key = {"Idempotency-Key": f"fill-{number}"}
            task = agent.post("/api/tasks", json={"projectName": "claims", "name": "C"}, headers=key).json()["id"]
            ids["task_id"].append(task)
            asked: dict[str, Any] = {"projectName": "claims", "taskId": task, "summary": "?"}
            if number % 2:
                asked["fields"] = [{"type": "Text", "id": "a", "label": "A", "required": False}]
            path = "/api/elicitation-requests" if number % 2 else "/api/approval-requests"
            ids["request_id"].append(agent.post(path, json=asked, headers=key).json()["eventId"])
        ids["upload_id"].append(agent.post("/api/uploads", files={"file": ("a.txt", b"a")}).json()["id"])
        ids["project_id"] += [one["id"] for one in agent.get("/api/projects").json()["items"]]
    return ids


def _checked(case: Case[Any], real: Real, key: str) -> int:
    query = case.query or {}
    if re.fullmatch("[1-9]|[1-5][0-9]|60", str(query.get("wait"))):
        query["wait"] = "1"  # what is pending stays so: nobody decides here
    response = case.call(base_url=real.served.url, headers={"Authorization": f"Bearer {key}"}, timeout=HANG_SECONDS)
    case.validate_response(response, checks=CHECKS)
    return int(response.status_code)


@schema.parametrize()
@bounded
def test_whatever_a_reviewer_sends_is_answered_as_declared(case: Case[Any], real: Real) -> None:
    """Anything that the document allows, from a reviewer's key."""
    _checked(case, real, real.served.reviewer_key)


@schema.parametrize()
@bounded
def test_whatever_an_agent_sends_is_answered_as_declared(case: Case[Any], real: Real) -> None:
    """The same from an agent's key."""
    _checked(case, real, real.served.agent_key)


@schema.parametrize()
@bounded
def test_calls_on_what_is_there_are_answered_as_declared(case: Case[Any], real: Real) -> None:
    """The same with ids and a project that exist, so that the rules are reached and things are written."""
    rng = random.Random(repr(case.body))
    for name in path_names(case.operation.path):
        case.path_parameters[name] = rng.choice(real.ids[name])
    if isinstance(case.body, dict):
        for wire, there in (("taskId", real.ids["task_id"]), ("projectName", ["claims", "general"])):
            if wire in case.body:
                case.body[wire] = rng.choice(there)
    status = _checked(case, real, real.served.reviewer_key)
    real.answers[str(case.operation.definition.raw["operationId"]), status] += 1


def test_the_rules_were_reached(real: Real) -> None:
    """What was sent above was not only refused: most calls were also answered with what they are for."""
    done = {call for call, status in real.answers if status < 300}
    refused = {call for call, status in real.answers if 400 <= status < 500}
    assert {"CreateTask", "AddNote", "RecordAction", "Comment", "task", "board", "upload", "request"} <= done, (
        real.answers
    )
    assert {"Decide", "Answer", "Move", "CreateProject"} <= refused, real.answers


async def test_the_document_is_served_to_anyone(served: Served) -> None:
    """It takes no key to read what the server takes."""
    answer = await served.agent("GET", "/api/openapi.json", headers={"Authorization": None})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(describe(ROWS)))


def test_the_document_names_every_call() -> None:
    """Each row of the routes table is in it, under a name of its own."""
    told = describe(ROWS)
    calls = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert calls == {(row.method, row.path) for row in ROWS}
    names = [one["operationId"] for methods in told["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


def test_unknown_keys_are_not_in_a_bodys_schema() -> None:
    """What the server refuses, the document does not allow: at every depth."""
    schemas = describe(ROWS)["components"]["schemas"]
    for name in ("CreateTask", "Decide", "Outcome", "MetadataPatch", "Step", "Steps", "SelectField", "FieldBid"):
        assert schemas[name]["additionalProperties"] is False, name
    assert "requestId" not in schemas["Decide"]["properties"]
