"""What is sent past every client of ours: calls that the contract refuses, repeats, and what tools ask for."""

from __future__ import annotations

import orjson

from api_client.commands import ReceiveUpload
from api_client.wire import Json
from tests.server.fixed_run.acts import FIELDS, Acts
from tests.server.fixed_run.run import Run


async def raw_calls(run: Run, acts: Acts) -> None:
    """Send them; nothing of it is recorded."""
    await _strangers(run)
    await _what_is_not_there(run, acts)
    await _bad_bodies(run, acts)
    await _repeats(run, acts)
    await _bad_queries(run, acts)
    await _bad_forms(run)
    await _too_much(run)
    await _what_tools_ask(run, acts)


async def _strangers(run: Run) -> None:
    await run.send(None, "GET", "/api/projects")
    await run.send(None, "GET", "/api/projects", headers={"Authorization": "Bearer pk_wrong"})
    await run.send(None, "GET", "/api/projects", headers={"Authorization": "Basic abc"})
    await run.send("alice", "GET", "/api/projects", headers={"Host": "evil.example"})
    for path in (
        "/api/me",
        "/api/open-requests",
        "/api/requests/x",
        "/api/board/x",
        "/api/events",
        "/api/events/stream",
    ):
        await run.send("agent", "GET", path)
    for path in ("/api/projects", "/api/tasks/x/notes", "/api/approval-requests/x/decision"):
        await run.post("agent", path, b"{}")
    await run.send("alice", "GET", "/api/projects", closed=True)


async def _what_is_not_there(run: Run, acts: Acts) -> None:
    for path in ("/", "/api/nothing", "/api/tasks/", "/api/tasks/a%2Fb", "/api/tasks/%F0%9F%98%80", "/api/events/"):
        await run.send("alice", "GET", path)
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS"):
        await run.send("alice", method, "/api/tasks")
    # Neither asks for an idempotency key.
    await run.send("alice", "DELETE", "/api/grants/grt_none")
    await run.send("alice", "PUT", "/api/projects/prj_none/policy", content=b'{"rules":[]}')
    await run.send("alice", "GET", f"/api/elicitation-requests/{acts.ids['plain']}/result")
    await run.post("alice", "/api/approval-requests/evt_none/decision", b'{"outcome":{"type":"APPROVE"}}')


async def _bad_bodies(run: Run, acts: Acts) -> None:
    on = {"projectName": "claims_refund_v1", "taskId": acts.ids["task 0"]}
    for key in (None, "", "k" * 256):
        await run.post("agent", "/api/notes", _json({**on, "message": "x"}), key=key)
    for body in (b"", b"{", b"[]", b'{"a":1,"a":2}', b'{"n":NaN}', b'{"n":123456789012345678901234567890}', b'"\xff"'):
        await run.post("agent", "/api/notes", body)
    bodies: dict[str, list[dict[str, Json]]] = {
        "/api/notes": [{**on, "message": " \n"}, {**on, "message": 1}, {**on, "massage": "x"}, on],
        "/api/tasks": [{"projectName": "general", "name": "x", "metadataPatch": {"put": {}}}, {"name": None}],
        "/api/agent-actions": [
            {**on, "description": "x", "addAttachments": [{"uploadId": 1}], "transitionTo": "paid"},
            {**on, "description": "x", "detail": [], "metadataPatch": {"set": 1, "unset": [1]}},
        ],
        "/api/approval-requests": [
            {**on, "summary": "x", "recommendation": {"outcome": {"type": "MAYBE"}, "confidence": 2}},
            {**on, "summary": "x", "keyValueContext": {"a": 1}, "attachments": "x"},
        ],
        "/api/elicitation-requests": [{**on, "summary": "x", "fields": fields} for fields in _BAD_FIELDS],
        "/api/exceptions": [{**on, "message": "x", "detail": "x"}],
    }
    for path, of_path in bodies.items():
        for raw in of_path:
            await run.post("agent", path, _json(raw))
    await run.post("alice", "/api/approval-requests/evt_none/decision", b'{"requestId":"x","outcome":{"type":"NO"}}')
    await run.post("alice", "/api/projects", _json({"name": "x", "steps": {"steps": [{"owner": "ME"}]}}))
    await run.post("alice", f"/api/tasks/{acts.ids['task 0']}/assignment", b'{"assigneeId":null}')


