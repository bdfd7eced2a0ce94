"""The inbox's calls: its pages, one by one or to the end, and a project's decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from api_client.errors import ApiError
from api_client.settled import SettledQuery
from pumpup_tui.decisions.precedents import DECIDED
from pumpup_tui.inbox.messages import (
    AskedBeforeRead,
    ContextsRead,
    InboxPage,
    PrecedentRequests,
    PrecedentsPage,
    SettledToday,
    StandingsRead,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import InboxItem, Page, RequestDetail
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.decisions.request_changes import AskedRequest

_WHAT = "the inbox"
CONTEXTS, CONTEXTS_AT_ONCE = 500, 50
"""Requests of a batch whose context is read, and those that are drawn together."""
CONTEXT_KEYS, CONTEXT_VALUE = 100, 200
"""Entries of a context, and characters of each, that are kept for columns."""
PAGE, LONG_PAGE = 100, 500
"""Requests of a page that the reader waits for, and of one that is loaded on the way to the end."""
DONE_PAGES = 4
"""Pages of today's decisions that are counted."""


class InboxReads:
    """Reads of the open requests; a later one of a kind cancels the one before."""

    def __init__(self, calls: BackendCalls, reviewer: Callable[[], str] = str) -> None:
        """Take what returns the reader's name: what is hidden from them is not read to the screens."""
        self._calls = calls
        self._reviewer = reviewer

    def first(self, to: MessagePump, project_id: str | None, prepare: Callable[[], Awaitable[None]]) -> CallId:
        """Read the first page, after what `prepare` reads of the reviewer's own."""

        async def call(backend: Backend) -> InboxPage:
            await prepare()
            page = await backend.inbox(project_id=project_id, limit=PAGE, context=True)
            return InboxPage(self._shown(page), first=True, last=page.is_last(PAGE))

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

    def precedent_requests(self, to: MessagePump, request_ids: Sequence[str]) -> CallId:
        """Read the requests of decisions, to compare them with another; None for one that can't be read."""

        async def call(backend: Backend) -> PrecedentRequests:
            from pumpup_tui.decisions.request_changes import asked_of

            requests: dict[str, AskedRequest | None] = dict.fromkeys(request_ids)
            for request_id in request_ids:
                with suppress(ApiError):  # optional: the decision is shown without what differs
                    requests[request_id] = asked_of(await backend.request(request_id))
            return PrecedentRequests(requests)

        return self._calls.ask(to, "precedents", call, group="precedent requests")

    def contexts(self, to: MessagePump, request_ids: Sequence[str]) -> CallId:
        """Read the contexts of requests, the first ones of very many; each part is posted as it comes."""

        async def call(backend: Backend) -> ContextsRead:
            contexts: dict[str, Mapping[str, str]] = {}
            for request_id in request_ids[:CONTEXTS]:
                with suppress(ApiError):  # optional: its row stays without columns
                    contexts[request_id] = _context((await backend.request(request_id)).event.payload)
                if len(contexts) == CONTEXTS_AT_ONCE:
                    to.post_message(ContextsRead(contexts))
                    contexts = {}
            return ContextsRead(contexts)

        return self._calls.ask(to, "the context", call, group="contexts")

    def standings(self, to: MessagePump, request_ids: Sequence[str]) -> CallId:
        """Read requests again; one that can't be read is None, and not reported: `r` reads the list anew."""

        async def call(backend: Backend) -> StandingsRead:
            from pumpup_tui.backend.blind_review import hidden_detail

            details: dict[str, RequestDetail | None] = dict.fromkeys(request_ids)
            for request_id in details:
                with suppress(ApiError):
                    details[request_id] = hidden_detail(await backend.request(request_id), self._reviewer())
            return StandingsRead(details)

        return self._calls.ask(to, "the requests", call, group="standings")

    def asked_before(self, to: MessagePump, detail: RequestDetail) -> CallId:
        """Read the decision after which a request asks again; a failure is not reported, for it is optional."""

        async def call(backend: Backend) -> AskedBeforeRead:
            from pumpup_tui.decisions.asked_before import asked_before

            try:
                return AskedBeforeRead(detail.event.id, await asked_before(backend, detail))
            except ApiError:
                return AskedBeforeRead(detail.event.id, None)

        return self._calls.ask(to, "the earlier request", call, group="asked before")

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
                page = await backend.inbox(project_id=project_id, cursor=at, limit=limit, context=True)
                count += len(page.items)
                # A server whose cursor stands still would be asked for ever.
                last = page.is_last(limit) or page.next_cursor in (None, at)
                if last or count >= most:
                    return InboxPage(self._shown(page), first=False, last=last)
                to.post_message(InboxPage(self._shown(page), first=False, last=False, goes_on=True))
                at = page.next_cursor

        return self._calls.ask(to, _WHAT, call, group="inbox")

    def _shown(self, page: Page[InboxItem]) -> Page[InboxItem]:
        """Return what the list may show of a page."""
        if not any(item.recommendation for item in page.items):
            return page
        from pumpup_tui.backend.blind_review import hidden_page
        from pumpup_tui.text.truncation import short_item_page

        return short_item_page(hidden_page(page, self._reviewer()))


def _context(payload: Mapping[str, Any]) -> Mapping[str, str]:
    pairs: Any = payload.get("keyValueContext")
    items = list(pairs.items())[:CONTEXT_KEYS] if isinstance(pairs, Mapping) else []
    return {str(key): str(value)[:CONTEXT_VALUE] for key, value in items}
