"""Verification of a workspace in a database: whether all of it is still as it was written. Nothing is changed.

Every event from the first one on is held against the chain and the rules; then the head, every document, queue and
count, and every stored node of the Merkle tree, against what the events add up to; the keys of idempotency records; the
content of every upload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import orjson

from api_client.errors import NotFound, StoreFault
from store.core import chain
from store.core.authority_lookup import ALL
from store.core.command_limits import CommandLimits
from store.core.idempotency import KeyScope, is_record
from store.core.signed_note import LogHead
from store.core.state_view import TABLES
from store.folder.checkpoint import paused_collector
from store.folder.head import Position
from store.postgres.address import DatabaseAddress
from store.postgres.commit_rows import CommitRows, EventRow, event_row
from store.postgres.database_record import DatabaseRecord, opened_record
from store.postgres.lookup import record_key
from store.postgres.table_snapshot import TableSnapshot
from store.schemas.checks import Checks
from store.transfer.conformance import Conformance
from store.transfer.findings import BREACHES_NAMED, Findings
from store.transfer.folded_record import FoldedRecord, Raw
from store.transfer.tree_check import DatabaseTree

Progress = Callable[[int, int], None]
"""Called with the events that were read, and all events."""

_TOLD = 500
"""Events between two calls of it."""
_DOCUMENTS = 1_000
"""Documents that are compared at once."""
_COLUMNS = ("type", "task", "project", "reply_to")


class _Unreadable(Exception):
    """The events can't be followed any further."""


def verify_database(
    address: DatabaseAddress,
    workspace: str,
    *,
    expect: str | None = None,
    begins: LogHead | None = None,
    progress: Progress = lambda *_: None,
) -> Findings:
    """Check a workspace. It may be on a standby.

    With `expect`, also that its chain ends with this hash; with `begins`, that it begins with what a checkpoint says.

    Raises:
        NotFound: there is no such workspace.
        StoreError: the database can't be reached or read.
    """
    with opened_record(address, workspace) as record:
        checks = Checks(CommandLimits())
        try:
            return _DatabaseVerification(record, checks, progress, DatabaseTree(record, begins)).run(expect)
        finally:
            checks.close()


