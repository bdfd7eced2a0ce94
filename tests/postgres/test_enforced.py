"""The database itself refuses what no honest server does."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from api_client.commands import CreateTask, Decide
from api_client.models import Outcome
from store.postgres.address import DatabaseAddress
from tests.postgres.conftest import OpenServer
from tests.support.actors import AGENT
from tests.support.backends import DatabasePlace
from tests.support.world_builder import request_approval


@pytest.mark.parametrize(
    "statement",
    ["update pumpup.event set body = 'x'", "delete from pumpup.event", "truncate pumpup.event"],
)
async def test_an_event_is_never_changed_or_removed(
    address: DatabaseAddress, server: OpenServer, statement: str
) -> None:
    """Not even the owner of the tables changes what is recorded, unless a trigger is taken away first."""
    await (await server(AGENT)).submit(CreateTask(project_name="general", name="x"), key="k")
    with (
        psycopg.connect(address.conninfo) as connection,
        pytest.raises(errors.RaiseException, match="events are appended"),
    ):
        connection.execute(statement.encode())


async def test_a_request_is_settled_once(address: DatabaseAddress, server: OpenServer, workspace: str) -> None:
    """A second settlement of a request is refused by the database, whatever a server takes for true."""
    backend = await server(AGENT)
    task = (await backend.submit(CreateTask(project_name="general", name="x"), key="k")).answer["id"]
    request = (await backend.submit(request_approval(task, "general"), key="r")).event_id
    reviewer = await server()
    await reviewer.submit(Decide(request_id=request, outcome=Outcome(type="APPROVE")), key="d")
    again = """
        insert into pumpup.event select e.ws, e.seq + 1, e.type, e.task, e.project, e.reply_to, e.hash, e.body
        from pumpup.event e join pumpup.workspace w on w.id = e.ws and e.seq = w.seq where w.name = %s
    """
    with psycopg.connect(address.conninfo) as connection, pytest.raises(errors.UniqueViolation, match="settles_once"):
        connection.execute(again.encode(), (workspace,))


@pytest.mark.parametrize("table", ["event", "idempotency"])
def test_the_servers_role_appends_only(database: str, workspace: str, table: str) -> None:
    """The role that comes with the program has no right to change or remove an event or an answer."""
    address = DatabasePlace(database, workspace).address
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        for statement in (f"update pumpup.{table} set seq = 1", f"delete from pumpup.{table}"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement.encode())


async def test_a_server_is_durable_whatever_the_database_is_set_to(
    database: str, address: DatabaseAddress, server: OpenServer
) -> None:
    """Where a role's commits don't wait for the disk by default, a server's do all the same."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create role hasty login superuser")
        connection.execute("alter role hasty set synchronous_commit = off")
    hasty = DatabaseAddress.parse(database.replace("//postgres@", "//hasty@"))
    backend = await server(AGENT, address=hasty)
    await backend.submit(CreateTask(project_name="general", name="x"), key="k")
    writer = backend._workspace.writer._connection  # the one whose commits are acknowledged
    assert writer is not None
    for asked in (await writer.execute("show synchronous_commit"), await writer.execute("show lock_timeout")):
        assert (await asked.fetchone()) in (("on",), ("10s",))
