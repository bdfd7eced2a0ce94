"""The protocols over which the rules, the fold and the wire objects read a store's state.

Documents hold a wire object's keys and a few of the store's own (`openRequests`, `stepEnteredAt`, …). They are
replaced and never changed, so whoever holds one may go on reading it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Doc = Mapping[str, Any]
"""A document, or an event as JSON has it."""
Table = str
"""One of `TABLES`."""

TABLES = ("projects", "tasks", "requests", "uploads", "authority")
"""`authority` has the policies, grants and pauses (`authority_fold`): few documents, which are all in memory."""


class DocumentLookup(Protocol):
    """Documents by table and id."""

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        ...


class DocumentTables(DocumentLookup, Protocol):
    """Documents that the fold brings up to date: a store's own, or a draft over them."""

    def put(self, table: Table, doc_id: str, doc: Doc) -> None:
        """Put `doc` in the place of the document with this id."""
        ...

    def drop(self, table: Table, doc_id: str) -> None:
        """Remove a document."""
        ...

    def count(self, table: Table) -> int:
        """Return the number of documents in the table."""
        ...


class StateView(DocumentLookup, Protocol):
    """The state and its events as the rules read them: all that a place for a record has to offer them."""

    @property
    def seq(self) -> int:
        """The number of events so far."""
        ...

    def count(self, table: Table) -> int:
        """Return the number of documents in the table."""
        ...

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug, which agents name it by."""
        ...

    def event(self, event_id: str) -> Doc | None:
        """Return an event, None where there is none."""
        ...

    def settlement(self, request_id: str) -> Doc | None:
        """Return the event that settled a request, None where none did."""
        ...
