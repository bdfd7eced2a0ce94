"""A draft: the changes of the commands that are about to be stored together, over a state that does not have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.core.event_types import settled_by
from store.core.fold import apply
from store.core.state_view import TABLES, Doc, DocumentTables, StateView, Table


class CommitDraft:
    """Documents and events on top of a `StateView`, which the rules read as one `StateView` again.

    A draft belongs to one writer, for as long as its batch takes.
    """

    def __init__(self, state: StateView) -> None:
        self._state = state
        self._seq = state.seq
        self._changes: dict[Table, dict[str, Doc | None]] = {table: {} for table in TABLES}
        self._added: dict[Table, int] = dict.fromkeys(TABLES, 0)
        self.events: list[Doc] = []
        self._by_id: dict[str, Doc] = {}
        self._settlements: dict[str, Doc] = {}
        self._before: list[tuple[Table, str, Doc | None, bool]] = []
        """Each document as it was since `mark`, in order, and whether this draft had changed it already."""
        self._events_before = 0

    @property
    def seq(self) -> int:
        """The number of events, including the draft's."""
        return self._seq + len(self.events)

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        changes = self._changes[table]
        return changes[doc_id] if doc_id in changes else self._state.get(table, doc_id)

    def count(self, table: Table) -> int:
        """Return the number of documents in the table, including the draft's."""
        return self._state.count(table) + self._added[table]

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of the document with this id."""
        self._added[table] += self._save_for_undo(table, doc_id) is None
        self._changes[table][doc_id] = doc

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document."""
        self._added[table] -= self._save_for_undo(table, doc_id) is not None
        self._changes[table][doc_id] = None

    def mark(self) -> None:
        """Begin a command, whose changes `undo` takes back."""
        self._before.clear()
        self._events_before = len(self.events)

    def undo(self) -> None:
        """Take back the changes since `mark`."""
        while self._before:
            table, doc_id, doc, was_changed = self._before.pop()
            self._added[table] += (doc is not None) - (self.get(table, doc_id) is not None)
            if was_changed:
                self._changes[table][doc_id] = doc
            else:
                del self._changes[table][doc_id]
        for event in self.events[self._events_before :]:
            del self._by_id[event["id"]]
            if self._settlements.get(settled_by(event)) is event:
                del self._settlements[event["inResponseTo"]]
        del self.events[self._events_before :]

    def _save_for_undo(self, table: Table, doc_id: str) -> Doc | None:
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
            if request_id := settled_by(event):
                self._settlements[request_id] = event

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        for doc in self._changes["projects"].values():
            if doc is not None and doc["projectName"] == slug:
                return doc
        return self._state.project_by_slug(slug)

    def event(self, event_id: str) -> Doc | None:
        """Return an event of the draft or of the state, None where there is none."""
        return self._by_id.get(event_id) or self._state.event(event_id)

    def settlement(self, request_id: str) -> Doc | None:
        """Return the event of the draft or of the state that settled a request, None where none did."""
        return self._settlements.get(request_id) or self._state.settlement(request_id)

    def changes(self) -> Iterator[tuple[Table, str, Doc | None, Doc | None]]:
        """Yield table and id of each document that the draft changes, and the document before and after."""
        for table, changes in self._changes.items():
            for doc_id, doc in changes.items():
                yield table, doc_id, self._state.get(table, doc_id), doc

    def changed(self, table: Table) -> dict[str, Doc]:
        """Return the documents of a table that the draft has put in place, by their ids."""
        return {doc_id: doc for doc_id, doc in self._changes[table].items() if doc is not None}

    def copy_to(self, tables: DocumentTables) -> None:
        """Bring the state's own documents up to date, once the commit is durable."""
        for table, changes in self._changes.items():
            for doc_id, doc in changes.items():
                if doc is None:
                    tables.drop(table, doc_id)
                else:
                    tables.put(table, doc_id, doc)
