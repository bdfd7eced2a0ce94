"""The world builder: projects, tasks, requests and decisions for tests to start from, each in one line.

The functions return commands, for tests that submit in a way of their own. `WorldBuilder` submits them to any backend.
Further keys are given under their wire names: `approval(task, keyValueContext={…})`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from api_client.backend import Backend
from api_client.commands import (
    AddNote,
    Answer,
    Command,
    CreateProject,
    CreateTask,
    Decide,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    read_command,
)
from api_client.models import Receipt
from tests.support.actors import AGENT, ALICE

STEPS: Mapping[str, Any] = {
    "initialStep": "intake",
    "steps": [
        {"name": "intake", "owner": "AGENT", "exits": ["in_review", "paid"]},
        {"name": "in_review", "owner": "HUMAN", "exits": ["intake", "paid", "refused"], "timeoutSeconds": 3600},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
        {"name": "refused", "owner": "PLATFORM", "exits": []},
    ],
}


def create_project(name: str = "Claims", steps: Mapping[str, Any] = STEPS) -> CreateProject:
    """Return the command that creates a project."""
    return read_command(CreateProject, {"name": name, "steps": dict(steps)})


def create_task(name: str = "C-1", project: str = "general", **more: Any) -> CreateTask:
    """Return the command that creates a task."""
    return read_command(CreateTask, {"projectName": project, "name": name, **more})


def record_action(task_id: str, description: str = "did it", project: str = "general", **more: Any) -> RecordAction:
    """Return the command that records an action, or with `transitionsTo` a move, of the agent."""
    return read_command(RecordAction, {"projectName": project, "taskId": task_id, "description": description, **more})


def add_note(task_id: str, message: str = "n", project: str = "general") -> AddNote:
    """Return the command that adds a note."""
    return read_command(AddNote, {"projectName": project, "taskId": task_id, "message": message})


def request_approval(task_id: str, summary: str = "Pay?", project: str = "general", **more: Any) -> RequestApproval:
    """Return the command that asks for an approval."""
    return read_command(RequestApproval, {"projectName": project, "taskId": task_id, "summary": summary, **more})


def request_elicitation(
    task_id: str, fields: Sequence[Any], summary: str = "Need details", project: str = "general", **more: Any
) -> RequestElicitation:
    """Return the command that asks for answers."""
    raw = {"projectName": project, "taskId": task_id, "summary": summary, "fields": list(fields), **more}
    return read_command(RequestElicitation, raw)


def decide(request_id: str, outcome: str = "APPROVE", **more: Any) -> Decide:
    """Return the command that decides an approval; `note` belongs to the outcome."""
    note = {"note": more.pop("note")} if more.get("note") is not None else {}
    more.pop("note", None)
    return read_command(Decide, {"outcome": {"type": outcome, **note}, **more}, request_id=request_id)


def answer(request_id: str, answers: Mapping[str, Any]) -> Answer:
    """Return the command that answers an elicitation."""
    return Answer(request_id=request_id, answers=dict(answers))


class WorldBuilder:
    """Submits what tests start from: a reviewer's commands as the reviewer, all others as the agent."""

    def __init__(self, agent: Backend, reviewer: Backend, keys: Iterator[str] | None = None) -> None:
        """Take one backend for each; `keys` are the idempotency keys of the writes, each used once."""
        self.agent, self.reviewer = agent, reviewer
        self._keys = keys or (uuid4().hex for _ in count())

    async def submit(self, command: Command, content: AsyncIterator[bytes] | None = None) -> Receipt:
        """Submit any command."""
        backend = self.reviewer if command.for_reviewers else self.agent
        return await backend.submit(command, key=next(self._keys), content=content)

    async def project(self, name: str = "Claims", steps: Mapping[str, Any] = STEPS) -> Mapping[str, Any]:
        """Create a project; return it."""
        return (await self.submit(create_project(name, steps))).answer

    async def task(self, name: str = "C-1", project: str = "general", **more: Any) -> str:
        """Create a task; return its id."""
        return str((await self.submit(create_task(name, project, **more))).answer["id"])

    async def action(self, task_id: str, description: str = "did it", project: str = "general", **more: Any) -> Receipt:
        """Record an action of the agent."""
        return await self.submit(record_action(task_id, description, project, **more))

    async def approval(self, task_id: str, summary: str = "Pay?", project: str = "general", **more: Any) -> str:
        """Ask for an approval; return the request's id."""
        return (await self.submit(request_approval(task_id, summary, project, **more))).event_id

    async def elicitation(
        self, task_id: str, fields: Sequence[Any], summary: str = "Need details", project: str = "general", **more: Any
    ) -> str:
        """Ask for answers; return the request's id."""
        return (await self.submit(request_elicitation(task_id, fields, summary, project, **more))).event_id

    async def decision(self, request_id: str, outcome: str = "APPROVE", note: str | None = None) -> Receipt:
        """Decide an approval."""
        return await self.submit(decide(request_id, outcome, note=note))

    async def answer(self, request_id: str, answers: Mapping[str, Any]) -> Receipt:
        """Answer an elicitation."""
        return await self.submit(answer(request_id, answers))

    async def upload(self, content: bytes = b"a photo", name: str = "photo.jpg", kind: str = "image/jpeg") -> str:
        """Upload a file; return the upload's id."""
        command = ReceiveUpload(file_name=name, content_type=kind)
        return str((await self.submit(command, in_pieces(content))).answer["id"])


@asynccontextmanager
async def world_in(folder: Path) -> AsyncIterator[WorldBuilder]:
    """Open a data folder, which may be new, and give a builder over it; the folder is closed at the end."""
    from store.folder.local_backend import open_local

    backend = await open_local(folder, ALICE)
    try:
        yield WorldBuilder(backend.acting_as(AGENT), backend)
    finally:
        await backend.aclose()


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """Yield `content` as a stream does, in at most a hundred pieces."""
    size = max(1000, len(content) // 100)
    for start in range(0, len(content), size):
        yield content[start : start + size]
