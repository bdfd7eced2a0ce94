"""A pooler between servers and their database: a session of one's own is needed, and no commit is less than durable."""

from __future__ import annotations

import pytest

from api_client.commands import AddNote, CreateTask
from api_client.errors import StoreFault
from pumpup_tui.commands.database_checks import database_checks
from pumpup_tui.commands.database_places import Database
from store.postgres.address import DatabaseAddress
from store.postgres.postgres_backend import PostgresBackend
from tests.postgres.conftest import OpenServer
from tests.support import pooler
from tests.support.actors import AGENT
from tests.support.postgres import Cluster
from tests.waiting import until

NEEDS_POOLER = pytest.mark.skipif(not pooler.is_installed(), reason="needs PgBouncer: apt-get install pgbouncer")
_SEEN = "pumpup_seen"
_TRIGGER = f"""
    create table {_SEEN} (setting text);
    create function {_SEEN}() returns trigger language plpgsql as $$
    begin
        insert into public.{_SEEN} values (current_setting('synchronous_commit'));
        return null;
    end $$;
    create trigger {_SEEN} after insert on pumpup.event for each statement execute function {_SEEN}()
"""


async def _task(backend: PostgresBackend) -> str:
    return str((await backend.submit(CreateTask(project_name="general", name="x"), key="task")).answer["id"])


@pytest.mark.parametrize(("session", "committed"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")])
async def test_a_commit_is_durable_whatever_its_session_was_set_to(
    postgres: Cluster, server: OpenServer, session: str, committed: str
) -> None:
    """A session that was another's, behind a pooler, makes no commit less than durable; one that is more stays so."""
    backend = await server(AGENT)
    await _task(backend)
    connection = backend._workspace.writer._connection
    assert connection is not None
    postgres.execute(_TRIGGER, database="pumpup_tests")
    try:
        await connection.execute(f"set synchronous_commit = {session}".encode())
        await backend.submit(CreateTask(project_name="general", name="y"), key="later")
        assert postgres.execute(f"select setting from {_SEEN}", database="pumpup_tests") == [(committed,)]
    finally:
        postgres.execute(f"drop trigger {_SEEN} on pumpup.event", database="pumpup_tests")
        postgres.execute(f"drop function {_SEEN}; drop table {_SEEN}", database="pumpup_tests")


@NEEDS_POOLER
async def test_a_pooler_in_session_mode_passes_all(postgres: Cluster, server: OpenServer, database: str) -> None:
    """Over it a server commits, and hears of another server's commits by their notifications."""
    with pooler.pooled(postgres, database, "session") as url:
        address = DatabaseAddress.parse(url)
        here, there = await server(AGENT, address=address), await server(address=address)
        task = await _task(here)
        async with there._workspace.watch.watching():
            await until(lambda: there._workspace.watch.listens, "notifications come through")
        await here.submit(AddNote(project_name="general", task_id=task, message="hello"), key="n")
        assert (await there.events(order="desc", limit=1)).items[0].payload["message"] == "hello"
        await here.aclose()
        await there.aclose()


@NEEDS_POOLER
async def test_a_pooler_in_transaction_mode_is_named(postgres: Cluster, server: OpenServer, database: str) -> None:
    """Where it gives one server's statements to another, the message says so, and what to name instead."""
    with pooler.pooled(postgres, database, "transaction") as url:
        first = await server(AGENT, address=DatabaseAddress.parse(url))
        try:
            with pytest.raises(StoreFault, match=r"a pooler gives one session to several.*session mode"):
                for number in range(20):
                    other = await server(AGENT, address=DatabaseAddress.parse(url))
                    await other.submit(CreateTask(project_name="general", name="x"), key=f"task {number}")
        finally:
            await first.aclose()


@NEEDS_POOLER
@pytest.mark.parametrize(("mode", "state"), [("session", "ok"), ("transaction", "note")])
def test_doctor_finds_a_pooler_that_passes_no_notifications(
    postgres: Cluster, database: str, mode: pooler.Mode, state: str
) -> None:
    """Everything else is found behind it all the same; the remedy names a mode in which it works."""
    with pooler.pooled(postgres, database, mode) as url:
        checks = {check.subject: check for check in database_checks(Database(DatabaseAddress.parse(url), "none"))}
    assert checks["notifications"].state == state
    assert ("session mode" in checks["notifications"].remedy) == (mode == "transaction")
    assert checks["tables"].state == "ok"
