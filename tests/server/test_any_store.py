"""The server over what is no folder: any key ring, and the metrics and health of a database."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette

from api_client.actor import Actor
from api_client.errors import StoreFault
from store.core.figures import PoolFigures
from store.core.health import Health
from store.folder.local_backend import LocalBackend
from store.server.app import create_app
from store.server.metrics import Metrics
from tests.server.conftest import Caller, Served


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
