"""The record of a data folder, to be exported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import orjson

from store.core.idempotency import is_record
from store.core.state_view import Doc, Table
from store.folder import uploads
from store.folder.columns import CheckpointDamaged
from store.folder.engine import Store
from store.folder.head import START
from store.folder.state import State


class FolderRecord:
    """The record of an open folder, as of the moment at which this is made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._position = store.read(lambda _: store.position)

    @property
    def seq(self) -> int:
        """The number of its events."""
        return self._position.events

    @property
    def head(self) -> str:
        """The hash of the last one."""
        return self._position.hash

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a task or project, None where there is none."""
        return self._store.read(lambda state: state.get(table, doc_id))

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        return self._store.read(lambda state: state.get("projects", state.slugs.get(slug, "")))

    def tasks_named(self, name: str) -> Sequence[Doc]:
        """Return the tasks with this name."""
        return [doc for doc in self._store.read(lambda state: list(state.snapshot("tasks"))) if doc["name"] == name]

    def all_events(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield seq, JSON and hash of every event."""
        return self._events(lambda state, after: iter(range(after + 1, state.seq + 1)))

    def timeline(self, *, task: int, project: int, types: tuple[str, ...]) -> Iterator[tuple[int, bytes, str]]:
        """Yield the same of the events of a task and a project, by their numbers (0: of all), and of these types."""
        return self._events(lambda state, after: state.index.walk(task=task, project=project, types=types, start=after))

    def _events(self, walk: Callable[[State, int], Iterator[int]]) -> Iterator[tuple[int, bytes, str]]:
        """Yield events of this record, whatever part of the checkpoint is found damaged."""
        done = 0
        while True:
            try:
                for seq in self._store.read(lambda state: walk(state, done)):  # noqa: B023 - called at once
                    if seq > self.seq:
                        return
                    raw = self._store.events.raw(seq)
                    done = seq
                    yield seq, *raw
                return
            except CheckpointDamaged:
                self._store.start_over()

    def answers(self) -> Iterator[tuple[int, bytes]]:
        """Yield each idempotency record's JSON, and the seq of the last event of its commit, by that seq."""
        seq = 0
        for commit in self._store.journal.commits(START, self._position.size):
            seq += len(commit.events)
            if commit.record is not None and is_record(commit.record):
                yield seq, orjson.dumps(commit.record)

    def uploads(self) -> Iterator[Doc]:
        """Yield the uploads."""
        return iter(self._store.read(lambda state: list(state.documents("uploads"))))

    def content(self, upload: Doc) -> Iterator[bytes] | None:
        """Return an upload's content in pieces, None where it is not there.

        Raises:
            StoreFault: it is no regular file, or can't be read.
        """
        folder = uploads.own_folder(self._store.folder / "uploads")
        if not os.path.lexists(uploads.content_path(folder, upload["sha256"])):
            return None
        return uploads.pieces(folder, upload["sha256"])
