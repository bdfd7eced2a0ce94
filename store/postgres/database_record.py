"""The whole record of a workspace, read for an export or a verification, also on a standby.

Events and idempotency records are never changed once they are committed, so they are read in pages up to the head as it
was at first: no transaction stays open, which would hold up the vacuum of the primary, or be cancelled on a standby.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
from psycopg import Connection

from api_client.errors import NotFound, StoreFault
from store.core.event_types import CODES, OFF_TIMELINE_CODES
from store.core.state_view import Doc, Table
from store.postgres.address import DatabaseAddress
from store.postgres.commit_rows import EventRow
from store.postgres.connections import READING, connection_for, storable
from store.postgres.workspaces import find_workspace

PAGE = 1_000
"""Rows that one trip brings at the most."""
PAGE_BYTES = 4_000_000
"""Bytes of events after which a page ends."""
_SETTINGS = f"{READING}; set statement_timeout = '600s'"
"""To sort a million idempotency records takes seconds."""

_EVENTS = """
    select {columns} from (
        select *, sum(octet_length(body)) over (order by seq) - octet_length(body) as before from (
            select {columns} from pumpup.event
            where ws = %(ws)s and seq > %(start)s and seq <= %(last)s {chosen} order by seq limit %(limit)s
        ) page
    ) bounded where before <= %(bytes)s order by seq
"""
_ROW = "seq, type, task, project, reply_to, hash, body"
_EXPORTED = "seq, body, hash"
_ONE = b"select seq, type, task, project, reply_to, hash, body from pumpup.event where ws = %(ws)s and seq = %(seq)s"
_HEAD = b"select seq, hash, commits, projects, tasks from pumpup.workspace where id = %(ws)s"
_DOCUMENTS = {
    "tasks": b"select doc from pumpup.task where ws = %(ws)s and id = %(id)s",
    "projects": b"select doc from pumpup.project where ws = %(ws)s and id = %(id)s",
}
_SLUG = b"select doc from pumpup.project where ws = %(ws)s and slug = %(id)s"
_NAMED = b"select doc from pumpup.task where ws = %(ws)s and position(%(json)s::bytea in doc) > 0 order by no"
_UPLOADS = b"select id, doc from pumpup.upload where ws = %(ws)s and id > %(start)s order by id limit %(limit)s"
_ANSWERS = """
    select seq, record from pumpup.idempotency where ws = %(ws)s and seq <= %(last)s order by seq
"""
_BY_DIGEST = b"""
    select digest, seq, record from pumpup.idempotency where ws = %(ws)s and digest > %(start)s
    order by digest limit %(limit)s
"""
_BLOB = b"select id, size from pumpup.blob where ws = %(ws)s and sha256 = %(sha256)s order by id limit 1"
_BLOBS = b"""
    select id, sha256, size from pumpup.blob where ws = %(ws)s and sha256 is not null and id > %(start)s
    order by id limit %(limit)s
"""
_PIECES = b"""
    select no, bytes from pumpup.blob_piece where ws = %(ws)s and blob = %(blob)s and no >= %(start)s
    order by no limit %(limit)s
"""
_PIECES_AT_ONCE = 8
_SUBTREES = b"""
    select t.level, t.place, t.hash from unnest(%(levels)s::smallint[], %(places)s::bigint[]) k (level, place)
    cross join lateral (
        select level, place, hash from pumpup.subtree where ws = %(ws)s and level = k.level and place = k.place offset 0
    ) t
"""
_SIGNED = b"select public_key, checkpoint from pumpup.signing_key where ws = %(ws)s"
_SUBTREES_BEHIND = b"""
    select t.level, t.place from pumpup.workspace w join pumpup.subtree t on t.ws = w.id
    where w.id = %(ws)s and t.place >= w.seq >> t.level order by t.place << t.level, t.level limit %(limit)s
"""


class HeadRow(NamedTuple):
    """The head of a workspace's chain, and its counters."""

    seq: int
    hash: bytes
    commits: int
    projects: int
    tasks: int


