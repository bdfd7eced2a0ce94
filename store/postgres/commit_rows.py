"""The rows that a batch of commits leaves behind, as the parameters of the one statement that stores them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson

from api_client.times import parse_time
from store.core.authority_lookup import ALL
from store.core.chain import Commit
from store.core.draft import CommitDraft
from store.core.event_ids import seq_of
from store.core.event_types import CODES, settled_by
from store.core.fold import is_terminal, step_of
from store.core.idempotency import KeyScope
from store.core.state_view import Doc, DocumentLookup
from store.core.timeout_rules import NEVER, due_at
from store.postgres.lookup import Statement, record_key

_HEAD = """
    update pumpup.workspace set seq = %(seq)s, hash = %(hash)s, commits = commits + %(commits)s,
        projects = projects + %(projects)s, tasks = tasks + %(tasks)s, ruled_to = %(seq)s{authority} where id = %(ws)s
"""
_AUTHORITY = ", authority = %(authority)s"
_PARTS: Mapping[str, str] = {
    "event": """
        insert into pumpup.event (ws, seq, type, task, project, reply_to, hash, body)
        select %(ws)s, * from unnest(%(event_seq)b::bigint[], %(event_type)b::smallint[], %(event_task)b::int[],
            %(event_project)b::int[], %(event_reply)b::bigint[], %(event_hash)b::bytea[], %(event_body)b::bytea[])
    """,
    "record": """
        insert into pumpup.idempotency (ws, digest, seq, record)
        select %(ws)s, * from unnest(%(record_digest)b::bytea[], %(record_seq)b::bigint[], %(record_body)b::bytea[])
    """,
    "project": """
        insert into pumpup.project (ws, no, id, slug, doc)
        select %(ws)s, * from unnest(%(project_no)b::int[], %(project_id)b::text[], %(project_slug)b::text[],
            %(project_doc)b::bytea[])
    """,
    "task": """
        insert into pumpup.task (ws, no, id, project, step, step_seq, due, doc)
        select %(ws)s, * from unnest(%(task_no)b::int[], %(task_id)b::text[], %(task_project)b::int[],
            %(task_step)b::text[], %(task_step_seq)b::bigint[], %(task_due)b::timestamptz[], %(task_doc)b::bytea[])
        on conflict (ws, id) do update set step = excluded.step, step_seq = excluded.step_seq, due = excluded.due,
            doc = excluded.doc
    """,
    "count": """
        insert into pumpup.step_count as count (ws, project, step, tasks, waiting)
        select %(ws)s, * from unnest(%(count_project)b::int[], %(count_step)b::text[], %(count_tasks)b::int[],
            %(count_waiting)b::int[])
        on conflict (ws, project, step) do update set tasks = count.tasks + excluded.tasks,
            waiting = count.waiting + excluded.waiting
    """,
    "request": """
        insert into pumpup.request (ws, seq, task, project, requested_at, doc)
        select %(ws)s, * from unnest(%(request_seq)b::bigint[], %(request_task)b::int[], %(request_project)b::int[],
            %(request_at)b::timestamptz[], %(request_doc)b::bytea[])
        on conflict (ws, seq) do update set doc = excluded.doc
    """,
    "settled": """
        delete from pumpup.request using unnest(%(settled_seq)b::bigint[]) k where ws = %(ws)s and seq = k
    """,
    "upload": """
        insert into pumpup.upload (ws, id, subject, size, attached, received_at, sha256, doc)
        select %(ws)s, * from unnest(%(upload_id)b::text[], %(upload_subject)b::text[], %(upload_size)b::bigint[],
            %(upload_attached)b::bool[], %(upload_at)b::timestamptz[], %(upload_sha256)b::text[],
            %(upload_doc)b::bytea[])
        on conflict (ws, id) do update set attached = excluded.attached, doc = excluded.doc
    """,
    "authority": """
        insert into pumpup.authority (ws, seq, id, doc)
        select %(ws)s, %(authority)s, * from unnest(%(authority_id)b::text[], %(authority_doc)b::bytea[])
        on conflict (ws, id) do update set seq = excluded.seq, doc = excluded.doc
    """,
}
"""The parts of the one statement that stores a batch: those that have rows, beside the head's."""

_COLUMNS: dict[str, tuple[str, ...]] = {
    "event": ("seq", "type", "task", "project", "reply", "hash", "body"),
    "record": ("digest", "seq", "body"),
    "project": ("no", "id", "slug", "doc"),
    "task": ("no", "id", "project", "step", "step_seq", "due", "doc"),
    "count": ("project", "step", "tasks", "waiting"),
    "request": ("seq", "task", "project", "at", "doc"),
    "settled": ("seq",),
    "upload": ("id", "subject", "size", "attached", "at", "sha256", "doc"),
    "authority": ("id", "doc"),
}
"""The lists of each part: one for each column."""


class EventRow(NamedTuple):
    """An event as its row has it."""

    seq: int
    type: int
    task: int | None
    project: int | None
    reply_to: int | None
    hash: bytes
    body: bytes


