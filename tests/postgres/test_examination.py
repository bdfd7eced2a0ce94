"""A database before and while it is used: its version, migrations, rights, standbys, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from api_client.commands import CreateTask
from api_client.errors import StoreAbsent, StoreBusy, StoreError, StoreFault, StoreLogin, StoreReadOnly
from api_client.times import utc_now
from pumpup_tui.commands.database_checks import database_checks
from pumpup_tui.commands.database_places import Database
from store.core.health import Health
from store.postgres import database_health, examination, migrate, pooled
from store.postgres.address import DatabaseAddress
from store.postgres.connection_failures import connection_failure
from store.postgres.examination import examine
from store.postgres.migrate import bring_up_to_date, roles_sql
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace, list_workspaces
from tests.support.actors import ALICE
from tests.support.postgres import Cluster
from tests.support.postgres_fixtures import SERVER_ROLE
from tests.waiting import HANG_SECONDS, POLL_SECONDS, wait_until

ADDRESS = DatabaseAddress.parse("postgresql://alice:Canary@db.invalid/pumpup")
LATER = (9998, "9998_later", "create table pumpup.later (ws int primary key)")


def as_server(url: str) -> DatabaseAddress:
    """Return the address of a database in a server's role."""
    return DatabaseAddress.parse(url.replace("//postgres@", f"//{SERVER_ROLE}@"))


@pytest.fixture
def own(postgres: Cluster, database: str, workspace: str) -> Iterator[str]:
    """A database of the test's own, with the tables of today and one workspace."""
    assert database  # it makes the server's role
    url = postgres.create_database(f"own_{workspace}".replace("-", "_"))
    create_workspace(DatabaseAddress.parse(url), "default", utc_now())
    postgres.execute(roles_sql(), database=url.rpartition("/")[2])
    yield url
    postgres.execute(f'drop database "{url.rpartition("/")[2]}" with (force)')


