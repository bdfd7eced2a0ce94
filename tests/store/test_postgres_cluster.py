"""The servers that tests start: they answer, they come back after a crash, and a standby takes over with everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import GUARDED, Cluster
from tests.support.postgres_programs import CHOICE, NoPostgres, find_programs
from tests.waiting import wait_until


def test_a_cluster_answers(postgres: Cluster) -> None:
    """A server is reached over TCP and over its socket, and runs as someone who may."""
    assert postgres.execute("select 1") == [(1,)]
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        row = connection.execute("show server_version_num").fetchone()
    assert row is not None
    assert int(row[0]) // 10_000 == postgres.version
    assert postgres.version >= 14


def test_a_database_of_its_own_is_empty(postgres: Cluster) -> None:
    """A new database has no table of ours."""
    url = postgres.create_database("empty")
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


def test_a_guarded_role_must_give_its_password(postgres: Cluster) -> None:
    """Members of one role are asked for their password, so that tests of passwords can be wrong about it."""
    postgres.execute(f"create role careful login password 'right' in role {GUARDED}")
    with psycopg.connect(postgres.url(user="careful", password="right")) as connection:
        assert connection.execute("select current_user").fetchone() == ("careful",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url(user="careful", password="wrong"))


def test_a_stopped_and_a_killed_server_come_back() -> None:
    """After an immediate stop and after a kill of all its processes what was committed is there, at the same port."""
    with _made() as cluster:
        cluster.execute("create table told (number int primary key)")
        port = cluster.port
        for number, end in enumerate((lambda: cluster.stop("immediate"), cluster.kill, cluster.stop)):
            cluster.execute("insert into told values (%s)", number)
            end()
            assert not cluster.running
            with pytest.raises(psycopg.OperationalError):
                cluster.execute("select 1")
            cluster.start()
        assert cluster.execute("select number from told order by 1") == [(0,), (1,), (2,)]
        assert cluster.port == port
        root = cluster.root
    assert not root.exists()


def test_a_synchronous_standby_takes_over() -> None:
    """What a primary committed before it was killed is on the standby, which then takes writes."""
    with _made() as primary:
        primary.execute("create table told (number int primary key)")
        standby = primary.standby("second", synchronous=True)
        primary.execute("insert into told values (1)")
        primary.kill()
        standby.promote()
        standby.execute("insert into told values (2)")
        assert standby.execute("select number from told order by 1") == [(1,), (2,)]


def test_a_held_standby_is_behind() -> None:
    """While sending is held an asynchronous standby learns nothing, and goes on afterwards."""
    with _made() as primary:
        primary.execute("create table told (number int primary key)")
        standby = primary.standby("second", synchronous=False)
        wait_until(lambda: standby.execute("select to_regclass('told')") != [(None,)], "the table is on the standby")
        primary.hold_sending()
        primary.execute("insert into told values (1)")
        assert standby.execute("select number from told") == []
        primary.resume_sending()
        wait_until(lambda: standby.execute("select number from told") == [(1,)], "the row is on the standby")


def test_a_cluster_ends_with_its_tests(tmp_path: Path) -> None:
    """When the tests' process is killed its server ends too, and leaves no folder."""
    script = (
        "import os, time\n"
        "from tests.support.postgres import Cluster\n"
        "cluster = Cluster.create()\n"
        "print(cluster.pid, cluster.root, flush=True)\n"
        "time.sleep(1000)\n"
    )
    _made().close()  # or skip
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as tests:
        assert tests.stdout is not None
        _, root = tests.stdout.readline().decode().split()
        tests.kill()
    wait_until(lambda: not Path(root).exists(), "the folder is removed")


def test_programs_that_are_not_there_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no PostgreSQL can be run the reason is said, for tests are skipped with it."""
    monkeypatch.setenv(CHOICE, os.fspath(tmp_path))
    with pytest.raises(NoPostgres, match="no PostgreSQL that can be run"):
        find_programs.__wrapped__()


def _made() -> Cluster:
    try:
        return Cluster.create(durable=True)
    except NoPostgres as reason:
        pytest.skip(str(reason))
