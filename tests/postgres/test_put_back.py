"""A database that is put back to an earlier state, as a restore or a standby that lacked the last commits does it."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from api_client.commands import AddNote, CreateProject, CreateTask
from api_client.errors import InvalidRequest, NotFound
from store.postgres.address import DatabaseAddress
from tests.postgres.conftest import OpenServer
from tests.support.actors import AGENT, ALICE
from tests.support.rules_world import CLAIMS
from tests.waiting import HANG_SECONDS


def put_back(address: DatabaseAddress, workspace: str, seq: int) -> None:
    """Put a workspace back to its event `seq`, as far as these tests look, and end the servers' sessions."""
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        connection.execute("alter table pumpup.event disable trigger event_is_append_only")
        with connection.transaction():
            row = connection.execute("select id from pumpup.workspace where name = %s", (workspace,)).fetchone()
            number = row and row[0]
            connection.execute("delete from pumpup.event where ws = %s and seq > %s", (number, seq))
            connection.execute("delete from pumpup.project where ws = %s and no > 1", (number,))
            connection.execute(
                "update pumpup.workspace w set seq = e.seq, hash = e.hash, projects = 1 from pumpup.event e "
                "where w.id = %s and e.ws = w.id and e.seq = %s",
                (number, seq),
            )
        connection.execute("alter table pumpup.event enable trigger event_is_append_only")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'pumpup-tui' and pid <> pg_backend_pid() and datname = current_database()"
        )


async def test_a_stream_ends_where_its_place_is_gone(
    server: OpenServer, address: DatabaseAddress, workspace: str
) -> None:
    """Whoever follows learns that the record is another one, instead of missing what takes its place."""
    agent = await server(AGENT)
    task = (await agent.submit(CreateTask(project_name="general", name="x"), key="k")).answer["id"]
    changes = agent.changes((await agent.events()).next_cursor)
    await agent.submit(AddNote(project_name="general", task_id=task, message="lost"), key="lost")
    assert (await anext(changes)).event.payload["message"] == "lost"
    cursor = (await agent.events()).next_cursor
    put_back(address, workspace, 1)
    await agent.submit(AddNote(project_name="general", task_id=task, message="another"), key="another")
    await agent.submit(AddNote(project_name="general", task_id=task, message="more"), key="more")
    with pytest.raises(InvalidRequest, match="put back"):
        await asyncio.wait_for(anext(changes), HANG_SECONDS)
    with pytest.raises(InvalidRequest, match="not one that this list gave"):
        await agent.events(cursor=cursor)


async def test_what_was_lost_is_not_remembered(server: OpenServer, address: DatabaseAddress, workspace: str) -> None:
    """A project that is on the record no more can't be written to by a server that has seen it."""
    agent, reviewer = await server(AGENT), await server(ALICE)
    await agent.submit(CreateTask(project_name="general", name="x"), key="k")
    await reviewer.submit(CreateProject(name="Claims", steps=CLAIMS), key="p")
    await agent.submit(CreateTask(project_name="claims", name="x"), key="c")
    put_back(address, workspace, 1)
    with pytest.raises(NotFound, match="no project 'claims'"):
        await agent.submit(CreateTask(project_name="claims", name="y"), key="c2")
