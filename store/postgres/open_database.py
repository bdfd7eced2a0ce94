"""The way to open a workspace of a database."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from api_client.actor import Actor
from api_client.errors import ApiError
from store.postgres.address import DatabaseAddress
from store.postgres.connections import connection_for
from store.postgres.database_health import STANDBY
from store.postgres.open_workspace import OpenWorkspace, WorkspaceSettings
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import find_workspace


async def open_postgres(
    address: DatabaseAddress,
    workspace: str,
    actor: Actor,
    *,
    fires_timeouts: bool = False,
    for_reading: bool = False,
    serves: bool = False,
    **settings: Any,
) -> PostgresBackend:
    """Open a workspace, and return the backend of `actor` over it. Nothing is written or migrated by that.

    Opened `for_reading` every command is refused, as it is over a standby. With `fires_timeouts` the timeouts of
    steps are fired while it is open; what `serves` also has the ring of API keys up to date. `settings` are those of
    `WorkspaceSettings`.

    Raises:
        NotFound: there is no such workspace.
        StoreError: the database can't be reached or used.
    """
    number, is_standby = await asyncio.to_thread(_found, address, workspace)
    read_only = "It was opened for reading." if for_reading else ""
    if is_standby:
        read_only = STANDBY
    opened = OpenWorkspace(address, number, WorkspaceSettings(**settings), read_only)
    try:
        await opened.open(fires_timeouts=fires_timeouts, serves=serves)
    except ApiError:
        with suppress(ApiError):
            await opened.close()
        raise
    return PostgresBackend(opened, actor)


def _found(address: DatabaseAddress, workspace: str) -> tuple[int, bool]:
    with connection_for(address) as connection:
        number = find_workspace(connection, address, workspace)
        row = connection.execute("select pg_is_in_recovery()").fetchone()
        return number, bool(row and row[0])
