"""The state of a folder in memory: TinyDB's documents, and the queues that the screens ask for.

The queues are brought up to date as documents change, never counted: open requests by age, tasks by (project, step),
the events of each task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from store.core.event_ids import seq_of
from store.core.event_shapes import recognised
from store.core.fold import GENERAL, apply_recorded
from store.core.idempotency import is_record
from store.core.state_view import TABLES, Doc, Table
from store.core.step_codes import IGNORED, step_code
from store.folder.columns import BlockPool
from store.folder.document_table import DocumentTable
from store.folder.documents import Documents, LiveDatabase
from store.folder.event_index import EventIndex
from store.folder.idempotency_index import IdempotencyIndex
from store.folder.journal_line import StoredCommit
from store.folder.seq_queue import SeqQueue

Step = tuple[str, str]
"""A project's id and the name of one of its steps."""


@dataclass(slots=True)
class StepQueues:
    """The tasks in each step, oldest first, and how many of them wait for a person."""

    in_step: defaultdict[Step, SeqQueue] = field(default_factory=lambda: defaultdict(SeqQueue))
    waiting: defaultdict[Step, int] = field(default_factory=lambda: defaultdict(int))

    def change(self, old: Doc | None, new: Doc | None) -> None:
        """Update the queues where a task's document takes the place of another."""
        was = (old["projectId"], old["currentStep"]) if old else None
        now = (new["projectId"], new["currentStep"]) if new else None
        if old and new and was == now and old["stepSeq"] == new["stepSeq"]:
            if now and bool(old.get("openRequests")) != bool(new.get("openRequests")):
                self.waiting[now] += 1 if new.get("openRequests") else -1
            return
        if old and was:
            self.in_step[was].remove(old["stepSeq"])
            self.waiting[was] -= bool(old.get("openRequests"))
        if new and now:
            self.in_step[now].add(new["stepSeq"])
            self.waiting[now] += bool(new.get("openRequests"))


NUMBERS: Mapping[Table, str | None] = {"tasks": "no", "requests": "seq", "uploads": None}
"""The tables that are read from the files as they are asked for, and the key under which a document has its row."""


@dataclass(slots=True)
class StateParts:
    """The parts of a state: those of a checkpoint, or empty ones."""

    projects: dict[str, Doc] = field(default_factory=dict)
    authority: dict[str, Doc] = field(default_factory=dict)
    tables: dict[Table, DocumentTable] = field(
        default_factory=lambda: {name: DocumentTable(number) for name, number in NUMBERS.items()}
    )
    index: EventIndex = field(default_factory=EventIndex)
    board: StepQueues = field(default_factory=StepQueues)
    remembered: IdempotencyIndex = field(default_factory=IdempotencyIndex)
    open_requests: SeqQueue = field(default_factory=SeqQueue)
    open_by_project: defaultdict[str, SeqQueue] = field(default_factory=lambda: defaultdict(SeqQueue))
    loose: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    token: str = ""
    pool: BlockPool = field(default_factory=BlockPool)


