"""Pages of settled requests of a workspace: each settlement comes with its request, in one round trip for a page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from api_client.models import Page
from api_client.settled import SETTLING, SettledQuery, SettledRequest, settled_request
from api_client.times import wire_time
from store.core import read_models
from store.core.cursors import cursor_at, seq_at
from store.core.event_types import CODES
from store.core.paging import PAGE_BYTES, checked_limit
from store.core.settled_pages import pick
from store.postgres import statements
from store.postgres.connections import storable
from store.postgres.database_reader import place_of
from store.postgres.lookup import LAST_SEQ
from store.postgres.pooled import ReadPool, Rows

_CODES = sorted(CODES[name] for name in SETTLING)


class SettledRows:
    """The settled requests of one workspace."""

    def __init__(self, pool: ReadPool, workspace: int) -> None:
        self._pool, self._workspace = pool, workspace

    async def page(self, query: SettledQuery) -> Page[SettledRequest]:
        """Return a page of the requests that were settled."""
        after = await self._checked_place(query)
        start, limit = await self._start_of(query, after), checked_limit(query.limit)
        asked = {"start": start, "types": _CODES, "project": query.project_id, "limit": limit, "bytes": PAGE_BYTES}
        rows = await self._ask(statements.settled(query.order, of_project=query.project_id is not None), **asked)
        return await asyncio.to_thread(_page, query, rows, limit)

    async def _ask(self, statement: bytes, **values: Any) -> Rows:
        (rows,) = await self._pool.ask((statement, {"ws": self._workspace, **values}))
        return rows

    async def _checked_place(self, query: SettledQuery) -> int:
        """Return the seq of the cursor, 0 without one, having checked that there is such a project."""
        project_id = query.project_id
        if project_id is not None:
            found = await self._ask(statements.PROJECT, id=project_id) if storable(project_id) else []
            if not found:
                raise read_models.not_found("projects", project_id)
        if query.cursor is None:
            return 0
        rows = await self._ask(statements.HASH_AT, place=place_of(query.cursor))
        hash_, last = rows[0] if rows else (b"", 0)
        return seq_at(query.scope, query.cursor, last=last, hash_of=lambda _: hash_.hex())

    async def _start_of(self, query: SettledQuery, after: int) -> int:
        """Return the seq behind which, in the query's order, the page begins."""
        if query.order == "asc":
            since = await self._first_since(query.since) - 1 if query.since and not after else 0
            return max(after, since)
        until = await self._first_since(query.until) if query.until else LAST_SEQ
        return min(after or LAST_SEQ, until)

    async def _first_since(self, moment: datetime) -> int:
        """Return the seq of the first event at a moment or later, behind the last where there is none.

        The times are in the events' JSON alone: each step of the search is a round trip, twenty for a million.
        """
        (head,) = await self._ask(statements.HEAD) or [(0, 0, b"")]
        low, high, text = 1, head[0] + 1, wire_time(moment)
        while low < high:
            middle = (low + high) // 2
            rows = await self._ask(statements.BODY_AT, place=middle)
            is_before = bool(rows) and str(orjson.loads(rows[0][0]).get("timestamp")) < text
            low, high = (middle + 1, high) if is_before else (low, middle)
        return low


def _page(query: SettledQuery, rows: Rows, limit: int) -> Page[SettledRequest]:
    picked = pick(query, _settled(rows), limit)
    if not picked.looked:
        return Page(items=(), next_cursor=query.cursor)
    hashes = {row[0]: row[2] for row in rows}
    cursor = cursor_at(query.scope, picked.looked, hashes[picked.looked].hex())
    return Page(items=tuple(picked.rows), next_cursor=cursor, more=_more(picked.is_past, rows, picked.rows, limit))


def _settled(rows: Rows) -> Iterator[tuple[int, SettledRequest | None]]:
    for seq, body, _, request in rows:
        yield seq, _row(body, request)


def _row(body: bytes, request: bytes | None) -> SettledRequest | None:
    return settled_request(body, lambda _: request)  # joined by the place that was stored as settled


def _more(is_past: bool, rows: Rows, picked: list[SettledRequest], limit: int) -> bool | None:
    """Return True where the page has fewer rows than were asked for, and the list may go on behind it."""
    is_cut = len(rows) == limit or sum(len(row[1]) + len(row[3] or b"") for row in rows) > PAGE_BYTES
    return True if is_cut and not is_past and len(picked) < limit else None
