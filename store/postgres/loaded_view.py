"""The state as the rules read it: the rows that were looked up under the chain's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import orjson

from api_client.errors import StoreBusy
from api_client.models import Receipt
from store.core.event_ids import seq_of
from store.core.event_shapes import recognised
from store.core.idempotency import KeyScope, answer_to
from store.core.state_view import Doc, Table
from store.postgres.lookup import Key, Kind, Row, can_be_there, found_rows, record_key

_KINDS: Mapping[Table, Kind] = {"tasks": "task", "uploads": "upload", "projects": "project"}


class NotLoaded(StoreBusy):
    """The rules asked for a row that was not looked up yet: take the command again once `key` was."""

    def __init__(self, key: Key) -> None:
        super().__init__("The store was still reading; try again.")
        self.key = key


KNOWN_PROJECTS = 500
"""Projects that are remembered at the most: each may have schemas of 64 kB."""


class KnownProjects:
    """The projects of a workspace that were read lately: a project never changes once it is there."""

    def __init__(self) -> None:
        self.by_id: dict[str, Doc] = {}
        self.by_slug: dict[str, Doc] = {}

    def forget(self) -> None:
        """Forget them all: the database may be another one now, which lacks the last of them."""
        self.by_id.clear()
        self.by_slug.clear()

    def add(self, doc: Doc) -> Doc:
        """Remember a project that is in the database, and return it."""
        if len(self.by_id) >= KNOWN_PROJECTS:
            self.forget()
        self.by_id[doc["id"]] = self.by_slug[doc["projectName"]] = doc
        return doc


class LoadedView:
    """A `StateView` over the head and the rows that were looked up; `NotLoaded` names those that were not."""

    def __init__(
        self, head: WorkspaceHead, projects: KnownProjects, authority: Mapping[str, Doc], tokens: Callable[[], str]
    ) -> None:
        """Start with nothing looked up.

        Args:
            head: the head, under the chain's lock.
            projects: the projects that are known.
            authority: all documents of authority as they are now.
            tokens: returns the random part of a new id.
        """
        self.seq = head.seq
        self._counts = {"projects": head.projects, "tasks": head.tasks}
        self._projects, self._authority, self._tokens = projects, authority, tokens
        self._minted: set[str] = set()
        self._rows: dict[Key, Row | None] = {}
        self._docs: dict[Key, Doc] = {}
        """Those of the rows that were parsed."""

    def load(self, asked: Iterable[Key], rows: Iterable[Row]) -> None:
        """Take in the rows that were found for the keys asked for; the others are known to be missing."""
        self._rows.update(dict.fromkeys(asked))
        for key, row in found_rows(rows):
            self._rows[key] = row
            if key.kind in ("project", "slug"):
                self._projects.add(orjson.loads(row[0]))

    def token(self) -> str:
        """Return the random part of a new id: nothing has that id yet, so nothing is looked up under it."""
        token = self._tokens()
        self._minted.add(token)
        return token

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        if table == "authority":
            return self._authority.get(doc_id)
        if table == "requests":
            seq = seq_of(doc_id)
            doc = None if seq > self.seq else self._doc(Key("request", seq))
            return doc if doc is not None and doc["requestId"] == doc_id else None
        if doc_id.partition("_")[2] in self._minted:
            return None
        known = self._projects.by_id.get(doc_id) if table == "projects" else None
        return known or self._doc(Key(_KINDS[table], doc_id))

    def count(self, table: Table) -> int:
        """Return the number of projects or tasks, which number the next one."""
        return self._counts.get(table, 0)

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        return self._projects.by_slug.get(slug) or self._doc(Key("slug", slug))

    def event(self, event_id: str) -> Doc | None:
        """Return an event, None where there is none."""
        seq = seq_of(event_id)
        event = self._event(Key("event", seq), seq) if seq <= self.seq else None
        return event if event is not None and event["id"] == event_id else None

    def settlement(self, request_id: str) -> Doc | None:
        """Return the event that settled a request, None where none did."""
        event = self._event(Key("settlement", seq_of(request_id)), None)
        return event if event is not None and event.get("inResponseTo") == request_id else None

    def recall(self, scope: KeyScope) -> Receipt | None:
        """Return what a scope was answered before, None where it never was."""
        record = self._doc(record_key(scope))
        answer = answer_to(scope, dict(record) if record else None)
        return None if answer is None else Receipt(answer=answer, replayed=True)

    def _row(self, key: Key) -> Row | None:
        try:
            return self._rows[key]
        except KeyError:
            if can_be_there(key):
                raise NotLoaded(key) from None
            return None

    def _doc(self, key: Key) -> Doc | None:
        if (doc := self._docs.get(key)) is None and (row := self._row(key)) is not None:
            doc = self._docs[key] = orjson.loads(row[0])
        return doc

    def _event(self, key: Key, seq: int | None) -> Doc | None:
        if (event := self._docs.get(key)) is None and (row := self._row(key)) is not None:
            event = self._docs[key] = event_of(row, seq)
        return event


class WorkspaceHead(NamedTuple):
    """The row of a workspace: its last event and change of authority, and how many there are of what is numbered."""

    seq: int
    digest: bytes
    commits: int
    projects: int
    tasks: int
    authority: int

    @property
    def hash(self) -> str:
        """The hash of the last event, in hex."""
        return self.digest.hex()


def event_of(row: Row, seq: int | None = None) -> Doc:
    """Return the event of a row of its JSON and its hash, or its stand-in (`event_shapes`); `seq` is its place."""
    event = orjson.loads(row[0])
    event["hash"] = row[1].hex()
    return recognised(event, event["seq"] if seq is None else seq)
