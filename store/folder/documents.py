"""TinyDB as the store uses it: its own storage, and a table that does not copy itself on each write.

TinyDB 4.9 rewrites its whole file in place on every write, and copies its whole table even in memory. Its
documented extension points (`storage`, `table_class`) are used here, and two private methods of `Table` are
overridden, so its version is pinned and all of it stays in this one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table
from typing_extensions import override

from store.folder.files import Files, read_regular

_MOST = 1 << 26
"""Bytes of a file that is replaced whole, at the most: some 300,000 keys."""

Documents = MutableMapping[str, Any]
"""A table's documents by id."""


class AtomicStorage(Storage):
    """A JSON file that is replaced whole: a reader and a crash see the old bytes or the new ones."""

    def __init__(self, path: Path, files: Files | None = None) -> None:
        self._path = path
        self._files = files or Files()

    @override
    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return the tables, None where the file is missing.

        Raises:
            StoreFault: the path is a symbolic link, or no regular file, or too large to be ours.
            ValueError: the file is no JSON.
        """
        try:
            data = read_regular(self._path, _MOST)
        except FileNotFoundError:
            return None
        tables: dict[str, dict[str, Any]] = orjson.loads(data)
        return tables

    @override
    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the file.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the system refused; the old file is as it was.
        """
        self._files.replace(self._path, orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS))


class LiveStorage(Storage):
    """The tables in memory. They reach the disk when the store takes a checkpoint, not on each write."""

    def __init__(self, tables: dict[str, Documents] | None = None) -> None:
        self.tables: dict[str, Documents] = tables if tables is not None else {}

    @override
    def read(self) -> dict[str, Any]:
        """Return the tables themselves, not copies."""
        return self.tables

    @override
    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Do nothing: `LiveTable` has changed the tables in place."""


class PackedDocuments(MutableMapping[str, Any]):
    """Documents by id, kept as JSON until they are asked for: a fifth of the memory, and nothing to parse first.

    What is put stays a document until `pack` is called. What was read from a file stays where it is in it.

    Args:
        ids: The documents' ids, in the order in which they came.
        data: What they are in, as JSON.
        starts: Where in `data` each begins, in bytes.
        sizes: How long each is, in bytes.
    """

    def __init__(
        self, ids: Iterable[str] = (), data: bytes = b"", starts: Sequence[int] = (), sizes: Sequence[int] = ()
    ) -> None:
        self._data, self._starts, self._sizes = data, starts, sizes
        self._kept: dict[str, Any] = dict(zip(ids, range(len(sizes)), strict=True))
        """By id: the document, its JSON, or its number in the data."""

    @override
    def __getitem__(self, doc_id: str) -> Any:
        return self._read(self._kept[doc_id])

    @override
    def get(self, doc_id: str, default: Any = None) -> Any:
        """Return a document, `default` where there is none: once or twice an event, so not by way of an exception."""
        kept = self._kept.get(doc_id)
        if type(kept) is dict:
            return kept
        return default if kept is None else self._read(kept)

    def _read(self, kept: Any) -> Any:
        if type(kept) is int:
            kept = self._json(kept)
        return orjson.loads(kept) if type(kept) is bytes else kept

    def _json(self, number: int) -> bytes:
        start = self._starts[number]
        return self._data[start : start + self._sizes[number]]

    @override
    def __setitem__(self, doc_id: str, doc: Any) -> None:
        self._kept[doc_id] = doc

    @override
    def __delitem__(self, doc_id: str) -> None:
        del self._kept[doc_id]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    @override
    def __len__(self) -> int:
        return len(self._kept)

    @override
    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._kept

    def snapshot(self) -> Iterator[Any]:
        """Return the documents as they are now, to be read at any later time: none of them is parsed yet."""
        return map(self._read, list(self._kept.values()))

    def pack(self) -> Iterator[tuple[str, bytes]]:
        """Keep every document as JSON, and yield each with its id, in the order in which they came."""
        for doc_id, kept in self._kept.items():
            if type(kept) is int:
                kept = self._json(kept)  # noqa: PLW2901 - it stays where it is
            elif type(kept) is not bytes:
                kept = self._kept[doc_id] = orjson.dumps(kept)  # noqa: PLW2901 - the same key: the size stays
            yield doc_id, kept


class LiveTable(Table):
    """A table over `LiveStorage` with text ids, changed in place.

    A document that has been put is never changed afterwards, only replaced, so readers may keep one.
    """

    document_id_class = str  # type: ignore[assignment]  # TinyDB types its ids as int and lets them be anything

    @property
    def documents(self) -> Documents:
        """The documents themselves by id, for reading."""
        tables: dict[str, Documents] = self._storage.read()  # type: ignore[assignment]
        return tables.setdefault(self.name, {})

    @override
    def _read_table(self) -> Any:
        return self.documents

    @override
    def _update_table(self, updater: Callable[[Any], None]) -> None:
        updater(self.documents)
        self.clear_cache()

    def put(self, doc_id: str, doc: Mapping[str, Any]) -> None:
        """Put `doc` in the place of whatever has this id."""
        self.documents[doc_id] = doc
        self.clear_cache()

    def drop(self, doc_id: str) -> None:
        """Remove the document with this id; there may be none."""
        self.documents.pop(doc_id, None)
        self.clear_cache()


class LiveDatabase(TinyDB):
    """A TinyDB of live tables."""

    table_class = LiveTable

    def live(self, name: str) -> LiveTable:
        """Return the table called `name`."""
        table = self.table(name)
        assert isinstance(table, LiveTable)  # noqa: S101 - what `table_class` says, told to the type checker
        return table
