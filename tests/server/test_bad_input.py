"""Callers who break the contract get its status and body, and nothing of theirs is written."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from api_client.body_limits import BodyLimits
from api_client.commands import read_command
from store.server import bodies
from store.server.app import create_app
from store.server.limits import Limits
from tests.server.conftest import Served

FIELD = {"type": "Text", "id": "name", "label": "Name", "required": True}


def assert_refused(answer: Any, status: int, code: str | None = None) -> str:
    """Check an error's status and the exact keys of its body; return its words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    if status == 400:
        assert body["code"] == (code or "INVALID_REQUEST")
        assert set(body) == ({"code", "message", "fields"} if code == "INVALID_ANSWERS" else {"code", "message"})
        return str(body["message"])
    assert set(body) == {"error"}
    return str(body["error"])


UNKNOWN_KEYS: dict[str, tuple[str, dict[str, Any]]] = {
    "transitionTo": ("/api/agent-actions", {"description": "x", "transitionTo": "paid"}),
    "snake_case": ("/api/agent-actions", {"description": "x", "transitions_to": "paid"}),
    "metadataPatch.setonce": ("/api/agent-actions", {"description": "x", "metadataPatch": {"setonce": {}}}),
    "addAttachments.0.name": (
        "/api/agent-actions",
        {"description": "x", "addAttachments": [{"uploadId": "u", "label": "l", "name": "n"}]},
    ),
    "recommendation.score": (
        "/api/approval-requests",
        {"summary": "x", "recommendation": {"outcome": {"type": "APPROVE"}, "score": 1}},
    ),
    "recommendation.outcome.why": (
        "/api/approval-requests",
        {"summary": "x", "recommendation": {"outcome": {"type": "APPROVE", "why": "x"}}},
    ),
    "fields.0.hint": ("/api/elicitation-requests", {"summary": "x", "fields": [{**FIELD, "hint": "h"}]}),
    "recommendation.0.note": (
        "/api/elicitation-requests",
        {"summary": "x", "fields": [FIELD], "recommendation": [{"fieldId": "name", "value": "v", "note": "n"}]},
    ),
}


@pytest.mark.parametrize("place", UNKNOWN_KEYS)
async def test_an_unknown_key_is_named_at_every_depth(served: Served, place: str) -> None:
    """A misspelt key does not pass in silence, however deep it stands."""
    path, body = UNKNOWN_KEYS[place]
    task = await served.task()
    journal = served.journal
    answer = await served.agent.post(path, {"projectName": "claims", "taskId": task["id"], **body})
    assert place.rpartition(".")[2].replace("snake_case", "transitions_to") in assert_refused(answer, 400)
    assert served.journal == journal


@pytest.mark.parametrize("kind", ["decision", "transition", "assignment", "notes"])
async def test_an_unknown_key_is_named_in_the_reviewers_part(served: Served, kind: str) -> None:
    """The reviewer's calls are as strict, also about an id that stands in the path already."""
    task = await served.task()
    request_id = await served.approval(task["id"])
    journal = served.journal
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "decision": (f"/api/approval-requests/{request_id}/decision", {"outcome": {"type": "APPROVE"}}),
        "transition": (f"/api/tasks/{task['id']}/transition", {"transitionsTo": "in_review"}),
        "assignment": (f"/api/tasks/{task['id']}/assignment", {"assigneeId": "bob"}),
        "notes": (f"/api/tasks/{task['id']}/notes", {"message": "x"}),
    }
    path, body = calls[kind]
    for extra in ("surprise", "taskId" if kind != "decision" else "requestId"):
        assert extra in assert_refused(await served.reviewer.post(path, {**body, extra: "x"}), 400)
    assert served.journal == journal


BAD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"name":',
    "not UTF-8": b'{"name":"\xff"}',
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "NaN": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"a":NaN}}}',
    "Infinity": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"a":-Infinity}}}',
    "too large a float": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"a":1e999}}}',
    "half a surrogate pair": b'{"projectName":"claims","name":"\\ud800"}',
    "half a pair in a key": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"\\udc00":1}}}',
    "over 64 bits": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"a":18446744073709551616}}}',
    "under 64 bits": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"a":-9223372036854775809}}}',
    "thousands of digits": b'{"projectName":"claims","name":"x","metadataPatch":{"set":{"a":' + b"9" * 5000 + b"}}}",
    "too deep": b'{"projectName":"claims","name":"x","metadataPatch":{"set":' + b'{"a":' * 200 + b"1" + b"}" * 202,
    "far too deep": b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}",
    "a byte order mark within": b'{\xef\xbb\xbf"projectName":"claims","name":"x"}',
    "two byte order marks": b'\xef\xbb\xbf\xef\xbb\xbf{"projectName":"claims","name":"x"}',
    "two values": b"{} {}",
    "a number for a text": b'{"projectName":"claims","name":7}',
    "a text for an object": b'{"projectName":"claims","name":"x","metadataPatch":"set"}',
}


