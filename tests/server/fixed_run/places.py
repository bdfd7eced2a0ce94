"""The two places of the run: a folder, and the same folder behind a server, with all that varies handed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.commands import PLATFORM
from api_client.http import HttpBackend
from store.folder.api_keys import KeyRing
from store.folder.engine import Store
from store.folder.local_backend import LocalBackend, open_local
from store.server.app import create_app
from store.server.limits import Limits
from store.server.shares import Shares
from store.transfer.exporter import Filter, as_csv, jsonl
from store.transfer.folder_record import FolderRecord
from tests.conftest import FixedClock, counting_tokens
from tests.in_process import InProcess
from tests.server.fixed_run.recording import STREAM, Exchange, Recorder
from tests.server.hand_clock import HandClock, standing_still

CALLERS = {
    "alice": Actor("alice", "reviewer", ("claims-lead", "eu")),
    "bob": Actor("bob", "reviewer", ()),
    "agent": Actor("claims-bot", "agent"),
}
LIMITS = Limits(headers=4_000, body=10_000, upload=50_000)
"""Caps that a short body goes over."""
URL = "http://127.0.0.1:7867"


@dataclass
class Place:
    """Where the run takes place, and what each caller reaches it through."""

    local: LocalBackend
    clock: FixedClock
    backends: Mapping[str, Backend]
    loop_clock: HandClock
    exchanges: list[Exchange] = field(default_factory=list)
    """What went over the wire; stays empty where nothing does."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Each caller's API key, where there is a server."""
    transport: httpx.AsyncBaseTransport | None = None
    no_calls: httpx.AsyncBaseTransport | None = None
    """The way to a server that accepts no call of anybody."""
    sleeping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a client that looks for events waits before it looks again."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    follows: bool = False
    """Whether anyone follows the timeline."""

    @property
    def platform(self) -> LocalBackend:
        """What fires timeouts: it is beside the server, never behind it."""
        return self.local.acting_as(PLATFORM)

    def pass_time(self) -> None:
        """Let a second go by: for what waits too, unless anyone follows the timeline, who would ask what is wrong."""
        self.clock.advance(seconds=1)
        if not self.follows:
            self.loop_clock.now += 1

    def falls_asleep(self) -> None:
        """Note that from now on someone follows the timeline."""
        self.follows = True
        self.sleeping.clear()
        self.wake.clear()

    def wakes(self) -> None:
        """Let who follows the timeline look again; from then on time passes for all."""
        self.follows = False
        self.wake.set()

    async def sleep(self, seconds: float) -> None:
        """Wait, until it is asked for, where a client would look again after some seconds."""
        self.sleeping.set()
        await self.wake.wait()
        self.loop_clock.now += seconds

    async def listening(self, who: str) -> None:
        """Return once what `who` follows would hear of the next event."""
        if self.exchanges:
            follows: Callable[[], bool] = self.sleeping.is_set if who == "agent" else self._has_open_stream
            await self.loop_clock.until(follows, step=0)

    def _has_open_stream(self) -> bool:
        last = self.exchanges[-1]
        return last.request.url.path == STREAM and bool(last.pieces)


@asynccontextmanager
async def at_the_folder(folder: Path) -> AsyncIterator[Place]:
    """Give the run a folder, with nothing between."""
    with standing_still() as loop_clock:
        local, clock = await _opened(folder)
        try:
            yield Place(local, clock, {name: local.acting_as(actor) for name, actor in CALLERS.items()}, loop_clock)
        finally:
            await local.aclose()


@asynccontextmanager
async def through_the_server(folder: Path) -> AsyncIterator[Place]:
    """Give the run a folder behind the server's app, and record what goes between."""
    with standing_still() as loop_clock:
        local, clock = await _opened(folder)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(local.aclose)
            numbers = count(1)
            ring = KeyRing(folder, FixedClock(), tokens=lambda size: f"{next(numbers):0{size}d}")
            backends: dict[str, Backend] = {}
            place = Place(local, clock, backends, loop_clock)
            place.transport = Recorder(InProcess(create_app(local, ring, limits=LIMITS)), place.exchanges)
            closed = create_app(local, ring, limits=Limits(shares=Shares(calls=0)))
            place.no_calls = Recorder(InProcess(closed), place.exchanges)
            place.secrets = {
                name: ring.add(actor.subject, "agent" if actor.role == "agent" else "reviewer", actor.tags)
                for name, actor in CALLERS.items()
            }
            for name, secret in place.secrets.items():
                backend = _client(place, secret, boundary=counting_tokens())
                backends[name] = backend
                stack.push_async_callback(backend.aclose)
            yield place


def _client(place: Place, secret: str, *, boundary: Callable[[], str]) -> HttpBackend:
    return HttpBackend(
        URL,
        secret,
        transport=place.transport,
        clock=place.clock,
        sleep=place.sleep,
        jitter=lambda: 0.5,
        boundary=boundary,
    )


async def _opened(folder: Path) -> tuple[LocalBackend, FixedClock]:
    clock = FixedClock()
    return await open_local(folder, CALLERS["alice"], clock=clock, tokens=counting_tokens()), clock


def written(folder: Path) -> dict[str, bytes]:
    """Return the record of a closed folder: its journal, its head and both exports."""
    store = Store(folder, clock=FixedClock(), tokens=counting_tokens(), for_reading=True)
    try:
        return {
            "journal.jsonl": (folder / "journal.jsonl").read_bytes(),
            "head": (folder / "head").read_bytes(),
            "export.jsonl": b"".join(jsonl(FolderRecord(store), Filter())),
            "export.csv": b"".join(as_csv(FolderRecord(store), Filter())),
        }
    finally:
        store.close()
