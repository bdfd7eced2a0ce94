"""Examination of a database for its operator: all that `doctor` reports, over connections of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from api_client.times import Clock
from store.core.health import Health
from store.postgres.address import DatabaseAddress
from store.postgres.connections import connection_for
from store.postgres.database_health import HEALTH, health_of
from store.postgres.migrate import FIRST, check_version, pending
from store.postgres.workspaces import WorkspaceInfo, listed

HEAR_SECONDS = 1.0
"""A notification that was sent must come within so long: else a pooler is in between that does not pass it on."""
_CHANNEL = "pumpup_examination"


@dataclass(frozen=True, slots=True)
class Examination:
    """A database, looked at once."""

    version: str
    """The server's, like `18.6`."""
    clock_ahead: float
    """Seconds by which its clock is ahead of this machine's."""
    health: Health | None
    """None where it has no tables of this program yet."""
    workspaces: Sequence[WorkspaceInfo] = ()


def examine(address: DatabaseAddress, clock: Clock) -> Examination:
    """Look at a database. Nothing is changed.

    Raises:
        StoreError: it can't be reached or used, is too old, or was made by a newer version of this program.
    """
    with connection_for(address) as connection:
        check_version(connection)
        ahead = _clock_ahead(connection, clock)
        version = str(connection.info.parameter_status("server_version")).partition(" ")[0]
        missing = pending(connection)
        if FIRST in missing:
            return Examination(version, ahead, None)
        health = health_of(_row(connection, HEALTH), listens=_hears(address, connection))
        # A listing needs all tables: those of a later migration too.
        return Examination(version, ahead, health, () if missing else listed(connection))


def _row(connection: Connection[tuple[Any, ...]], statement: bytes) -> tuple[Any, ...]:
    """Return the one row that a statement selects."""
    return connection.execute(statement).fetchall()[0]


def _clock_ahead(connection: Connection[tuple[Any, ...]], clock: Clock) -> float:
    before = clock()
    (now,) = _row(connection, b"select clock_timestamp()")
    return float((now - (before + (clock() - before) / 2)).total_seconds())


def _hears(address: DatabaseAddress, connection: Connection[tuple[Any, ...]]) -> bool:
    """Return whether what another session notifies reaches `connection`."""
    try:
        connection.execute(f"listen {_CHANNEL}".encode())
        with connection_for(address) as other:
            other.execute("select pg_notify(%s, '')", (_CHANNEL,))
        return any(True for _ in connection.notifies(timeout=HEAR_SECONDS, stop_after=1))
    except psycopg.Error:  # a standby: no session there can listen
        return False