class State:
    """The documents and their queues. It belongs to one store, which never lets a reader and the writer in together."""

    def __init__(self, parts: StateParts | None = None) -> None:
        """Start from a checkpoint's parts."""
        parts = parts or StateParts()
        self.token = parts.token
        """Names the checkpoint that all of it but the news is in; empty where none is."""
        self.pool = parts.pool
        self.packed = parts.tables
        """The tables that are read as they are asked for."""
        tables: dict[str, Documents] = {**parts.tables, "projects": parts.projects, "authority": parts.authority}
        self._documents: dict[Table, Documents] = {name: tables[name] for name in TABLES}
        self.database = LiveDatabase(tables)
        self.index, self.board, self.remembered = parts.index, parts.board, parts.remembered
        self.slugs: dict[str, str] = {}
        self.open_requests, self.open_by_project = parts.open_requests, parts.open_by_project
        self.loose = parts.loose
        """By subject: the bytes of its uploads that no task has."""
        for doc in parts.projects.values():
            self._update_queues("projects", None, doc)
        if not parts.projects:
            self.put("projects", str(GENERAL["id"]), GENERAL)

    @property
    def seq(self) -> int:
        """The number of events so far."""
        return len(self.index)

    @property
    def tables(self) -> Mapping[Table, Documents]:
        """The documents of each table by id, as they are stored."""
        return self._documents

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        return self._documents[table].get(doc_id)

    def task_at(self, seq: int) -> Doc:
        """Return the task whose timeline the event `seq` is on.

        Raises:
            KeyError: it is on none.
        """
        found: Doc = self.packed["tasks"].at(self.index.task_of(seq))
        return found

    def request_at(self, seq: int) -> Doc:
        """Return the open request that was asked with the event `seq`.

        Raises:
            KeyError: none is open that was.
        """
        found: Doc = self.packed["requests"].at(seq)
        return found

    def is_open(self, request_id: str) -> bool:
        """Return, without looking at the disk, whether a request that exists is open."""
        return seq_of(request_id) in self.open_requests

    def documents(self, table: Table) -> Iterable[Doc]:
        """Return a table's documents, in the order in which they came."""
        return self.snapshot(table)

    def snapshot(self, table: Table) -> Iterator[Doc]:
        """Return a table's documents as they are now, to be read later, outside the store's lock."""
        if table in self.packed:
            return self.packed[table].snapshot()
        return iter(list(self._documents[table].values()))

    def count(self, table: Table) -> int:
        """Return the number of documents in the table."""
        return len(self._documents[table])

    def use(self, parts: StateParts) -> None:
        """Go on with a checkpoint that was written of this state: what is in its files is no longer held in memory."""
        self.index.use(parts.index.segments)
        for name, table in parts.tables.items():
            self.packed[name].use(table)
        self.remembered.runs = parts.remembered.runs
        self.token = parts.token

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of the document with this id, and update the queues."""
        self._update_queues(table, self._documents[table].get(doc_id), doc)
        self._documents[table][doc_id] = doc

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document, and update the queues."""
        old = self._documents[table].get(doc_id)
        if old is not None:  # what a grant decides in the commit that asks was never here
            self._update_queues(table, old, None)
            del self._documents[table][doc_id]

    def record(self, commit: StoredCommit) -> None:
        """Enter a commit's events and key, whose documents are in place, into the index."""
        for event, place in zip(commit.events, commit.places, strict=True):
            self._enter(event, place, taken=True)
        if commit.record is not None:
            self.remembered.add(commit.record, commit.offset)

    def replay(self, commit: StoredCommit) -> None:
        """Bring everything up to date with a commit that was read from the journal, whatever it holds."""
        for event, place in zip(commit.events, commit.places, strict=True):
            self.take(event, place)
        self.remember(commit)

    def remember(self, commit: StoredCommit) -> None:
        """Remember a commit's idempotency record, if it has one."""
        if commit.record is not None and is_record(commit.record):
            self.remembered.add(commit.record, commit.offset)

    def take(self, event: dict[str, Any], place: tuple[int, int]) -> None:
        """Bring everything up to date with the next event, whose JSON is at `place` (offset and size)."""
        known = recognised(event, self.seq + 1)
        self._enter(known, place, taken=apply_recorded(self, known))

    def _enter(self, event: dict[str, Any], place: tuple[int, int], *, taken: bool) -> None:
        task = self._documents["tasks"].get(event.get("taskId", ""))
        project = self._documents["projects"].get(event["projectId"]) if task else None
        self.index.add(
            event,
            place,
            task=task["no"] if task else 0,
            project=project["no"] if project else 0,
            settles=taken,
            step=step_code(event, project) if taken else IGNORED,
        )

    def _update_queues(self, table: Table, old: Doc | None, new: Doc | None) -> None:
        if table == "uploads":
            self._count_loose(old, new)
        elif table == "tasks":
            self.board.change(old, new)
        elif table == "requests":
            self._queue_request(old, new)
        elif table == "projects" and new is not None:
            self.slugs.setdefault(new["projectName"], new["id"])

    def _queue_request(self, old: Doc | None, new: Doc | None) -> None:
        for doc, change in ((old, SeqQueue.remove), (new, SeqQueue.add)):
            if doc is not None:
                change(self.open_requests, doc["seq"])
                change(self.open_by_project[doc["projectId"]], doc["seq"])

    def _count_loose(self, old: Doc | None, new: Doc | None) -> None:
        for doc, sign in ((old, -1), (new, 1)):
            if doc is not None and not doc.get("attached"):
                self.loose[doc["subject"]] += sign * doc["size"]
