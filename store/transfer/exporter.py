"""Exports of the timeline, streamed: JSONL with the chain's own bytes, and CSV that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import orjson

from api_client.errors import NotFound
from api_client.event_filter import NO_FILTER, EventFilter
from api_client.export_columns import csv_header, csv_row
from api_client.times import wire_time
from store.core.event_shapes import recognised
from store.core.state_view import Doc, Table
from store.transfer.event_names import EventNames
from store.transfer.record_lines import line_of

Progress = Callable[[int, int], None]
"""Called with the number of events that were read, and of all events."""

_CHUNK = 500


class RecordSource(Protocol):
    """The record of a place, as of one moment; its events are read as they are asked for."""

    @property
    def seq(self) -> int:
        """The number of its events."""
        ...

    @property
    def head(self) -> str:
        """The hash of the last one."""
        ...

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a task or project, None where there is none."""
        ...

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        ...

    def tasks_named(self, name: str) -> Sequence[Doc]:
        """Return the tasks with this name."""
        ...

    def all_events(self) -> Iterator[tuple[int, bytes, str]]:
        """Yield seq, JSON and hash of every event."""
        ...

    def timeline(self, *, task: int, project: int, types: tuple[str, ...]) -> Iterator[tuple[int, bytes, str]]:
        """Yield the same of the events of a task and a project, by their numbers (0: of all), and of these types."""
        ...

    def answers(self) -> Iterator[tuple[int, bytes]]:
        """Yield each idempotency record's JSON, and the seq of the last event of its commit, by that seq."""
        ...

    def uploads(self) -> Iterator[Doc]:
        """Yield the uploads."""
        ...

    def content(self, upload: Doc) -> Iterator[bytes] | None:
        """Return an upload's content in pieces, None where it is not there.

        Raises:
            StoreError: it can't be read; also while it is read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Filter:
    """The events to export; nothing set is all of them, and the entries that are on no timeline."""

    project: str | None = None
    """A project's id or slug."""
    task: str | None = None
    """A task's id or name."""
    since: datetime | None = None
    until: datetime | None = None
    types: tuple[str, ...] = ()
    decided_by: str = ""
    outcome: str = ""

    @property
    def only(self) -> EventFilter:
        """The decisions that it asks for."""
        return EventFilter(decided_by=self.decided_by, outcome=self.outcome)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out, so that the export's chain can be verified."""
        return self == Filter()


def jsonl(record: RecordSource, chosen: Filter, progress: Progress = lambda *_: None) -> Iterator[bytes]:
    """Yield a line an event, `{"event":<the bytes that are hashed>,"hash":"<64 hex>"}` (CONTRACT.md, Chain).

    Raises:
        NotFound: the filter names a task or project that does not exist.
        StoreError: the record can't be read, or does not hold what it held.
    """
    for text, hash_ in _events(record, chosen, progress):
        yield line_of(text, hash_)


def as_csv(record: RecordSource, chosen: Filter, progress: Progress = lambda *_: None) -> Iterator[bytes]:
    """Yield a header and a row an event, in UTF-8. A cell that a spreadsheet might run begins with an apostrophe.

    Raises:
        NotFound: the filter names a task or project that does not exist.
        StoreError: the record can't be read, or does not hold what it held.
    """
    names = EventNames(record)
    yield csv_header()
    for text, hash_ in _events(record, chosen, progress):
        event = {**orjson.loads(text), "hash": hash_}
        yield csv_row(event, orjson.dumps(event.get("payload")).decode(), names.of(event))


def _events(record: RecordSource, chosen: Filter, progress: Progress) -> Iterator[tuple[bytes, str]]:
    since = wire_time(chosen.since) if chosen.since else ""
    until = wire_time(chosen.until) if chosen.until else ""
    for row, (seq, text, hash_) in enumerate(_chosen(record, chosen)):
        if row % _CHUNK == 0:
            progress(seq, record.seq)
        if since or until or chosen.only != NO_FILTER:
            event = recognised(orjson.loads(text), seq)
            at = event["timestamp"]
            if at < since or (until and at >= until):
                continue
            if not chosen.only.takes_decision(event["eventType"], event.get("subject"), event["payload"]):
                continue
        yield text, hash_
    progress(record.seq, record.seq)


def _chosen(record: RecordSource, chosen: Filter) -> Iterator[tuple[int, bytes, str]]:
    if chosen.is_everything:
        return record.all_events()
    types = chosen.only.types(chosen.types)
    task = None if chosen.task is None else _task(record, chosen.task)
    project = None
    if chosen.project is not None:
        there = record.project_by_slug(chosen.project) or record.get("projects", chosen.project)
        project = _found("project", chosen.project, there)
    if types is None or (task and project and task["projectId"] != project["id"]):
        return iter(())
    numbers = {"task": task["no"] if task else 0, "project": project["no"] if project else 0}
    return record.timeline(**numbers, types=tuple(types))


def _task(record: RecordSource, named: str) -> Doc:
    """Return the task with this id, or the only one with this name."""
    doc = record.get("tasks", named)
    if doc is not None:
        return doc
    alike = record.tasks_named(named)
    if len(alike) > 1:
        ids = ", ".join(str(task["id"]) for task in alike[:5])
        raise NotFound(f"{named!r} is the name of {len(alike)} tasks: {ids}. Name one by its id.")
    return _found("task", named, alike[0] if alike else None)


def _found(what: str, name: str, doc: Doc | None) -> Doc:
    if doc is None:
        raise NotFound(f"There is no {what} {name!r}.")
    return doc