@pytest.mark.parametrize("which", BAD_BODIES)
async def test_a_body_that_can_not_be_kept_is_refused(served: Served, which: str) -> None:
    """What is no JSON object, or could not be kept exactly, is a 400 with clear words and never a 500."""
    journal = served.journal
    answer = await served.agent("POST", "/api/tasks", content=BAD_BODIES[which])
    assert len(assert_refused(answer, 400)) > 10
    assert served.journal == journal


async def test_what_json_can_hold_is_kept_exactly(served: Served) -> None:
    """Large integers, large floats, nulls, every script and deep values come back as they were sent."""
    metadata: dict[str, Any] = {
        "most": 2**64 - 1,
        "least": -(2**63),
        "float": 1e300,
        "tiny": 5e-324,
        "null": None,
        "text": "\u0000 \u202e 🎉 é",
        "deep": [[[[{"a": [None, True]}]]]],
        "": {"": ""},
    }
    task = await served.task(metadataPatch={"set": metadata})
    shown = (await served.agent("GET", f"/api/tasks/{task['id']}")).json()["task"]
    assert task["metadata"] == shown["metadata"] == metadata


@pytest.mark.parametrize("key", [None, "", "x" * 256])
async def test_a_write_without_a_fit_key_is_refused(served: Served, key: str | None) -> None:
    """A POST must carry an Idempotency-Key of 1 to 255 characters."""
    journal = served.journal
    body = {"projectName": "claims", "name": "x"}
    answer = await served.agent.post("/api/tasks", body, headers={"Idempotency-Key": key})
    assert "Idempotency-Key" in assert_refused(answer, 400)
    assert served.journal == journal


async def test_two_keys_are_never_one(served: Served) -> None:
    """Keys of different letters are two keys, in whichever encoding a client wrote them."""
    keys = ["\u00e9".encode(), "\u00e8".encode(), b"\xea", b"\xeb", b"e"]
    answers = [
        await served.agent.post("/api/tasks", {"projectName": "claims", "name": "x"}, headers={"Idempotency-Key": key})
        for key in (*keys, *keys)
    ]
    made = [answer.json()["id"] for answer in answers]
    assert made[:5] == made[5:]
    assert len(set(made)) == 5
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None] * 5 + ["true"] * 5


async def test_the_api_version_is_taken_as_it_comes(served: Served) -> None:
    """A missing or unknown X-API-Version is no reason to refuse."""
    for version in (None, "7", ""):
        answer = await served.agent("GET", "/api/projects", headers={"X-API-Version": version})
        assert answer.status_code == 200


async def test_a_closed_task_is_a_409(served: Served) -> None:
    """A closed task answers {error}, and nothing is added to it."""
    task = await served.task()
    body = {"projectName": "claims", "taskId": task["id"], "description": "pay", "transitionsTo": "paid"}
    assert (await served.agent.post("/api/agent-actions", body)).status_code == 201
    journal = served.journal
    late = {"projectName": "claims", "taskId": task["id"], "description": "again"}
    assert "closed" in assert_refused(await served.agent.post("/api/agent-actions", late), 409)
    assert served.journal == journal


async def test_one_open_request_too_many_is_a_409(served: Served) -> None:
    """A hundred requests may be open on a task; the next is refused with words that say what to do."""
    task = await served.task()
    for _ in range(100):
        await served.approval(task["id"])
    journal = served.journal
    body = {"projectName": "claims", "taskId": task["id"], "summary": "again?"}
    assert "settle one" in assert_refused(await served.agent.post("/api/approval-requests", body), 409)
    assert served.journal == journal