class DatabaseRecord:
    """The record of a workspace, as of the moment at which this is made."""

    def __init__(self, connection: Connection[tuple[Any, ...]], workspace: int) -> None:
        self.connection, self.workspace = connection, workspace
        (row,) = self._ask(_HEAD)
        self.row = HeadRow(*row)

    @property
    def seq(self) -> int:
        """The number of its events."""
        return self.row.seq

    @property
    def head(self) -> str:
        """The hash of the last one."""
        return self.row.hash.hex()

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a task or project, None where there is none."""
        return self._doc(_DOCUMENTS[table], doc_id)

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        return self._doc(_SLUG, slug)

    def tasks_named(self, name: str) -> Sequence[Doc]:
        """Return the tasks with this name."""
        if not storable(name):
            return []
        docs = [orjson.loads(doc) for (doc,) in self._ask(_NAMED, json=orjson.dumps(name))]
        return [doc for doc in docs if doc["name"] == name]

    def _doc(self, statement: bytes, name: str) -> Doc | None:
        rows = self._ask(statement, id=name) if storable(name) else []
        return orjson.loads(rows[0][0]) if rows else None

    # -- events

    def all_events(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield seq, JSON and hash of every event."""
        return self._exported("")

    def timeline(self, *, task: int, project: int, types: tuple[str, ...]) -> Iterator[tuple[int, bytes, str]]:
        """Yield the same of the events of a task and a project, by their numbers (0: of all), and of these types."""
        codes = sorted({CODES[name] for name in types if name in CODES})
        if types and not codes:
            return iter(())
        chosen = "and type = any(%(codes)s)" if codes else "and type <> all(%(codes)s)"
        if task or project:
            chosen += " and task = %(number)s" if task else " and project = %(number)s"
        return self._exported(chosen, codes=codes or sorted(OFF_TIMELINE_CODES), number=task or project)

    def _exported(self, chosen: str, **values: Any) -> Iterator[tuple[int, bytes, str]]:
        for seq, body, hash_ in self._pages(_EXPORTED, chosen, **values):
            yield seq, body, hash_.hex()

    def rows(self) -> Iterator[EventRow]:
        """Yield the row of every event."""
        return (EventRow(*row) for row in self._pages(_ROW, ""))

    def row_at(self, seq: int) -> EventRow | None:
        """Return the row of the event at a place, None where it is missing."""
        rows = self._ask(_ONE, seq=seq)
        return EventRow(*rows[0]) if rows else None

    def _pages(self, columns: str, chosen: str, **values: Any) -> Iterator[tuple[Any, ...]]:
        statement = _EVENTS.format(columns=columns, chosen=chosen).encode()
        start = 0
        while rows := self._ask(statement, start=start, last=self.seq, limit=PAGE, bytes=PAGE_BYTES, **values):
            yield from rows
            start = rows[-1][0]

    def last_seq(self) -> int:
        """Return the seq of the last event that the head names by now."""
        return int(self._ask(_HEAD)[0][0])

    def up_to(self, head: HeadRow) -> None:
        """Read the record as of another moment."""
        self.row = head

    # -- the Merkle tree

    def subtrees(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Return those of some nodes of the tree that are stored, by level and place."""
        levels, places = zip(*keys, strict=True)
        rows = self._ask(_SUBTREES, levels=list(levels), places=list(places))
        return {(level, place): node for level, place, node in rows}

    def subtrees_behind(self, most: int) -> list[tuple[int, int]]:
        """Return level and place of nodes, at most so many, that are stored over more events than the head has."""
        return [(level, place) for level, place in self._ask(_SUBTREES_BEHIND, limit=most)]

    def signed(self) -> tuple[str, str | None]:
        """Return the public key of the record, empty where it has none yet, and its last checkpoint, None likewise."""
        for public, note in self._ask(_SIGNED):
            return public, note
        return "", None

    # -- idempotency records and uploads

    def answers(self) -> Iterator[tuple[int, bytes]]:
        """Yield each idempotency record's JSON, and the seq of the last event of its commit, by that seq."""
        with self.connection.transaction(), self.connection.cursor("answers", binary=True) as cursor:
            cursor.itersize = PAGE
            cursor.execute(_ANSWERS.encode(), {"ws": self.workspace, "last": self.seq})
            yield from cursor

    def answers_by_digest(self) -> Iterator[tuple[bytes, int, bytes]]:
        """Yield digest, seq and JSON of each idempotency record, also of those that came meanwhile."""
        start = b""
        while rows := self._ask(_BY_DIGEST, start=start, limit=PAGE):
            yield from rows
            start = rows[-1][0]

    def uploads(self) -> Iterator[Doc]:
        """Yield the uploads."""
        start = ""
        while rows := self._ask(_UPLOADS, start=start, limit=PAGE):
            for _, doc in rows:
                yield orjson.loads(doc)
            start = rows[-1][0]

    def content(self, upload: Doc) -> Iterator[bytes] | None:
        """Return an upload's content in pieces, None where it is not there."""
        rows = self._ask(_BLOB, sha256=upload["sha256"])
        return self.pieces(*rows[0]) if rows else None

    def blobs(self) -> Iterator[tuple[int, str, int]]:
        """Yield number, SHA-256 and size of each content that is complete."""
        start = 0
        while rows := self._ask(_BLOBS, start=start, limit=PAGE):
            yield from rows
            start = rows[-1][0]

    def pieces(self, blob: int, size: int) -> Iterator[bytes]:
        """Yield a content by its number.

        Raises:
            NotFound: the sweep has removed it meanwhile.
            StoreFault: a piece is missing.
        """
        expected = 0
        while size > 0:
            rows = self._ask(_PIECES, blob=blob, start=expected, limit=_PIECES_AT_ONCE)
            for number, piece in rows:
                if number != expected:
                    rows = []
                    break
                yield piece
                size, expected = size - len(piece), expected + 1
            if not rows:
                raise self._lost(blob)

    def _lost(self, blob: int) -> NotFound | StoreFault:
        there = self._ask(b"select sha256 from pumpup.blob where ws = %(ws)s and id = %(blob)s", blob=blob)
        if not there or there[0][0] is None:
            return NotFound("The content was attached to nothing, and has just been dropped.")
        return StoreFault(f"A piece of the content {there[0][0]} is missing.")

    def _ask(self, statement: bytes, **values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor(binary=True) as cursor:
            return cursor.execute(statement, {"ws": self.workspace, **values}).fetchall()


@contextmanager
def opened_record(address: DatabaseAddress, workspace: str) -> Iterator[DatabaseRecord]:
    """Give the record of a workspace as it is now, to be read over a connection of its own.

    Raises:
        NotFound: there is no such workspace.
        StoreError: the database can't be reached or used, or refuses; also while the record is read.
    """
    with connection_for(address, _SETTINGS) as connection:
        number = find_workspace(connection, address, workspace)
        yield DatabaseRecord(connection, number)
