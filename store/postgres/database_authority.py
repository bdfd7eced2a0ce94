"""Reads of a workspace's policies, grants, pauses and escalated tasks."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from datetime import datetime
from functools import partial

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
from store.postgres.database_reader import DatabaseReader, is_last, made_of
from store.postgres.found_page import RowDocuments
from store.postgres.loaded_view import event_of
from store.postgres.pooled import Rows

_DECISIONS = 5_000
"""Decisions that one trip brings with their requests."""
_BYTES = 4 * PAGE_BYTES
TASKS_REMEMBERED = 100_000
"""Tasks whose steps a trial remembers."""


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
        head, _ = await self._reader.head()
        tasks = _TasksThen(self._reader, head)
        asked = {"project": project["no"], "type": CODES[APPROVAL_DECIDED], "limit": _DECISIONS, "bytes": _BYTES}

        async def behind(rows: Rows) -> Rows:
            if rows and is_last(rows, _DECISIONS, _BYTES):
                return []
            (found,) = await self._reader.ask((statements.TRIAL, {**asked, "start": rows[-1][0] if rows else 0}))
            return found

        rows = await behind([])
        while rows:  # the database looks for the next ones meanwhile
            _, rows = await asyncio.gather(self._try(trial, rows, tasks), behind(rows))
        return trial.outcome()

    async def _try(self, trial: GrantTrial, rows: Rows, tasks: _TasksThen) -> None:
        """Look at some decisions. Where the trial asks for a task as it was, those of all the rest are read at once."""
        done = await made_of(rows, lambda: _tried(trial, rows, tasks))
        if rest := rows[done:]:
            await tasks.read({row[5] for row in rest if row[2] is not None})
            await made_of(rest, lambda: _tried(trial, rest, tasks))


class _TasksThen:
    """The tasks of a project as they were when something was asked, each read once."""

    def __init__(self, reader: DatabaseReader, until: int) -> None:
        """Look at no event after `until`."""
        self._reader, self._until = reader, until
        self._entries: dict[int, tuple[str, array[int], list[str]]] = {}
        """By the number of a task: its name, and the places at which it entered steps, with these."""

    async def read(self, tasks: set[int]) -> None:
        """Read some tasks that were not read yet."""
        if len(self._entries) >= TASKS_REMEMBERED:
            self._entries.clear()
        unread = sorted(tasks - self._entries.keys())
        self._entries.update((task, ("", array("Q"), [])) for task in unread)
        asked = {"tasks": unread, "until": self._until, "created": CODES["TASK_CREATED"], "bytes": PAGE_BYTES}
        start = 0
        while unread:
            (rows,) = await self._reader.ask((statements.ENTRIES, {**asked, "start": start}))
            await made_of(rows, partial(self._take, rows))
            if is_last(rows, len(rows) + 1):
                break
            start = rows[-1][0]

    def _take(self, rows: Rows) -> None:
        for seq, task, body, hash_ in rows:
            event = event_of((body, hash_), seq)
            _, places, steps = self._entries[task]
            if event["eventType"] == "TASK_CREATED":
                self._entries[task] = event["payload"]["name"], places, steps
            if step := entered_step(event):  # an event may only look as if it entered one
                places.append(seq)
                steps.append(step)

    def then(self, task: int, asked: int) -> tuple[str, str]:
        """Return the name of a task, and the step that it was in when the request at the place `asked` was asked.

        Raises:
            _TaskNotRead: it was not read.
        """
        try:
            name, places, steps = self._entries[task]
        except KeyError:
            raise _TaskNotRead from None
        at = bisect_left(places, asked)
        return name, steps[at - 1] if at else ""


def _tried(trial: GrantTrial, rows: Rows, tasks: _TasksThen) -> int:
    """Let a trial look at decisions; return how many it took before it asked for a task that was not read."""
    for number, (seq, body, asked, request, hash_, task) in enumerate(rows):
        decided = trial.decision(body)
        if decided is None or asked is None or not seq_of(decided.in_response_to) == asked < seq:
            continue
        try:
            trial.take(decided, request, hash_.hex(), partial(tasks.then, task, asked))
        except _TaskNotRead:
            return number
    return len(rows)