async def test_a_decided_request_is_a_409_that_names_the_winner(served: Served) -> None:
    """The second decision reads who was first, and when."""
    request_id = await served.approval((await served.task())["id"])
    path = f"/api/approval-requests/{request_id}/decision"
    assert (await served.reviewer.post(path, {"outcome": {"type": "APPROVE"}})).status_code == 201
    journal = served.journal
    words = assert_refused(await served.reviewer.post(path, {"outcome": {"type": "REJECT"}}), 409)
    assert "alice" in words
    assert "2026-03-02T12:00" in words
    assert served.journal == journal


async def test_an_undeclared_transition_is_a_400_that_names_the_exits(served: Served) -> None:
    """The message names the allowed steps."""
    task = await served.task()
    journal = served.journal
    body = {"projectName": "claims", "taskId": task["id"], "description": "x", "transitionsTo": "refused"}
    words = assert_refused(await served.agent.post("/api/agent-actions", body), 400, "INVALID_TRANSITION")
    assert "in_review" in words
    assert served.journal == journal


async def test_bad_answers_are_told_by_field(served: Served) -> None:
    """INVALID_ANSWERS carries a message for each field."""
    fields = [FIELD, {"type": "Number", "id": "count", "label": "Count", "required": True, "integerOnly": True}]
    request_id = await served.elicitation((await served.task())["id"], fields)
    journal = served.journal
    path = f"/api/elicitation-requests/{request_id}/answers"
    answer = await served.reviewer.post(path, {"answers": {"count": 1.5, "other": 1}})
    assert_refused(answer, 400, "INVALID_ANSWERS")
    assert set(answer.json()["fields"]) == {"name", "count", "other"}
    assert served.journal == journal


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=%2B1", "order=up", "cursor=x", "cursor="],
)
async def test_a_bad_query_is_refused(served: Served, query: str) -> None:
    """A limit under 1 or of no number, an unknown order, a made-up cursor: 400."""
    await served.task()
    assert_refused(await served.reviewer("GET", f"/api/events?{query}"), 400)


async def test_a_choice_is_true_or_false(served: Served) -> None:
    """The inbox comes with contexts or without: any other word is 400."""
    assert_refused(await served.reviewer("GET", "/api/open-requests?context=yes"), 400)
    for choice in ("true", "false"):
        assert (await served.reviewer("GET", f"/api/open-requests?context={choice}")).json()["items"] == []


async def test_unknown_query_parameters_are_free(served: Served) -> None:
    """A query may hold what this server does not know, and an endless limit is the largest one."""
    await served.task()
    answer = await served.reviewer("GET", "/api/events?colour=red&limit=" + "9" * 400)
    assert len(answer.json()["items"]) == 1


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/nothing", "/api/tasks/", "/api/tasks/a/b", "/api/tasks/a%2Fevents"]
)
async def test_an_unknown_path_is_a_404(served: Served, path: str) -> None:
    """A path of no call, also one made by an id with a slash, is 404 {error}."""
    assert_refused(await served.reviewer("GET", path), 404)


async def test_a_wrong_method_is_a_405(served: Served) -> None:
    """A method that a call does not take is 405 {error}, and says which it takes."""
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await served.reviewer(method, "/api/projects")
        assert_refused(answer, 405)
        assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))


async def test_the_unforeseen_is_a_500_that_tells_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault in the server's own code shows no internals to the caller, and no key in the log."""

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret place /srv/data")

    monkeypatch.setattr(type(served.local), "projects", broken)
    answer = await served.agent("GET", "/api/projects?name=%1B%5D52")
    words = assert_refused(answer, 500)
    assert "secret" not in words
    assert "RuntimeError" in caplog.text
    assert served.agent.secret not in caplog.text
    assert "\x1b" not in caplog.text


# -- the order of faults


async def test_the_order_of_faults(served: Served) -> None:
    """What is wrong is answered in the contract's order: 401, 403, 413, a replay, 400, 404, 409."""
    task = await served.task()
    request_id = await served.approval(task["id"])
    path = f"/api/approval-requests/{request_id}/decision"
    good = {"outcome": {"type": "APPROVE"}}
    huge, key = b"x" * 20_000, {"Idempotency-Key": "decided"}
    assert (await served.reviewer.post(path, good, headers=key)).status_code == 201

    stranger = {"Authorization": "Bearer nobody"}
    assert (await served.agent("POST", path, content=huge, headers=stranger)).status_code == 401
    assert (await served.agent("POST", path, content=huge, headers=key)).status_code == 403
    assert (await served.reviewer("POST", path, content=huge, headers=key)).status_code == 413
    assert (await served.reviewer("POST", path, content=b"no json", headers=key)).status_code == 201
    assert (await served.reviewer("POST", path, content=b"no json")).status_code == 400
    nowhere = "/api/approval-requests/evt_nowhere/decision"
    assert (await served.reviewer("POST", nowhere, content=b"no json")).status_code == 400
    assert (await served.reviewer.post(nowhere, good)).status_code == 404
    assert (await served.reviewer.post(path, good)).status_code == 409


