"""A pipeline whose statements leave in one write, with the Sync as its last message.

psycopg's own sends each statement by itself, and a Flush behind the Sync. That lets go of the database's limit for idle
transactions: PostgreSQL starts it at a Sync and stops it at any other message. A server that stood still behind the
Flush, or between two statements, would have the chain's lock for ever. (A Sync flushes by itself.)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection, AsyncPipeline
from psycopg.waiting import Ready, Wait
from typing_extensions import override

if TYPE_CHECKING:
    from psycopg.abc import PQGen


class _OneWrite(AsyncPipeline):
    @override
    def _communicate_gen(self) -> PQGen[None]:
        """Send nothing yet."""
        yield from ()

    @override
    def _exit_gen(self) -> PQGen[None]:
        self._enqueue_sync()
        while self.command_queue:
            self.command_queue.popleft()()  # into the buffer of libpq, which writes when it is told to, or has 64 kB
        # The driver flushes once, which leaves what the socket has no room for: many megabytes are sent in parts.
        while self.pgconn.flush():
            if (yield Wait.RW) & Ready.R:
                self.pgconn.consume_input()
        yield from super()._communicate_gen()
        yield from self._fetch_gen(flush=False)


@asynccontextmanager
async def round_trip(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Gather the statements that are executed meanwhile, and send them at the end; their results are read behind it.

    Raises:
        psycopg.Error: a statement failed; those behind it were not carried out.
    """
    connection._pipeline = _OneWrite(connection)
    async with connection.pipeline():
        yield


async def roll_back(connection: AsyncConnection[Any]) -> None:
    """End a transaction that wrote nothing, and keep what is prepared.

    The driver drops all prepared statements behind a rollback, for it might have undone the making of a table: two
    trips more for each batch in which all commands are refused.
    """
    threshold, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        await connection.execute(b"rollback")
    finally:
        connection.prepare_threshold = threshold
