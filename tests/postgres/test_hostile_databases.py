"""Databases that are set up otherwise than expected, by their operator or against a server."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from api_client.errors import InvalidRequest, StoreAbsent, StoreBusy, StoreFault, StoreLogin
from api_client.times import utc_now
from store.postgres import database_reader, loaded_view
from store.postgres.address import DatabaseAddress
from store.postgres.examination import examine
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace, list_workspaces
from tests.conftest import FixedClock
from tests.postgres.conftest import OpenServer
from tests.support.actors import AGENT, ALICE
from tests.support.postgres import Cluster
from tests.support.world_builder import STEPS, WorldBuilder, in_pieces, record_action
from tests.waiting import HANG_SECONDS, until

SETTINGS = (
    "datestyle = 'SQL, DMY'",
    "array_nulls = off",
    "statement_timeout = 1",
    "idle_session_timeout = 300",
    "client_min_messages = error",
    "default_transaction_isolation = serializable",
    "default_transaction_deferrable = on",
    "default_transaction_read_only = on",
    "search_path = public",
    "bytea_output = escape",
    "timezone = 'Asia/Tokyo'",
)


def _world(backend: PostgresBackend) -> WorldBuilder:
    return WorldBuilder(backend.acting_as(AGENT), backend.acting_as(ALICE))


async def test_what_a_role_is_set_to_changes_nothing(
    address: DatabaseAddress, server: OpenServer, postgres: Cluster, workspace: str, clock: FixedClock
) -> None:
    """Settings of the role that change how texts are read, or end sessions and statements, are not in force here."""
    role = f"role_{workspace}".replace("-", "_")
    postgres.execute(f"create role {role} login superuser")
    for setting in SETTINGS:
        postgres.execute(f"alter role {role} set {setting}")
    own = DatabaseAddress.parse(_as(address, role))
    create_workspace(own, f"{workspace}-more", clock())
    assert {info.created_at for info in list_workspaces(own) if info.name.startswith(f"{workspace}-")} == {clock()}
    assert examine(own, utc_now).health is not None
    backend = await server(address=own, serves=True)
    make = _world(backend)
    await make.decision(await make.approval(await make.task()))
    await make.upload(b"x" * 300_000)
    writer = backend._workspace.writer._connection
    assert writer is not None
    for name, expected in (("client_min_messages", "warning"), ("idle_session_timeout", "0")):
        assert await (await writer.execute(f"show {name}".encode())).fetchone() == (expected,)


def _as(address: DatabaseAddress, role: str) -> str:
    return address.shown.replace("//postgres@", f"//{role}@")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_can_not_hold_every_text_is_refused(postgres: Cluster, encoding: str) -> None:
    """A step's name or an id that its encoding lacks would fail the commands of all who share a commit."""
    name = f"encoded_{encoding.lower()}"
    postgres.execute(f"create database {name} encoding '{encoding}' locale 'C' template template0")
    with pytest.raises(StoreFault, match=f"encoding is {encoding}.*--encoding=UTF8"):
        create_workspace(DatabaseAddress.parse(postgres.url(name)), "default", utc_now())


def test_tables_of_somebody_elses_making_are_left_alone(postgres: Cluster) -> None:
    """Whoever may make schemas plants one with a trigger: it does not run with the rights of who migrates."""
    address = DatabaseAddress.parse(postgres.create_database("planted"))
    postgres.execute("create role mallory login")
    postgres.execute("grant create on database planted to mallory")
    with psycopg.connect(_as(address, "mallory"), autocommit=True) as connection:
        connection.execute("create schema pumpup")
        connection.execute("create table pumpup.migration (no int, name text, applied_at timestamptz)")
        connection.execute(
            "create function pumpup.f() returns trigger language plpgsql as $$ begin "
            "alter role mallory superuser; return new; end $$"
        )
        connection.execute(
            "create trigger t before insert on pumpup.migration for each row execute function pumpup.f()"
        )
    with pytest.raises(StoreLogin, match="owned by mallory"):
        create_workspace(address, "default", utc_now())
    assert postgres.execute("select rolsuper from pg_roles where rolname = 'mallory'") == [(False,)]


def test_what_is_looked_up_is_ordered_by_its_bytes(address: DatabaseAddress) -> None:
    """No index depends on the order of a language, of which another machine may have another version."""
    found = """
        select c.relname, a.attname from pg_index i join pg_class c on c.oid = i.indexrelid
        join pg_attribute a on a.attrelid = c.oid join pg_collation l on l.oid = a.attcollation
        where c.relnamespace = 'pumpup'::regnamespace and l.collname <> 'C'
    """
    with psycopg.connect(address.conninfo) as connection:
        assert connection.execute(found.encode()).fetchall() == []


async def test_a_command_in_a_workspace_that_was_removed_is_refused(
    address: DatabaseAddress, server: OpenServer, workspace: str
) -> None:
    """Its caller is told so, and no transaction stays open behind it."""
    backend = await server()
    make = _world(backend)
    task = await make.task()
    with psycopg.connect(address.conninfo) as connection:
        connection.execute("delete from pumpup.workspace where name = %s", (workspace,))
    for _ in range(2):
        with pytest.raises(StoreAbsent, match="workspace is no longer there"):
            await make.action(task)
        writer = backend._workspace.writer._connection
        assert writer is None or writer.info.transaction_status == TransactionStatus.IDLE


async def test_many_large_commands_share_a_commit(server: OpenServer) -> None:
    """A commit of more than a connection's buffers hold is sent to its end: nobody waits for a lock behind it."""
    backend = await server()
    make = _world(backend)
    task = await make.task()
    detail = {f"d{number}": "y" * 60_000 for number in range(14)}
    receipts = await asyncio.gather(*(make.action(task, detail=detail) for _ in range(32)))
    assert len({receipt.event_id for receipt in receipts}) == 32


