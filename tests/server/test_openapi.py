"""The OpenAPI document is what the server does: no answer comes that it does not name, whatever is sent."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
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
from tests.sdk.serving import ServedRecord, serving
from tests.server.conftest import Served
from tests.support.backends import FolderPlace
from tests.waiting import HANG_SECONDS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
bounded = settings(
    max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
# A stream has no end to wait for: tests/server/test_stream.py has it.
CALLS = [row for row in ROWS if row.path != "/api/events/stream"]
# Made where it runs: what is to be sent takes seconds to choose, and each worker collects all tests.
schema = schemathesis.pytest.from_fixture("call")


@pytest.fixture(params=CALLS, ids=lambda row: f"{row.method} {row.path}")
def call(request: pytest.FixtureRequest) -> BaseSchema:
    """The document of one call: what can be sent by it is worked out once for all who send it."""
    return documents(CALLS.index(request.param))


@cache
def documents(number: int) -> BaseSchema:
    """Return the document of the `number`th call."""
    return schemathesis.openapi.from_dict(describe([CALLS[number]]))


@dataclass(frozen=True)
class Real:
    """A running server, and ids of things that are there."""

    served: ServedRecord
    ids: dict[str, list[str]]
    answers: Counter[tuple[str, int]]
    """How often each call was answered with each status where what it names is there."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A server in a process of its own, with tasks and requests in each state."""
    with serving(FolderPlace(tmp_path_factory.mktemp("openapi") / "data")) as served:
        yield Real(served, _filled(served), Counter())


def _filled(served: ServedRecord) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {"task_id": [], "request_id": [], "upload_id": [], "project_id": ["prj_general"]}
    ids["grant_id"] = []
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
        ids["event_id"] = list(ids["request_id"])
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {served.reviewer_key}"}) as reviewer:
        for number in range(6):
            terms = {"projectId": "prj_general", "name": f"G{number}", "filter": "x", "most": 1, "sample": 1}
            key = {"Idempotency-Key": f"grant-{number}"}
            grant = reviewer.post("/api/grants", json={**terms, "until": until}, headers=key).json()
            ids["grant_id"].append(grant["id"])
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
    read, written = {"task", "board", "upload", "request"}, {"CreateTask", "AddNote", "RecordAction", "Comment"}
    assert read | written | {"EndGrant"} <= done, real.answers
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


WHOLE = describe(ROWS)


def fits(name: str, value: object) -> bool:
    """Return whether a value is what the document says of a schema's name."""
    return Draft202012Validator({**WHOLE, "$ref": f"#/components/schemas/{name}"}).is_valid(value)


EVENT = {
    **dict.fromkeys(("id", "taskId", "projectId", "source", "owner"), "x"),
    "eventType": "NOTE",
    "timestamp": "2026-03-02T12:00:00Z",
}


@pytest.mark.parametrize(
    ("payload", "is_declared"),
    [
        ({"type": "Note", "message": "x"}, True),
        ({"type": "Note", "message": "x", "later": 1}, True),
        ({"type": "Note"}, False),
        ({"type": "Action", "description": "x", "metadataPatch": {}}, True),
        ({"type": "Action", "description": "x"}, False),
        ({"type": "TaskCreated", "name": "x", "initialState": "a"}, False),
        ({"type": "ElicitationRequested", "summary": "x", "fields": [{"type": "Text"}]}, False),
        ({"type": "SomethingNew", "anything": 1}, True),
        ({"message": "x"}, False),
    ],
)
def test_a_payload_is_declared_by_its_type(payload: dict[str, Any], is_declared: bool) -> None:
    """A tool that is made from the document knows each payload of the table, and passes over one that came later."""
    assert fits("Event", {**EVENT, "payload": payload}) is is_declared


def test_a_bound_is_declared_with_its_form() -> None:
    """What a date or time is bounded by has a form in the document: the plain one, and the published one."""
    forms = {}
    for name in ("DateField", "TimeField", "DateTimeField"):
        bound = WHOLE["components"]["schemas"][name]["properties"]["min"]["anyOf"][0]
        forms[name] = [next(iter(form.values())) for form in bound["anyOf"]]
    assert forms["DateField"] == ["date", "date-time"]
    for name, plain, published in (("TimeField", "09:30", "time"), ("DateTimeField", "2026-05-14T09:30", "date-time")):
        assert re.fullmatch(forms[name][0], plain)
        assert not re.fullmatch(forms[name][0], plain.replace("09", "25"))
        assert forms[name][1] == published


def test_what_is_always_there_is_required_and_what_may_not_be_empty_says_so() -> None:
    """An upload has its status and its address; a form has a field, a graph a step, a select an option."""
    schemas = WHOLE["components"]["schemas"]
    assert "status" in schemas["UploadRef"]["required"]
    assert "url" in schemas["Upload"]["required"]
    assert "value" not in schemas["FieldBid"]["required"]
    filled = (("RequestElicitation", "fields"), ("Steps", "steps"), ("SelectField", "options"))
    assert [schemas[name]["properties"][key]["minItems"] for name, key in filled] == [1, 1, 1]
    texts = (("RequestApproval", "summary"), ("RecordAction", "description"), ("Comment", "message"))
    assert {schemas[name]["properties"][key]["pattern"] for name, key in texts} == {r"\S"}


def test_waiting_is_in_the_document() -> None:
    """Both result calls take `wait`, in whole seconds up to a minute."""
    for kind in ("approval", "elicitation"):
        call = WHOLE["paths"][f"/api/{kind}-requests/{{request_id}}/result"]["get"]
        wait = next(one for one in call["parameters"] if one["name"] == "wait")
        assert (wait["schema"]["minimum"], wait["schema"]["maximum"]) == (0, 60)
