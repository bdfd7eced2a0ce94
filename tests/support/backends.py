"""The backends that the suite runs over: a folder, and an agent and a reviewer at work on it, each in one way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import psycopg
from starlette.applications import Starlette

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.errors import Conflict
from api_client.http import HttpBackend
from api_client.models import Role
from api_client.times import Clock, utc_now
from store.core.command_limits import CommandLimits
from store.folder.api_keys import KeyRing
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.key_table import DatabaseKeys
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace
from store.server.app import create_app
from store.server.auth import KnownKeys
from store.server.call_context import Served
from store.server.runner import bind, serve, url_of
from tests.in_process import InProcess
from tests.support.actors import AGENT, BOB
from tests.support.postgres_fixtures import SERVER_ROLE
from tests.waiting import HANG_SECONDS

Kind = Literal["local", "http", "socket"]
"""At the record itself; through the server's app in this process; through the server on a real socket."""

ALICE = Actor("alice", "reviewer", ("claims-lead", "eu"))


class StepClock:
    """A clock that moves one millisecond a look, so that no two events share a time."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class RecordPlace(Protocol):
    """A place for a record, in which the suite makes one."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that name it to a command."""
        ...

    def create(self) -> None:
        """Make it, empty."""
        ...

    async def backend(self, actor: Actor) -> Served:
        """Open the record, which is there, for `actor`."""
        ...

    async def open(self, clock: StepClock, tokens: Callable[[], str], limits: CommandLimits) -> Served:
        """Open the record, which is made where it is missing, for Alice."""
        ...

    def add_key(self, actor: Actor, clock: Clock = utc_now) -> str:
        """Make an API key and return it."""
        ...

    async def keys(self, opened: Served, clock: StepClock) -> KnownKeys:
        """Return the keys that were made, as a server looks them up."""
        ...

    def contents(self) -> int:
        """Return how many contents of uploads are stored, half ones too."""
        ...

    def stored(self) -> dict[str, bytes]:
        """Return all that is stored, by the name of its file or table."""
        ...

    def verified(self) -> list[str]:
        """Return what `verify` finds wrong."""
        ...


def _role(actor: Actor) -> Role:
    return "agent" if actor.role == "agent" else "reviewer"


@dataclass(frozen=True)
class FolderPlace:
    """A data folder."""

    path: Path

    @property
    def words(self) -> tuple[str, ...]:
        return ("--data", str(self.path))

    def create(self) -> None:
        self.path.mkdir(mode=0o700)

    async def backend(self, actor: Actor) -> Served:
        return await open_local(self.path, actor)

    async def open(self, clock: StepClock, tokens: Callable[[], str], limits: CommandLimits) -> Served:
        return await open_local(self.path, ALICE, clock=clock, tokens=tokens, limits=limits)

    def add_key(self, actor: Actor, clock: Clock = utc_now) -> str:
        return KeyRing(self.path, clock).add(actor.subject, _role(actor), actor.tags)

    async def keys(self, opened: Served, clock: StepClock) -> KnownKeys:
        return KeyRing(self.path, clock)

    def contents(self) -> int:
        return len(list((self.path / "uploads").glob("*")))

    def stored(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    def verified(self) -> list[str]:
        from store.transfer.verifier import verify

        return verify(self.path).wrong


@dataclass(frozen=True)
class DatabasePlace:
    """A workspace of a database, opened in the append-only role."""

    url: str
    """The owner's."""
    workspace: str

    @property
    def address(self) -> DatabaseAddress:
        return DatabaseAddress.parse(self.url.replace("//postgres@", f"//{SERVER_ROLE}@"))

    @property
    def words(self) -> tuple[str, ...]:
        url = self.url.replace("//postgres@", f"//{SERVER_ROLE}@")
        return ("--database", url, "--workspace", self.workspace)

    def create(self) -> None:
        create_workspace(DatabaseAddress.parse(self.url), self.workspace, utc_now())

    async def backend(self, actor: Actor) -> Served:
        return await open_postgres(self.address, self.workspace, actor, pool_size=4)

    async def open(self, clock: StepClock, tokens: Callable[[], str], limits: CommandLimits) -> Served:
        with suppress(Conflict):  # it was made before
            create_workspace(DatabaseAddress.parse(self.url), self.workspace, clock())
        return await open_postgres(
            self.address, self.workspace, ALICE, clock=clock, tokens=tokens, limits=limits, serves=True, pool_size=4
        )

    def add_key(self, actor: Actor, clock: Clock = utc_now) -> str:
        ring = DatabaseKeys(self.address, self.workspace, clock)
        return ring.add(actor.subject, _role(actor), actor.tags)

    async def keys(self, opened: Served, clock: StepClock) -> KnownKeys:
        assert isinstance(opened, PostgresBackend)
        await opened.keys.refresh()
        return opened.keys

    def contents(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "select count(*) from pumpup.blob b join pumpup.workspace w on w.id = b.ws where w.name = %s",
                (self.workspace,),
            ).fetchone()
            return int(row[0]) if row else 0

    def stored(self) -> dict[str, bytes]:
        with psycopg.connect(self.url) as connection:
            rows = connection.execute("select table_name from information_schema.tables where table_schema = 'pumpup'")
            return {name: self._table(connection, name) for (name,) in rows.fetchall()}

    def verified(self) -> list[str]:
        from store.transfer.database_verifier import verify_database

        return verify_database(self.address, self.workspace).wrong

    def _table(self, connection: psycopg.Connection[tuple[Any, ...]], name: str) -> bytes:
        with connection.cursor().copy(f"copy pumpup.{name} to stdout (format binary)".encode()) as rows:
            return b"".join(map(bytes, rows))


@dataclass
class World:
    """A record and who works on it. `local` sees the same record past the network."""

    kind: Kind
    place: RecordPlace
    clock: StepClock
    local: Served
    reviewer: Backend
    other_reviewer: Backend
    agent: Backend
    url: str = ""
    """The server's address, where it is on a real socket."""
    agent_key: str = ""
    """The agent's API key, where there is a server."""


@asynccontextmanager
async def open_world(
    kind: Kind, place: RecordPlace, clock: StepClock, tokens: Callable[[], str]
) -> AsyncIterator[World]:
    """Give a world of this kind over `place`, which may be new or may have been left by another one."""
    limits = CommandLimits(check_seconds=0.3)  # so that a test of what takes too long need not
    local = await place.open(clock, tokens, limits)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(local.aclose)
        if kind == "local":
            reviewer, other_reviewer, agent = map(local.acting_as, (ALICE, BOB, AGENT))
            yield World(kind, place, clock, local, reviewer, other_reviewer, agent)
            return
        secrets = [place.add_key(actor, clock) for actor in (ALICE, BOB, AGENT)]
        app = create_app(local, await place.keys(local, clock))
        url = await stack.enter_async_context(listening(app)) if kind == "socket" else ""
        backends = []
        for secret in secrets:
            backends.append(HttpBackend(url, secret, clock=clock) if url else over_http(app, secret, clock))
            stack.push_async_callback(backends[-1].aclose)
        yield World(kind, place, clock, local, backends[0], backends[1], backends[2], url=url, agent_key=secrets[-1])


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
