"""Exports of the timeline, streamed: JSONL with the chain's own bytes, and CSV that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from api_client.errors import NotFound
from api_client.export_columns import csv_header, csv_row
from api_client.times import wire_time
from store.core.event_shapes import recognised
from store.core.state_view import Doc
from store.folder.columns import CheckpointDamaged
from store.folder.engine import Store
from store.folder.state import State

Progress = Callable[[int, int], None]
"""Called with the number of events that were read, and of all events."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """The events to export; nothing set is all of them, and the entries that are on no timeline."""

    project: str | None = None
    """A project's id or slug."""
    task: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    types: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out, so that the export's chain can be verified."""
        return self == Filter()


def jsonl(store: Store, chosen: Filter, progress: Progress = lambda *_: None) -> Iterator[bytes]:
    """Yield a line an event, `{"event":<the bytes that are hashed>,"hash":"<64 hex>"}` (CONTRACT.md, Chain).

    Raises:
        NotFound: the filter names a task or project that does not exist.
        StoreDamaged: the journal does not hold what it held.
    """
    for text, hash_ in _events(store, chosen, progress):
        yield b'{"event":%b,"hash":"%b"}\n' % (text, hash_.encode())


def as_csv(store: Store, chosen: Filter, progress: Progress = lambda *_: None) -> Iterator[bytes]:
    """Yield a header and a row an event, in UTF-8. A cell that a spreadsheet might run begins with an apostrophe.

    Raises:
        NotFound: the filter names a task or project that does not exist.
        StoreDamaged: the journal does not hold what it held.
    """
    yield csv_header()
    for text, hash_ in _events(store, chosen, progress):
        event = {**orjson.loads(text), "hash": hash_}
        yield csv_row(event, orjson.dumps(event.get("payload")).decode())


def _events(store: Store, chosen: Filter, progress: Progress) -> Iterator[tuple[bytes, str]]:
    total = store.state.seq
    since = wire_time(chosen.since) if chosen.since else ""
    until = wire_time(chosen.until) if chosen.until else ""
    for row, (seq, (text, hash_)) in enumerate(_raw(store, chosen, total)):
        if row % _CHUNK == 0:
            progress(seq, total)
        if since or until:
            at = recognised(orjson.loads(text), seq)["timestamp"]
            if at < since or (until and at >= until):
                continue
        yield text, hash_
    progress(total, total)


def _raw(store: Store, chosen: Filter, total: int) -> Iterator[tuple[int, tuple[bytes, str]]]:
    """Yield the chosen events up to the seq `total`, whatever part of the checkpoint is found damaged."""
    done = 0
    while True:
        try:
            for seq in store.read(lambda state: _walk(state, chosen, done)):  # noqa: B023 - called at once
                if seq > total:
                    return
                raw = store.events.raw(seq)
                done = seq
                yield seq, raw
            return
        except CheckpointDamaged:
            store.start_over()


def _walk(state: State, chosen: Filter, after: int) -> Iterator[int]:
    if chosen.is_everything:
        return iter(range(after + 1, state.seq + 1))
    task = _named(state, "tasks", chosen.task)
    project = _named(state, "projects", state.slugs.get(chosen.project or "", chosen.project))
    if task and project and task["projectId"] != project["id"]:
        return iter(())
    return state.index.walk(
        task=task["no"] if task else 0, project=project["no"] if project else 0, types=chosen.types, start=after
    )


def _named(state: State, table: str, doc_id: str | None) -> Doc | None:
    if doc_id is None:
        return None
    doc = state.get(table, doc_id)
    if doc is None:
        raise NotFound(f"There is no {table.removesuffix('s')} {doc_id!r}.")
    return doc
