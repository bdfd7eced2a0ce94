"""Schemas and metadata that are made to take for ever: honest writers, /healthz and SIGTERM don't notice.

In short: what is answered, which no slow machine changes. With ATTACK=full the honest writers' time is compared too.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api_client.commands import CreateProject, read_command
from api_client.times import utc_now
from store.core.batch import Job
from store.core.schema_questions import unasked
from store.folder.api_keys import KeyRing
from tests.cli.test_serving import Server, served
from tests.support.actors import ALICE
from tests.support.small_folders import open_store, receipt

BITS = 40
SCHEMAS: dict[str, Any] = {
    "shaped": {"required": ["n"], "properties": {"n": {"type": "integer"}, "x": {"uniqueItems": True}}},
    "unique": {"properties": {"x": {"uniqueItems": True}}},
    "pattern": {"properties": {"x": {"pattern": "^(a+)+$"}}},
    "itself": {"$ref": "#"},
    "endless": {
        "$ref": "#/$defs/s0",
        "$defs": {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(BITS)} | {f"s{BITS}": {}},
    },
}
"""The honest writers' schema, and those of the bad caller. `itself` is from a folder of before it was refused."""
BAD: dict[str, Any] = {
    "unique": [{"n": number % 1_999} for number in range(2_000)],
    "pattern": "a" * 50_000 + "!",
    "itself": 1,
    "endless": 1,
}
"""What the bad callers send."""
BAD_NAMES = ("bad-1", "bad-2", "bad-3")
FULL = os.environ.get("ATTACK") == "full"
ROUNDS = 60 if FULL else 5
BEGIN_SECONDS = 2.0 if FULL else 0.0
"""An attack goes on for so long before honest writers are looked at: until it is known whose checks take long."""
TIMES = 5
"""The honest writers' p95 beside the attack, over that of the same run without it, at the most."""


def make(data: Path) -> None:
    """Make a folder with a project for each schema, as one of before the schemas were looked at."""
    store = open_store(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.checks, "at_once", lambda _subject: unasked)
        for name, schema in SCHEMAS.items():
            steps = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": ["a"]}]}
            command = read_command(CreateProject, {"name": name, "steps": {**steps, "stepSchemas": {"a": schema}}})
            receipt(store.carry_out([Job(command, ALICE, None)])[0])
    store.close()


@dataclass
class Scene:
    """A server and the keys of its callers."""

    server: Server
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server that all attacks of this module are made on."""
    place = tmp_path_factory.mktemp("attacked")
    make(place / "data")
    keys = KeyRing(place / "data", utc_now)
    secrets = {name: keys.add(name, "agent") for name in ("honest", *BAD_NAMES)}
    with served(place) as server:
        yield Scene(server, secrets)
        if server.process.poll() is None:
            assert server.end() == 0


class Callers:
    """Clients of one server, each with a key of its own."""

    def __init__(self, scene: Scene) -> None:
        self._secrets = scene.secrets
        self.client = httpx.AsyncClient(base_url=scene.server.url, timeout=120)
        self.heard: list[int] = []
        """What the bad ones were answered."""

    async def make(self, caller: str, project: str, **values: Any) -> int:
        """Make a task with this metadata; return the status."""
        body = {"projectName": project, "name": "C-1", "metadataPatch": {"set": values}}
        headers = {
            "Authorization": f"Bearer {self._secrets[caller]}",
            "X-API-Version": "0",
            "Idempotency-Key": uuid4().hex,
        }
        return (await self.client.post("/api/tasks", json=body, headers=headers)).status_code

    async def honest(self) -> None:
        """Write to a project without a schema and to one with, and look at the server's health: all goes well."""
        for project in ("general", "shaped"):
            assert await self.make("honest", project, n=len(self.heard), x=[{"n": 1}, {}]) == 201
        assert (await self.client.get("/healthz")).status_code == 200

    @asynccontextmanager
    async def attacking(self, attack: str) -> AsyncIterator[None]:
        """Have all bad callers send the same again and again meanwhile."""

        async def bad(name: str) -> None:
            for number in itertools.count():
                self.heard.append(await self.make(name, attack, x=BAD[attack], n=number))

        going = [asyncio.create_task(bad(name)) for name in BAD_NAMES]
        try:
            yield
        finally:
            for one in going:
                one.cancel()
            await asyncio.gather(*going, return_exceptions=True)


async def p95(one: Callable[[], Awaitable[None]], enough: Callable[[], bool] = lambda: True) -> float:
    """Return how many seconds `one` takes, all but the slowest twentieth, over some rounds and until it is enough."""
    times: list[float] = []
    while len(times) < ROUNDS or not enough():
        start = time.perf_counter()
        await one()
        times.append(time.perf_counter() - start)
    return statistics.quantiles(times, n=20)[-1]


@pytest.mark.parametrize("attack", BAD)
async def test_a_schema_that_takes_for_ever_takes_its_callers_time_only(scene: Scene, attack: str) -> None:
    """Three callers send it again and again: each honest write is recorded, and takes hardly longer."""
    callers = Callers(scene)
    await callers.honest()
    undisturbed = await p95(callers.honest)
    async with callers.attacking(attack):
        await asyncio.sleep(BEGIN_SECONDS)
        disturbed = await p95(callers.honest, lambda: bool(callers.heard))
    await callers.client.aclose()
    print(f"\n{attack}: p95 {undisturbed * 1e3:.1f} -> {disturbed * 1e3:.1f} ms, {disturbed / undisturbed:.1f} x")
    assert set(callers.heard) <= {400, 429}
    assert not FULL or disturbed <= TIMES * undisturbed
    assert "Traceback" not in scene.server.log.read_text()


async def test_sigterm_is_heard_meanwhile(scene: Scene) -> None:
    """A server that is asked to stop while checks go on for ever stops, and well."""
    callers = Callers(scene)
    async with callers.attacking("endless"):
        await callers.honest()
        assert await asyncio.to_thread(scene.server.end) == 0
    await callers.client.aclose()
    assert "Traceback" not in scene.server.log.read_text()
