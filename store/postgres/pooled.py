"""The pool of connections that read: each call takes one for a single round trip."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from api_client.errors import StoreBusy
from store.postgres.address import DatabaseAddress
from store.postgres.connections import READING, is_lost, set_up, store_error
from store.postgres.lookup import Statement
from store.postgres.round_trip import round_trip

# Without a handler of the program's own, what the pool logs would land on the screen. It warns of each connection that
# is lost or can't be made, which every call that meets it reports.
logging.getLogger("psycopg").addHandler(logging.NullHandler())
logging.getLogger("psycopg").setLevel(logging.ERROR)

Rows: TypeAlias = list[tuple[Any, ...]]

WAIT_SECONDS = 10.0
"""A call waits for a connection for so long at the most."""
_TRIES = 3
"""A read whose connection is lost is asked again on another one: after a failover all of the pool are."""


class ReadPool:
    """Connections to one database, shared by all callers of this process."""

    def __init__(self, address: DatabaseAddress, size: int) -> None:
        """Set up a pool of `size` connections at the most, without opening any."""
        self._address = address
        self._pool = AsyncConnectionPool(
            address.conninfo,
            min_size=1,
            max_size=size,
            open=False,
            timeout=WAIT_SECONDS,
            configure=_configure,
            kwargs={"autocommit": True, "row_factory": tuple_row, "prepare_threshold": 0},
        )

    async def open(self) -> None:
        """Begin to connect."""
        await self._pool.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    def figures(self) -> Mapping[str, int]:
        """Return the pool's own figures: connections, idle ones, calls that wait, and more."""
        return self._pool.get_stats()

    async def ask(self, *statements: Statement) -> list[Rows]:
        """Return the rows of each statement, all asked in one round trip. Nothing can be changed by one.

        Raises:
            StoreBusy: no connection was to be had, or it was lost.
            StoreFault: the database refuses.
        """
        for tries_left in reversed(range(_TRIES)):
            try:
                async with self._taken() as connection:
                    return await _asked(connection, statements)
            except PoolTimeout:
                raise _no_connection(self._address) from None
            except psycopg.Error as fault:
                if not (tries_left and is_lost(fault)):
                    raise store_error(self._address, fault) from fault
                await self._pool.check()
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        async with self._pool.connection() as connection:
            if task is not None and task.cancelling() > before:
                # Python 3.11's `wait_for`, in which the pool waits, loses a cancellation that comes with what it waits
                # for: a stream whose reader has gone would be followed for ever.
                raise asyncio.CancelledError
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """Give a connection in a transaction that may write: for what is no event.

        Raises:
            StoreBusy: no connection was to be had, or it was lost.
            StoreError: the database refuses.
        """
        try:
            async with self._taken() as connection:
                await connection.execute(b"begin isolation level read committed read write")
                try:
                    yield connection
                except BaseException:  # a cancelled caller, too, must not leave its transaction to the next one
                    await asyncio.shield(_rolled_back(connection))
                    raise
                await connection.execute(b"commit")
        except PoolTimeout:
            raise _no_connection(self._address) from None
        except psycopg.Error as fault:
            raise store_error(self._address, fault) from fault

    async def write(self, statement: Statement) -> int:
        """Carry out a statement that writes what is no event, in one round trip; return how many rows it changed.

        Raises:
            StoreBusy: no connection was to be had, or it was lost.
            StoreError: the database refuses.
        """
        try:
            async with self._taken() as connection:
                try:
                    async with round_trip(connection):
                        await connection.execute(b"begin isolation level read committed read write")
                        cursor = await connection.execute(*statement)
                        await connection.execute(b"commit")
                except BaseException:  # a cancelled caller, too, must not leave its transaction to the next one
                    await asyncio.shield(_rolled_back(connection))
                    raise
                return cursor.rowcount
        except PoolTimeout:
            raise _no_connection(self._address) from None
        except psycopg.Error as fault:
            raise store_error(self._address, fault) from fault


def _no_connection(address: DatabaseAddress) -> StoreBusy:
    return StoreBusy(f"The database {address.shown} does not answer at present. Try again.")


async def _asked(connection: AsyncConnection[tuple[Any, ...]], statements: Sequence[Statement]) -> list[Rows]:
    if len(statements) == 1:
        return [await (await connection.execute(*statements[0], binary=True)).fetchall()]
    async with connection.pipeline():
        cursors = [await connection.execute(*statement, binary=True) for statement in statements]
    return [await cursor.fetchall() for cursor in cursors]


async def _rolled_back(connection: AsyncConnection[tuple[Any, ...]]) -> None:
    if not connection.closed:
        await connection.execute(b"rollback")


async def _configure(connection: AsyncConnection[tuple[Any, ...]]) -> None:
    await set_up(connection, READING)
