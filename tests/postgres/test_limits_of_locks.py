"""A transaction that holds a chain's lock and goes no further is ended by the database."""

from __future__ import annotations

import psycopg
import pytest

from store.postgres.address import DatabaseAddress
from store.postgres.connections import IDLE_SECONDS, LOCK_SECONDS, WRITING, connected
from store.postgres.round_trip import round_trip
from tests.support.postgres import Cluster
from tests.waiting import until


async def test_a_transaction_that_idles_behind_its_pipeline_is_ended(database: str, postgres: Cluster) -> None:
    """After the first trip of a commit the limit for idle transactions is in force, and the lock is free behind it."""
    assert IDLE_SECONDS < LOCK_SECONDS
    connection = await connected(DatabaseAddress.parse(database), WRITING)
    await connection.execute("set idle_in_transaction_session_timeout = '50ms'")
    async with round_trip(connection):
        await connection.execute("begin")
        cursor = await connection.execute("select 1")
    assert await cursor.fetchone() == (1,)
    pid = connection.info.backend_pid
    await until(lambda: not _is_there(postgres, pid), "the database ends the transaction")
    await connection.close()


async def test_a_transaction_that_is_sent_in_part_is_ended(database: str, postgres: Cluster) -> None:
    """A server that stands still between two statements of a pipeline loses its locks as well, from version 17 on."""
    connection = await connected(DatabaseAddress.parse(database), WRITING)
    if postgres.version < 17:
        await connection.close()
        pytest.skip("PostgreSQL 17 and newer limit a whole transaction")
    row = await (await connection.execute("show transaction_timeout")).fetchone()
    assert row == ("30s",)
    await connection.execute("set transaction_timeout = '200ms'")
    pid = connection.info.backend_pid
    with pytest.raises(psycopg.OperationalError):
        async with connection.pipeline():
            await connection.execute("begin")
            await connection.execute("select 1")
            await until(lambda: not _is_there(postgres, pid), "the database ends the transaction")
    await connection.close()


def _is_there(postgres: Cluster, pid: int) -> bool:
    return bool(postgres.execute("select 1 from pg_stat_activity where pid = %s", pid))
