"""Each of the SDK's fifteen operations, by its sync and its async client: it works, and its answer is the record's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

import pytest
from pumpup import AsyncPumpUp, PumpUp
from pumpup.types import Attachment, MetadataPatchDto

from api_client.commands import Answer, Decide
from api_client.http import HttpBackend
from api_client.models import Outcome
from tests.contract.given import ANSWERS
from tests.sdk.agent import ten_fields
from tests.sdk.clients import CallOperation, Half, calling, operations
from tests.sdk.serving import ServedRecord

_numbers = count(1)


@dataclass
class Desk:
    """One half of the SDK at work, and a reviewer."""

    call: CallOperation
    reviewer: HttpBackend
    half: str

    def key(self) -> str:
        return f"{self.half}-{next(_numbers)}"

    async def task(self) -> Any:
        key = self.key()
        return await self.call(
            lambda client: client.tasks.create(
                idempotency_key=key,
                project_name="claims",
                name=f"Claim {key}",
                external_id="e-1",
                metadata_patch=MetadataPatchDto(set_={"amount": 240}, set_once=None),
            )
        )

    async def asked(self, group: str) -> tuple[Any, str]:
        """Make a task and ask on it; return the task and the request's id."""
        task, key = await self.task(), self.key()
        more = {"fields": ten_fields()} if group == "elicitations" else {}
        answer = await self.call(
            lambda client: getattr(client, group).create(
                idempotency_key=key, project_name="claims", task_id=task.id, summary="Please", **more
            )
        )
        return task, answer.event_id

    async def written(self, name: str, **keys: Any) -> Any:
        """Write an event on a new task; return it as the timeline has it."""
        task, key = await self.task(), self.key()
        answer = await self.call(
            lambda client: getattr(client.events, name)(
                idempotency_key=key, project_name="claims", task_id=task.id, external_trace_id="t-1", **keys
            )
        )
        last = (await self.call(lambda client: client.tasks.events(task.id))).items[-1]
        assert (last.id, last.external_trace_id) == (answer.event_id, "t-1")
        return last


@pytest.fixture(params=["sync", "async"])
async def desk(request: pytest.FixtureRequest, served: ServedRecord) -> AsyncIterator[Desk]:
    half = cast("Half", request.param)
    reviewer = HttpBackend(served.url, served.reviewer_key)
    async with calling(half, served.url, served.agent_key) as call:
        yield Desk(call, reviewer, half)
    await reviewer.aclose()


async def _projects_list(desk: Desk) -> None:
    (claims,) = (await desk.call(lambda client: client.projects.list(name="claims"))).items
    assert (claims.name, claims.project_name) == ("Claims", "claims")


async def _projects_get(desk: Desk) -> None:
    (claims,) = (await desk.call(lambda client: client.projects.list(name="CLAI"))).items
    assert await desk.call(lambda client: client.projects.get(claims.id)) == claims


async def _tasks_create(desk: Desk) -> None:
    task = await desk.task()
    assert (task.status, task.current_step, task.external_id, task.metadata["amount"]) == (
        "RUNNING", "intake", "e-1", 240,
    )  # fmt: skip


async def _tasks_get(desk: Desk) -> None:
    task, request_id = await desk.asked("approvals")
    detail = await desk.call(lambda client: client.tasks.get(task.id))
    assert (detail.task.id, detail.task.status) == (task.id, "WAITING")
    assert [one.request_id for one in detail.open_requests] == [request_id]


async def _tasks_list(desk: Desk) -> None:
    task = await desk.task()
    found = await desk.call(lambda client: client.tasks.list(project_id=task.project_id, name=task.name.upper()))
    assert task.id in [one.id for one in found.items]


async def _tasks_events(desk: Desk) -> None:
    task, request_id = await desk.asked("approvals")
    first = await desk.call(lambda client: client.tasks.events(task.id, limit=1))
    rest = await desk.call(lambda client: client.tasks.events(task.id, cursor=first.next_cursor))
    assert [one.event_type for one in (*first.items, *rest.items)] == ["TASK_CREATED", "APPROVAL_REQUESTED"]
    assert rest.items[-1].id == request_id