class CommitRows:
    """Gathers rows, over the documents as they will be."""

    def __init__(self, after: DocumentLookup) -> None:
        self._after = after
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _COLUMNS}
        self._authority = 0
        """The seq of the last change of any authority, where any was changed."""
        self._counts: dict[str, Counter[tuple[int, str]]] = {"tasks": Counter(), "waiting": Counter()}

    @classmethod
    def of(cls, draft: CommitDraft, commits: Iterable[Commit]) -> CommitRows:
        """Return the rows of the commits that led to a draft."""
        rows = cls(draft)
        for commit in commits:
            for event, text in zip(commit.events, commit.texts, strict=True):
                rows.add_event(event, text)
            if commit.record is not None:
                rows.add_record(commit.record, commit.record_text, commit.events[-1]["seq"])
        for change in draft.changes():
            rows.add_document(*change)
        return rows

    def add_event(self, event: Doc, text: bytes, *, settles: bool = True) -> None:
        """Add an event, whose JSON is `text`; one that answers a request settled it, unless `settles` is False."""
        self._rows["event"].append(event_row(self._after, event, text, settles=settles))

    def add_record(self, record: Doc, text: bytes, seq: int) -> None:
        """Add the idempotency record of the commit whose last event is at `seq`."""
        scope = KeyScope(record["caller"], record["path"], record["key"])
        self._rows["record"].append((record_key(scope).of, seq, text))

    def add_document(self, table: str, doc_id: str, before: Doc | None, after: Doc | None) -> None:
        """Add a document that takes the place of another one; None is no document."""
        if table == "requests":
            self._add_request(doc_id, before, after)
        elif table == "authority":
            self._add_authority(doc_id, after)
        elif after is not None:
            {"tasks": self._add_task, "projects": self._add_project, "uploads": self._add_upload}[table](before, after)

    def statement(self, workspace: int, *, commits: int) -> Statement:
        """Return the statement that stores all rows, and its parameters. The last event that was added is the head."""
        found: dict[str, Any] = {}
        rows = {name: self.rows(name) for name in _COLUMNS}
        parts = tuple(name for name in _COLUMNS if rows[name])
        for name in parts:
            lists = zip(*rows[name], strict=True)
            found |= {f"{name}_{column}": list(values) for column, values in zip(_COLUMNS[name], lists, strict=True)}
        last = self._rows["event"][-1]
        head = {"ws": workspace, "commits": commits, "seq": last[0], "hash": last[5], "authority": self._authority}
        return _statement(parts), {**head, "projects": len(self._rows["project"]), "tasks": self._new_tasks(), **found}

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        """Return the rows of one part of the statement."""
        return self._count_rows() if name == "count" else self._rows[name]

    def _count_rows(self) -> list[tuple[Any, ...]]:
        """Return what changes in the counts of steps."""
        tasks, waiting = self._counts["tasks"], self._counts["waiting"]
        return [(*key, tasks[key], waiting[key]) for key in sorted({*tasks, *waiting}) if tasks[key] or waiting[key]]

    def _new_tasks(self) -> int:
        return sum(change for change in self._counts["tasks"].values())

    def _add_task(self, before: Doc | None, after: Doc) -> None:
        project = self._after.get("projects", after["projectId"]) or {}
        for doc, sign in ((before, -1), (after, 1)):
            if doc is not None:
                key = (project["no"], doc["currentStep"])
                self._counts["tasks"][key] += sign
                self._counts["waiting"][key] += sign * bool(doc.get("openRequests"))
        place = (after["no"], after["id"], project["no"], after["currentStep"], after["stepSeq"])
        self._rows["task"].append((*place, due_of(project, after), orjson.dumps(after)))

    def _add_project(self, _before: Doc | None, doc: Doc) -> None:
        self._rows["project"].append((doc["no"], doc["id"], doc["projectName"], orjson.dumps(doc)))

    def _add_upload(self, _before: Doc | None, doc: Doc) -> None:
        arrival = (bool(doc.get("attached")), parse_time(doc["receivedAt"]), doc["sha256"])
        self._rows["upload"].append((doc["id"], doc["subject"], doc["size"], *arrival, orjson.dumps(doc)))

    def _add_authority(self, doc_id: str, doc: Doc | None) -> None:
        if doc is not None:
            self._authority = doc["seq"] if doc_id == ALL else self._authority
            self._rows["authority"].append((doc_id, orjson.dumps(doc)))

    def _add_request(self, request_id: str, before: Doc | None, after: Doc | None) -> None:
        if after is None:
            if before is not None:
                self._rows["settled"].append((seq_of(request_id),))
            return
        task = self._after.get("tasks", after["taskId"]) or {}
        project = self._after.get("projects", after["projectId"]) or {}
        at = parse_time(after["requestedAt"])
        self._rows["request"].append((after["seq"], task["no"], project["no"], at, orjson.dumps(after)))


def event_row(docs: DocumentLookup, event: Doc, text: bytes, *, settles: bool = True) -> EventRow:
    """Return the row of an event, whose JSON is `text`, over the documents that it led to (see `CommitRows`)."""
    task = docs.get("tasks", event["taskId"]) if event.get("taskId") else None
    project = docs.get("projects", event["projectId"]) if task else None
    reply = seq_of(settled_by(event)) if settles else 0
    numbers = (task["no"] if task else None, project["no"] if project else None, reply or None)
    return EventRow(event["seq"], CODES.get(event["eventType"], 0), *numbers, bytes.fromhex(event["hash"]), text)


@cache
def _statement(parts: tuple[str, ...]) -> bytes:
    each = ", ".join(f"{name}_rows as ({_PARTS[name]})" for name in parts)
    head = _HEAD.format(authority=_AUTHORITY if "authority" in parts else "")
    return f"with {each} {head}".encode()


def due_of(project: Doc, task: Doc) -> datetime | None:
    """Return when a task's timeout is to be fired, None where it has none, or none left."""
    if task["status"] == "CLOSED" or task.get("timedOut") or is_terminal(project, task["currentStep"]):
        return None
    seconds = step_of(project, task["currentStep"]).get("timeoutSeconds")
    due = NEVER if seconds is None else due_at(seconds, task)
    return None if due == NEVER else due
