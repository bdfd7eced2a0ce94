"""Migrations: numbered SQL files, each applied once, in order, under an advisory lock."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from psycopg import Connection
from psycopg.errors import InsufficientPrivilege

from api_client.errors import StoreFault, StoreLogin
from store.postgres.address import DatabaseAddress
from store.postgres.connections import OLDEST, PLAIN, connection_for, transaction_limit

_LOCK = 0x70756D70
"""The advisory lock of whoever migrates."""
_SETTINGS = f"{PLAIN}; set lock_timeout = '60s'; {transaction_limit(0)}"
_TABLE = """
    -- `if not exists` asks for the right to make one even where it is there, which its owner need not have.
    do $$ begin if to_regnamespace('pumpup') is null then create schema pumpup; end if; end $$;
    create table if not exists pumpup.migration (
        no int primary key, name text not null, applied_at timestamptz not null
    );
"""
_FOREIGN_OWNER = b"""
    select r.rolname from pg_namespace n join pg_roles r on r.oid = n.nspowner, pg_roles own
    where n.nspname = 'pumpup' and own.rolname = current_user and n.nspowner <> own.oid and not r.rolsuper
        and (own.rolsuper or not pg_has_role(current_user, n.nspowner, 'member'))
"""

FIRST = "0001_record"
"""The migration that makes the tables: a database that lacks it has none."""


def migrations() -> Iterator[tuple[int, str, str]]:
    """Yield number, name and SQL of each migration that this version knows, in order."""
    folder = files("store.postgres") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            yield int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")


def roles_sql() -> str:
    """Return the SQL that makes the role of a server, which can append events and never change one."""
    return (files("store.postgres") / "roles.sql").read_text(encoding="utf-8")


def migrate(address: DatabaseAddress) -> list[str]:
    """Apply what is missing, and return its names.

    Raises:
        StoreFault: the database can't be used, is too old, or was made by a newer version.
        StoreLogin: the role may not.
    """
    with connection_for(address, _SETTINGS) as connection:
        check_version(connection)
        _check_owner(connection, address)
        missing = pending(connection)
        if not missing:
            return []
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            connection.execute(_TABLE.encode(), prepare=False)
            return [name for number, name, sql in migrations() if _applied(connection, number, name, sql)]
        except InsufficientPrivilege as fault:
            raise StoreLogin(
                f"The database {address.shown} needs {', '.join(missing)}, which this role may not apply: run "
                "'pumpup-tui workspaces migrate' as the owner of the schema."
            ) from fault


def _check_owner(connection: Connection[tuple[Any, ...]], address: DatabaseAddress) -> None:
    """Check that the schema, where it is there, is this role's or one's whose member it is.

    In a schema of another's making a table may have triggers, which would run with all rights of this role.

    Raises:
        StoreLogin: it is neither.
    """
    for (owner,) in connection.execute(_FOREIGN_OWNER).fetchall():
        raise StoreLogin(
            f"The schema pumpup of {address.shown} is owned by {owner}: run this as that role. If you don't know it, "
            "somebody else made the schema: use another database."
        )


def bring_up_to_date(address: DatabaseAddress) -> list[str]:
    """Apply what is missing to a database that has tables of this program, as a server does when it starts.

    A database without them is left alone: whoever makes its first workspace makes them.

    Raises:
        StoreFault: the database can't be used, is too old, or was made by a newer version.
        StoreLogin: the role may not.
    """
    with connection_for(address, _SETTINGS) as connection:
        check_version(connection)
        missing = pending(connection)
    return migrate(address) if missing and FIRST not in missing else []


def _applied(connection: Connection[tuple[Any, ...]], number: int, name: str, sql: str) -> bool:
    """Apply a migration, unless it was; return whether it was applied now."""
    if connection.execute("select 1 from pumpup.migration where no = %s", (number,)).fetchone():
        return False
    with connection.transaction():
        connection.execute(sql.encode(), prepare=False)
        connection.execute("insert into pumpup.migration values (%s, %s, now())", (number, name))
    return True


def pending(connection: Connection[tuple[Any, ...]]) -> list[str]:
    """Return the names of the migrations that the database lacks.

    Raises:
        StoreFault: it was made by a newer version of this program.
    """
    known = {number: name for number, name, _ in migrations()}
    applied = _numbers(connection)
    if newer := applied - known.keys():
        raise StoreFault(
            f"The database was made by a newer version of this program (migration {max(newer)}; this one knows "
            f"{max(known)}): update this program."
        )
    return [name for number, name in known.items() if number not in applied]


def _numbers(connection: Connection[tuple[Any, ...]]) -> set[int]:
    (there,) = connection.execute("select to_regclass('pumpup.migration') is not null").fetchone() or (False,)
    return {number for (number,) in connection.execute("select no from pumpup.migration")} if there else set()


def check_version(connection: Connection[tuple[Any, ...]]) -> None:
    """Check the server's version, and that the database can hold any text.

    Raises:
        StoreFault: it is too old, or the database has another encoding than UTF-8.
    """
    version = connection.info.server_version
    if version < OLDEST:
        raise StoreFault(f"PostgreSQL {version // 10000} is too old: 14 or newer is needed.")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):  # a pooler may leave it out
        raise StoreFault(
            f"The database's encoding is {encoding}, which can't hold every text: make one with "
            "'createdb --encoding=UTF8 --template=template0'."
        )
