"""The state of a folder in memory: TinyDB's documents, and the queues that the screens ask for.

The queues are brought up to date as documents change, never counted: open requests by age, tasks by (project, step),
the events of each task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from store.core.event_shapes import recognised
from store.core.fold import GENERAL, apply_recorded
from store.core.idempotency import is_record
from store.core.state_view import TABLES, Doc, Table
from store.folder.documents import Documents, LiveDatabase, PackedDocuments
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


class State:
    """The documents and their queues. It belongs to one store, which never lets a reader and the writer in together."""

    def __init__(
        self,
        tables: dict[str, Documents] | None = None,
        index: EventIndex | None = None,
        board: StepQueues | None = None,
        remembered: IdempotencyIndex | None = None,
    ) -> None:
        """Start from a checkpoint's tables, whose tasks are `PackedDocuments`, and its index, queues and records."""
        tables = tables if tables is not None else {"tasks": PackedDocuments()}
        self._documents: dict[Table, Documents] = {name: tables.setdefault(name, {}) for name in TABLES}
        self.database = LiveDatabase(tables)
        self.index = EventIndex() if index is None else index
        self.board = StepQueues() if board is None else board
        self.remembered = IdempotencyIndex() if remembered is None else remembered
        self.task_ids: list[str] = list(self._documents["tasks"])
        """By task number, less one."""
        self.slugs: dict[str, str] = {}
        self.open_requests = SeqQueue()
        self.open_by_project: defaultdict[str, SeqQueue] = defaultdict(SeqQueue)
        self._request_ids: dict[int, str] = {}
        self.loose: defaultdict[str, int] = defaultdict(int)
        """By subject: the bytes of its uploads that no task has."""
        for table in ("projects", "requests", "uploads"):
            for doc in self._documents[table].values():
                self._update_queues(table, None, doc)
        if not self._documents["projects"]:
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
        found: Doc = self._documents["tasks"][self.task_ids[self.index.task_numbers[seq - 1] - 1]]
        return found

    def request_at(self, seq: int) -> Doc:
        """Return the open request that was asked with the event `seq`.

        Raises:
            KeyError: none is open that was.
        """
        found: Doc = self._documents["requests"][self._request_ids[seq]]
        return found

    def documents(self, table: Table) -> Iterable[Doc]:
        """Return a table's documents, in the order in which they came."""
        return self._documents[table].values()

    def snapshot(self, table: Table) -> Iterator[Doc]:
        """Return a table's documents as they are now, to be read later, outside the store's lock."""
        documents = self._documents[table]
        return documents.snapshot() if isinstance(documents, PackedDocuments) else iter(list(documents.values()))

    def count(self, table: Table) -> int:
        """Return the number of documents in the table."""
        return len(self._documents[table])

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of the document with this id, and update the queues."""
        self._update_queues(table, self._documents[table].get(doc_id), doc)
        self._documents[table][doc_id] = doc

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document, and update the queues."""
        self._update_queues(table, self._documents[table].get(doc_id), None)
        self._documents[table].pop(doc_id, None)

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
            event, place, task=task["no"] if task else 0, project=project["no"] if project else 0, settles=taken
        )

    def _update_queues(self, table: Table, old: Doc | None, new: Doc | None) -> None:
        if table == "uploads":
            self._count_loose(old, new)
        elif table == "tasks":
            self.board.change(old, new)
            if old is None and new is not None:
                self.task_ids.append(new["id"])
        elif table == "requests":
            self._queue_request(old, new)
        elif table == "projects" and new is not None:
            self.slugs.setdefault(new["projectName"], new["id"])

    def _queue_request(self, old: Doc | None, new: Doc | None) -> None:
        for doc, change in ((old, SeqQueue.remove), (new, SeqQueue.add)):
            if doc is not None:
                change(self.open_requests, doc["seq"])
                change(self.open_by_project[doc["projectId"]], doc["seq"])
                self._request_ids[doc["seq"]] = doc["requestId"]
        if new is None and old is not None:
            del self._request_ids[old["seq"]]

    def _count_loose(self, old: Doc | None, new: Doc | None) -> None:
        for doc, sign in ((old, -1), (new, 1)):
            if doc is not None and not doc.get("attached"):
                self.loose[doc["subject"]] += sign * doc["size"]
