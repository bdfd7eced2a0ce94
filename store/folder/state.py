"""What the events add up to, in memory: TinyDB's documents, and the orders that the screens ask for.

The orders are kept as the documents change, never counted: open requests by age, tasks by (project, step), the
events of each task. A `Draft` holds what a commit would change until it is durable; then the state takes it over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from store.core.event_shapes import recognised
from store.core.fold import GENERAL, TABLES, Doc, Table, apply, take
from store.folder.documents import Documents, LiveDatabase, LiveStorage, LiveTable, Packed
from store.folder.event_index import EventIndex
from store.folder.event_log import Events
from store.folder.idempotency_index import Remembered, is_record
from store.folder.journal_line import Commit
from store.folder.seq_queue import Order

Step = tuple[str, str]
"""A project's id and the name of one of its steps."""


@dataclass(slots=True)
class Board:
    """The tasks in each step, oldest first, and how many of them wait for a person."""

    in_step: defaultdict[Step, Order] = field(default_factory=lambda: defaultdict(Order))
    waiting: defaultdict[Step, int] = field(default_factory=lambda: defaultdict(int))

    def change(self, old: Doc | None, new: Doc | None) -> None:
        """Keep the orders while a task's document takes the place of another."""
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
    """The documents and their orders. It belongs to one store, which keeps readers and its writer apart."""

    def __init__(
        self,
        tables: dict[str, Documents] | None = None,
        index: EventIndex | None = None,
        board: Board | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        """Take over what a checkpoint held: the tables, with `Packed` tasks, and all that goes with them."""
        tables = tables if tables is not None else {"tasks": Packed()}
        self.database = LiveDatabase(storage=lambda: LiveStorage(tables))
        self._tables: dict[Table, LiveTable] = {name: self.database.live(name) for name in TABLES}
        self._documents: dict[Table, Documents] = {name: table.documents for name, table in self._tables.items()}
        self.index = EventIndex() if index is None else index
        self.board = Board() if board is None else board
        self.remembered = Remembered() if remembered is None else remembered
        self.task_ids: list[str] = list(self._documents["tasks"])
        """By task number, less one."""
        self.slugs: dict[str, str] = {}
        self.open_requests = Order()
        self.open_by_project: defaultdict[str, Order] = defaultdict(Order)
        self._request_ids: dict[int, str] = {}
        self.loose: defaultdict[str, int] = defaultdict(int)
        """By subject: the bytes of its uploads that no task has."""
        for table in ("projects", "requests", "uploads"):
            for doc in self._documents[table].values():
                self._reorder(table, None, doc)
        if not self._documents["projects"]:
            self.put("projects", str(GENERAL["id"]), GENERAL)

    @property
    def seq(self) -> int:
        """The number of events so far."""
        return len(self.index)

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
        """Return a table's documents as they are now, to be read when nobody waits for the state any more."""
        documents = self._documents[table]
        return documents.snapshot() if isinstance(documents, Packed) else iter(list(documents.values()))

    def count(self, table: Table) -> int:
        """Return how many documents the table holds."""
        return len(self._documents[table])

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of what has this id, and keep the orders."""
        self._reorder(table, self._documents[table].get(doc_id), doc)
        self._tables[table].put(doc_id, doc)

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document, and keep the orders."""
        self._reorder(table, self._documents[table].get(doc_id), None)
        self._tables[table].drop(doc_id)

    def record(self, commit: Commit) -> None:
        """Enter a commit's events and key, whose documents are in place, into the index."""
        for event, place in zip(commit.events, commit.places, strict=True):
            self._enter(event, place, taken=True)
        if commit.key is not None:
            self.remembered.add(commit.key, commit.offset)

    def replay(self, commit: Commit) -> None:
        """Bring everything up to date with a commit that was read from the journal, whatever it holds."""
        for event, place in zip(commit.events, commit.places, strict=True):
            self.take(event, place)
        self.remember(commit)

    def remember(self, commit: Commit) -> None:
        """Remember a commit's idempotency record, if it has one."""
        if commit.key is not None and is_record(commit.key):
            self.remembered.add(commit.key, commit.offset)

    def take(self, event: dict[str, Any], place: tuple[int, int]) -> None:
        """Bring everything up to date with the next event, whose JSON stands at `place` (offset and size)."""
        known = recognised(event, self.seq + 1)
        self._enter(known, place, taken=take(self, known))

    def _enter(self, event: dict[str, Any], place: tuple[int, int], *, taken: bool) -> None:
        task = self._documents["tasks"].get(event.get("taskId", ""))
        project = self._documents["projects"].get(event["projectId"]) if task else None
        self.index.add(
            event, place, task=task["no"] if task else 0, project=project["no"] if project else 0, settles=taken
        )

    def _reorder(self, table: Table, old: Doc | None, new: Doc | None) -> None:
        if table == "uploads":
            self._count_loose(old, new)
        elif table == "tasks":
            self.board.change(old, new)
            if old is None and new is not None:
                self.task_ids.append(new["id"])
        elif table == "requests":
            self._order_request(old, new)
        elif table == "projects" and new is not None:
            self.slugs.setdefault(new["projectName"], new["id"])

    def _order_request(self, old: Doc | None, new: Doc | None) -> None:
        for doc, change in ((old, Order.remove), (new, Order.add)):
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


class Draft:
    """What the commands of one commit would change, over a state that does not know of it yet."""

    def __init__(self, state: State, events: Events) -> None:
        self._state = state
        self._events = events
        self._changes: dict[Table, dict[str, Doc | None]] = {table: {} for table in TABLES}
        self._made: dict[Table, int] = dict.fromkeys(TABLES, 0)
        self.events: list[Doc] = []
        self._by_id: dict[str, Doc] = {}
        self._settling: dict[str, Doc] = {}
        self._before: list[tuple[Table, str, Doc | None, bool]] = []
        """What `mark` goes back to: each document as it was, and whether this draft had changed it, in order."""
        self._events_before = 0

    @property
    def seq(self) -> int:
        """The number of events, with this draft's."""
        return self._state.seq + len(self.events)

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        changes = self._changes[table]
        return changes[doc_id] if doc_id in changes else self._state.get(table, doc_id)

    def count(self, table: Table) -> int:
        """Return how many documents the table holds, with this draft's."""
        return self._state.count(table) + self._made[table]

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of what has this id."""
        self._made[table] += self._remember(table, doc_id) is None
        self._changes[table][doc_id] = doc

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document."""
        self._made[table] -= self._remember(table, doc_id) is not None
        self._changes[table][doc_id] = None

    def mark(self) -> None:
        """Begin a command, whose changes `undo` takes back."""
        self._before.clear()
        self._events_before = len(self.events)

    def undo(self) -> None:
        """Take back what was changed since `mark`."""
        while self._before:
            table, doc_id, doc, was_changed = self._before.pop()
            self._made[table] += (doc is not None) - (self.get(table, doc_id) is not None)
            if was_changed:
                self._changes[table][doc_id] = doc
            else:
                del self._changes[table][doc_id]
        for event in self.events[self._events_before :]:
            del self._by_id[event["id"]]
            if self._settling.get(event.get("inResponseTo", "")) is event:
                del self._settling[event["inResponseTo"]]
        del self.events[self._events_before :]

    def _remember(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none, and note it for `undo`."""
        doc = self.get(table, doc_id)
        self._before.append((table, doc_id, doc, doc_id in self._changes[table]))
        return doc

    def apply(self, events: Iterable[Doc]) -> None:
        """Bring the draft up to date with a command's events."""
        for event in events:
            apply(self, event)
            self.events.append(event)
            self._by_id[event["id"]] = event
            if "inResponseTo" in event:
                self._settling[event["inResponseTo"]] = event

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project that agents call `slug`."""
        for doc in self._changes["projects"].values():
            if doc is not None and doc["projectName"] == slug:
                return doc
        return self._state.get("projects", self._state.slugs.get(slug, ""))

    def event(self, event_id: str) -> Doc | None:
        """Return an event, here or in the journal, None where there is none."""
        return self._by_id.get(event_id) or self._events.find(event_id)

    def settlement(self, request_id: str) -> Doc | None:
        """Return the event that settled a request, here or in the journal, None where none did."""
        return self._settling.get(request_id) or self._events.settlement(request_id)

    def commit(self) -> None:
        """Hand the changed documents to the state: the commit is durable."""
        for table, changes in self._changes.items():
            for doc_id, doc in changes.items():
                if doc is None:
                    self._state.drop(table, doc_id)
                else:
                    self._state.put(table, doc_id, doc)