@pytest.fixture
def later(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This program knows one migration more than the database has."""
    known = list(migrate.migrations())
    for module in (migrate, database_health):
        monkeypatch.setattr(module, "migrations", lambda: iter([*known, LATER]))


def looked_at(address: DatabaseAddress) -> Health:
    """Return the health of a database that has tables."""
    seen = examine(address, utc_now)
    assert seen.health is not None
    return seen.health


# -- migrations


@pytest.mark.usefixtures("later")
def test_a_server_applies_what_is_pending_where_its_role_may(own: str) -> None:
    """Once, and only then: the second server finds nothing to do."""
    owner = DatabaseAddress.parse(own)
    assert bring_up_to_date(owner) == ["9998_later"]
    assert bring_up_to_date(owner) == []
    with psycopg.connect(own) as connection:
        connection.execute("select ws from pumpup.later")


@pytest.mark.usefixtures("later")
def test_a_server_that_may_not_migrate_says_who_must(own: str) -> None:
    """The append-only role changes nothing, and names the command and whose it is."""
    with pytest.raises(StoreLogin, match=r"9998_later.*workspaces migrate' as the owner"):
        bring_up_to_date(as_server(own))
    assert looked_at(as_server(own)).pending == ("9998_later",)


@pytest.mark.usefixtures("later")
async def test_what_reads_never_migrates(own: str) -> None:
    """A command or screen over a database that lags behind is told so; the database stays as it is."""
    with pytest.raises(StoreFault, match=r"9998_later.*workspaces migrate"):
        await open_postgres(DatabaseAddress.parse(own), "default", ALICE, for_reading=True)
    assert [info.name for info in list_workspaces(DatabaseAddress.parse(own))] == ["default"]
    assert looked_at(DatabaseAddress.parse(own)).pending == ("9998_later",)


async def test_a_database_of_a_newer_program_is_left_alone(own: str) -> None:
    """By whoever opens it, serves it or examines it."""
    owner = DatabaseAddress.parse(own)
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("insert into pumpup.migration values (9999, '9999_beyond', now())")
    with pytest.raises(StoreFault, match="update this program"):
        await open_postgres(owner, "default", ALICE)
    with pytest.raises(StoreFault, match="update this program"):
        bring_up_to_date(owner)
    with pytest.raises(StoreFault, match="update this program"):
        examine(owner, utc_now)


def test_a_server_makes_no_tables_in_a_database_without_any(postgres: Cluster, workspace: str) -> None:
    """A mistyped name of a database must not become one."""
    address = DatabaseAddress.parse(postgres.create_database(f"none_{workspace}".replace("-", "_")))
    assert bring_up_to_date(address) == []
    assert examine(address, utc_now).health is None


def test_the_owner_of_the_schema_migrates_without_other_rights(postgres: Cluster, own: str, later: None) -> None:
    """A role that owns the tables, and may make nothing else in the database, is enough."""
    name = own.rpartition("/")[2]
    postgres.execute(f"create role owner_{name} login")
    postgres.execute(f"alter schema pumpup owner to owner_{name}", database=name)
    postgres.execute(f"alter table pumpup.migration owner to owner_{name}", database=name)
    assert bring_up_to_date(DatabaseAddress.parse(own.replace("//postgres@", f"//owner_{name}@"))) == ["9998_later"]


def test_a_server_that_is_too_old_is_named(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the version that is needed."""
    monkeypatch.setattr(migrate, "OLDEST", 990_000)
    with pytest.raises(StoreFault, match="too old: 14 or newer"):
        examine(DatabaseAddress.parse(own), utc_now)


# -- rights, standbys, notifications


def test_an_append_only_role_is_told_from_the_owner(own: str) -> None:
    """The owner could rewrite events, the server's role can't: privileges decide, not names."""
    assert looked_at(DatabaseAddress.parse(own)).may_rewrite
    health = looked_at(as_server(own))
    assert (health.may_append, health.may_rewrite) == (True, False)


def test_notifications_that_are_lost_are_noticed(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a pooler that takes LISTEN and passes nothing on: what is sent elsewhere never comes."""
    assert looked_at(DatabaseAddress.parse(own)).listens
    monkeypatch.setattr(examination, "HEAR_SECONDS", 0.05)
    monkeypatch.setattr(examination, "_CHANNEL", "Pumpup_Elsewhere")  # LISTEN folds its case, pg_notify does not
    assert not looked_at(DatabaseAddress.parse(own)).listens


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[str, str]]:
    """The addresses of a primary and of its synchronous standby, with one workspace."""
    with Cluster.create() as primary:
        url = primary.create_database("pumpup")
        create_workspace(DatabaseAddress.parse(url), "default", utc_now())
        primary.execute(f"create role {SERVER_ROLE} login")
        primary.execute(roles_sql(), database="pumpup")
        standby = primary.standby("second", synchronous=True)
        yield url, standby.url("pumpup")


def test_a_synchronous_standby_is_seen_by_who_may(pair: tuple[str, str]) -> None:
    """The owner reads how many there are; a server's role only that commits wait for one, which is no fault."""
    owner = looked_at(DatabaseAddress.parse(pair[0]))
    assert (owner.waits_for_standbys, owner.sees_standbys, owner.synchronous_standbys) == (True, True, 1)
    assert owner.lag_seconds is not None
    assert not any("synchronous" in words for words in owner.warnings)
    server = looked_at(as_server(pair[0]))
    assert (server.waits_for_standbys, server.sees_standbys) == (True, False)
    assert server.lag_seconds is None
    assert server.warnings == ()
    assert server.wire()["replication"]["synchronousStandbys"] == "unknown"


def test_doctor_reports_replication_as_each_role_sees_it(pair: tuple[str, str]) -> None:
    """A synchronous standby is fine, also unseen; on the standby everything says that it only reads."""
    addresses = (DatabaseAddress.parse(pair[0]), as_server(pair[0]), DatabaseAddress.parse(pair[1]))
    owner, server, standby = (
        {check.subject: check for check in database_checks(Database(address, "default"))} for address in addresses
    )
    assert (owner["replication"].state, owner["lag"].state) == ("ok", "ok")
    assert "1 of 1" in owner["replication"].words
    assert server["replication"].state == "ok"
    assert "may not see" in server["replication"].words
    assert {standby[name].state for name in ("replication", "rights")} == {"note"}
    assert all(check.state != "wrong" for checks in (owner, server, standby) for check in checks.values())


async def test_a_standby_is_read_and_takes_no_writes(pair: tuple[str, str]) -> None:
    """It says what it is: to who examines it, who opens it, and who would write."""
    address = DatabaseAddress.parse(pair[1])
    health = looked_at(address)
    assert health.is_standby
    assert not health.may_append
    # Whatever it received last it replays in a moment of its own: then nothing is behind.
    wait_until(lambda: looked_at(address).lag_seconds == 0, "a standby has caught up")
    backend = await open_postgres(address, "default", ALICE, pool_size=1)
    try:
        assert any("name its primary" in notice for notice in backend.notices)
        assert not (await backend.events()).items
        with pytest.raises(StoreReadOnly, match="standby"):
            await backend.submit(CreateTask(project_name="general", name="x"), key="k")
    finally:
        await backend.aclose()


# -- the end of a database that is in use


async def _answers(backend: PostgresBackend) -> bool:
    try:
        return bool((await backend.me()).subject)
    except StoreError:
        return False


async def test_who_follows_the_timeline_notices_that_the_database_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for news for ever: the stream ends with an error, `me` fails, and both work once it is back."""
    monkeypatch.setattr(pooled, "WAIT_SECONDS", 0.5)
    with Cluster.create() as cluster:
        address = DatabaseAddress.parse(cluster.create_database("pumpup"))
        create_workspace(address, "default", utc_now())
        backend = await open_postgres(address, "default", ALICE, pool_size=2)
        try:
            await backend.submit(CreateTask(project_name="general", name="x"), key="k")
            cursor = (await backend.events()).next_cursor
            changes = backend.changes(cursor)
            cluster.stop("immediate")
            with pytest.raises(StoreBusy):
                await anext(aiter(changes))
            with pytest.raises(StoreBusy):
                await backend.me()
            cluster.start()

            async with asyncio.timeout(HANG_SECONDS):
                while not await _answers(backend):  # noqa: ASYNC110 - a database sets no event
                    await asyncio.sleep(POLL_SECONDS)
            again = backend.changes(cursor)
            await backend.submit(CreateTask(project_name="general", name="y"), key="l")
            assert (await anext(aiter(again))).event.payload["name"] == "y"
        finally:
            await backend.aclose()


# -- connections that can't be made


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ('FATAL:  password authentication failed for user "alice"', StoreLogin, "refuses the login"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "a", database "b", no encryption', StoreLogin, "sslmode"),
        ("FATAL:  the database system is starting up", StoreBusy, "starting up. Try again"),
        ("FATAL:  sorry, too many clients already", StoreBusy, "max_connections"),
        ("FATAL:  remaining connection slots are reserved for roles with SUPERUSER", StoreBusy, "max_connections"),
        ('FATAL:  database "b" does not exist', StoreAbsent, "createdb"),
        ('FATAL:  permission denied for database "b"', StoreLogin, "GRANT CONNECT"),
        ("connection timeout expired", StoreBusy, "does not answer"),
        ("SSL error: certificate verify failed", StoreFault, "over TLS"),
        ('FATAL:  Passwort-Authentifizierung fehlgeschlagen für Benutzer "alice"', StoreFault, "Passwort-Auth"),
        ("", StoreFault, "no reason was given"),
    ],
)
def test_each_failure_to_connect_has_its_own_words(said: str, kind: type[StoreError], words: str) -> None:
    """What the server says decides; what nobody foresaw, in whatever language, is reported as it was said."""
    prefix = 'connection failed: connection to server at "10.0.0.7", port 5432 failed: ' if "FATAL" in said else ""
    error = connection_failure(ADDRESS, psycopg.OperationalError(prefix + said))
    assert type(error) is kind
    assert words in error.message
    assert "db.invalid" in error.message
    assert "10.0.0.7" not in error.message
    assert "Canary" not in error.message


def test_braces_of_a_server_stay_as_they_are() -> None:
    """A server's words are shown, not filled in."""
    error = connection_failure(ADDRESS, psycopg.OperationalError('FATAL:  role "{said}" does not exist'))
    assert '"{said}"' in error.message
