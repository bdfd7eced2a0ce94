"""The backends that the suite runs over: a folder, and an agent and a reviewer at work on it, each in one way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.http import HttpBackend
from store.keys import KeyRing
from store.local import LocalBackend, open_local
from store.server.app import create_app

Kind = Literal["local", "http"]

ALICE = Actor("alice", "reviewer", ("claims-lead", "eu"))
BOB = Actor("bob", "reviewer", ())
AGENT = Actor("agent-1", "agent")


class StepClock:
    """A clock that moves one millisecond a look, so that no two events share a time."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class World:
    """A folder and who works on it. `local` sees the same folder past the network."""

    kind: Kind
    folder: Path
    clock: StepClock
    local: LocalBackend
    reviewer: Backend
    other_reviewer: Backend
    agent: Backend


@asynccontextmanager
async def open_world(kind: Kind, folder: Path, clock: StepClock, tokens: Callable[[], str]) -> AsyncIterator[World]:
    """Give a world of this kind over `folder`, which may be new or may have been left by another one."""
    local = await open_local(folder, ALICE, clock=clock, tokens=tokens)
    reach: Callable[[Actor], Backend] = local.acting_as
    if kind == "http":
        keys = KeyRing(folder, clock)
        app = create_app(local, keys)

        def reach(actor: Actor) -> Backend:
            secret = keys.add(actor.subject, "agent" if actor.role == "agent" else "reviewer", actor.tags)
            return over_http(app, secret, clock)

    backends = [reach(actor) for actor in (ALICE, BOB, AGENT)]
    try:
        yield World(kind, folder, clock, local, *backends)
    finally:
        if kind == "http":
            for backend in backends:
                await backend.aclose()
        await local.aclose()


def over_http(app: object, secret: str, clock: StepClock) -> HttpBackend:
    """Return a client of `app` that waits for nothing and looks for events often."""
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # httpx and Starlette type ASGI differently
    return HttpBackend("http://127.0.0.1", secret, transport=transport, clock=clock, poll=0.01)
