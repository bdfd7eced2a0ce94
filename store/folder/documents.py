"""The state's documents as TinyDB databases: what TinyDB does here, and what it doesn't.

It does: the state's tables are a TinyDB in memory, which anyone can query (`state.database.table("tasks").search(…)`);
`state.json` is TinyDB's JSON, and can be opened with TinyDB alone; the keys in `keys.json` are added, found and removed
by TinyDB over `AtomicStorage`.

It doesn't write the state. TinyDB 4.9 copies a whole table on every write (19 ms at 50,000 documents, even in memory),
and rewrites its file in place, so that a crash or a second process can ruin it. Here the fold puts documents into the
tables, the journal is the truth, and the file is replaced whole when a checkpoint is saved. Only TinyDB's documented
extension points are used: `storage`, `table_class`, `document_id_class`, `cache_size`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
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
    """A JSON file that is replaced whole: a reader, or a crash, sees either the old bytes or the new ones."""

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
    """The state's tables in memory, which TinyDB may read and the fold alone changes."""

    def __init__(self, tables: dict[str, Documents]) -> None:
        self._tables = tables

    @override
    def read(self) -> dict[str, Any]:
        """Return the tables, whose documents can't be changed."""
        return {name: _ReadOnly(documents) for name, documents in self._tables.items()}

    @override
    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse: what is not an event is not in the journal.

        Raises:
            TypeError: always.
        """
        raise TypeError("The state's documents change by events alone: submit a command.")


class _ReadOnly(Mapping[str, Any]):
    """Documents by id, for reading."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def __getitem__(self, doc_id: str) -> Any:
        return MappingProxyType(self._documents[doc_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


class LiveTable(Table):
    """A table over `LiveStorage`. It has no query cache, for the documents change without TinyDB's knowledge."""

    document_id_class = str  # type: ignore[assignment]  # TinyDB types its ids as int and lets them be anything

    def __init__(self, storage: Storage, name: str) -> None:
        super().__init__(storage, name, cache_size=0)


class LiveDatabase(TinyDB):
    """The state's tables, to be queried."""

    table_class = LiveTable  # type: ignore[assignment]  # it takes no cache size: there is no cache

    def __init__(self, tables: dict[str, Documents]) -> None:
        super().__init__(storage=partial(LiveStorage, tables))
