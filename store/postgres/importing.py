"""The writing side of an import: a workspace that takes a record in batches, and is opened when it has all of it.

Each batch is one transaction with the head in it, so what is there at any moment is a record with all that its events
add up to, and a second run goes on behind it. Until the end the workspace is marked: nobody else opens it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import Connection

from api_client.errors import Conflict, InvalidRequest, NotFound, StoreAbsent, StoreBusy, StoreLogin, StoreReadOnly
from api_client.times import Clock
from store.core.event_types import UPLOAD_RECEIVED
from store.core.state_view import Doc
from store.postgres.address import DatabaseAddress
from store.postgres.blob_statements import ADD_PIECE, BEGIN_BLOB, DROP_BLOB, DROP_PIECES, END_BLOB
from store.postgres.commit_rows import CommitRows
from store.postgres.connections import WRITING, connection_for, storable
from store.postgres.workspaces import create_workspace, find_workspace

_SETTINGS = f"{WRITING}; set statement_timeout = '600s'"
_PIECES_AT_ONCE = 16
"""Pieces of a content that share a transaction."""
_MOST = 1 << 63
"""No number that is stored is as large."""

_LOCK = b"select seq, hash, importing from pumpup.workspace where id = %(ws)s for no key update"
_IS_FILLED = b"select seq > 0 and not importing from pumpup.workspace where id = %(ws)s"
_MAY_IMPORT = b"""
    select has_table_privilege('pumpup.workspace', 'insert')
        and has_column_privilege('pumpup.workspace', 'importing', 'update')
