"""The official SDK, unchanged, against a served folder: every call works and every answer parses."""

from __future__ import annotations

import httpx
import pytest
from pumpup import AsyncPumpUp, PumpUp
from pumpup.core.api_error import ApiError
from pumpup.errors import BadRequestError, ConflictError, NotFoundError

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.commands import Answer, Command, Decide, Withdraw
from api_client.http import HttpBackend
from api_client.models import Outcome
from tests.contract.given import ANSWERS
from tests.sdk.agent import PHOTO, Agent
from tests.sdk.serving import ServedRecord
from tests.waiting import HANG_SECONDS

FINE = Outcome(type="APPROVE", note="Fine")
WHOLE_LIFE = [
    "TASK_CREATED",
    "ACTION",
    "APPROVAL_REQUESTED",
    "APPROVAL_DECIDED",
    "ELICITATION_REQUESTED",
    "ELICITATION_PROVIDED",
    "EXCEPTION",
    "NOTE",
    "ACTION",
    "TASK_CLOSED",
]


async def _by(reviewer: Backend, command: Command) -> None:
    """Let a reviewer write once, and leave."""
    await reviewer.submit(command, key="once")
    await reviewer.aclose()


async def test_a_whole_task_with_a_person_in_the_loop(served: ServedRecord, client: PumpUp) -> None:
    """From the first action to the last event: a reviewer over HTTP decides, another beside it answers."""
    agent = Agent(client, "Claim C-1029")
    photo = agent.attach_photo()
    approval = agent.ask_approval([photo])
    assert client.approvals.get_result(approval) is None
    waiting = client.tasks.get(agent.task.id)
    assert (waiting.task.status, waiting.open_requests[0].request_id) == ("WAITING", approval)

    opened = Decide(request_id=approval, outcome=FINE, attachments_opened=(photo,))
    await _by(HttpBackend(served.url, served.reviewer_key), opened)
    decision = agent.wait_for_decision(approval)
    assert (decision.outcome.type, decision.outcome.note, decision.decided_by) == ("APPROVE", "Fine", "alice")
    assert decision.authority_snapshot is not None
    assert decision.authority_snapshot.tags == ["claims-lead"]
    assert decision.recommendation_snapshot is not None
    assert decision.recommendation_snapshot.confidence == 0.91

    details = agent.ask_details()
    assert client.elicitations.get_result(details) is None
    await _by(await served.place.backend(Actor("bob", "reviewer")), Answer(request_id=details, answers=ANSWERS))
    answers = agent.wait_for_answers(details)
    assert (answers.fields, answers.answered_by) == (ANSWERS, "bob")

    agent.trouble("OCR failed")
    agent.note("Customer called")
    agent.finish()
    assert client.tasks.get(agent.task.id).task.status == "CLOSED"
    timeline = agent.timeline()
    assert [event.event_type for event in timeline] == WHOLE_LIFE
    settling = {event.in_response_to: event for event in timeline if event.in_response_to}
    assert [*settling] == [approval, details]
    assert settling[approval].payload.model_extra == {"attachmentsOpened": [photo]}
    for result in (decision, answers):  # what a receipt is asked by
        event = settling[result.request_id]
        assert result.model_extra == {"eventId": event.id, "hash": (event.model_extra or {})["hash"]}
    assert sorted(event.timestamp for event in timeline) == [event.timestamp for event in timeline]


async def test_a_form_that_is_declined(served: ServedRecord, client: PumpUp) -> None:
    """The result call says who withdrew it and why; the SDK reads the event, whose type it does not know, as a note."""
    agent = Agent(client, "Claim C-1032")
    details = agent.ask_details()
    await _by(HttpBackend(served.url, served.reviewer_key), Withdraw(request_id=details, reason="Not ours to say"))
    with pytest.raises(NotFoundError, match=r"withdrawn by alice.*Not ours to say"):
        client.elicitations.get_result(details)
    last = agent.timeline()[-1]
    assert (last.event_type, last.in_response_to) == ("REQUEST_WITHDRAWN", details)
    assert last.payload.type == "Note"
    assert last.payload.message == "Not ours to say"
    assert client.tasks.get(agent.task.id).task.status == "RUNNING"


def test_each_event_comes_back_as_it_was_sent(client: PumpUp) -> None:
    """What the agent wrote is what it reads: detail, metadata, attachments, context, bids and fields."""
    agent = Agent(client, "Claim C-1030")
    photo = agent.attach_photo()
    agent.ask_details()
    created, action, requested = (event.payload for event in agent.timeline())
    assert created.type == "TaskCreated"
    assert created.metadata_patch.set_ is not None
    # The SDK's own model of a document adds a key `empty` to what it reads.
    written = {"amount": 240, "customer": {"name": "Ann", "vip": None}, "empty": None}
    assert dict(created.metadata_patch.set_) == written
    assert action.type == "Action"
    assert action.add_attachments is not None
    assert (action.add_attachments[0].upload_id, action.add_attachments[0].label) == (photo, "Photo of the damage")
    assert requested.type == "ElicitationRequested"
    assert requested.fields is not None
    assert [field.id for field in requested.fields] == [
        "email", "story", "count", "care", "carrier", "proofs", "day", "hour", "at", "insured",
    ]  # fmt: skip
    assert requested.recommendation is not None
    assert [(bid.field_id, bid.value) for bid in requested.recommendation] == [("carrier", "DHL"), ("count", 2)]