_BAD_FIELDS: list[list[Json]] = [
    [],
    [{}],
    [{"type": "Colour", "id": "a", "label": "A", "required": True}],
    [FIELDS[0], FIELDS[0]],
    *([{**field, "size": 1, "required": "yes"}] for field in FIELDS),
    [{**FIELDS[2], "min": 10}],
    [{**FIELDS[3], "step": 0}],
    [{**FIELDS[4], "options": []}],
    [{**FIELDS[6], "min": "2026-02-30"}],
]


async def _repeats(run: Run, acts: Acts) -> None:
    await run.post("agent", "/api/tasks", b'{"projectName":"general","name":"Other"}', key="task")
    await run.post("agent", "/api/tasks", b"no json", key="task")
    await run.post("agent", "/api/tasks", b"", key="task", closed=True)
    answers = f"/api/elicitation-requests/{acts.ids['form']}/answers"
    await run.post("alice", answers, b'{"answers":{}}', key="answer")
    await run.post("alice", f"/api/approval-requests/{acts.ids['plain']}/decision", b"{}", key="decide")


async def _bad_queries(run: Run, acts: Acts) -> None:
    result = f"/api/approval-requests/{acts.ids['plain']}/result"
    task = acts.ids["task 2"]
    for path in (
        *(
            f"/api/events?{query}"
            for query in ("limit=0", "limit=x", "limit=", "cursor=x", "order=up", "types=NONE,NOTE")
        ),
        *(f"/api/tasks/{task}/events?{query}" for query in ("limit=-1", "limit=2", "limit=9999", "cursor=")),
        *(f"{result}?wait={wait}" for wait in ("x", "-1", "61", "0", "1")),
        "/api/open-requests?projectId=prj_none",
        f"/api/board/{acts.ids['claims']}?step=nowhere",
        f"/api/board/{acts.ids['claims']}?step=intake&limit=1&more=x",
        "/api/events/stream?cursor=nonsense",
        "/api/projects?name=%C3%A4&name=claims",
        f"/api/tasks?projectId={acts.ids['claims']}&name=2",
    ):
        await run.send("alice", "GET", path)


async def _bad_forms(run: Run) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\nx\r\n'
    file = part % (b"file", b'; filename="a.txt"')
    for body in (b"", b"--b--\r\n", file + file + b"--b--\r\n", part % (b"file", b"") + b"--b--\r\n"):
        await run.send("agent", "POST", "/api/uploads", content=body, headers=form)
    await run.send("agent", "POST", "/api/uploads", content=file + part % (b"name", b"") + b"--b--\r\n", headers=form)
    await run.send("agent", "POST", "/api/uploads", content=file, headers={"Content-Type": "text/plain"})


async def _too_much(run: Run) -> None:
    long = _json({"projectName": "general", "name": "x" * 10_000})
    await run.post("agent", "/api/tasks", long)
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    await run.send("agent", "POST", "/api/uploads", content=head + b"x" * 50_001 + b"\r\n--b--\r\n", headers=form)
    await run.send("agent", "POST", "/api/uploads", content=head + b"x" * 200_000 + b"\r\n--b--\r\n", headers=form)
    await run.submit("agent", ReceiveUpload, content=b"x" * 50_001, fileName="two\r\nlines.txt")
    await run.send("agent", "GET", "/api/tasks", headers={"X-Long": "x" * 4_000})
    nested: Json = "x"
    for _ in range(40):
        nested = [nested]
    await run.post(
        "agent", "/api/tasks", _json({"projectName": "general", "name": "x", "metadataPatch": {"set": {"a": nested}}})
    )


async def _what_tools_ask(run: Run, acts: Acts) -> None:
    await run.send(None, "GET", "/healthz")
    await run.send(None, "HEAD", "/healthz")
    await run.send(None, "GET", "/api/openapi.json")
    await run.send("alice", "GET", "/api/me", headers={"X-API-Version": "7"})
    for path in ("/api/tasks", "/api/events/stream", f"/api/uploads/{acts.ids['photo']}/content"):
        await run.send("alice", "HEAD", path)
    page = await run.send("alice", "GET", "/api/events?order=desc&limit=3")
    cursor = page.json()["nextCursor"]
    await run.stream("alice", 1)
    await run.stream("alice", 3, f"?cursor={cursor}")
    await run.stream("bob", 3, **{"Last-Event-ID": cursor})


def _json(value: Json) -> bytes:
    return orjson.dumps(value)
