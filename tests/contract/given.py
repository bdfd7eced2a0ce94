"""What tests start from: a project, tasks, requests and uploads, each in one line."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from api_client.commands import CreateTask, RecordAction
from api_client.models import Attachment, Event, MetadataPatch, Project, Receipt, Task
from api_client.wire import read
from tests.support.backends import World
from tests.support.world_builder import STEPS, WorldBuilder

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
    """Creates what a test of the contract needs, and returns it in the contract's models."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.make = WorldBuilder(world.agent, world.reviewer, iter(self.key, ""))
        self._numbers = count(1)

    def key(self) -> str:
        """Return an idempotency key that was not used before."""
        return f"key-{next(self._numbers)}"

    async def project(self, name: str = "Claims Refund v1", steps: Mapping[str, Any] = STEPS) -> Project:
        return read(Project, await self.make.project(name, steps))

    async def task(self, name: str = "Claim C-1029", *, slug: str = "claims_refund_v1", **keys: Any) -> Task:
        """Create a task, and the project where it does not exist yet."""
        if not any(project.project_name == slug for project in await self.world.agent.projects()):
            await self.project()
        receipt = await self.make.submit(CreateTask(project_name=slug, name=name, **keys))
        return read(Task, receipt.answer)

    async def approval(self, task: Task | None = None, **more: Any) -> Event:
        """Ask for an approval on `task`, or on a new one, and return the request's event."""
        asked = {**APPROVAL, **more}
        task = task or await self.task()
        return await self._event(await self.make.approval(task.id, project=await self._slug(task), **asked))

    async def elicitation(self, task: Task | None = None, **more: Any) -> Event:
        """Ask for all ten field types on `task`, or on a new one, and return the request's event."""
        asked = {"fields": FIELDS, **more}
        task = task or await self.task()
        return await self._event(await self.make.elicitation(task.id, project=await self._slug(task), **asked))

    async def _slug(self, task: Task) -> str:
        return (await self.world.agent.project(task.project_id)).project_name

    async def _event(self, request_id: str) -> Event:
        return (await self.world.reviewer.request(request_id)).event

    async def decision(self, request: Event, outcome: str = "APPROVE", note: str | None = None) -> Receipt:
        return await self.make.decision(request.id, outcome, note)

    async def answers(self, request: Event, answers: dict[str, Any] | None = None) -> Receipt:
        return await self.make.answer(request.id, ANSWERS if answers is None else answers)

    async def action(self, task: Task, **keys: Any) -> Receipt:
        """Record an action of the agent on a task of the first project."""
        command = RecordAction(project_name="claims_refund_v1", task_id=task.id, description="did it", **keys)
        return await self.make.submit(command)

    async def closed_task(self) -> Task:
        """Return a task that has gone to a terminal step."""
        task = await self.task()
        await self.action(task, transitions_to="paid", metadata_patch=MetadataPatch(set={"paid": True}))
        return (await self.world.agent.task(task.id)).task

    async def upload(self, content: bytes = b"a photo", name: str = "photo.jpg", kind: str = "image/jpeg") -> str:
        return await self.make.upload(content, name, kind)

    async def attached(self, task: Task, label: str = "the photo") -> str:
        """Upload a file and attach it to `task`; return its id."""
        upload_id = await self.upload()
        await self.action(task, add_attachments=(Attachment(upload_id=upload_id, label=label),))
        return upload_id

    async def timeline(self, task: Task) -> list[Event]:
        """Return all events of a task, which has fewer than a page of them."""
        return list((await self.world.reviewer.events(task_id=task.id, limit=500)).items)
