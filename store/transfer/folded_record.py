"""A record as the rules read it, folded from events that come one after the other.

Pure. Documents are stored as JSON, which is parsed when one is asked for: a fifth of the memory. Of the events only the
open requests stay; the rules ask for no other, unless one is broken.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from store.core.event_ids import seq_of
from store.core.event_shapes import recognised
from store.core.event_types import settled_by
from store.core.fold import GENERAL, apply_recorded
from store.core.state_view import TABLES, Doc, Table

Raw = tuple[bytes, str]
"""An event's JSON, byte for byte as it is hashed, and its hash."""
_SMALL = ("projects", "authority")
"""The tables whose documents stay parsed: they are few, and each event asks for one."""


class Taken(NamedTuple):
    """An event as it was folded."""

    event: dict[str, Any]
    """With its hash; a stand-in where it has no shape that is known (`event_shapes`)."""
    counts: bool
    """Whether it changed the documents, which a settlement of nothing does not."""


class FoldedRecord:
    """A `StateView` of all events that were taken."""

    def __init__(self, fetch: Callable[[int], Raw]) -> None:
        """Start before the first event; `fetch` returns an earlier event by its seq."""
        self.seq = 0
        self._fetch = fetch
        self._tracks = False
        self._documents: dict[Table, dict[str, Any]] = {table: {} for table in TABLES}
        self._slugs: dict[str, str] = {}
        self._open: dict[int, Raw] = {}
        self._replies = array("Q", [0])
        """By seq: the event that settled it."""
        self._before: dict[tuple[Table, str], Doc | None] = {}
        self.put("projects", str(GENERAL["id"]), GENERAL)

    def take(self, event: dict[str, Any], text: bytes) -> Taken:
        """Bring the documents up to date with the next event; `event` has its hash, and `text` is its JSON."""
        known = recognised(event, self.seq + 1)
        counts = apply_recorded(self, known)
        self.seq += 1
        self._replies.append(0)
        asked = seq_of(settled_by(known)) if counts else 0
        if 0 < asked < self.seq:
            self._replies[asked] = self.seq
            self._open.pop(asked, None)
        if known["id"] in self._documents["requests"]:
            self._open[self.seq] = (text, event["hash"])
        return Taken(known, counts)

    # -- what the rules read

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        stored = self._documents[table].get(doc_id)
        if type(stored) is bytes:
            parsed: Doc = orjson.loads(stored)
            return parsed
        found: Doc | None = stored
        return found

    def count(self, table: Table) -> int:
        """Return the number of documents in the table."""
        return len(self._documents[table])

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        return self.get("projects", self._slugs.get(slug, ""))

    def event(self, event_id: str) -> Doc | None:
        """Return an event, None where there is none."""
        found = self._event(seq_of(event_id))
        return found if found is not None and found["id"] == event_id else None

    def settlement(self, request_id: str) -> Doc | None:
        """Return the event that settled a request, None where none did."""
        seq = seq_of(request_id)
        found = self._event(self._replies[seq]) if 0 < seq <= self.seq else None
        return found if found is not None and found.get("inResponseTo") == request_id else None

    def _event(self, seq: int) -> Doc | None:
        if not 0 < seq <= self.seq:
            return None
        text, hash_ = self._open.get(seq) or self._fetch(seq)
        event = orjson.loads(text)
        return recognised({**event, "hash": hash_} if isinstance(event, dict) else {"hash": hash_}, seq)

    # -- what the fold writes

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of the document with this id."""
        self._note(table, doc_id)
        self._documents[table][doc_id] = doc if table in _SMALL else _packed(doc)
        if table == "projects":
            self._slugs.setdefault(doc["projectName"], doc_id)

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document."""
        self._note(table, doc_id)
        self._documents[table].pop(doc_id, None)

    def _note(self, table: Table, doc_id: str) -> None:
        if self._tracks and (table, doc_id) not in self._before:
            self._before[table, doc_id] = self.get(table, doc_id)

    # -- what was folded

    def documents(self, table: Table) -> Iterator[Doc]:
        """Yield a table's documents, in the order in which they came."""
        for _, doc in self.rows(table):
            yield doc

    def rows(self, table: Table) -> Iterator[tuple[str, Doc]]:
        """Yield id and document of each, in the order in which they came."""
        stored: Mapping[str, Any] = self._documents[table]
        for doc_id, doc in stored.items():
            yield doc_id, orjson.loads(doc) if type(doc) is bytes else doc

    def track_changes(self) -> None:
        """Note from now on what `changes` will yield."""
        self._tracks = True

    def changes(self) -> Iterator[tuple[Table, str, Doc | None, Doc | None]]:
        """Yield table and id of each document that has changed since the last call, and the document before and now."""
        before, self._before = self._before, {}
        for (table, doc_id), doc in before.items():
            yield table, doc_id, doc, self.get(table, doc_id)


def _packed(doc: Doc) -> bytes:
    """Return a document as JSON, in no more memory than it needs: orjson's own takes a few kB."""
    return bytes(memoryview(orjson.dumps(doc)))
