"""Workspaces: one chain, head, keys and board each, many in one database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from psycopg import Connection
from psycopg.errors import UniqueViolation

from api_client.errors import Conflict, InvalidRequest, NotFound, StoreAbsent, StoreBusy, StoreFault
from store.core.fold import GENERAL
from store.postgres.address import DatabaseAddress
from store.postgres.connections import WRITING, connection_for
from store.postgres.migrate import FIRST, check_version, migrate, pending

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_LIST = """
    select name, seq, encode(hash, 'hex'), created_at, case when importing then 'importing' else 'open' end
    from pumpup.workspace order by name
"""
_LISTED = 10
"""Names that a message lists at the most."""


@dataclass(frozen=True, slots=True)
class WorkspaceInfo:
    """A workspace as it is listed."""

    name: str
    events: int
    head: str
    """The hash of the last event, in hex."""
    created_at: datetime
    state: Literal["open", "importing"]


def create_workspace(address: DatabaseAddress, name: str, now: datetime, *, importing: bool = False) -> None:
    """Make an empty workspace, and the tables where they are missing.

    Raises:
        InvalidRequest: the name can't be used.
        Conflict: there is one of this name.
        StoreError: the database can't be used, or the role may not.
    """
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "A workspace's name has 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit."
        )
    migrate(address)
    with connection_for(address, WRITING) as connection, connection.transaction():
        _insert(connection, name, now, importing=importing)


def _insert(connection: Connection[tuple[Any, ...]], name: str, now: datetime, *, importing: bool) -> None:
    try:
        row = connection.execute(
            "insert into pumpup.workspace (name, projects, importing, created_at) values (%s, 1, %s, %s) returning id",
            (name, importing, now),
        ).fetchone()
    except UniqueViolation:
        raise Conflict(f"There is a workspace {name!r} already.") from None
    connection.execute(
        "insert into pumpup.project (ws, no, id, slug, doc) values (%s, 1, %s, %s, %s)",
        (row and row[0], GENERAL["id"], GENERAL["projectName"], orjson.dumps(GENERAL)),
    )


def list_workspaces(address: DatabaseAddress) -> list[WorkspaceInfo]:
    """Return the workspaces of a database, by name; none where it has no tables yet.

    Raises:
        StoreError: the database can't be used.
    """
    with connection_for(address) as connection:
        return [] if FIRST in pending(connection) else listed(connection)


def listed(connection: Connection[tuple[Any, ...]]) -> list[WorkspaceInfo]:
    """Return the workspaces of a database that has the tables, by name."""
    return [WorkspaceInfo(*row) for row in connection.execute(_LIST)]


def public_key(address: DatabaseAddress, name: str) -> str:
    """Return the public key that checkpoints of a workspace are signed with, empty where it has none yet.

    Raises:
        NotFound: there is no such workspace.
        StoreError: the database can't be used, or the role may not read it.
    """
    with connection_for(address) as connection:
        number = find_workspace(connection, address, name)
        row = connection.execute("select public_key from pumpup.signing_key where ws = %s", (number,)).fetchone()
        return row[0] if row else ""


def find_workspace(
    connection: Connection[tuple[Any, ...]], address: DatabaseAddress, name: str, *, importing: bool = False
) -> int:
    """Return the number of a workspace, where the database is one that this program can use.

    Raises:
        NotFound: there is none; the message names those that are there.
        StoreBusy: an import into it is not finished.
        StoreFault: the server is too old, or a migration is missing, or it is of a newer version.
    """
    _check_usable(connection, address, name)
    row = connection.execute("select id, importing from pumpup.workspace where name = %s", (name,)).fetchone()
    if row is None:
        raise NotFound(f"There is no workspace {name!r}. {_others(connection, name)}")
    if row[1] and not importing:
        raise StoreBusy(f"An import into the workspace {name!r} is not finished: run it again, and it goes on.")
    return int(row[0])


def _check_usable(connection: Connection[tuple[Any, ...]], address: DatabaseAddress, name: str) -> None:
    check_version(connection)
    if missing := pending(connection):
        if FIRST in missing:
            raise StoreAbsent(
                f"The database {address.shown} holds no record of this program yet: "
                f"'pumpup-tui workspaces create {name}' makes one."
            )
        raise StoreFault(
            f"The database {address.shown} needs {', '.join(missing)}: run 'pumpup-tui workspaces migrate'."
        )


def _others(connection: Connection[tuple[Any, ...]], name: str) -> str:
    rows = connection.execute("select name from pumpup.workspace order by name limit %s", (_LISTED + 1,)).fetchall()
    names = [row[0] for row in rows]
    maker = f"'pumpup-tui workspaces create {name}' makes it"
    if not names:
        return f"There is none yet: {maker}."
    there = f"{', '.join(names[:_LISTED])}{' and more' if len(names) > _LISTED else ''}"
    return f"There {'is' if len(names) == 1 else 'are'} {there}: name one with --workspace NAME, or {maker}."
