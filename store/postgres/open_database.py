"""An open workspace, as the backends of all its callers share it, and the way to open one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from api_client.actor import Actor
from api_client.errors import ApiError
from api_client.times import Clock, utc_now
from store.core.command_limits import CommandLimits
from store.core.event_ids import random_token
from store.core.upload_limits import UploadLimits
from store.postgres.address import DatabaseAddress
from store.postgres.blobs import Blobs, LooseUploads
from store.postgres.commit_writer import CommitWriter
from store.postgres.connections import connection_for
from store.postgres.database_reader import DatabaseReader
from store.postgres.due_timeouts import DueTimeouts
from store.postgres.head_watch import HeadWatch
from store.postgres.key_table import KeyCache
from store.postgres.loaded_view import KnownProjects
from store.postgres.pooled import ReadPool
from store.postgres.postgres_backend import OpenWorkspace, PostgresBackend
from store.postgres.waiting_results import WaitingResults
from store.postgres.workspaces import find_workspace
from store.schemas.checks import Checks

POOL_SIZE = 8
"""Connections that read at the most, beside the writer's, the listener's and the notifier's."""


async def open_postgres(
    address: DatabaseAddress,
    workspace: str,
    actor: Actor,
    *,
    clock: Clock = utc_now,
    tokens: Callable[[], str] = random_token,
    uploads: UploadLimits = UploadLimits(),  # noqa: B008 - it can't be changed
    limits: CommandLimits | None = None,
    fires_timeouts: bool = False,
    for_reading: bool = False,
    serves: bool = False,
    pool_size: int = POOL_SIZE,
    on_commit: Callable[[float], None] = lambda _: None,
) -> PostgresBackend:
    """Open a workspace, and return the backend of `actor` over it. Nothing is written or migrated by that.

    Opened `for_reading` every command is refused, as it is over a standby. With `fires_timeouts` the timeouts of
    steps are fired while it is open; what `serves` also keeps the ring of API keys up to date. `on_commit` is called
    with the seconds that each commit held the chain's lock.

    Raises:
        NotFound: there is no such workspace.
        StoreError: the database can't be reached or used.
    """
    number, is_standby = await asyncio.to_thread(_found, address, workspace)
    read_only = "It was opened for reading." if for_reading else "The database is a standby." if is_standby else ""
    pool, projects, checks = ReadPool(address, pool_size), KnownProjects(), Checks(limits or CommandLimits())
    reader = DatabaseReader(pool, number, projects)
    keys = KeyCache(pool, number, clock)
    watch = HeadWatch(address, number, lambda: _seq(reader), keys.changed)

    def committed(seq: int, seconds: float) -> None:
        watch.committed(seq)
        on_commit(seconds)

    writer = CommitWriter(
        address, number, clock=clock, tokens=tokens, checks=checks, projects=projects, on_commit=committed
    )
    timeouts = DueTimeouts(pool, writer, number, clock)
    opened = OpenWorkspace(
        number=number,
        clock=clock,
        pool=pool,
        reader=reader,
        writer=writer,
        watch=watch,
        keys=keys,
        checks=checks,
        timeouts=timeouts,
        blobs=Blobs(pool, number, clock),
        results=WaitingResults(watch, reader),
        allowance=LooseUploads(pool, number, uploads.loose_bytes),
        uploads=uploads,
        limits=limits or CommandLimits(),
        read_only=read_only,
    )
    try:
        await pool.open()
        if serves:
            await keys.start()
    except ApiError:
        with suppress(ApiError):
            await opened.close()
        raise
    if fires_timeouts and not read_only:
        timeouts.start()
    return PostgresBackend(opened, actor)


def _found(address: DatabaseAddress, workspace: str) -> tuple[int, bool]:
    with connection_for(address) as connection:
        number = find_workspace(connection, address, workspace)
        row = connection.execute("select pg_is_in_recovery()").fetchone()
        return number, bool(row and row[0])


async def _seq(reader: DatabaseReader) -> int:
    return (await reader.head())[0]
