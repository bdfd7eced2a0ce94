"""What tests start from: a project, tasks, requests and uploads, each in one line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from api_client.commands import (
    Answer,
    CreateProject,
    CreateTask,
    Decide,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    read_command,
)
from api_client.models import Attachment, Event, MetadataPatch, Outcome, Project, Receipt, Task
from api_client.wire import read
from tests.support.backends import World

STEPS: dict[str, Any] = {
    "initialStep": "intake",
    "steps": [
        {"name": "intake", "owner": "AGENT", "exits": ["in_review", "paid"]},
        {"name": "in_review", "owner": "HUMAN", "exits": ["intake", "paid", "refused"], "timeoutSeconds": 3600},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
        {"name": "refused", "owner": "PLATFORM", "exits": []},
    ],
}
APPROVAL: dict[str, Any] = {
    "summary": "Refund **$240** on claim C-1029",
    "keyValueContext": {"Amount": "$240", "Claim": "C-1029"},
    "recommendation": {"outcome": {"type": "APPROVE"}, "confidence": 0.91, "rationale": "Within limits."},
}
FIELDS: list[dict[str, Any]] = [
    {"type": "Text", "id": "email", "label": "Mail", "required": True, "format": "EMAIL", "maxLength": 80},
    {"type": "TextArea", "id": "story", "label": "What happened", "required": False, "minLength": 3},
    {"type": "Number", "id": "count", "label": "Parcels", "required": True, "min": 1, "max": 9, "integerOnly": True},
    {"type": "Slider", "id": "care", "label": "Care", "required": False, "min": 0, "max": 1, "step": 0.1},
    {"type": "Select", "id": "carrier", "label": "Carrier", "required": True, "options": ["DHL", "UPS"]},
    {"type": "Multiselect", "id": "proofs", "label": "Proofs", "required": False, "options": ["photo", "scan"]},
    {"type": "DateField", "id": "day", "label": "Day", "required": False, "min": "2026-01-01", "max": "2026-12-31"},
    {"type": "Time", "id": "hour", "label": "Hour", "required": False, "min": "08:00", "max": "18:00"},
    {"type": "DateTime", "id": "at", "label": "At", "required": False, "min": "2026-01-01T00:00:00"},
    {"type": "Switch", "id": "insured", "label": "Insured", "required": False},
]
ANSWERS: dict[str, Any] = {
    "email": "ann@example.com",
    "story": "It fell\noff the van.",
    "count": 2,
    "care": 0.3,
    "carrier": "DHL",
    "proofs": ["scan", "photo"],
    "day": "2026-02-28",
    "hour": "09:30",
    "at": "2026-02-28T09:30:00",
    "insured": False,
}


class Given:
    """Makes what a test needs, with a fresh key for each write."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._numbers = count(1)

    def key(self) -> str:
        """Return an idempotency key that was not used before."""
        return f"key-{next(self._numbers)}"

    async def project(self, name: str = "Claims Refund v1", steps: dict[str, Any] | None = None) -> Project:
        command = read_command(CreateProject, {"name": name, "steps": steps or STEPS})
        receipt = await self.world.reviewer.submit(command, key=self.key())
        return read(Project, receipt.answer)

    async def task(self, name: str = "Claim C-1029", *, slug: str = "claims_refund_v1", **keys: Any) -> Task:
        """Make a task, and the project where it is not there yet."""
        if not any(one.project_name == slug for one in await self.world.agent.projects()):
            await self.project()
        command = CreateTask(project_name=slug, name=name, **keys)
        receipt = await self.world.agent.submit(command, key=self.key())
        return read(Task, receipt.answer)

    async def approval(self, task: Task | None = None, **keys: Any) -> Event:
        """Ask for an approval on `task`, or on a new one, and return the request's event."""
        return await self._requested(RequestApproval, {**APPROVAL, **keys}, task)

    async def elicitation(self, task: Task | None = None, **keys: Any) -> Event:
        """Ask for all ten field types on `task`, or on a new one, and return the request's event."""
        body = {"summary": "Need details", "fields": FIELDS, **keys}
        return await self._requested(RequestElicitation, body, task)

    async def _requested(self, kind: type[Any], body: dict[str, Any], task: Task | None) -> Event:
        task = task or await self.task()
        slug = (await self.world.agent.project(task.project_id)).project_name
        command = read_command(kind, {"projectName": slug, "taskId": task.id, **body})
        receipt = await self.world.agent.submit(command, key=self.key())
        return (await self.world.reviewer.request(receipt.event_id)).event

    async def decision(self, request: Event, outcome: str = "APPROVE", note: str | None = None) -> Receipt:
        decide = Decide(request_id=request.id, outcome=Outcome(type=outcome, note=note))  # type: ignore[arg-type]
        return await self.world.reviewer.submit(decide, key=self.key())

    async def answers(self, request: Event, answers: dict[str, Any] | None = None) -> Receipt:
        given = ANSWERS if answers is None else answers
        return await self.world.reviewer.submit(Answer(request_id=request.id, answers=given), key=self.key())

    async def action(self, task: Task, **keys: Any) -> Receipt:
        """Record an action of the agent's on a task of the first project."""
        command = RecordAction(project_name="claims_refund_v1", task_id=task.id, description="did it", **keys)
        return await self.world.agent.submit(command, key=self.key())

    async def closed_task(self) -> Task:
        """Return a task that has gone to a terminal step."""
        task = await self.task()
        await self.action(task, transitions_to="paid", metadata_patch=MetadataPatch(set={"paid": True}))
        return (await self.world.agent.task(task.id)).task

    async def upload(self, content: bytes = b"a photo", name: str = "photo.jpg", kind: str = "image/jpeg") -> str:
        command = ReceiveUpload(file_name=name, content_type=kind)
        receipt = await self.world.agent.submit(command, key=self.key(), content=in_pieces(content))
        upload_id: str = receipt.answer["id"]
        return upload_id

    async def attached(self, task: Task, label: str = "the photo") -> str:
        """Upload a file and attach it to `task`; return its id."""
        upload_id = await self.upload()
        await self.action(task, add_attachments=(Attachment(upload_id=upload_id, label=label),))
        return upload_id

    async def timeline(self, task: Task) -> list[Event]:
        """Return all events of a task, which has fewer than a page of them."""
        return list((await self.world.reviewer.events(task_id=task.id, limit=500)).items)


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """Give `content` as a stream does, in at most a hundred pieces."""
    size = max(1000, len(content) // 100)
    for start in range(0, len(content), size):
        yield content[start : start + size]
