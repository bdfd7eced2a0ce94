"""The rows of a page as they were found, and the models that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from api_client.models import Page
from api_client.wire import read
from store.core.cursors import Scope, cursor_at
from store.core.paging import page_items
from store.core.state_view import Doc, Table
from store.postgres.pooled import Rows

NO_AUTHORITY: Mapping[str, Doc] = {}


class FoundPage(NamedTuple):
    """The rows of a page, each of which begins with its place."""

    scope: Scope
    cursor: str | None
    limit: int
    rows: Rows
    authority: Mapping[str, Doc] = NO_AUTHORITY

    def of(
        self,
        kind: Any,
        make: Callable[[tuple[Any, ...]], Doc],
        hash_of: Callable[[tuple[Any, ...]], str],
        size_of: Callable[[tuple[Any, ...]], int] | None = None,
    ) -> Any:
        """Return the page in the contract's model, cut off where it is too large."""

        def measured(row: int) -> tuple[tuple[int, Doc], int]:
            made = make(self.rows[row])
            return (row, made), size_of(self.rows[row]) if size_of else len(orjson.dumps(made))

        taken = page_items(range(len(self.rows)), self.limit, measured)
        next_cursor = self.cursor
        if taken.items:
            last = self.rows[taken.items[-1][0]]
            next_cursor = cursor_at(self.scope, last[0], hash_of(last))
        page = {"items": [made for _, made in taken.items], "nextCursor": next_cursor, "more": taken.more}
        return read(Page[kind], page)


class RowDocuments:
    """A few documents by table and id."""

    def __init__(self, *, authority: Mapping[str, Doc] | None = None, **tables: Sequence[Doc]) -> None:
        self._tables: dict[Table, Mapping[str, Doc]] = {
            table: {str(doc["requestId" if table == "requests" else "id"]): doc for doc in docs}
            for table, docs in tables.items()
        }
        self._tables["authority"] = authority or {}

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        return self._tables.get(table, {}).get(doc_id)
