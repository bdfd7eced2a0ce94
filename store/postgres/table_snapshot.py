"""A snapshot of the tables of a workspace beside its events: a fingerprint of each row at one moment.

The rows are compared with what the events add up to (`differences`) once these have been read, which takes minutes
where there are a million; a transaction that stays open for as long would hold up the vacuum, or be cancelled on a
standby.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import orjson
from psycopg import Connection

from store.postgres.commit_rows import CommitRows
from store.postgres.database_record import HeadRow

_SIZE = 8
"""Bytes of each half of a fingerprint: enough to see a row that has changed by itself."""

_HEAD = b"""
    select seq, hash, commits, projects, tasks,
        (select coalesce(max(seq), 0) from pumpup.event where ws = %(ws)s), authority
    from pumpup.workspace where id = %(ws)s
"""


class _Table(NamedTuple):
    """A table, with the columns that `CommitRows` gives to its rows."""

    part: str
    """What `CommitRows` calls its rows."""
    noun: str
    statement: bytes
    key: slice
    """The columns that name a row."""
    has_document: bool = True
    """Whether the last column is a document."""
    newer_keys: tuple[str, ...] = ()
    """Keys that the documents of an earlier version lack, all or some of them."""


_TABLES = (
    _Table("project", "project", b"select no, id, slug, doc from pumpup.project where ws = %(ws)s", slice(1, 2)),
    _Table(
        "task",
        "task",
        b"select no, id, project, step, step_seq, due, doc from pumpup.task where ws = %(ws)s",
        slice(1, 2),
    ),
    _Table(
        "request",
        "open request of event",
        b"select seq, task, project, requested_at, doc from pumpup.request where ws = %(ws)s",
        slice(0, 1),
        newer_keys=("keyValueContext", "askedIn"),
    ),
    _Table(
        "upload",
        "upload",
        b"select id, subject, size, attached, received_at, sha256, doc from pumpup.upload where ws = %(ws)s",
        slice(0, 1),
    ),
    _Table("authority", "authority of", b"select id, doc from pumpup.authority where ws = %(ws)s", slice(0, 1)),
)
_COUNTS = _Table(
    "count",
    "count of tasks in the project and step",
    b"select project, step, tasks, waiting from pumpup.step_count where ws = %(ws)s and (tasks <> 0 or waiting <> 0)",
    slice(0, 2),
    has_document=False,
)


class TableSnapshot:
    """The fingerprints of a workspace's rows, and its head."""

    def __init__(self, connection: Connection[tuple[Any, ...]], workspace: int) -> None:
        """Read them, as of one moment."""
        self._found: dict[str, dict[Any, bytes]] = {}
        self._counts: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
        """By project and step: the tasks that were compared, and those of them that wait."""
        with connection.transaction():
            connection.execute(b"set transaction isolation level repeatable read, read only")
            row = connection.execute(_HEAD, {"ws": workspace}).fetchone() or ()
            self.head = HeadRow(*row[:-2])
            self.last_seq: int = row[-2]
            """The last event that is there; the head should name it."""
            self.authority: int = row[-1]
            """The last change of any authority, as the head has it."""
            for table in (*_TABLES, _COUNTS):
                found = self._found[table.noun] = {}
                with connection.cursor("snapshot", binary=True) as cursor:
                    cursor.execute(table.statement, {"ws": workspace})
                    for values in cursor:
                        found[_key(table, values)] = _fingerprint(table, values)

    def differences(self, expected: CommitRows) -> Iterator[str]:
        """Yield in words where rows differ from some that are expected. Each row is compared once."""
        for table in _TABLES:
            for values in expected.rows(table.part):
                yield from self._difference(table, values)
        for project, step, tasks, waiting in expected.rows(_COUNTS.part):
            count = self._counts[project, step]
            count[0], count[1] = count[0] + tasks, count[1] + waiting

    def rest(self) -> Iterator[str]:
        """Yield in words, once all rows were compared, where counts differ, and the rows that no event made."""
        for step, counts in self._counts.items():
            yield from self._difference(_COUNTS, (*step, *counts))
        for noun, found in self._found.items():
            for key in found:
                yield f"The {noun} {_words(key)} is there, and no event made it."

    def _difference(self, table: _Table, values: Sequence[Any]) -> Iterator[str]:
        key, expected = _key(table, values), _fingerprint(table, values)
        found = self._found[table.noun].pop(key, None)
        name = f"{table.noun} {_words(key)}"
        if found is None:
            yield f"The {name} is missing."
        elif found != expected and all(found != _fingerprint(table, values, keys) for keys in _some(table.newer_keys)):
            what = "document" if found[:_SIZE] == expected[:_SIZE] else "row"
            yield f"The {what} of the {name} differs from what the events add up to."


def _key(table: _Table, values: Sequence[Any]) -> Any:
    found = tuple(values[table.key])
    return found if len(found) > 1 else found[0]


def _words(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _some(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield each choice of one or more keys."""
    for size in range(1, len(keys) + 1):
        yield from combinations(keys, size)


def _fingerprint(table: _Table, values: Sequence[Any], without: Sequence[str] = ()) -> bytes:
    """Return the fingerprint of a row, its document taken without some of its keys."""
    if not table.has_document:
        return _digest(orjson.dumps(list(values)))
    return _digest(orjson.dumps(list(values[:-1]))) + _digest(_canonical(values[-1], without))


def _canonical(document: bytes, without: Sequence[str]) -> bytes:
    """Return a document in a form that is the same however its keys are ordered."""
    try:
        parsed: Any = orjson.loads(document)
    except ValueError:
        return document
    if without and isinstance(parsed, dict):
        parsed = {key: value for key, value in parsed.items() if key not in without}
    return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_SIZE).digest()
