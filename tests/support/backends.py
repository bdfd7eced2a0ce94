"""The backends that the suite runs over: a folder, and an agent and a reviewer at work on it, each in one way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from starlette.applications import Starlette

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.http import HttpBackend
from store.core.command_limits import CommandLimits
from store.folder.api_keys import KeyRing
from store.folder.local_backend import LocalBackend, open_local
from store.server.app import create_app
from store.server.runner import bind, serve, url_of
from tests.in_process import InProcess
from tests.support.actors import AGENT, BOB
from tests.waiting import HANG_SECONDS

Kind = Literal["local", "http", "socket"]
"""At the folder; through the server's app in this process; through the server on a real socket."""

ALICE = Actor("alice", "reviewer", ("claims-lead", "eu"))


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
    limits = CommandLimits(check_seconds=0.3)  # so that a test of what takes too long need not
    local = await open_local(folder, ALICE, clock=clock, tokens=tokens, limits=limits)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(local.aclose)
        if kind == "local":
            yield World(kind, folder, clock, local, *map(local.acting_as, (ALICE, BOB, AGENT)))
            return
        keys = KeyRing(folder, clock)
        app = create_app(local, keys)
        url = await stack.enter_async_context(listening(app)) if kind == "socket" else ""
        backends = []
        for actor in (ALICE, BOB, AGENT):
            secret = keys.add(actor.subject, "agent" if actor.role == "agent" else "reviewer", actor.tags)
            backends.append(HttpBackend(url, secret, clock=clock) if url else over_http(app, secret, clock))
            stack.push_async_callback(backends[-1].aclose)
        yield World(kind, folder, clock, local, *backends)


def over_http(app: Starlette, secret: str, clock: StepClock) -> HttpBackend:
    """Return a client of `app` in this process that looks for events often."""
    return HttpBackend("http://127.0.0.1", secret, transport=InProcess(app), clock=clock, poll=0.01)


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    """Serve on a free port of this machine; give the address, and stop as an operator does."""
    listener = bind("127.0.0.1", 0)
    server = asyncio.ensure_future(serve(app, listener, on_stop=app.state.stop))
    url = url_of(listener)
    await _answers(url)  # then it has taken over the signals
    try:
        yield url
    finally:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(server, HANG_SECONDS)


async def _answers(url: str) -> None:
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
