"""Who may make which call: every row of the routes table for every kind of caller, as CONTRACT.md's parts say."""

from __future__ import annotations

import json
import re

import pytest

from store.server.call_context import Row
from store.server.routes import ROWS
from tests.server.conftest import Caller, Served
from tests.server.test_bad_input import assert_refused

WITHOUT_KEY = {"GET /healthz", "GET /api/openapi.json"}
PART_1 = {
    "GET /api/projects",
    "GET /api/projects/{project_id}",
    "GET /api/tasks",
    "POST /api/tasks",
    "GET /api/tasks/{task_id}",
    "GET /api/tasks/{task_id}/events",
    "POST /api/approval-requests",
    "GET /api/approval-requests/{request_id}/result",
    "POST /api/elicitation-requests",
    "GET /api/elicitation-requests/{request_id}/result",
    "POST /api/agent-actions",
    "POST /api/exceptions",
    "POST /api/notes",
    "POST /api/requests/{request_id}/withdrawal",
    "POST /api/uploads",
    "GET /api/uploads/{upload_id}",
    "GET /api/uploads/{upload_id}/content",
}
PART_2 = {
    "GET /api/me",
    "GET /api/open-requests",
    "GET /api/requests/{request_id}",
    "GET /api/settled-requests",
    "POST /api/approval-requests/{request_id}/decision",
    "POST /api/elicitation-requests/{request_id}/answers",
    "POST /api/tasks/{task_id}/assignment",
    "POST /api/tasks/{task_id}/transition",
    "POST /api/tasks/{task_id}/notes",
    "POST /api/projects",
    "GET /api/board/{project_id}",
    "GET /api/history/board/{project_id}",
    "GET /api/history/tasks/{task_id}",
    "GET /api/events",
    "GET /api/events/stream",
}
PART_4 = {
    "GET /api/projects/{project_id}/policy",
    "PUT /api/projects/{project_id}/policy",
    "GET /api/grants",
    "POST /api/grants",
    "POST /api/grants/trial",
    "DELETE /api/grants/{grant_id}",
    "POST /api/pause",
    "POST /api/resume",
    "GET /api/authority",
}

PART_5 = {
    "GET /api/checkpoint",
    "GET /api/checkpoint/key",
    "GET /api/proofs",
    "GET /api/proofs/{event_id}",
    "GET /api/consistency",
}


def call_of(row: Row) -> str:
    """Return a row's call as the contract's tables write it."""
    return f"{row.method} {row.path}"


def test_the_table_is_the_contracts() -> None:
    """Every call of the four parts is served, and nothing beside them but two that need no key."""
    assert sorted(map(call_of, ROWS)) == sorted(PART_1 | PART_2 | PART_4 | PART_5 | WITHOUT_KEY)


@pytest.mark.parametrize("row", ROWS, ids=call_of)
async def test_each_role_stays_in_its_part(served: Served, row: Row) -> None:
    """No key: 401. An agent's: 403 on the reviewer's part. A reviewer's: never 401 or 403. A revoked one: 401."""
    served.app.state.stop()  # a stream ends as soon as it has begun
    served.keys.add("gone", "reviewer")
    revoked = Caller(served.app, served.keys.add("gone", "reviewer"))
    served.keys.revoke("gone")
    concrete = row.path.replace("{", "").replace("}", "")
    journal = served.journal
    for caller in (Caller(served.app, "nobody's"), revoked):
        answer = await caller(row.method, concrete)
        if call_of(row) in WITHOUT_KEY:
            assert answer.status_code == 200
        else:
            assert_refused(answer, 401)
    answer = await served.agent(row.method, concrete)
    if call_of(row) in PART_2 | PART_4:
        assert_refused(answer, 403)
    else:
        assert answer.status_code not in (401, 403, 405, 500)
    assert (await served.reviewer(row.method, concrete)).status_code not in (401, 403, 405, 500)
    assert served.journal == journal


@pytest.mark.parametrize("row", ROWS, ids=call_of)
async def test_no_call_takes_another_method(served: Served, row: Row) -> None:
    """A method that the contract does not have for a path is 405, and names those that it has."""
    concrete = row.path.replace("{", "").replace("}", "")
    # `trial` may be the id of a grant as well.
    methods = {one.method for one in ROWS if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), concrete)}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
        answer = await served.reviewer(method, concrete)
        assert_refused(answer, 405)
        own = {one.method for one in ROWS if one.path == row.path}
        assert own <= set(answer.headers["allow"].split(", "))


async def test_an_agents_key_gets_proofs_of_timelines_alone(served: Served) -> None:
    """Policies, grants and pauses, which its key can't read, it can't read as proofs either; a reviewer's key can."""
    task, project = await served.task(), f"/api/projects/{served.project_id}/policy"
    assert (await served.reviewer("PUT", project, json={"rules": []})).status_code == 200
    assert (await served.reviewer.post("/api/pause", {"reason": "hail"})).status_code == 201
    size = int((await served.agent("GET", "/api/checkpoint")).text.split("\n")[1])
    kinds = {}
    for seq in range(1, size + 1):
        answer = await served.reviewer("GET", f"/api/proofs?seqs={seq}&size={size}")
        event = json.loads(answer.json()["items"][0]["event"])
        kinds[event["eventType"]] = seq
        for path in (f"/api/proofs?seqs={seq}&size={size}", f"/api/proofs/{event['id']}"):
            assert (await served.reviewer("GET", path)).status_code == 200
            given = await served.agent("GET", path)
            is_readable = event.get("taskId") == task["id"] or event["eventType"] == "PROJECT_CREATED"
            assert (given.status_code == 200) == is_readable, (event, given.text)
    assert {"POLICY_SET", "PAUSED", "TASK_CREATED"} <= kinds.keys()
    both = f"/api/proofs?seqs={kinds['TASK_CREATED']},{kinds['POLICY_SET']}&size={size}"
    assert_refused(await served.agent("GET", both), 404)
