"""Pages of a workspace's timelines, and the places of times in its record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from api_client.backend import PAGE_MAX
from api_client.models import Event, Page
from api_client.times import wire_time
from api_client.wire import read
from store.core.cursors import cursor_at
from store.core.event_ids import seq_of
from store.core.event_shapes import is_time
from store.core.event_types import CODES, OFF_TIMELINE_CODES
from store.core.paging import checked_limit
from store.core.past import EVENT_ID
from store.core.state_view import Doc
from store.core.timeline_pages import TimelineAsked, no_place, passes, pick
from store.postgres import statements
from store.postgres.database_reader import DatabaseReader, is_last, made_of
from store.postgres.found_page import FoundPage
from store.postgres.loaded_view import event_of
from store.postgres.lookup import LAST_SEQ
from store.postgres.pooled import Rows

if TYPE_CHECKING:
    from store.core.deed_search import DeedCheck

_OFF = sorted(OFF_TIMELINE_CODES)
_WAYS = 8
"""Parts into which one trip divides what is searched: a million events take seven trips."""


class DatabaseTimelines:
    """The timelines of one workspace."""

    def __init__(self, reader: DatabaseReader) -> None:
        self._reader = reader

    async def page(self, asked: TimelineAsked) -> Page[Event]:
        """Return a page of a timeline.

        Raises:
            NotFound: there is no such task or project.
            InvalidRequest: the cursor is another list's.
        """
        project = None if asked.project_id is None else await self._reader.project_doc(asked.project_id)
        task = None if asked.task_id is None else await self._reader.task_doc(asked.task_id)
        cursor = await self._cursor(asked)
        wanted = asked.wanted
        codes = sorted({CODES[name] for name in wanted or () if name in CODES})
        is_of_types = bool(asked.types) or asked.only.is_of_decisions
        found = await self._found(asked, cursor, codes, is_of_types=is_of_types)
        if wanted is None or (task and project and task["projectId"] != project["id"]):
            found = found._replace(rows=[], cursor=asked.cursor)
        if asked.only.deed:
            return await self._with_deeds(asked, found)
        if asked.only.is_of_decisions:
            return await made_of(found.rows, lambda: _picked(asked, found))

        return await made_of(found.rows, lambda: _whole(found._replace(cursor=asked.cursor)))

    async def _with_deeds(self, asked: TimelineAsked, found: FoundPage) -> Page[Event]:
        """Return the page of those found whose deeds fit: up to the first one for which not all of them were read."""
        from store.core.deed_search import DeedCheck
        from store.postgres.deed_rows import CHECKED_MOST, RowTrails, trails_of

        able = await made_of(
            found.rows, lambda: [row[0] for row in found.rows if passes(asked.only, orjson.loads(row[1]))]
        )
        trails = await trails_of(self._reader, able[:CHECKED_MOST])
        unread = next((place for place in able if place not in trails), None)
        places = [row[0] for row in found.rows]
        taken = found.rows if unread is None else found.rows[: places.index(unread)]
        check = DeedCheck(asked.only.deed, RowTrails(trails))
        return await made_of(taken, lambda: _picked(asked, found, taken, check))

    async def _found(
        self, asked: TimelineAsked, cursor: str | None, codes: list[int], *, is_of_types: bool
    ) -> FoundPage:
        only = asked.only
        is_span = only.since is not None or only.until is not None
        values: dict[str, Any] = {"task": asked.task_id, "project": asked.project_id, "types": codes, "off": _OFF}
        if is_span:
            values["after"] = await self.events_before(only.since) if only.since else 0
            values["until"] = await self.events_before(only.until) if only.until else LAST_SEQ
        if cursor is None:
            values["start"] = 0 if asked.order == "asc" else LAST_SEQ
        statement = statements.events(
            asked.order,
            of_task=asked.task_id is not None,
            of_project=asked.project_id is not None,
            of_types=is_of_types,
            of_span=is_span,
        )
        limit = PAGE_MAX if only.is_of_decisions else asked.limit
        checked_limit(asked.limit)
        return await self._reader.page_after(asked.scope, cursor, limit, statement, **values)

    async def _cursor(self, asked: TimelineAsked) -> str | None:
        """Return the cursor of a page, made of the event where the caller named one."""
        cursor = asked.cursor
        if cursor is None or not cursor.startswith(EVENT_ID):
            return cursor
        event = await self.event(cursor)
        if event is None:
            raise no_place(cursor)
        return cursor_at(asked.scope, event["seq"], event["hash"])

    async def event(self, event_id: str) -> Doc | None:
        """Return the event with this id, None where there is none."""
        seq = seq_of(event_id)
        (rows,) = await self._reader.ask((statements.EVENT_AT, {"seq": seq}))
        event = event_of(rows[0], seq) if rows else None
        return event if event is not None and event["id"] == event_id else None

    async def events_before(self, moment: datetime) -> int:
        """Return how many events come before the first one that is at or after `moment`."""
        wanted, low, high = wire_time(moment), 0, (await self._reader.head())[0]
        while low < high:
            places = sorted({low + 1 + (high - low - 1) * part // _WAYS for part in range(_WAYS)} | {high})
            (rows,) = await self._reader.ask((statements.BODIES_AT, {"places": places}))
            times = {seq: orjson.loads(body).get("timestamp") for seq, body in rows}
            before = [seq for seq in places if is_time(at := times.get(seq)) and at < wanted]
            low = max(before, default=low)
            high = min((seq - 1 for seq in places if seq > low and is_time(times.get(seq))), default=low)
        return low


def _whole(found: FoundPage) -> Page[Event]:
    """Return the page of all events that were found."""

    def event(row: tuple[Any, ...]) -> Doc:
        return event_of(row[1:3], row[0])

    page: Page[Event] = found.of(Event, event, lambda row: row[2].hex(), lambda row: len(row[1]))
    return page


def _picked(
    asked: TimelineAsked, found: FoundPage, taken: Rows | None = None, deeds: DeedCheck | None = None
) -> Page[Event]:
    """Return the page of the events among those found, or those `taken` of them, that pass the filter."""
    rows = {row[0]: row for row in (found.rows if taken is None else taken)}
    limit = checked_limit(asked.limit)

    def event_at(seq: int) -> dict[str, Any]:
        return dict(event_of(rows[seq][1:3], seq))

    picked = pick(asked.only, rows, limit, lambda seq: bytes(rows[seq][1]), event_at, deeds=deeds)
    is_end = picked.last == (found.rows[-1][0] if found.rows else 0) and is_last(found.rows, PAGE_MAX)
    more = picked.more if is_end or len(picked.events) >= limit else True
    cursor = cursor_at(asked.scope, picked.last, rows[picked.last][2].hex()) if picked.last else asked.cursor
    return read(Page[Event], {"items": picked.events, "nextCursor": cursor, "more": more})
