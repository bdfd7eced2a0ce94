"""Several open requests on one task, as the official plugins ask them: one task a conversation, many questions."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from pumpup import AsyncPumpUp, PumpUp
from pumpup.errors import ConflictError

from api_client.commands import Answer, Decide
from api_client.http import HttpBackend
from api_client.models import Outcome
from tests.contract.given import ANSWERS
from tests.sdk.agent import Agent
from tests.sdk.serving import ServedRecord

ONCE: Any = {"max_retries": 0}


async def test_three_questions_of_one_task_are_answered_out_of_order(served: ServedRecord, client: PumpUp) -> None:
    """Asked at once and settled last to first: each result call answers its own, and those that are open stay None."""
    agent = Agent(client, "Conversation 1")
    with ThreadPoolExecutor(3) as threads:
        futures = [
            threads.submit(agent.ask_approval, []),
            threads.submit(agent.ask_details),
            threads.submit(agent.ask_approval, []),
        ]
        first, details, last = (future.result() for future in futures)
    waiting = client.tasks.get(agent.task.id)
    assert waiting.task.status == "WAITING"
    assert {one.request_id for one in waiting.open_requests} == {first, details, last}
    reviewer = HttpBackend(served.url, served.reviewer_key)
    await reviewer.submit(Decide(request_id=last, outcome=Outcome(type="REJECT", note="last")), key="last")
    assert client.approvals.get_result(first) is None
    assert client.elicitations.get_result(details) is None
    await reviewer.submit(Answer(request_id=details, answers=ANSWERS), key="details")
    assert client.approvals.get_result(first) is None
    assert [one.request_id for one in client.tasks.get(agent.task.id).open_requests] == [first]
    await reviewer.submit(Decide(request_id=first, outcome=Outcome(type="APPROVE", note="first")), key="first")
    await reviewer.aclose()
    for request_id, kind, note in ((first, "APPROVE", "first"), (last, "REJECT", "last")):
        decision = client.approvals.get_result(request_id)
        assert decision is not None
        assert (decision.request_id, decision.outcome.type, decision.outcome.note) == (request_id, kind, note)
    answers = client.elicitations.get_result(details)
    assert answers is not None
    assert (answers.request_id, answers.fields) == (details, ANSWERS)
    done = client.tasks.get(agent.task.id)
    assert (done.task.status, done.open_requests) == ("RUNNING", [])
    settled = [event.in_response_to for event in agent.timeline() if event.in_response_to]
    assert settled == [last, details, first]


async def test_the_hundred_and_first_open_request_is_a_conflict(served: ServedRecord, client: PumpUp) -> None:
    """The async SDK asks a hundred things at once on one task; one more is a ConflictError that says what to do."""
    task = Agent(client, "Conversation 2").task
    limits = httpx.Limits(max_connections=8)
    async with httpx.AsyncClient(timeout=60, limits=limits) as connections:
        many = AsyncPumpUp(base_url=served.url, api_key=served.agent_key, httpx_client=connections)

        async def ask(number: int) -> str:
            asked = await many.approvals.create(
                idempotency_key=str(uuid.uuid4()),
                project_name="claims",
                task_id=task.id,
                summary=f"Question {number}",
                request_options=ONCE,
            )
            return str(asked.event_id)

        ids = await asyncio.gather(*map(ask, range(100)))
        with pytest.raises(ConflictError) as fault:
            await ask(100)
        assert "100 open requests" in str(fault.value)
        assert {one.request_id for one in (await many.tasks.get(task.id)).open_requests} == set(ids)


def test_an_attachment_is_read_back_with_its_snapshot(client: PumpUp) -> None:
    """A request's event with `attachmentSnapshots` parses: a key that the SDK does not know is read past."""
    agent = Agent(client, "Conversation 3")
    photo = agent.attach_photo()
    asked = agent.ask_approval([photo])
    event = next(one for one in agent.timeline() if one.id == asked)
    assert event.payload.attachments == [photo]  # type: ignore[union-attr]


async def test_the_wire_of_the_typescript_sdk(served: ServedRecord) -> None:
    """Its shapes by plain HTTP: ids escaped in the path, absent keys left out, three asked at once, 204 as pending."""
    headers = {"Authorization": f"Bearer {served.agent_key}", "X-API-Version": "0"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=30) as http:

        async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            response = await http.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
            assert response.status_code == 201
            answer: dict[str, Any] = response.json()
            return answer

        task = (await post("/api/tasks", {"projectName": "claims", "name": "Conversation 4"}))["id"]
        on_task = {"projectName": "claims", "taskId": task}
        switch = {"type": "Switch", "id": "ok", "label": "OK?", "required": True}
        asked = await asyncio.gather(
            post("/api/approval-requests", {**on_task, "summary": "One?"}),
            post("/api/elicitation-requests", {**on_task, "summary": "Two?", "fields": [switch]}),
            post("/api/approval-requests", {**on_task, "summary": "Three?"}),
        )
        one, two, three = (answer["eventId"] for answer in asked)
        reviewer = HttpBackend(served.url, served.reviewer_key)
        await reviewer.submit(Answer(request_id=two, answers={"ok": True}), key=f"two {two}")
        await reviewer.submit(Decide(request_id=one, outcome=Outcome(type="ESCALATE")), key=f"one {one}")
        await reviewer.aclose()
        answered = await http.get(f"/api/elicitation-requests/{two.replace('_', '%5F')}/result")
        assert (answered.json()["requestId"], answered.json()["fields"]) == (two, {"ok": True})
        decided = await http.get(f"/api/approval-requests/{one}/result")
        assert (decided.json()["requestId"], decided.json()["outcome"]) == (one, {"type": "ESCALATE"})
        assert (await http.get(f"/api/approval-requests/{three}/result")).status_code == 204
        detail = (await http.get(f"/api/tasks/{task}")).json()
        assert detail["task"]["status"] == "WAITING"
        assert [request["requestId"] for request in detail["openRequests"]] == [three]