"""
_MARK = b"update pumpup.workspace set importing = true where id = %(ws)s and seq = 0"
_OPEN = b"update pumpup.workspace set importing = false where id = %(ws)s"
_BLOBS = b"select sha256, size from pumpup.blob where ws = %(ws)s and sha256 is not null"
_HALF = b"select id from pumpup.blob where ws = %(ws)s and sha256 is null"


class ImportingWorkspace:
    """A workspace that is marked as importing, and how much of the record it has."""

    def __init__(self, connection: Connection[tuple[Any, ...]], number: int, clock: Clock) -> None:
        self._connection, self._number, self._clock = connection, number, clock
        self.seq, self.hash = self._head()

    def store(self, rows: CommitRows, count: int, head: str) -> None:
        """Store `count` more events and all that they change; `head` is the last one's hash.

        Raises:
            StoreBusy: something else writes to the workspace.
            InvalidRequest: the database can't hold them.
        """
        statement, values = rows.statement(self._number, commits=count)
        try:
            with self._connection.transaction():
                if self._head() != (self.seq, self.hash):
                    raise _written_by_another()
                self._execute(statement, **values)
        except psycopg.errors.UniqueViolation as fault:
            if fault.diag.table_name == "idempotency":
                raise InvalidRequest("Two of its idempotency records answer the same key.") from None
            raise
        self.seq, self.hash = values["seq"], head

    def contents(self) -> dict[str, int]:
        """Return the size of each content that is there, by its SHA-256; what was left half done is dropped."""
        for (blob,) in self._execute(_HALF).fetchall():
            with self._connection.transaction():
                self._execute(DROP_PIECES, blob=blob)
                self._execute(DROP_BLOB, blob=blob)
        return dict(self._execute(_BLOBS).fetchall())

    def add_content(self, upload: Doc, pieces: Iterable[bytes]) -> None:
        """Store an upload's content; it counts as there once all of it is, and is what arrived.

        Raises:
            InvalidRequest: it is not what arrived.
        """
        row = self._execute(BEGIN_BLOB, now=self._clock()).fetchone()
        blob, digest, size, number = row and row[0], hashlib.sha256(), 0, 0
        for together in _in_groups(pieces):
            # Not in the driver's pipeline: it may stop for ever over more than a socket has room for.
            with self._connection.transaction():
                for piece in together:
                    self._execute(ADD_PIECE, blob=blob, no=number, bytes=piece)
                    digest.update(piece)
                    size, number = size + len(piece), number + 1
        if (digest.hexdigest(), size) != (upload["sha256"], upload["size"]):
            raise InvalidRequest(f"The attachment {upload['sha256']} is not what arrived: it has changed.")
        self._execute(END_BLOB, blob=blob, sha256=upload["sha256"], size=size, now=self._clock())

    def open(self) -> None:
        """Let everybody in."""
        self._execute(_OPEN)

    def _head(self) -> tuple[int, str]:
        row = self._execute(_LOCK).fetchone()
        if row is None or not row[2]:
            raise _written_by_another()
        return row[0], row[1].hex()

    def _execute(self, statement: bytes, **values: Any) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._connection.execute(statement, {"ws": self._number, **values})


def _not_empty(name: str) -> InvalidRequest:
    return InvalidRequest(f"The workspace {name!r} is not empty: name a new one with --workspace NAME.")


def _written_by_another() -> StoreBusy:
    return StoreBusy("Something else writes to the workspace: another import into it, or a server that had it open.")


def check_importable(address: DatabaseAddress, name: str) -> None:
    """Check, before the work begins, that a workspace can be imported into. Nothing is made.

    Raises:
        InvalidRequest: it has events, and is open.
        StoreError: the database can't be used, or is a standby, or the role may not.
    """
    with connection_for(address) as connection:
        (is_standby,) = connection.execute("select pg_is_in_recovery()").fetchone() or (False,)
        if is_standby:
            raise StoreReadOnly(f"The database {address.shown} takes no writes: it is a standby.")
        with suppress(StoreAbsent):  # it will be made, with the tables
            _check_importable(connection, address, name)


def _check_importable(connection: Connection[tuple[Any, ...]], address: DatabaseAddress, name: str) -> None:
    filled = False
    with suppress(NotFound):  # it will be made
        number = find_workspace(connection, address, name, importing=True)
        (filled,) = connection.execute(_IS_FILLED, {"ws": number}).fetchone() or (False,)
    (may_import,) = connection.execute(_MAY_IMPORT).fetchone() or (False,)
    if not may_import:
        raise StoreLogin(f"The role of {address.shown} may not import: run it as the owner of the tables.")
    if filled:
        raise _not_empty(name)


@contextmanager
def importing_workspace(address: DatabaseAddress, name: str, clock: Clock) -> Iterator[ImportingWorkspace]:
    """Give a workspace to import into: a new one, an empty one, or one whose import was interrupted.

    Raises:
        InvalidRequest: it has events, and is open; or the name can't be used.
        StoreError: the database can't be used, or the role may not.
    """
    with suppress(Conflict):  # it is there: empty, or of an import that was interrupted
        create_workspace(address, name, clock(), importing=True)
    with connection_for(address, _SETTINGS) as connection:
        number = find_workspace(connection, address, name, importing=True)
        if not _is_marked(connection, number):
            raise _not_empty(name)
        yield ImportingWorkspace(connection, number, clock)


def _is_marked(connection: Connection[tuple[Any, ...]], number: int) -> bool:
    """Mark an empty workspace; return whether it is marked now, or was before."""
    with connection.transaction():
        row = connection.execute(_LOCK, {"ws": number}).fetchone()
        return bool(row and row[2]) or connection.execute(_MARK, {"ws": number}).rowcount == 1


def unstorable(event: Doc) -> str:
    """Return why a database can't hold an event that the rules take; empty where it can."""
    if event["eventType"] != UPLOAD_RECEIVED:
        return ""
    if not storable(event.get("subject") or ""):
        return "its subject has a NUL character, which no database holds"
    return "the content's size is over all that a database holds" if event["payload"]["size"] >= _MOST else ""


def _in_groups(pieces: Iterable[bytes]) -> Iterator[list[bytes]]:
    together: list[bytes] = []
    for piece in pieces:
        together.append(piece)
        if len(together) == _PIECES_AT_ONCE:
            yield together
            together = []
    if together:
        yield together
