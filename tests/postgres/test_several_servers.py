"""Several servers over one workspace: each sees what the others commit, and nobody is let in by an old key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from api_client.actor import Actor
from api_client.commands import AddNote, CreateTask, Decide
from api_client.errors import Conflict, StoreBusy
from api_client.models import Change, Outcome
from store.postgres import head_watch
from store.postgres.address import DatabaseAddress
from store.postgres.key_table import EXPIRY_SECONDS, DatabaseKeys, KeyCache
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace
from tests.conftest import FixedClock
from tests.postgres.conftest import OpenServer
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.world_builder import request_approval
from tests.waiting import HANG_SECONDS, until


async def _task(backend: PostgresBackend) -> str:
    return str((await backend.submit(CreateTask(project_name="general", name="x"), key="task")).answer["id"])


async def _first(changes: AsyncIterator[Change]) -> Change:
    async with asyncio.timeout(HANG_SECONDS):
        return await anext(changes)


@pytest.mark.parametrize("listens", [True, False])
async def test_a_stream_hears_of_another_servers_commits(
    server: OpenServer, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    """An event of one server comes through another's stream: by its notification, and without one by a look."""
    if listens:
        monkeypatch.setattr(head_watch, "SELDOM_SECONDS", HANG_SECONDS)
    else:
        monkeypatch.setattr(head_watch, "HEAD_CHANNEL", "pumpup_elsewhere")
        monkeypatch.setattr(head_watch.HeadWatch, "_notify", lambda _: asyncio.sleep(0))
    here, there = await server(AGENT), await server()
    task = await _task(here)
    changes = there.changes((await there.events()).next_cursor)
    waiting = asyncio.ensure_future(_first(changes))
    if listens:
        await until(lambda: there._workspace.watch.listens, "notifications come through")
    await here.submit(AddNote(project_name="general", task_id=task, message="hello"), key="n")
    assert (await waiting).event.payload["message"] == "hello"
    await changes.aclose()  # type: ignore[attr-defined]  # it is a generator


async def test_a_wait_for_a_result_ends_with_another_servers_decision(server: OpenServer) -> None:
    """An agent that waits at one server has its answer once a reviewer decides at another."""
    agent, reviewer = await server(AGENT), await server()
    task = await _task(agent)
    request = (await agent.submit(request_approval(task, "general"), key="r")).event_id
    waiting = [asyncio.ensure_future(agent.approval_result(request, wait=HANG_SECONDS)) for _ in range(3)]
    await until(lambda: len(agent._workspace.results) == 3, "they wait")
    await reviewer.submit(Decide(request_id=request, outcome=Outcome(type="APPROVE")), key="d")
    results = await asyncio.gather(*waiting)
    assert {result.outcome.type for result in results if result} == {"APPROVE"}
    assert len(agent._workspace.results) == 0


async def test_of_two_servers_that_decide_at_once_one_wins(server: OpenServer) -> None:
    """The other reviewer is told who was first, and there is one decision on the record."""
    agent, one, other = await server(AGENT), await server(ALICE), await server(BOB)
    task = await _task(agent)
    for number in range(20):
        request = (await agent.submit(request_approval(task, "general"), key=f"r{number}")).event_id
        command = Decide(request_id=request, outcome=Outcome(type="APPROVE"))
        outcomes = await asyncio.gather(
            one.submit(command, key=f"a{number}"), other.submit(command, key=f"b{number}"), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Receipt"]
        refused = next(outcome for outcome in outcomes if isinstance(outcome, Conflict))
        result = await agent.approval_result(request)
        assert result is not None
        assert f"Already decided by {result.decided_by}" in refused.message


async def test_a_revoked_key_is_refused_at_every_server(
    server: OpenServer, address: DatabaseAddress, workspace: str
) -> None:
    """A key that is made or revoked by a command is known or unknown at a running server within moments."""
    keys = (await server(serves=True)).keys
    ring = DatabaseKeys(address, workspace)
    assert keys.find("pk_unknown") is None
    secret = ring.add("bob", "reviewer", ["eu"])
    await until(lambda: keys.find(secret) is not None, "the new key is known")
    assert keys.find(secret) == Actor("bob", "reviewer", ("eu",))
    await keys.save_uses()
    assert [key.last_used_at is not None for key in ring.listing()] == [True]
    assert ring.revoke("bob") == 1
    await until(lambda: keys.find(secret) is None, "the revoked key is refused")


async def test_a_ring_that_could_not_be_read_lets_nobody_in(server: OpenServer, clock: FixedClock) -> None:
    """After some seconds without the database no key is accepted: it might have been revoked meanwhile."""
    backend = await server()
    now = 100.0
    keys = KeyCache(backend._workspace.pool, backend._workspace.number, clock, steady=lambda: now)
    await keys.refresh()
    assert keys.find("pk_unknown") is None
    now += EXPIRY_SECONDS + 1
    with pytest.raises(StoreBusy):
        keys.find("pk_unknown")


async def test_a_lost_connection_costs_no_command(server: OpenServer, address: DatabaseAddress) -> None:
    """Where the database ends all sessions, reads and writes go on by themselves."""
    backend = await server(AGENT)
    task = await _task(backend)
    for number in range(3):
        with psycopg.connect(address.conninfo, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'pumpup-tui' and pid <> pg_backend_pid() and datname = current_database()"
            )
        await backend.submit(AddNote(project_name="general", task_id=task, message=str(number)), key=f"n{number}")
        assert (await backend.task(task)).task.id == task
    notes = (await backend.events(types=["NOTE"])).items
    assert [note.payload["message"] for note in notes] == ["0", "1", "2"]


async def test_a_server_is_notified_of_its_own_workspace_alone(
    server: OpenServer, address: DatabaseAddress, clock: FixedClock
) -> None:
    """A commit wakes the servers of its workspace, and none of the many others over the same database."""
    other = "another-workspace"
    create_workspace(address, other, clock())
    backend, elsewhere = await server(AGENT), await open_postgres(address, other, AGENT, pool_size=1)
    with psycopg.connect(address.conninfo, autocommit=True) as ours:
        ours.execute(f"listen {head_watch.channel(head_watch.HEAD_CHANNEL, backend._workspace.number)}".encode())
        with psycopg.connect(address.conninfo, autocommit=True) as theirs:
            theirs.execute(
                f"listen {head_watch.channel(head_watch.HEAD_CHANNEL, elsewhere._workspace.number)}".encode()
            )
            await _task(elsewhere)
            heard = await asyncio.to_thread(lambda: list(theirs.notifies(timeout=HANG_SECONDS, stop_after=1)))
            assert len(heard) == 1
        assert list(ours.notifies(timeout=0)) == []
        await _task(backend)
        assert await asyncio.to_thread(lambda: list(ours.notifies(timeout=HANG_SECONDS, stop_after=1)))
    await elsewhere.aclose()