def test_a_bound_without_a_zone_keeps_its_wall_clock(served: ServedRecord, client: PumpUp) -> None:
    """The zone that the SDK adds to a naive bound is dropped, and a whole bound of an integer stays whole."""
    agent = Agent(client, "Claim C-1031")
    request_id = agent.ask_details()
    answer = httpx.get(
        f"{served.url}/api/requests/{request_id}", headers={"Authorization": f"Bearer {served.reviewer_key}"}
    )
    fields = {field["id"]: field for field in answer.json()["event"]["payload"]["fields"]}
    assert fields["at"]["min"] == "2026-01-01T08:30:00"
    assert (fields["count"]["min"], fields["day"]["max"]) == (1, "2026-12-31")
    assert fields["hour"]["max"] == "18:00:00"


def test_projects_and_tasks_are_found(client: PumpUp) -> None:
    """Lists and single reads give the models that the SDK knows."""
    (claims,) = client.projects.list(name="CLAI").items
    assert client.projects.get(claims.id).steps == claims.steps
    assert [step.owner for step in claims.steps.steps] == ["AGENT", "HUMAN", "PLATFORM", "PLATFORM"]
    assert {project.project_name for project in client.projects.list().items} == {"general", "claims"}
    agent = Agent(client, "A name to be found 42")
    (found,) = client.tasks.list(project_id=claims.id, name="FOUND 42").items
    assert found == agent.task == client.tasks.get(agent.task.id).task


def test_an_upload_is_read_by_its_address(served: ServedRecord, client: PumpUp) -> None:
    """The address that the server names gives the bytes, to an agent's key too, and to nobody without one."""
    photo = Agent(client, "Claim C-1032").attach_photo()
    upload = client.uploads.get(photo)
    assert (upload.content_type, upload.size) == ("image/jpeg", len(PHOTO))
    assert upload.url.startswith(served.url)
    answer = httpx.get(upload.url, headers={"Authorization": f"Bearer {served.agent_key}"})
    assert answer.content == PHOTO
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert httpx.get(upload.url).status_code == 401


def test_a_repeat_is_the_same_event(client: PumpUp) -> None:
    """One key for a session's task: each start of the agent gets the same task."""
    first, second = (
        client.tasks.create(idempotency_key="one-session", project_name="claims", name=name) for name in ("a", "b")
    )
    assert first == second


def test_each_documented_error_is_its_class(client: PumpUp) -> None:
    """A bad request, an unknown id and a conflict are the SDK's own classes, with the words inside."""
    agent = Agent(client, "Claim C-1033")
    once = {"max_retries": 0}
    with pytest.raises(BadRequestError) as bad:
        client.events.agent_action(
            idempotency_key="e-1", project_name="claims", task_id=agent.task.id, description="x",
            transitions_to="refused", request_options=once,
        )  # fmt: skip
    assert bad.value.body.code == "INVALID_TRANSITION"
    for unknown in ("tsk_nowhere", "a/b", "..", "é"):
        with pytest.raises(NotFoundError):
            client.tasks.get(unknown)
    agent.ask_approval([])
    with pytest.raises(ConflictError) as conflict:
        client.events.agent_action(
            idempotency_key="e-2", project_name="claims", task_id=agent.task.id, description="x",
            transitions_to="paid", request_options=once,
        )  # fmt: skip
    assert "open request" in conflict.value.body.error
    with pytest.raises(NotFoundError):
        client.elicitations.get_result("evt_nowhere")


def test_a_retried_conflict_writes_nothing(client: PumpUp) -> None:
    """The SDK retries a 409 on its own: still nothing is added to the timeline."""
    agent = Agent(client, "Claim C-1034")
    agent.ask_approval([])
    before = agent.timeline(limit=100)
    with pytest.raises(ConflictError):
        agent.finish()
    assert agent.timeline(limit=100) == before


def test_a_wrong_key_is_a_401(served: ServedRecord) -> None:
    """A key that nobody made is refused."""
    with httpx.Client(timeout=HANG_SECONDS) as connections, pytest.raises(ApiError) as fault:
        PumpUp(base_url=served.url, api_key="pk_wrong", httpx_client=connections).projects.list()
    assert fault.value.status_code == 401


async def test_the_async_client_works_as_well(served: ServedRecord) -> None:
    """The SDK's other half speaks the same."""
    async with httpx.AsyncClient(timeout=HANG_SECONDS) as connections:
        client = AsyncPumpUp(base_url=served.url, api_key=served.agent_key, httpx_client=connections)
        task = await client.tasks.create(idempotency_key="async-1", project_name="general", name="async")
        await client.events.note(idempotency_key="async-2", project_name="general", task_id=task.id, message="hello")
        upload = await client.uploads.upload(file=b"bytes alone")
        assert (await client.uploads.get(upload.id)).size == 11
        assert [event.event_type for event in (await client.tasks.events(task.id)).items] == ["TASK_CREATED", "NOTE"]


def test_no_key_is_stored(served: ServedRecord, client: PumpUp) -> None:
    """After all of this no file of the data folder, and no table of the database, holds a key's secret."""
    Agent(client, "Claim C-1035").note("x")
    contents = served.place.stored()
    assert b"Claim C-1035" in b"".join(contents.values())
    for name, content in contents.items():
        assert served.agent_key.encode() not in content, name
        assert served.reviewer_key.encode() not in content, name
