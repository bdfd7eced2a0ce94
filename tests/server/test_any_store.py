"""The server over what is no folder: any key ring, and the metrics and health of a database."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from api_client.actor import Actor
from api_client.errors import StoreBusy, StoreFault
from store.core.figures import PoolFigures
from store.core.health import Health
from store.folder.local_backend import LocalBackend
from store.server import shared_look
from store.server.app import create_app
from store.server.metrics import Metrics
from tests.server.conftest import Caller, Served
from tests.waiting import until


class OneKey:
    """A ring of one key, which is in no file."""

    def find(self, secret: str) -> Actor | None:
        """Return the owner."""
        return Actor("rita", "reviewer") if secret == "pk_one" else None


class Replicated(LocalBackend):
    """A folder's backend with a database's health."""

    async def health(self) -> Health | None:
        """Return the health of a database without a standby."""
        return Health("18.6", may_append=True, may_rewrite=False)


class Unasked(LocalBackend):
    """A backend whose database can't be asked."""

    async def health(self) -> Health | None:
        """Fail, as where the connection is lost."""
        raise StoreFault("The database at db.internal can't be reached.")


async def test_any_object_that_finds_a_key_lets_its_owner_in(served: Served) -> None:
    """The server asks for a key's owner alone: no file, no folder."""
    app = create_app(served.local, OneKey())
    assert (await Caller(app, "pk_one")("GET", "/api/me")).json()["subject"] == "rita"
    assert (await Caller(app, "pk_two")("GET", "/api/me")).status_code == 401


async def test_health_holds_what_is_known_of_the_database(served: Served) -> None:
    """Without a key: version, role, replication with its warning, migrations; over a folder only the status."""
    open_folder = served.local._folder
    over = create_app(Replicated(open_folder, Actor("x", "reviewer")), OneKey())
    body = (await _health(over)).json()
    assert body["status"] == "ok"
    assert body["database"]["version"] == "18.6"
    assert body["database"]["replication"]["synchronousStandbys"] == "none"
    assert "No synchronous standby is set" in body["database"]["warnings"][0]
    assert (await _health(served.app)).json() == {"status": "ok"}


async def test_a_database_that_cant_be_asked_is_a_failing_server_without_its_name(served: Served) -> None:
    """503, and no host name for callers without a key."""
    answer = await _health(create_app(Unasked(served.local._folder, Actor("x", "reviewer")), OneKey()))
    assert answer.status_code == 503
    assert "db.internal" not in answer.text


class Slow(LocalBackend):
    """A backend whose database takes its time."""

    asked = 0
    may_answer: asyncio.Event

    async def health(self) -> Health | None:
        """Wait until it may answer."""
        type(self).asked += 1
        await self.may_answer.wait()
        return Health("18.6", may_append=True, may_rewrite=False)


async def test_many_that_ask_without_a_key_share_one_look_at_the_database(served: Served) -> None:
    """However many ask at once, the database is asked once; one that hangs up takes the answer from nobody."""
    slow = Slow(served.local._folder, Actor("x", "reviewer"))
    Slow.may_answer, Slow.asked = asyncio.Event(), 0
    app = create_app(slow, OneKey())
    calls = [asyncio.create_task(_health(app)) for _ in range(20)]
    await until(lambda: Slow.asked, "the database is asked")
    calls[0].cancel()
    Slow.may_answer.set()
    answers = await asyncio.gather(*calls[1:])
    assert {answer.json()["database"]["version"] for answer in answers} == {"18.6"}
    assert Slow.asked == 1
    assert (await _health(app)).status_code == 200
    assert Slow.asked == 2


async def test_a_store_brings_its_own_metrics(served: Served) -> None:
    """Durations that it reports are a histogram; its pool is three gauges, as they are at the scrape."""
    metrics = Metrics()
    metrics.durations("pumpup_commit_seconds", "A commit.")(0.004)
    sizes = iter([PoolFigures(8, 5, 0), PoolFigures(8, 0, 3)])
    metrics.add_pool(lambda: next(sizes))
    caller = Caller(create_app(served.local, OneKey(), more=[metrics.row()]), "pk_one")
    first, second = [(await caller("GET", "/metrics")).text for _ in range(2)]
    assert 'pumpup_commit_seconds_bucket{le="0.005"} 1.0' in first
    assert "pumpup_pool_idle 5.0" in first
    assert "pumpup_pool_waiting 3.0" in second
    assert "pumpup_pool_connections 8.0" in second


async def _health(app: Starlette) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7867") as client:
        return await client.get("/healthz")


class Unreadable:
    """A ring that knows a key until it can't be read any more."""

    is_readable = True

    def find(self, secret: str) -> Actor | None:
        """Return the owner, or fail as where the database is gone."""
        if not self.is_readable:
            raise StoreBusy("The API keys can't be read at present.")
        return Actor("rita", "reviewer")


async def test_keys_that_cant_be_read_refuse_nobody_for_good(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """A call is answered as by a busy store, not as unknown, and logged in words; later it goes well."""
    ring = Unreadable()
    call = Caller(create_app(served.local, ring), "pk_one")
    ring.is_readable = False
    answer = await call("GET", "/api/me")
    assert answer.status_code == 500
    assert answer.json() == {"error": "The store is busy; try again."}
    assert "STORE_BUSY: The API keys can't be read at present." in caplog.text
    assert "Traceback" not in caplog.text
    ring.is_readable = True
    assert (await call("GET", "/api/me")).status_code == 200


async def test_a_call_that_waits_is_not_told_that_its_key_was_revoked(served: Served) -> None:
    """Where the keys can't be read at the end of the wait, nobody knows: it may ask again with the same key."""
    ring = Unreadable()
    call = Caller(create_app(served.local, ring), "pk_one")
    request = await served.approval((await served.task())["id"])
    waiting = asyncio.create_task(call("GET", f"/api/approval-requests/{request}/result?wait=30"))
    await until(lambda: served.local._folder.settlements, "the call waits")
    ring.is_readable = False
    decision = {"outcome": {"type": "APPROVE"}}
    assert (await served.reviewer.post(f"/api/approval-requests/{request}/decision", decision)).is_success
    assert (await waiting).status_code == 500


async def test_health_does_not_wait_for_a_database_that_does_not_answer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while it counts as failing: what watches the server would give up too."""
    monkeypatch.setattr(shared_look, "WAIT_SECONDS", 0.05)
    Slow.may_answer = asyncio.Event()
    assert (await _health(create_app(Slow(served.local._folder, Actor("x", "reviewer")), OneKey()))).status_code == 503
    Slow.may_answer.set()
