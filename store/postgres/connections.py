"""Connections to the database: their settings, and its failures in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from api_client.errors import StoreAbsent, StoreBusy, StoreError, StoreFault, StoreLogin, StoreReadOnly
from store.postgres.address import DatabaseAddress
from store.postgres.connection_failures import connection_failure

OLDEST = 140000
"""The oldest server that is used, in the form of `server_version_num`."""
IDLE_SECONDS = 5
"""A transaction that does nothing for so long, as a stopped server's that holds a chain's lock, is ended.

Less than `LOCK_SECONDS`, so that those who wait for the lock get it, and no error."""
LOCK_SECONDS = 10
"""A commit waits for a chain's lock for so long at the most."""
TRANSACTION_SECONDS = 30
"""A transaction lasts for so long at the most until it commits, where the database can limit that (17 and newer).

This ends one whose server stood still while it sent more than fits one write: that is no idleness to the database."""

PLAIN = (
    # Whatever the database or the role is set to: what another user made in `public` is not looked at, times and lists
    # are read back as they are written, a session lives for as long as its server wants it, and the warning that a
    # wait for a standby was cancelled is sent.
    "set search_path = pg_catalog; set timezone = 'UTC'; set datestyle = 'ISO'; set array_nulls = on; "
    "set client_min_messages = warning; set idle_session_timeout = 0; set statement_timeout = 0; "
    "set default_transaction_isolation = 'read committed'; set default_transaction_deferrable = off; "
    "set default_transaction_read_only = off"
)
"""The settings of every connection."""
_COMMON = (
    f"{PLAIN}; "
    # All that is asked for is found by a key. Of a workspace that is new the statistics say nothing, so the planner
    # would read whole tables for it.
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; "
    "set enable_bitmapscan = off; set jit = off; "
    "set plan_cache_mode = force_generic_plan; "
    f"set idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'; set lock_timeout = '{LOCK_SECONDS}s'; "
    # A server whose machine is gone is noticed within seconds, and what it had locked is free.
    "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3; "
)
_DURABLE = (
    # Never less than durable, whatever the database's own default is; remote_apply is more.
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') <> 'remote_apply'"
)


def transaction_limit(seconds: int) -> str:
    """Return the statement that limits transactions, where the database can; 0 is no limit, whatever a role's is."""
    return (
        f"select set_config('transaction_timeout', '{seconds}s', false) "
        "where current_setting('server_version_num')::int >= 170000"
    )


READING = (
    f"{_COMMON} set default_transaction_read_only = on; set statement_timeout = '60s'; {_DURABLE}; "
    f"{transaction_limit(0)}"
)
"""The settings of connections that read: what writes on one says so."""
WRITING = f"{_COMMON} {_DURABLE}; {transaction_limit(TRANSACTION_SECONDS)}"
"""The settings of the connection that commits."""


async def connected(address: DatabaseAddress, settings: str) -> AsyncConnection[tuple[Any, ...]]:
    """Return a new connection of this event loop, in autocommit mode.

    Raises:
        StoreFault: the database can't be reached or used.
    """
    try:
        connection = await AsyncConnection.connect(
            address.conninfo, autocommit=True, row_factory=tuple_row, prepare_threshold=0
        )
    except psycopg.Error as fault:
        raise connection_failure(address, fault) from fault
    try:
        await set_up(connection, settings)
    except BaseException as fault:  # whatever ends it, a cancelled caller too: nobody else would close it
        await connection.close()
        if isinstance(fault, psycopg.Error):
            raise connection_failure(address, fault) from fault
        raise
    return connection


async def set_up(connection: AsyncConnection[tuple[Any, ...]], settings: str) -> None:
    """Give a new connection its settings.

    Raises:
        psycopg.Error: the database refuses, or was lost.
    """
    # By default a number's type is the smallest that holds it: each mixture of them would be a statement of its own
    # to be prepared, and there is room for a hundred.
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    await connection.execute(settings.encode(), prepare=False)


