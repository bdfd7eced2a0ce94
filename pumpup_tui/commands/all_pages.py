"""All pages of a list, as one: of the inbox, and of a timeline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event, InboxItem, Page
    from pumpup_tui.backend.timeline_query import Query

T = TypeVar("T")

_PAGE_SIZE = 500


async def read_pages(read: Callable[[str | None, int], Awaitable[Page[T]]], limit: int | None = None) -> Page[T]:
    """Return the items of all pages in one page, whose cursor is the last page's.

    Args:
        read: Returns the page of at most so many items behind a cursor.
        limit: The number of items to read at most; None for all.

    Raises:
        ApiError: the backend could not be read.
    """
    from api_client.models import Page

    items: list[T] = []
    cursor: str | None = None
    while True:
        size = _PAGE_SIZE if limit is None else min(_PAGE_SIZE, limit - len(items))
        page = await read(cursor, size)
        items += page.items
        cursor = page.next_cursor or cursor
        if page.is_last(size) or len(items) == limit:
            return Page(items=tuple(items), next_cursor=cursor)


async def read_inbox(backend: Backend, project_id: str | None = None, limit: int | None = None) -> Page[InboxItem]:
    """Return the open requests, oldest first.

    Raises:
        ApiError: the backend could not be read.
    """
    return await read_pages(lambda cursor, size: backend.inbox(project_id=project_id, cursor=cursor, limit=size), limit)


async def latest_events(backend: Backend, query: Query, count: int) -> list[Event]:
    """Return the last `count` events of a timeline, oldest first.

    Raises:
        ApiError: the backend could not be read.
    """

    def read(cursor: str | None, size: int) -> Awaitable[Page[Event]]:
        return backend.events(
            task_id=query.task_id,
            project_id=query.project_id,
            types=query.types,
            order="desc",
            cursor=cursor,
            limit=size,
            only=query.only,
        )

    return list((await read_pages(read, count)).items[::-1])


async def all_events(backend: Backend, query: Query) -> AsyncIterator[Event]:
    """Yield the events of a timeline in the query's order.

    Raises:
        ApiError: the backend could not be read.
    """
    from pumpup_tui.backend.timeline_scan import Timeline

    async for _, events in Timeline(backend, query).all():
        for event in events:
            yield event
