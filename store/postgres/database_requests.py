"""Reads of the requests of a workspace: the inbox, and each by itself, with what its project's policy says of it."""

from __future__ import annotations

from typing import Any

import orjson

from api_client.actor import Actor
from api_client.deeds import Deeds
from api_client.models import (
    APPROVAL_DECIDED,
    APPROVAL_REQUESTED,
    ELICITATION_REQUESTED,
    InboxItem,
    Page,
    RequestDetail,
)
from store.core import read_models, wire_objects
from store.core.event_ids import seq_of
from store.core.paging import PAGE_BYTES
from store.core.read_models import has_policy
from store.core.request_standing import standing_of
from store.core.state_view import Doc
from store.postgres import statements
from store.postgres.connections import storable
from store.postgres.database_reader import DatabaseReader, made_of, request_in
from store.postgres.found_page import RowDocuments
from store.postgres.loaded_view import event_of
from store.postgres.lookup import LAST_SEQ


class DatabaseRequests:
    """The requests of one workspace, as each caller sees them."""

    def __init__(self, reader: DatabaseReader) -> None:
        self._reader = reader

    async def inbox(
        self, project_id: str | None, cursor: str | None, limit: int, actor: Actor, *, context: bool = False
    ) -> Page[InboxItem]:
        """Return a page of the open requests, as `actor` sees them, with their context where that is asked for.

        Those that a version before the context's stored have none.
        """
        statement = statements.inbox(of_project=project_id is not None)
        scope = ("inbox", project_id or "")
        if project_id is not None and not storable(project_id):
            project_id = ""
        page = await self._reader.page_after(scope, cursor, limit, statement, authority=True, id=project_id)
        found = await made_of(page.rows, lambda: [(row[0], *map(orjson.loads, row[1:3])) for row in page.rows])
        projects = await self._reader.projects_of(task for _, _, task in found)
        tasks, requests = [task for _, _, task in found], [request for _, request, _ in found]
        docs = RowDocuments(authority=page.authority, tasks=tasks, projects=projects, requests=requests)
        standings = await self._standings(docs, requests, actor)

        def item(row: tuple[Any, ...]) -> dict[str, Any]:
            _, request, _ = row
            made = wire_objects.inbox_item(docs, request, context=context)
            return made | standings.get(request["requestId"], {})

        found_page = page._replace(rows=found)
        return await made_of(page.rows, lambda: found_page.of(InboxItem, item, lambda row: str(row[1]["hash"])))

    async def _standings(self, docs: RowDocuments, requests: list[Doc], actor: Actor) -> dict[str, dict[str, Any]]:
        """Return what policies add to requests; their events are read for it, and those of no others."""
        standings: dict[str, dict[str, Any]] = {}
        places = sorted(request["seq"] for request in requests if has_policy(docs, request["projectId"]))
        while places:
            (rows,) = await self._reader.ask((statements.EVENTS_AT, {"places": places, "bytes": PAGE_BYTES}))

            def made(rows: list[tuple[Any, ...]] = rows) -> dict[str, dict[str, Any]]:
                events = (event_of((body, hash_), seq) for seq, body, hash_ in rows)
                return {event["id"]: standing_of(docs, event, actor) for event in events}

            standings |= await made_of(rows, made)
            places = [place for place in places if rows and place > rows[-1][0]]
        return standings

    async def request(self, request_id: str, actor: Actor) -> RequestDetail:
        """Return all that a reviewer is shown of a request, as `actor` sees it."""
        seq = seq_of(request_id)
        asked = (statements.REQUEST, {"seq": seq if seq < LAST_SEQ else 0})
        authority, (rows,) = await self._reader.with_authority(asked)
        row = request_in(rows, request_id, (APPROVAL_REQUESTED, ELICITATION_REQUESTED))
        event, settled = event_of(row[:2]), event_of(row[2:4]) if row[2] else None
        task, project = orjson.loads(row[4]), orjson.loads(row[5])
        standing = read_models.NO_STANDING
        if row[6] is not None:
            requests = [orjson.loads(row[6])]
            docs = RowDocuments(authority=authority, tasks=[task], projects=[project], requests=requests)
            standing = standing_of(docs, event, actor)
        deeds = await self._deeds(settled["seq"]) if settled and settled["eventType"] == APPROVAL_DECIDED else None
        return read_models.request_detail(event, settled, task, project, standing, deeds=deeds)

    async def _deeds(self, place: int) -> Deeds | None:
        from store.postgres.deed_rows import request_deeds  # with the first approval that is decided

        return await request_deeds(self._reader, place)
