"""Reads of a workspace's policies, grants, pauses and escalated tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

import orjson

from api_client.actor import Actor
from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
from api_client.models import APPROVAL_DECIDED
from api_client.wire import read
from store.core import authority_models, wire_objects
from store.core.event_ids import seq_of
from store.core.event_types import CODES
from store.core.grant_trial import GrantTrial
from store.core.paging import PAGE_BYTES
from store.core.step_codes import entered_step
from store.postgres import statements
from store.postgres.database_history import entry_before
from store.postgres.database_reader import DatabaseReader, is_last, made_of
from store.postgres.found_page import RowDocuments
from store.postgres.loaded_view import event_of
from store.postgres.pooled import Rows

_DECISIONS = 5_000
"""Decisions that one trip brings with their requests."""
_BYTES = 4 * PAGE_BYTES

TaskThen = tuple[str, str]
"""The name of a task, and the step that it was in."""


class _TaskNotRead(Exception):
    """A trial asks for a task as it was, which was not read yet."""


class DatabaseAuthority:
    """The authority of one workspace."""

    def __init__(self, reader: DatabaseReader) -> None:
        self._reader = reader

    async def policy(self, project_id: str) -> PolicyInForce:
        """Return a project's policy."""
        await self._reader.project_doc(project_id)
        docs, _ = await self._reader.with_authority()
        return read(PolicyInForce, wire_objects.policy_in_force(docs.get(project_id, {})))

    async def grants(self, project_id: str | None) -> list[Grant]:
        """Return the grants of a project, or all."""
        if project_id is not None:
            await self._reader.project_doc(project_id)
        docs, _ = await self._reader.with_authority()
        return authority_models.grants(docs.values(), project_id)

    async def status(self) -> AuthorityStatus:
        """Return what is paused and escalated."""
        docs, _ = await self._reader.with_authority()
        return authority_models.status(docs)

    async def trial(self, terms: GrantTerms, actor: Actor, now: datetime) -> Trial:
        """Return what a grant of `actor` would have decided; others may write beside it."""
        project = await self._reader.project_doc(terms.project_id)
        authority, _ = await self._reader.with_authority()
        trial = GrantTrial(RowDocuments(authority=authority, projects=[project]), terms, actor, now)
        asked = {"project": project["no"], "type": CODES[APPROVAL_DECIDED], "limit": _DECISIONS, "bytes": _BYTES}
        start = 0
        while True:
            (rows,) = await self._reader.ask((statements.TRIAL, {**asked, "start": start}))
            await self._try(trial, rows)
            if is_last(rows, _DECISIONS, _BYTES):
                return trial.outcome()
            start = rows[-1][0]

    async def _try(self, trial: GrantTrial, rows: Rows) -> None:
        """Look at some decisions. Where the trial asks for a task as it was, all of the rest are read at once."""
        done = await made_of(rows, lambda: _tried(trial, rows, {}))
        if rest := rows[done:]:
            tasks = await self._tasks_then(rest)
            await made_of(rest, lambda: _tried(trial, rest, tasks))

    async def _tasks_then(self, rows: Rows) -> dict[int, TaskThen]:
        """Return the tasks of some decisions as they were when it was asked, by the place of the request."""
        wanted = sorted((row[2], row[5]) for row in rows if row[2] is not None)
        tasks: dict[int, TaskThen] = {}
        while wanted:
            places, numbers = zip(*wanted, strict=True)
            asked = {"tasks": list(numbers), "places": list(places), "created": CODES["TASK_CREATED"]}
            (found,) = await self._reader.ask((statements.TASKS_THEN, {**asked, "bytes": PAGE_BYTES}))
            for place, number, name, entered, at in await made_of(found, partial(_entries, found)):
                step = entered
                if step is None:  # the event only looked as if it entered one
                    entry = await entry_before(self._reader, number, at or place)
                    step = entry[1] if entry else ""
                tasks[place] = (name, step)
            wanted = [(place, task) for place, task in wanted if found and place > found[-1][0]]
        return tasks


def _entries(rows: Rows) -> list[tuple[int, int, str, str | None, int | None]]:
    """Return of each task the place that was asked for, number, name, the step that an event entered, and its place."""
    entries = []
    for place, doc, body, hash_, at in rows:
        task = orjson.loads(doc)
        step = entered_step(event_of((body, hash_), at)) if body is not None else None
        entries.append((place, task["no"], task["name"], step, at))
    return entries


def _tried(trial: GrantTrial, rows: Rows, tasks: Mapping[int, TaskThen]) -> int:
    """Let a trial look at decisions; return how many it took before it asked for a task that is not among `tasks`."""
    for number, (seq, body, asked, request, hash_, _) in enumerate(rows):
        decided = trial.decision(body)
        if decided is None or asked is None or not seq_of(decided.in_response_to) == asked < seq:
            continue
        try:
            trial.take(decided, request, hash_.hex(), partial(_task_in, tasks, asked))
        except _TaskNotRead:
            return number
    return len(rows)


def _task_in(tasks: Mapping[int, TaskThen], place: int) -> TaskThen:
    try:
        return tasks[place]
    except KeyError:
        raise _TaskNotRead from None