BLANK: dict[str, tuple[str, dict[str, Any]]] = {
    "an approval": ("/api/approval-requests", {"summary": " "}),
    "a form": ("/api/elicitation-requests", {"summary": "\u3000", "fields": [FIELD]}),
    "an action": ("/api/agent-actions", {"description": "\n"}),
    "an exception": ("/api/exceptions", {"message": "\t"}),
    "a note": ("/api/notes", {"message": ""}),
}


@pytest.mark.parametrize("what", BLANK)
async def test_a_blank_text_is_refused_by_its_key(served: Served, what: str) -> None:
    """An agent hears at once that nobody could read what it asks or says."""
    path, body = BLANK[what]
    task = await served.task()
    journal = served.journal
    words = assert_refused(await served.agent.post(path, {"projectName": "claims", "taskId": task["id"], **body}), 400)
    assert words == f"{next(iter(body))}: must not be blank"
    assert served.journal == journal


# -- the counted limits within a body


OVER_A_LIMIT: dict[str, tuple[str, dict[str, Any], str]] = {
    "fields": ("/api/elicitation-requests", {"summary": "?", "fields": [FIELD] * 4}, "at most 3"),
    "context": (
        "/api/approval-requests",
        {"summary": "?", "keyValueContext": {"a": "", "b": "", "c": ""}},
        "at most 2",
    ),
    "summary": ("/api/approval-requests", {"summary": "x" * 101}, "at most 100"),
    "text": ("/api/notes", {"message": "x" * 201}, "at most 200"),
    "nesting": ("/api/agent-actions", {"description": "x", "detail": {"a": [[[[[]]]]]}}, "deeper than 6"),
}


@pytest.mark.parametrize("what", OVER_A_LIMIT)
async def test_a_body_over_a_counted_limit_is_refused(served: Served, what: str) -> None:
    """The server holds each caller to the limits that it was given, and says which one; nothing is written."""
    within = BodyLimits(fields=3, context_entries=2, summary=100, text=200, nesting=6)
    served.agent.app = create_app(served.local, served.keys, limits=Limits(within=within))
    path, body, words = OVER_A_LIMIT[what]
    task = await served.task()
    journal = served.journal
    answer = await served.agent.post(path, {"projectName": "claims", "taskId": task["id"], **body})
    assert words in assert_refused(answer, 400)
    assert served.journal == journal


async def test_a_replay_is_answered_whatever_its_body_holds_now(served: Served) -> None:
    """The counted limits come after the replay, as all of 400 does."""
    key = {"Idempotency-Key": "once"}
    body = {"projectName": "claims", "name": "x"}
    first = await served.agent.post("/api/tasks", body, headers=key)
    again = await served.agent.post("/api/tasks", {**body, "metadataPatch": [[]] * 40}, headers=key)
    deep = await served.agent("POST", "/api/tasks", content=b'{"a":' + b"[" * 50 + b"]" * 50 + b"}", headers=key)
    assert first.json() == again.json() == deep.json()


async def test_a_large_body_is_read_beside_the_other_calls(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a large body takes to be read and checked, the server goes on answering others."""
    started, answered = threading.Event(), threading.Event()
    in_time: list[bool] = []

    def slow(*args: Any, **keys: Any) -> Any:
        started.set()
        in_time.append(answered.wait(10))
        return read_command(*args, **keys)

    task = await served.task()
    monkeypatch.setattr(bodies, "read_command", slow)
    body = {"projectName": "claims", "taskId": task["id"], "message": "x" * bodies.INLINE_BYTES}
    large = asyncio.create_task(served.agent.post("/api/notes", body))
    assert await asyncio.to_thread(started.wait, 10)
    assert (await served.agent("GET", "/api/projects")).status_code == 200
    answered.set()
    assert (await large).status_code == 201
    assert in_time == [True]