async def _approvals(desk: Desk) -> None:
    _, request_id = await desk.asked("approvals")
    assert await desk.call(lambda client: client.approvals.get_result(request_id)) is None
    decide = Decide(request_id=request_id, outcome=Outcome(type="EDIT_AND_APPROVE", note="Only $200"))
    await desk.reviewer.submit(decide, key="decide")
    result = await desk.call(lambda client: client.approvals.get_result(request_id))
    assert (result.request_id, result.outcome.type, result.outcome.note) == (
        request_id, "EDIT_AND_APPROVE", "Only $200",
    )  # fmt: skip
    assert result.authority_snapshot.tags == ["claims-lead"]


async def _elicitations(desk: Desk) -> None:
    _, request_id = await desk.asked("elicitations")
    assert await desk.call(lambda client: client.elicitations.get_result(request_id)) is None
    await desk.reviewer.submit(Answer(request_id=request_id, answers=ANSWERS), key="answer")
    result = await desk.call(lambda client: client.elicitations.get_result(request_id))
    assert (result.fields, result.answered_by) == (ANSWERS, "alice")


async def _agent_action(desk: Desk) -> None:
    upload = await desk.call(lambda client: client.uploads.upload(file=("a.txt", b"a", "text/plain")))
    event = await desk.written(
        "agent_action",
        description="did it",
        detail={"n": 1},
        metadata_patch=MetadataPatchDto(set_={"done": True}, set_once=None),
        transitions_to="in_review",
        add_attachments=[Attachment(upload_id=upload.id, label="A")],
    )
    assert (event.payload.description, event.transition_from, event.transition_to) == ("did it", "intake", "in_review")
    assert event.payload.add_attachments[0].upload_id == upload.id


async def _exception(desk: Desk) -> None:
    event = await desk.written("exception", message="OCR failed", detail={"page": 3}, transitions_to="in_review")
    assert (event.payload.message, event.transition_to) == ("OCR failed", "in_review")
    assert dict(event.payload.detail)["page"] == 3


async def _note(desk: Desk) -> None:
    assert (await desk.written("note", message="Customer called")).payload.message == "Customer called"


async def _uploads(desk: Desk) -> None:
    content = bytes(range(256)) * 4000
    upload = await desk.call(lambda client: client.uploads.upload(file=("é.bin", content, "application/x-bin")))
    found = await desk.call(lambda client: client.uploads.get(upload.id))
    assert (upload.status, found.content_type, found.size) == ("READY", "application/x-bin", len(content))
    assert b"".join([piece async for piece in desk.reviewer.download(upload.id)]) == content


SHOWN_BY: dict[str, Callable[[Desk], Any]] = {
    "projects.list": _projects_list,
    "projects.get": _projects_get,
    "tasks.create": _tasks_create,
    "tasks.get": _tasks_get,
    "tasks.list": _tasks_list,
    "tasks.events": _tasks_events,
    "approvals.create": _approvals,
    "approvals.get_result": _approvals,
    "elicitations.create": _elicitations,
    "elicitations.get_result": _elicitations,
    "events.agent_action": _agent_action,
    "events.exception": _exception,
    "events.note": _note,
    "uploads.upload": _uploads,
    "uploads.get": _uploads,
}


@pytest.mark.parametrize("show", dict.fromkeys(SHOWN_BY.values()), ids=lambda show: show.__name__.strip("_"))
async def test_an_operation_works(desk: Desk, show: Callable[[Desk], Any]) -> None:
    """What goes in comes out, as both clients read it."""
    await show(desk)


@pytest.mark.parametrize("client", [PumpUp, AsyncPumpUp])
def test_no_operation_is_left_out(client: Callable[..., object]) -> None:
    """The table above holds all that either half of the SDK can do: fifteen operations."""
    assert operations(client(base_url="http://127.0.0.1:1", api_key="x")) == SHOWN_BY.keys()
    assert len(SHOWN_BY) == 15
