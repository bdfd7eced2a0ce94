"""The reads that figures are made of, page by page: a range's settled requests, newest first, and the open ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import InboxItem
    from api_client.settled import SettledQuery, SettledRequest
    from pumpup_tui.insights.ranges import Range

PAGE = 500


class SettledReader:
    """Reads the requests that were settled in a range, then what is settled from then on."""

    def __init__(self, chosen: Range, project_id: str | None) -> None:
        self._range, self._project_id = chosen, project_id
        self._newest: str | None = None
        """The cursor of the newest one that was read."""

    async def pages(self, backend: Backend) -> AsyncIterator[Sequence[SettledRequest]]:
        """Yield the requests that were settled in the range, then those that were settled after it.

        The later ones say which of the range's requests were open at its end.

        Raises:
            ApiError: the backend could not be read.
        """
        chosen = self._range
        if chosen.until is not None:
            async for rows in self._walk(backend, self._query(chosen.since, chosen.until)):
                yield rows
        last = self._query(chosen.until or chosen.since, None)
        # What is settled meanwhile is behind this row, for `news`.
        first = await backend.settled(last._replace(limit=1))
        self._newest = first.next_cursor
        yield first.items
        if first.items:
            async for rows in self._walk(backend, last._replace(cursor=first.next_cursor)):
                yield rows

    async def news(self, backend: Backend) -> AsyncIterator[Sequence[SettledRequest]]:
        """Yield what was settled since, oldest first.

        Raises:
            ApiError: the backend could not be read.
        """
        since = self._query(self._range.until or self._range.since, None)
        query = since._replace(order="asc", cursor=self._newest)
        async for rows, cursor in _settled_pages(backend, query):
            self._newest = cursor
            yield rows

    async def _walk(self, backend: Backend, query: SettledQuery) -> AsyncIterator[Sequence[SettledRequest]]:
        async for rows, _ in _settled_pages(backend, query):
            yield rows

    def _query(self, since: datetime | None, until: datetime | None) -> SettledQuery:
        # With the first figures: no other screen waits for these models.
        from api_client.settled import SettledQuery

        return SettledQuery(self._project_id, since, until, order="desc", limit=PAGE)


async def _settled_pages(
    backend: Backend, query: SettledQuery
) -> AsyncIterator[tuple[Sequence[SettledRequest], str | None]]:
    is_last = False
    while not is_last:
        page = await backend.settled(query)
        query, is_last = query._replace(cursor=page.next_cursor), page.is_last(PAGE)
        yield page.items, page.next_cursor


class OpenReader:
    """Reads the open requests, oldest first, then those that are asked from then on."""

    def __init__(self, project_id: str | None) -> None:
        self._project_id = project_id
        self._cursor: str | None = None

    async def pages(self, backend: Backend) -> AsyncIterator[Sequence[InboxItem]]:
        """Yield those that were not read yet.

        Raises:
            ApiError: the backend could not be read.
        """
        is_last = False
        while not is_last:
            page = await backend.inbox(project_id=self._project_id, cursor=self._cursor, limit=PAGE)
            self._cursor, is_last = page.next_cursor, page.is_last(PAGE)
            yield page.items
