"""The inbox's calls: its pages, one by one or to the end, and a project's decisions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from api_client.errors import ApiError
from api_client.settled import SettledQuery
from pumpup_tui.decisions.precedents import DECIDED
from pumpup_tui.inbox.messages import InboxPage, PrecedentsPage, SettledToday

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import InboxItem, Page
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId

_WHAT = "the inbox"
PAGE, LONG_PAGE = 100, 500
"""Requests of a page that the reader waits for, and of one that is loaded on the way to the end."""
DONE_PAGES = 4
"""Pages of today's decisions that are counted."""


class InboxReads:
    """Reads of the open requests; a later one of a kind cancels the one before."""

    def __init__(self, calls: BackendCalls) -> None:
        self._calls = calls

    def first(self, to: MessagePump, project_id: str | None, prepare: Callable[[], Awaitable[None]]) -> CallId:
        """Read the first page, after what `prepare` reads of the reviewer's own."""

        async def call(backend: Backend) -> InboxPage:
            await prepare()
            page = await backend.inbox(project_id=project_id, limit=PAGE)
            return InboxPage(_short(page), first=True, last=page.is_last(PAGE))

        return self._calls.ask(to, _WHAT, call, group="inbox")

    def done_today(self, to: MessagePump, project_id: str | None, reviewer: str, since: datetime) -> CallId:
        """Read what was settled since `since`; a failure is not reported, for it is optional."""

        async def call(backend: Backend) -> SettledToday:
            from pumpup_tui.inbox.empty_state import DoneToday

            counts: Counter[str] = Counter()
            mine, cursor = 0, None
            try:
                for _ in range(DONE_PAGES):
                    page = await backend.settled(SettledQuery(project_id, since, order="desc", cursor=cursor))
                    # not foreign: counted by a name, of which only our own words are drawn
                    counts.update(row.outcome or "ANSWER" for row in page.items)
                    mine += sum(row.settled_by == reviewer for row in page.items)
                    if page.is_last(LONG_PAGE) or page.next_cursor in (None, cursor):
                        return SettledToday(DoneToday(counts, mine))
                    cursor = page.next_cursor
            except ApiError:
                return SettledToday(None)
            return SettledToday(DoneToday(counts, mine, more=True))

        return self._calls.ask(to, "today's decisions", call, group="done today")

    def precedents(self, to: MessagePump, project_id: str, cursor: str | None) -> CallId:
        """Read a page of a project's decisions, newest first; a failure is not reported, for they are optional."""

        async def call(backend: Backend) -> PrecedentsPage:
            try:
                page = await backend.events(
                    project_id=project_id, types=(DECIDED,), order="desc", cursor=cursor, limit=PAGE
                )
            except ApiError:
                return PrecedentsPage(project_id, None)
            return PrecedentsPage(project_id, page)

        return self._calls.ask(to, "precedents", call, group="precedents")

    def on(self, to: MessagePump, project_id: str | None, cursor: str | None, *, most: float = PAGE) -> CallId:
        """Read the requests after `cursor`, page by page, each posted as it comes.

        Args:
            to: Gets the pages.
            project_id: The project whose requests are read; None is all.
            cursor: The place after which they are read.
            most: The number of requests after which no page more is read; infinite reads them all.
        """
        limit = PAGE if most <= PAGE else LONG_PAGE

        async def call(backend: Backend) -> InboxPage:
            at, count = cursor, 0
            while True:
                page = await backend.inbox(project_id=project_id, cursor=at, limit=limit)
                count += len(page.items)
                # A server whose cursor stands still would be asked for ever.
                last = page.is_last(limit) or page.next_cursor in (None, at)
                if last or count >= most:
                    return InboxPage(_short(page), first=False, last=last)
                to.post_message(InboxPage(_short(page), first=False, last=False, goes_on=True))
                at = page.next_cursor

        return self._calls.ask(to, _WHAT, call, group="inbox")


def _short(page: Page[InboxItem]) -> Page[InboxItem]:
    if not any(item.recommendation for item in page.items):
        return page
    from pumpup_tui.text.truncation import short_item_page

    return short_item_page(page)
