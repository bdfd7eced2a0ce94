"""A server over a new folder, and raw callers that may break the contract as they like."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api_client.actor import Actor
from api_client.commands import CreateProject, read_command
from store.folder.api_keys import KeyRing
from store.folder.local_backend import LocalBackend, open_local
from store.server.app import create_app
from store.server.limits import Limits
from tests.conftest import FixedClock
from tests.support.world_builder import STEPS

SMALL = Limits(headers=4_000, body=10_000, upload=50_000)
"""Caps that a test can go over quickly."""


@dataclass
class Caller:
    """Someone with a key (or a wrong one) who speaks plain HTTP."""

    app: Starlette
    secret: str
    _keys: Iterator[int] = field(default_factory=count)

    async def __call__(self, method: str, path: str, **keys: Any) -> httpx.Response:
        """Send one request; `headers` come on top of the contract's."""
        headers = {"Authorization": f"Bearer {self.secret}", "X-API-Version": "0"} | keys.pop("headers", {})
        if method == "POST":
            headers.setdefault("Idempotency-Key", f"key-{next(self._keys)}")
        headers = {name: value for name, value in headers.items() if value is not None}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7867") as client:
            return await client.request(method, path, headers=headers, **keys)

    async def post(self, path: str, body: object = None, **keys: Any) -> httpx.Response:
        """POST a JSON body."""
        return await self("POST", path, json=body, **keys)


@dataclass
class Served:
    """A folder behind the server."""

    folder: Path
    local: LocalBackend
    keys: KeyRing
    app: Starlette
    agent: Caller
    reviewer: Caller
    project_id: str

    @property
    def journal(self) -> bytes:
        """All that was ever written."""
        return (self.folder / "journal.jsonl").read_bytes()

    async def task(self, **keys: Any) -> dict[str, Any]:
        """Make a task through the API."""
        answer = await self.agent.post("/api/tasks", {"projectName": "claims", "name": "Claim", **keys})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def approval(self, task_id: str) -> str:
        """Ask for an approval through the API; return its id."""
        body = {"projectName": "claims", "taskId": task_id, "summary": "Refund?"}
        answer = await self.agent.post("/api/approval-requests", body)
        assert answer.status_code == 201, answer.text
        event_id: str = answer.json()["eventId"]
        return event_id

    async def elicitation(self, task_id: str, fields: list[dict[str, Any]]) -> str:
        """Ask for answers through the API; return the request's id."""
        body = {"projectName": "claims", "taskId": task_id, "summary": "Which?", "fields": fields}
        answer = await self.agent.post("/api/elicitation-requests", body)
        assert answer.status_code == 201, answer.text
        event_id: str = answer.json()["eventId"]
        return event_id


@pytest.fixture
async def served(tmp_path: Path, clock: FixedClock, tokens: Callable[[], str]) -> AsyncIterator[Served]:
    """A server with one project, an agent and a reviewer."""
    folder = tmp_path / "data"
    local = await open_local(folder, Actor("owner", "reviewer"), clock=clock, tokens=tokens)
    made = await local.submit(read_command(CreateProject, {"name": "Claims", "steps": STEPS}), key="project")
    keys = KeyRing(folder, clock)
    agent, reviewer = keys.add("agent-1", "agent"), keys.add("alice", "reviewer", ["claims-lead"])
    app = create_app(local, keys, limits=SMALL, allowed_hosts=["reviews.example"])
    yield Served(folder, local, keys, app, Caller(app, agent), Caller(app, reviewer), made.answer["id"])
    await local.aclose()