async def test_lists_come_in_pieces_of_bounded_size(server: OpenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the tasks, decisions and requests are, what one trip brings is bounded in bytes."""
    backend = await server()
    make = _world(backend)
    bids: Any = {"recommendation": {"outcome": {"type": "APPROVE"}, "rationale": "r" * 3_000}}
    tasks = [await make.task(f"C-{n}", metadataPatch={"set": {"k": "x" * 3_000}}) for n in range(7)]
    requests = [await make.approval(task, **bids) for task in tasks]
    monkeypatch.setattr(database_reader, "PAGE_BYTES", 5_000)
    sizes: list[int] = []
    ask = backend._workspace.pool.ask

    async def measured(*statements: Any) -> Any:
        found = await ask(*statements)
        sizes.append(sum(database_reader._size_of(rows) for rows in found))
        return found

    monkeypatch.setattr(backend._workspace.pool, "ask", measured)
    assert [task.id for task in await backend.tasks()] == tasks
    general = (await backend.projects())[0].id
    assert [task.id for task in await backend.tasks(project_id=general)] == tasks
    cards = await backend.cards(general, "in_progress")
    assert [card.id for card in cards.items] == tasks[: len(cards.items)]
    for request in requests:
        await make.decision(request, note="n" * 3_000)
    assert (await backend.figures(0)).outcomes == {"APPROVE": 7}
    assert max(sizes) < 18_000


async def test_few_projects_are_remembered(server: OpenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace of many projects takes no more memory for each that was ever read, and all are found."""
    monkeypatch.setattr(loaded_view, "KNOWN_PROJECTS", 2)
    backend = await server()
    make = _world(backend)
    names = [(await make.project(f"P {n}", STEPS))["projectName"] for n in range(5)]
    tasks = [await make.task(project=name) for name in names]
    for task, name in zip(tasks, names, strict=True):
        assert (await backend.project((await backend.task(task)).task.project_id)).project_name == name
    assert len(backend._workspace.reader._known.by_id) <= 2


async def test_a_sweep_by_a_clock_that_is_ahead_takes_nothing_new(server: OpenServer) -> None:
    """An upload that may still be attached keeps its content, whatever the clock of the server that sweeps says."""
    honest, ahead = await server(clock=utc_now), await server(clock=lambda: utc_now() + timedelta(days=30))
    make = _world(honest)
    upload, task = await make.upload(b"a photo"), await make.task()
    assert await ahead.sweep() == 0
    await make.action(task, addAttachments=[{"uploadId": upload, "label": "photo"}])
    assert b"".join([piece async for piece in honest.download(upload)]) == b"a photo"


async def test_an_upload_without_content_is_not_attached(address: DatabaseAddress, server: OpenServer) -> None:
    """A server whose clock is behind attaches nothing that another one has dropped."""
    backend = await server()
    make = _world(backend)
    upload, task = await make.upload(b"a photo"), await make.task()
    with psycopg.connect(address.conninfo) as connection:
        connection.execute("update pumpup.blob set sha256 = null where ws = %s", (backend._workspace.number,))
    with pytest.raises(InvalidRequest, match=upload):
        await make.submit(record_action(task, addAttachments=[{"uploadId": upload, "label": "photo"}]))


async def test_an_upload_that_was_swept_while_it_came_is_not_confirmed(
    address: DatabaseAddress, server: OpenServer
) -> None:
    """Where the clocks of two servers are hours apart, its caller is told to send it again."""
    backend = await server()

    async def content() -> Any:
        async for piece in in_pieces(b"x" * 300_000):
            yield piece
        with psycopg.connect(address.conninfo) as connection:
            connection.execute("delete from pumpup.blob where ws = %s", (backend._workspace.number,))

    with pytest.raises(StoreBusy, match="Send it again"):
        await backend._workspace.blobs.receive(content(), lambda _: None, 1_000_000)


async def test_calls_that_are_cancelled_leave_nothing_behind(
    address: DatabaseAddress, server: OpenServer, workspace: str
) -> None:
    """Wherever a caller hangs up, its connection comes back, in no transaction, and what waited for it ends."""
    named = DatabaseAddress.parse(f"{address.shown}?application_name={workspace}")
    backend = await server(address=named, serves=True)
    make = _world(backend)
    task, upload = await make.task(), await make.upload(b"x" * 300_000)
    request = await make.approval(task)

    async def followed() -> None:
        async with aclosing(backend.changes()) as changes:  # type: ignore[type-var]  # it is a generator
            async for _ in changes:
                pass

    async def downloaded() -> None:
        async for _ in backend.download(upload):
            pass

    def calls() -> list[Coroutine[Any, Any, Any]]:
        wait = backend.approval_result(request, wait=HANG_SECONDS)
        return [make.action(task), make.upload(b"x" * 300_000), backend.sweep(), wait, followed(), downloaded()]

    for turns in range(0, 24, 3):
        tasks = [asyncio.ensure_future(call) for call in calls()]
        for _ in range(turns):
            await asyncio.sleep(0)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await make.action(task)  # behind all that was begun
    open_ones = "select query from pg_stat_activity where application_name = %s and state like 'idle in%%'"
    with psycopg.connect(address.conninfo) as connection:
        assert connection.execute(open_ones.encode(), (workspace,)).fetchall() == []
    pool, watch = backend._workspace.pool, backend._workspace.watch
    await until(lambda: pool.figures()["pool_available"] == pool.figures()["pool_size"] > 0, "all came back")
    assert (len(backend._workspace.results), watch._watchers) == (0, 1)
