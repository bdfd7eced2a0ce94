"""A board's calls: pages of columns, walks to a column's end, and scans for a filter. All in workers of the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from api_client.errors import ApiError
from pumpup_tui.board import messages
from pumpup_tui.board.column_model import Ask, Start, Stretch, Walked

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import Card, Page
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.board.filter import BoardFilter

PROGRESS_SECONDS = 0.5
"""Between two reports of a long read's progress."""
WALK_PAGE = 250
"""Cards a page of a walk holds: two of them are a column's window."""
SCAN_PAGE = 500
MATCHES_SHOWN = 500
"""Matching cards that a column shows; more are counted."""


class BoardFeed:
    """The calls that boards make."""

    def __init__(self, calls: BackendCalls, at: Callable[[], str | None] = lambda: None) -> None:
        """Take what returns the earlier moment that is read; None for now."""
        self._calls, self._at = calls, at

    def board(self, to: MessagePump, project_id: str) -> CallId:
        """Read a board's columns."""

        async def call(backend: Backend) -> messages.BoardLoaded:
            return messages.BoardLoaded(await backend.project(project_id), await backend.board(project_id))

        return self._calls.ask(to, "the board", call, group="board")

    def cards(self, to: MessagePump, project_id: str, step: str, ask: Ask) -> CallId:
        """Read a page of one column's cards."""

        async def call(backend: Backend) -> messages.CardsPage:
            page = await backend.cards(project_id, step, cursor=ask.cursor, limit=ask.limit, at=self._at())
            return messages.CardsPage(project_id, step, ask, _short(page))

        return self._calls.ask(to, "a column of the board", call, group=f"cards {step}")

    def walk(self, to: MessagePump, project_id: str, step: str, ask: Ask) -> CallId:
        """Read on to the column's end, page by page, for a cursor names only what comes after it."""

        async def call(backend: Backend) -> messages.WalkEnded:
            clock = asyncio.get_running_loop().time
            past: list[Start] = []
            last: list[Stretch] = []
            cursor, read, reported = ask.cursor, 0, clock()
            while True:
                page = await backend.cards(project_id, step, cursor=cursor, limit=WALK_PAGE, at=self._at())
                if page.items:
                    last.append(Stretch(Start(cursor, WALK_PAGE), list(_short(page).items)))
                past += [one.start for one in last[:-2]]
                last, cursor, read = last[-2:], page.next_cursor, read + len(page.items)
                if page.is_last(WALK_PAGE) or cursor is None:
                    return messages.WalkEnded(project_id, step, Walked(past, last, cursor))
                if clock() - reported > PROGRESS_SECONDS:
                    reported = clock()
                    to.post_message(messages.WalkProgress(project_id, step, read))

        return self._calls.ask(to, "the end of a column", call, group=f"cards {step}")

    def scan(self, to: MessagePump, project_id: str, steps: Sequence[str], wanted: BoardFilter) -> CallId:
        """Scan these steps for the cards that a filter takes."""

        async def call(backend: Backend) -> messages.Scanned:
            clock = asyncio.get_running_loop().time
            matches: dict[str, messages.Matches] = {}
            read, reported = 0, clock()
            for step in steps:
                cards: list[Card] = []
                matched, cursor = 0, None
                while True:
                    page = await backend.cards(project_id, step, cursor=cursor, limit=SCAN_PAGE)
                    taken = [card for card in _short(page).items if wanted.takes(card)]
                    cards += taken[: MATCHES_SHOWN - len(cards)]
                    matched, cursor, read = matched + len(taken), page.next_cursor, read + len(page.items)
                    matches[step] = messages.Matches(tuple(cards), matched)
                    if page.is_last(SCAN_PAGE) or cursor is None:
                        break
                    if clock() - reported > PROGRESS_SECONDS:
                        reported = clock()
                        to.post_message(messages.Scanned(project_id, wanted, dict(matches), read=read, done=False))
            return messages.Scanned(project_id, wanted, matches, read=read, done=True)

        return self._calls.ask(to, "the filtered cards", call, group="scan")

    def counts(self, to: MessagePump, project_ids: Sequence[str]) -> CallId:
        """Count the open requests and tasks of each project; a project that can't be read is left out."""

        async def call(backend: Backend) -> messages.ProjectCounts:
            clock = asyncio.get_running_loop().time
            counts: dict[str, tuple[int, int]] = {}
            reported = clock()
            for project_id in project_ids:
                try:
                    columns = (await backend.board(project_id)).columns
                except ApiError:
                    continue  # the picker is there to choose with: the count is optional
                tasks = sum(column.count for column in columns if not column.terminal)
                counts[project_id] = sum(column.waiting for column in columns), tasks
                if clock() - reported > PROGRESS_SECONDS:
                    reported = clock()
                    to.post_message(messages.ProjectCounts(dict(counts)))
            return messages.ProjectCounts(counts)

        return self._calls.ask(to, "the counts", call, group="counts")

    def stop(self, *, step: str = "", scan: bool = False) -> None:
        """Stop what is read of a column, or a scan."""
        if step:
            self._calls.cancel(f"cards {step}")
        if scan:
            self._calls.cancel("scan")


def _short(page: Page[Card]) -> Page[Card]:
    # With the first cards, behind the first paint.
    from pumpup_tui.text.truncation import short_card_page

    return short_card_page(page)
