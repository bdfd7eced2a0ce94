"""A workspace as it was: boards out of the last entries of its tasks into a step, tasks out of their own events."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import orjson

from api_client.models import APPROVAL_REQUESTED, ELICITATION_REQUESTED, Board, Card, Page, TaskDetail
from store.core import read_models
from store.core.cursors import cursor_at
from store.core.event_types import CODES
from store.core.paging import PAGE_BYTES, checked_limit
from store.core.past import PastBoard, PastBoards, PastCards, PastTask, moment_of, no_event
from store.core.state_view import Doc
from store.core.step_codes import entered_step
from store.postgres import statements
from store.postgres.database_reader import DatabaseReader, is_last
from store.postgres.database_timelines import DatabaseTimelines
from store.postgres.loaded_view import event_of
from store.postgres.pooled import Rows

_TASKS = 10_000
"""Tasks that one trip brings with the event that entered their step, …"""
_EVENTS = 500
"""… and events of a task."""
_REQUESTS = [CODES[APPROVAL_REQUESTED], CODES[ELICITATION_REQUESTED]]


class DatabaseHistory:
    """Reads of one workspace as of earlier moments."""

    def __init__(self, reader: DatabaseReader, timelines: DatabaseTimelines) -> None:
        self._reader, self._timelines = reader, timelines
        self._boards = PastBoards()

    async def task(self, task_id: str, at: str) -> TaskDetail:
        """Return a task and its open requests as they were."""
        until = await self._seq_at(at)
        return (await self._folded(await self._reader.task_doc(task_id), until)).detail()

    async def board(self, project_id: str, at: str) -> Board:
        """Return a project's columns as they were."""
        past = await self._past(project_id, await self._seq_at(at))
        oldest = past.oldest()
        (rows,) = await self._reader.ask((statements.BODIES_AT, {"places": list(oldest.values())}))
        times = {seq: str(orjson.loads(body)["timestamp"]) for seq, body in rows}
        return past.board({step: times[seq] for step, seq in oldest.items()})

    async def cards(self, project_id: str, step: str, cursor: str | None, limit: int, at: str) -> Page[Card]:
        """Return a page of one column as it was."""
        until, scope = await self._seq_at(at), ("cards", project_id, step, at)
        past = await self._past(project_id, until)
        read_models.check_step(past.project, step)
        entries = past.after(step, await self._reader.place(scope, cursor))
        cards = PastCards(checked_limit(limit), entries)
        for seq in entries:
            (rows,) = await self._reader.ask((statements.TASK_OF, {"seq": seq}))
            if not cards.add(seq, await self._folded(orjson.loads(rows[0][0]), until)):
                break
        return cards.page(await self._cursor(scope, cards.last) if cards.last else cursor)

    async def _cursor(self, scope: tuple[str, ...], seq: int) -> str:
        (rows,) = await self._reader.ask((statements.HASH_AT, {"place": seq}))
        return cursor_at(scope, seq, rows[0][0].hex())

    async def _seq_at(self, at: str) -> int:
        """Return the last event of the moment that `at` names."""
        moment = moment_of(at)
        if moment is not None:
            return await self._timelines.events_before(moment + timedelta(microseconds=1))
        event = await self._timelines.event(at)
        if event is None:
            raise no_event(at)
        return int(event["seq"])

    async def _folded(self, task: Doc, until: int) -> PastTask:
        """Return a task with its events up to `until`."""
        past = PastTask(task["id"], await self._reader.project_doc(task["projectId"]))
        statement = statements.events("asc", of_task=True, of_project=False, of_types=False, of_span=True)
        asked = {"task": task["id"], "after": 0, "until": until, "limit": _EVENTS, "bytes": 2 * PAGE_BYTES}
        last = 0
        while True:
            (rows,) = await self._reader.ask((statement, {**asked, "start": last}))
            await asyncio.to_thread(lambda rows: past.fold([event_of(row[1:3], row[0]) for row in rows]), rows)
            if is_last(rows, _EVENTS):
                return past
            last = rows[-1][0]

    async def _past(self, project_id: str, until: int) -> PastBoard:
        known = self._boards.get(project_id, until)
        if known is None:
            known = await self._made(await self._reader.project_doc(project_id), until)
            self._boards.add(project_id, until, known)
        return known

    async def _made(self, project: Doc, until: int) -> PastBoard:
        asked = {"project": project["no"], "until": until}
        (waiting,) = await self._reader.ask((statements.OPEN_THEN, {**asked, "types": _REQUESTS}))
        past = PastBoard(project, {task for (task,) in waiting})
        more: dict[str, Any] = {"created": CODES["TASK_CREATED"], "limit": _TASKS, "bytes": 2 * PAGE_BYTES}
        last = 0
        while True:
            (rows,) = await self._reader.ask((statements.ENTERED, {**asked, **more, "no": last}))
            for task, at in await asyncio.to_thread(_place, past, rows, until):
                if (entry := await entry_before(self._reader, task, at)) is not None:
                    past.put(task, *entry)
            if is_last(rows, _TASKS):
                break
            last = rows[-1][0]
        past.sort()
        return past


async def entry_before(reader: DatabaseReader, task: int, start: int) -> tuple[int, str] | None:
    """Return the last event of a task before `start` that entered a step, and the step; None where there is none.

    All of the task's events are read for it, the newest first.
    """
    while True:
        (rows,) = await reader.ask((statements.EVENTS_BEFORE, {"task": task, "start": start, "limit": 100}))
        for seq, body, hash_ in rows:
            if name := entered_step(event_of((body, hash_), seq)):
                return seq, name
        if not rows:
            return None
        start = rows[-1][0]


def _place(past: PastBoard, rows: Rows, until: int) -> list[tuple[int, int]]:
    """Put tasks into the steps that they were in; return those with the event that does not say it, after all."""
    unsaid = []
    for task, step, step_seq, at, body, hash_ in rows:
        if step_seq <= until:
            past.put(task, step_seq, step)
        elif body is not None:
            name = entered_step(event_of((body, hash_), at))
            if name is None:
                unsaid.append((task, at))
            else:
                past.put(task, at, name)
    return unsaid
