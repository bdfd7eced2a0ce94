"""What the tables of a workspace hold at one moment beside its events: a fingerprint of each row.

The rows are compared with what the events add up to (`differences`) once these have been read, which takes minutes
where there are a million; a transaction that stays open for as long would hold up the vacuum, or be cancelled on a
standby.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from psycopg import Connection

from store.postgres.commit_rows import CommitRows
from store.postgres.database_record import HeadRow

_SIZE = 8
"""Bytes of each half of a fingerprint: enough to see a row that has changed by itself."""

_HEAD = b"""
    select seq, hash, commits, projects, tasks,
        (select coalesce(max(seq), 0) from pumpup.event where ws = %(ws)s)
    from pumpup.workspace where id = %(ws)s
"""


class _Rows(NamedTuple):
    """A table: its columns as `CommitRows` has them, of which the last may be a document, and the key among them."""

    noun: str
    statement: bytes
    columns: tuple[str, ...]
    key: slice


_TABLES = (
    _Rows(
        "project",
        b"select no, id, slug, doc from pumpup.project where ws = %(ws)s",
        ("project_no", "project_id", "project_slug", "project_doc"),
        slice(1, 2),
    ),
    _Rows(
        "task",
        b"select no, id, project, step, step_seq, due, doc from pumpup.task where ws = %(ws)s",
        ("task_no", "task_id", "task_project", "task_step", "task_step_seq", "task_due", "task_doc"),
        slice(1, 2),
    ),
    _Rows(
        "open request of event",
        b"select seq, task, project, requested_at, doc from pumpup.request where ws = %(ws)s",
        ("request_seq", "request_task", "request_project", "request_at", "request_doc"),
        slice(0, 1),
    ),
    _Rows(
        "upload",
        b"select id, subject, size, attached, received_at, sha256, doc from pumpup.upload where ws = %(ws)s",
        (
            "upload_id",
            "upload_subject",
            "upload_size",
            "upload_attached",
            "upload_at",
            "upload_sha256",
            "upload_doc",
        ),
        slice(0, 1),
    ),
)
_COUNTS = _Rows(
    "count of tasks in the project and step",
    b"select project, step, tasks, waiting from pumpup.step_count where ws = %(ws)s and (tasks <> 0 or waiting <> 0)",
    ("count_project", "count_step", "count_tasks", "count_waiting"),
    slice(0, 2),
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
            self.head = HeadRow(*row[:-1])
            self.last_seq: int = row[-1]
            """The last event that is there; the head should name it."""
            for rows in (*_TABLES, _COUNTS):
                found = self._found[rows.noun] = {}
                with connection.cursor("snapshot", binary=True) as cursor:
                    cursor.execute(rows.statement, {"ws": workspace})
                    for values in cursor:
                        found[_key(rows, values)] = _fingerprint(rows, values)

    def differences(self, expected: CommitRows) -> Iterator[str]:
        """Yield in words where rows differ from some that are expected. Each row is compared once."""
        columns = expected.columns()
        for rows in _TABLES:
            for values in zip(*(columns[name] for name in rows.columns), strict=True):
                yield from self._difference(rows, values)
        for project, step, tasks, waiting in zip(*(columns[name] for name in _COUNTS.columns), strict=True):
            count = self._counts[project, step]
            count[0], count[1] = count[0] + tasks, count[1] + waiting

    def rest(self) -> Iterator[str]:
        """Yield in words, once all rows were compared, where counts differ, and the rows that no event made."""
        for step, counts in self._counts.items():
            yield from self._difference(_COUNTS, (*step, *counts))
        for noun, found in self._found.items():
            for key in found:
                yield f"The {noun} {_words(key)} is there, and no event made it."

    def _difference(self, rows: _Rows, values: Sequence[Any]) -> Iterator[str]:
        key, expected = _key(rows, values), _fingerprint(rows, values)
        found = self._found[rows.noun].pop(key, None)
        name = f"{rows.noun} {_words(key)}"
        if found is None:
            yield f"The {name} is missing."
        elif found != expected:
            what = "document" if found[:_SIZE] == expected[:_SIZE] else "row"
            yield f"The {what} of the {name} differs from what the events add up to."


def _key(rows: _Rows, values: Sequence[Any]) -> Any:
    found = tuple(values[rows.key])
    return found if len(found) > 1 else found[0]


def _words(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _fingerprint(rows: _Rows, values: Sequence[Any]) -> bytes:
    has_document = rows.columns[-1].endswith("_doc")
    columns = _digest(orjson.dumps(list(values[:-1] if has_document else values)))
    return columns + _digest(_canonical(values[-1])) if has_document else columns


def _canonical(document: bytes) -> bytes:
    """Return a document in a form that is the same however its keys are ordered."""
    try:
        parsed: Mapping[str, Any] = orjson.loads(document)
    except ValueError:
        return document
    return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_SIZE).digest()
