"""Finds what a workspace's policies and grants set a time for (CONTRACT.md part 4): expiry of requests, ends of grants.

Any server may run this, several at once too (see `due_timeouts`). Only projects with a policy that lets requests expire
are looked at, and of each request its time is found once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

import orjson

from api_client.commands import Command, Expire
from api_client.times import Clock
from store.core.authority_watch import AuthorityWatch, ExpirySchedule
from store.core.event_ids import seq_of
from store.core.expiry_rules import expiry_of
from store.core.paging import PAGE_BYTES
from store.core.request_case import case_in
from store.core.state_view import Doc
from store.postgres import statements
from store.postgres.database_reader import DatabaseReader, made_of
from store.postgres.found_page import RowDocuments
from store.postgres.loaded_view import event_of
from store.postgres.pooled import Rows

_LOOKED_AT = 200
"""Requests of a project that one look reads."""


class DueExpiries:
    """The looks at one workspace."""

    def __init__(self, reader: DatabaseReader, clock: Clock) -> None:
        self._reader, self._clock = reader, clock
        self._watch = AuthorityWatch()
        self._seen: dict[str, int] = {}
        """By project: the events up to this seq were searched for moved tasks."""
        self.has_more = False
        """Whether the last look left requests for the next one."""

    async def due(self, docs: Mapping[str, Doc]) -> list[Command]:
        """Return some commands of the platform that are due; `docs` are the documents of authority as they are now."""
        if not docs:
            return []
        self._watch.update(docs)
        now, self.has_more = self._clock(), False
        schedules = self._watch.schedules
        depends_on_step = any(schedule.depends_on_step for schedule in schedules.values())
        head = (await self._reader.head())[0] if depends_on_step else 0
        for project_id, schedule in schedules.items():
            project = await self._reader.project_doc(project_id)
            if schedule.depends_on_step:
                await self._look_at_moved(docs, project, schedule, head)
            if now >= schedule.next_look:
                await self._look_at_new(docs, project, schedule, now)
        return await self._still_open(self._watch.due(docs, now))

    async def _still_open(self, commands: list[Command]) -> list[Command]:
        """Return the commands without those on requests that were settled meanwhile, which are dropped."""
        places = [seq_of(command.request_id) for command in commands if isinstance(command, Expire)]
        (rows,) = await self._reader.ask((statements.OPEN_AMONG, {"places": places})) if places else ([],)
        still_open, left = {seq for (seq,) in rows}, list[Command]()
        for command in commands:
            if isinstance(command, Expire) and seq_of(command.request_id) not in still_open:
                self._watch.drop(command.request_id)
            else:
                left.append(command)
        return left

    async def _look_at_new(
        self, docs: Mapping[str, Doc], project: Doc, schedule: ExpirySchedule, now: datetime
    ) -> None:
        """Look at the requests behind the last one that was looked at, up to the first that is too young."""
        asked = {"project": project["no"], "start": schedule.looked_to, "limit": _LOOKED_AT}
        (rows,) = await self._reader.ask((statements.ASKED_AFTER, asked))
        places: list[int] = []
        for seq, requested_at in rows:
            if not schedule.is_old_enough(requested_at, now):
                break
            places.append(seq)
        await self._look_at(docs, project, schedule, places)
        if places:
            schedule.looked_to = places[-1]
        if len(places) == _LOOKED_AT:
            self.has_more = True
        elif len(places) == len(rows):
            schedule.looked_at_all(now)

    async def _look_at_moved(self, docs: Mapping[str, Doc], project: Doc, schedule: ExpirySchedule, head: int) -> None:
        """Look again at the requests of tasks that have moved since the last look, up to the event `head`."""
        start = self._seen.get(project["id"], head)
        if head != start:
            asked = {"project": project["no"], "start": start}
            (rows,) = await self._reader.ask((statements.MOVED_SINCE, asked))
            await self._look_at(docs, project, schedule, [seq for (seq,) in rows])
        self._seen[project["id"]] = head

    async def _look_at(
        self, docs: Mapping[str, Doc], project: Doc, schedule: ExpirySchedule, places: list[int]
    ) -> None:
        """Find when requests expire under the policy in force, each in the step that its task is in."""
        while places:
            (rows,) = await self._reader.ask((statements.REQUESTS_AT, {"places": places, "bytes": PAGE_BYTES}))
            found = await made_of(rows, partial(_expiries_of, docs, project, rows))
            for request_id, moment in found:
                schedule.due.set(request_id, moment)
            places = [place for place in places if rows and place > rows[-1][0]]


def _expiries_of(docs: Mapping[str, Doc], project: Doc, rows: Rows) -> list[tuple[str, datetime | None]]:
    """Return the id of each request, and when it expires."""
    found: list[tuple[str, datetime | None]] = []
    requests, tasks = [orjson.loads(row[1]) for row in rows], [orjson.loads(row[2]) for row in rows]
    lookup = RowDocuments(authority=docs, projects=[project], tasks=tasks, requests=requests)
    for seq, _, _, body, hash_ in rows:
        event = event_of((body, hash_), seq)
        expiry = expiry_of(lookup, project["id"], case_in(lookup, event))
        found.append((event["id"], expiry.at if expiry is not None else None))
    return found
