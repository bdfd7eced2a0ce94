"""A table of documents: those in the checkpoint's files are parsed when they are asked for, changed ones are in memory.

A document has a row for ever: rows are in the order in which the documents came. Two layers are in files: all documents
as they were at some time, and those that were changed since. What is newer lies over them until the next checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from typing_extensions import override

from store.core.idempotency import digest
from store.folder.columns import NumberColumn
from store.folder.idempotency_index import first_row

LAYER_COLUMNS = 5
Entry = tuple[str, Any]
"""A document's id and the document, None for one that was removed."""


class Layer(NamedTuple):
    """Documents in a file: by row the place of `"<id>":<document>`, and the rows by the digests of their ids."""

    rows: NumberColumn
    starts: NumberColumn
    sizes: NumberColumn
    digests: NumberColumn
    owners: NumberColumn
    """The row of each digest."""
    data: NumberColumn

    def place(self, row: int) -> int:
        """Return the place of a document among these, -1 where it is not."""
        count = len(self.rows)
        if not count:
            return -1
        at = min(max(row - self.rows[0], 0), count - 1)  # where none is missing
        if self.rows[at] != row:
            at = self.rows.first(row)
        return at if at < count and self.rows[at] == row else -1

    def text(self, at: int) -> bytes:
        """Return a document with its id, as JSON."""
        start = self.starts[at]
        return self.data.read(start, start + self.sizes[at])

    def find(self, doc_id: str, digest_: int) -> tuple[int, Any] | None:
        """Return the row and the document with this id, None where there is none."""
        at = first_row(self.digests, digest_)
        while at < len(self.digests) and self.digests[at] == digest_:
            row = self.owners[at]
            found_id, doc = parsed(self.text(self.place(row)))
            if found_id == doc_id:
                return row, doc
            at += 1
        return None

    def texts(self) -> Iterator[tuple[int, bytes]]:
        """Yield each row with its document, in order."""
        for row, start, size in zip(self.rows.array(), self.starts.array(), self.sizes.array(), strict=True):
            yield row, self.data.read(start, start + size)


def parsed(text: bytes) -> Entry:
    """Return the id and the document of an entry."""
    entry: Entry = orjson.loads(b"{%b}" % text).popitem()
    return entry


def id_digest(doc_id: str) -> int:
    """Return 64 bits of an id: enough to find its document, not to be sure of it."""
    return digest((doc_id, "", ""))


class DocumentTable(MutableMapping[str, Any]):
    """Documents by id, in the order in which they came."""

    def __init__(
        self, number: str | None, base: Layer | None = None, later: Layer | None = None, count: int = 0
    ) -> None:
        """Start with what is in the files.

        Args:
            number: The key under which a document has its row; None where the table counts.
            base: All documents as they were at some time.
            later: Those that were changed, added or removed since.
            count: How many there are.
        """
        self._number = number
        self.layers = [layer for layer in (later, base) if layer is not None]
        """The newest first."""
        self.base, self.later = base, later
        self._count = count
        self.changed: dict[int, Entry] = {}
        """By row: what was changed since it was saved."""
        self._changed_ids: dict[str, tuple[int, Any]] = {}
        """The same by id, each with its row."""
        self._last = max((layer.rows[len(layer.rows) - 1] for layer in self.layers if len(layer.rows)), default=0)
        self._looked_at: tuple[object, str, tuple[int, Any]] = (None, "", (0, None))
        """What was read last, and from which layers: a command asks for the same document several times."""

    @override
    def __getitem__(self, doc_id: str) -> Any:
        doc = self.get(doc_id)
        if doc is None:
            raise KeyError(doc_id)
        return doc

    @override
    def get(self, doc_id: str, default: Any = None) -> Any:
        """Return a document, `default` where there is none: once or twice an event, so not by way of an exception."""
        doc = (self._changed_ids.get(doc_id) or self._stored(doc_id))[1]
        return default if doc is None else doc

    def at(self, row: int) -> Any:
        """Return the document in a row.

        Raises:
            KeyError: there is none.
        """
        entry = self.changed.get(row)
        if entry is None:
            for layer in self.layers:
                if (place := layer.place(row)) >= 0:
                    entry = parsed(layer.text(place))
                    break
        if entry is None or entry[1] is None:
            raise KeyError(row)
        return entry[1]

    def _stored(self, doc_id: str) -> tuple[int, Any]:
        """Return the row and the document in the files; 0 where the id was never there."""
        layers = self.layers
        seen_layers, seen_id, found = self._looked_at
        if seen_id != doc_id or seen_layers is not layers:
            digest_ = id_digest(doc_id)
            each = (layer.find(doc_id, digest_) for layer in layers)
            found = next((one for one in each if one is not None), (0, None))
            self._looked_at = layers, doc_id, found
        return found

    @override
    def __setitem__(self, doc_id: str, doc: Any) -> None:
        row, was = self._changed_ids.get(doc_id) or self._stored(doc_id)
        if not row:
            row = self._last + 1 if self._number is None else doc[self._number]
            self._last = max(self._last, row)
        self._count += was is None
        self.changed[row] = doc_id, doc
        self._changed_ids[doc_id] = row, doc

    @override
    def __delitem__(self, doc_id: str) -> None:
        row, was = self._changed_ids.get(doc_id) or self._stored(doc_id)
        if was is None:
            raise KeyError(doc_id)
        self.changed[row] = doc_id, None
        self._changed_ids[doc_id] = row, None
        self._count -= 1

    @override
    def __iter__(self) -> Iterator[str]:
        return (doc_id for doc_id, _ in self.entries())

    @override
    def __len__(self) -> int:
        return self._count

    @override
    def __contains__(self, doc_id: object) -> bool:
        return isinstance(doc_id, str) and self.get(doc_id) is not None

    def entries(self) -> Iterator[Entry]:
        """Return the documents as they are now with their ids, to be read at any later time: none is parsed yet."""
        newest_first = texts(self.layers, dict(self.changed))
        entries = (parsed(one) if isinstance(one, bytes) else one for _, one in newest_first)
        return (entry for entry in entries if entry[1] is not None)

    def snapshot(self) -> Iterator[Any]:
        """Return the documents as they are now, to be read at any later time: none of them is parsed yet."""
        return map(itemgetter(1), self.entries())

    def use(self, saved: DocumentTable) -> None:
        """Go on with the layers of `saved`, which hold all that there is."""
        # In this order: a thread that reads without the store's guard finds each document in either place.
        self.base, self.later, self.layers = saved.base, saved.later, saved.layers
        self.changed, self._changed_ids = {}, {}


def texts(newest_first: Sequence[Layer], changed: Mapping[int, Entry]) -> Iterator[tuple[int, bytes | Entry]]:
    """Yield each row in order, with the newest of its entries."""
    sources: list[Iterator[tuple[int, bytes | Entry]]] = [iter(sorted(changed.items()))]
    sources += [layer.texts() for layer in newest_first]
    last = -1
    for row, one in merge(*sources, key=itemgetter(0)):
        if row != last:
            last = row
            yield row, one