class _DatabaseVerification:
    def __init__(self, record: DatabaseRecord, checks: Checks, progress: Progress, tree: DatabaseTree) -> None:
        self._record, self._progress, self._tree = record, progress, tree
        self._found = Findings()
        self._folded = FoldedRecord(self._fetch)
        self._rules = Conformance(self._folded, checks)
        self._named: dict[str, int] = {}

    def run(self, expect: str | None) -> Findings:
        tables = TableSnapshot(self._record.connection, self._record.workspace)
        self._record.up_to(tables.head)
        with paused_collector():
            is_whole = self._read_events(tables)
            if is_whole:
                self._compare_tables(tables)
        self._check_answers()
        self._check_contents()
        self._tree.report(self._found)
        self._found.expect(expect)
        self._count_unnamed()
        self._progress(self._record.seq, self._record.seq)
        return self._found

    def _fetch(self, seq: int) -> Raw:
        row = self._record.row_at(seq)
        if row is None:
            raise StoreFault(f"Event {seq} is missing.")
        return row.body, row.hash.hex()

    # -- events

    def _read_events(self, tables: TableSnapshot) -> bool:
        """Follow the events to the head; return whether all could be read."""
        previous = chain.NO_HASH
        try:
            for row in self._record.rows():
                self._take(row, previous)
                previous = row.hash.hex()
                if row.seq % _TOLD == 0:
                    self._progress(row.seq, self._record.seq)
        except _Unreadable as fault:
            self._found.wrong.append(f"{fault} What follows was not checked.")
            return False
        finally:
            self._found.position = Position(tables.head.commits, self._folded.seq, 0, previous)
        if missing := self._rules.unfinished():
            self._wrong("rules", f"Event {self._folded.seq} breaks the rules: {missing}.")
        self._compare_head(tables, previous)
        self._all_wrong("nodes", self._tree.rest(BREACHES_NAMED + 1))
        return True

    def _take(self, row: EventRow, previous: str) -> None:
        seq = self._folded.seq + 1
        if row.seq != seq:
            raise _Unreadable(f"Event {seq} is missing.")
        hash_ = row.hash.hex()
        if chain.link(previous, row.body) != hash_:
            self._wrong("chain", f"Event {seq} breaks the hash chain: it was changed, or the one before it.")
        self._all_wrong("nodes", self._tree.take(hash_))
        try:
            event = orjson.loads(row.body)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise _Unreadable(f"Event {seq} holds no JSON object.")
        if breach := self._rules.breach(event, row.body):
            self._wrong("rules", f"Event {seq} breaks the rules: {breach.rstrip('.')}.")
        taken = self._folded.take({**event, "hash": hash_}, row.body)
        expected = event_row(self._folded, taken.event, row.body, settles=taken.counts)
        for name in _COLUMNS:
            if getattr(row, name) != getattr(expected, name):
                self._wrong("columns", f"Event {seq} stands under another {name} than its own.")

    def _compare_head(self, tables: TableSnapshot, last: str) -> None:
        head = tables.head
        if self._folded.seq < head.seq:
            self._found.wrong.append(f"The head names event {head.seq}, and the last one is {self._folded.seq}.")
        elif head.hash.hex() != last:
            self._found.wrong.append(f"The head names another hash than that of event {head.seq}.")
        if tables.last_seq > head.seq:
            self._found.wrong.append(
                f"The head names event {head.seq}, and there are events behind it, up to {tables.last_seq}."
            )
        for what, counted in (("projects", head.projects), ("tasks", head.tasks)):
            if counted != self._folded.count(what):
                self._found.wrong.append(
                    f"The head counts {counted} {what}, and the events make {self._folded.count(what)}."
                )
        authority = (self._folded.get("authority", ALL) or {}).get("seq", 0)
        if tables.authority != authority:
            self._found.wrong.append(
                f"The head names event {tables.authority} as the last change of authority, and that was {authority}."
            )
        if not min(1, head.seq) <= head.commits <= head.seq:
            self._found.wrong.append(f"The head counts {head.commits} commits of {head.seq} events.")

    # -- what the events add up to

    def _compare_tables(self, tables: TableSnapshot) -> None:
        for table in TABLES:
            rows, waiting = CommitRows(self._folded), 0
            for doc_id, doc in self._folded.rows(table):
                rows.add_document(table, doc_id, None, doc)
                waiting += 1
                if waiting == _DOCUMENTS:
                    self._all_wrong("documents", tables.differences(rows))
                    rows, waiting = CommitRows(self._folded), 0
            self._all_wrong("documents", tables.differences(rows))
        self._all_wrong("documents", tables.rest())

    # -- idempotency records and uploads

    def _check_answers(self) -> None:
        latest = 0
        for digest, seq, text in self._record.answers_by_digest():
            latest = max(latest, seq)
            try:
                stored = orjson.loads(text)
            except ValueError:
                stored = None
            if not is_record(stored) or seq < 1:
                self._wrong("answers", f"The idempotency record of event {seq} is none.")
            elif record_key(KeyScope(stored["caller"], stored["path"], stored["key"])).of != digest:
                self._wrong("answers", f"The idempotency record of event {seq} stands under another key than its own.")
        if latest > self._record.seq and latest > (last := self._record.last_seq()):
            self._wrong("answers", f"An idempotency record belongs to event {latest}, and the last one is {last}.")

    def _check_contents(self) -> None:
        there = set()
        for blob, sha256, size in self._record.blobs():
            digest = hashlib.sha256()
            try:
                for piece in self._record.pieces(blob, size):
                    digest.update(piece)
            except NotFound:
                continue  # dropped: no task ever had it
            except StoreFault as fault:
                self._wrong("contents", str(fault))
            else:
                if digest.hexdigest() != sha256:
                    self._wrong("contents", f"The content {sha256} of an upload has changed.")
            there.add((sha256, size))
        for doc in self._folded.documents("uploads"):
            if doc.get("attached") and (doc["sha256"], doc["size"]) not in there:
                self._wrong("contents", f"The content of the upload {doc['id']} is missing.")

    # -- what is wrong

    def _wrong(self, kind: str, words: str) -> None:
        self._named[kind] = self._named.get(kind, 0) + 1
        if self._named[kind] <= BREACHES_NAMED:
            self._found.wrong.append(words)

    def _all_wrong(self, kind: str, sentences: Iterable[str]) -> None:
        for words in sentences:
            self._wrong(kind, words)

    def _count_unnamed(self) -> None:
        for kind, count in self._named.items():
            if count > BREACHES_NAMED:
                self._found.wrong.append(f"… and {count - BREACHES_NAMED} more of the {kind}.")