@contextmanager
def connection_for(address: DatabaseAddress, settings: str = READING) -> Iterator[Connection[tuple[Any, ...]]]:
    """Give a connection that blocks, in autocommit mode, to a command that has nothing else to do.

    Raises:
        StoreFault: the database can't be reached or used, or refuses.
    """
    try:
        connection = psycopg.connect(address.conninfo, autocommit=True, row_factory=tuple_row)
    except psycopg.Error as fault:
        raise connection_failure(address, fault) from fault
    with connection, worded(address):
        connection.execute(settings.encode(), prepare=False)
        yield connection


_OF_ANOTHER_SESSION = psycopg.errors.DuplicatePreparedStatement | psycopg.errors.InvalidSqlStatementName
"""A statement of this connection is another's, or is gone: the session is not its own."""


@contextmanager
def worded(address: DatabaseAddress) -> Iterator[None]:
    """Turn the driver's errors into the store's.

    Raises:
        StoreBusy: a lock was not to be had in time, or the connection was lost.
        StoreReadOnly: the database is a standby, or the role may not write.
        StoreFault: anything else that the database refuses.
    """
    try:
        yield
    except psycopg.Error as fault:
        raise store_error(address, fault) from fault


def store_error(address: DatabaseAddress, fault: psycopg.Error) -> StoreError:
    """Return the store's error for one of the driver's; it shows no value that a caller sent."""
    if isinstance(fault, psycopg.errors.LockNotAvailable):
        return StoreBusy(
            f"The database {address.shown} is busy: a lock was not to be had in {LOCK_SECONDS} s. Try again."
        )
    if isinstance(fault, psycopg.errors.ReadOnlySqlTransaction | psycopg.errors.FeatureNotSupported):
        return StoreReadOnly(
            f"The database {address.shown} takes no writes: it is a standby, or set to read-only. "
            "Name its primary to write."
        )
    if isinstance(fault, psycopg.errors.InsufficientPrivilege):
        return StoreLogin(
            f"The role of {address.shown} may not do this: {reason(fault)}. 'pumpup-tui workspaces roles' prints what "
            "the owner of the tables grants to the role of a server."
        )
    if isinstance(fault, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return StoreAbsent(
            f"The database {address.shown} holds no record of this program yet: "
            "'pumpup-tui workspaces create NAME' makes one."
        )
    if isinstance(fault, _OF_ANOTHER_SESSION):
        return StoreFault(
            f"Between here and {address.shown} a pooler gives one session to several, as PgBouncer does in transaction "
            "mode. Name the database's own address, or a pool in session mode."
        )
    return (
        StoreBusy(f"The connection to {address.shown} was lost: {reason(fault)}. Try again.")
        if isinstance(fault, psycopg.OperationalError)
        else StoreFault(f"The database {address.shown} refused: {reason(fault)}.")
    )


def reason(fault: psycopg.Error) -> str:
    """Return what the server or the driver says, on one line; never the detail, which may hold a caller's values."""
    said = fault.diag.message_primary or str(fault)
    lines = [part.strip().rstrip(".") for part in said.splitlines() if part.strip()]
    last = lines[-1] if lines else type(fault).__name__
    return last.rpartition("FATAL:  ")[2] or last


def is_lost(fault: BaseException) -> bool:
    """Return whether an error leaves open what became of the transaction: the connection is gone."""
    if isinstance(fault, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        return False
    ends = psycopg.OperationalError | psycopg.InterfaceError | psycopg.errors.IdleInTransactionSessionTimeout
    return isinstance(fault, ends)


@asynccontextmanager
async def closing(connection: AsyncConnection[Any]) -> AsyncIterator[AsyncConnection[Any]]:
    """Close a connection at the end, also where the task is cancelled meanwhile."""
    try:
        yield connection
    finally:
        await asyncio.shield(connection.close())


def storable(text: str) -> bool:
    """Return whether a database can hold `text`: no NUL, and Unicode. No id that it holds is any other."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
