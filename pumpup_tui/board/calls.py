"""A board's calls: pages of columns, walks to a column's end, and scans for a filter. All in workers of the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from api_client.errors import ApiError
from pumpup_tui.board import messages
from pumpup_tui.board.column_model import Ask, Start, Stretch, Walked
from pumpup_tui.board.messages import StuckCount

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import Board, Card, Page, Project
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.board.filter import BoardFilter
    from pumpup_tui.components.task_turn import TaskRules

PROGRESS_SECONDS = 0.5
"""Between two reports of a long read's progress."""
WALK_PAGE = 250
"""Cards a page of a walk holds: two of them are a column's window."""
SCAN_PAGE = 500
STUCK_LOOKED = 5_000
"""Tasks of a step that are looked at for those that are stuck."""
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

    def scan(
        self, to: MessagePump, project_id: str, steps: Sequence[str], wanted: BoardFilter, rules: TaskRules
    ) -> CallId:
        """Scan these steps for the cards that a filter takes."""

        async def call(backend: Backend) -> messages.Scanned:
            clock = asyncio.get_running_loop().time
            found: dict[str, ScannedCards] = {}
            read, reported = 0, clock()
            for step in steps:
                cursor, cards = None, found.setdefault(step, ScannedCards(wanted, rules))
                while True:
                    page = await backend.cards(project_id, step, cursor=cursor, limit=SCAN_PAGE)
                    ends = cards.take(_short(page).items)
                    cursor, read = page.next_cursor, read + len(page.items)
                    if ends or page.is_last(SCAN_PAGE) or cursor is None:
                        break
                    if clock() - reported > PROGRESS_SECONDS:
                        reported = clock()
                        to.post_message(messages.Scanned(project_id, wanted, _matches(found), read=read, done=False))
            return messages.Scanned(project_id, wanted, _matches(found), read=read, done=True)

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

    def figures(self, to: MessagePump, projects: Sequence[Project], rules: Mapping[str, TaskRules]) -> CallId:
        """Read the boards of projects, then count what is stuck in those that have rules; leave out what fails."""

        async def call(backend: Backend) -> messages.ProjectFigures:
            boards: dict[str, Board] = {}
            for project in projects:
                with suppress(ApiError):  # the others are shown
                    boards[project.id] = await backend.board(project.id)
            to.post_message(messages.ProjectFigures({of_id: (board, None) for of_id, board in boards.items()}))
            figures: dict[str, tuple[Board, StuckCount | None]] = {}
            for of_id in boards.keys() & rules.keys():
                board = boards[of_id]
                with suppress(ApiError):
                    figures[of_id] = board, await _stuck(backend, of_id, board, rules[of_id])
            return messages.ProjectFigures(figures)

        return self._calls.ask(to, "the projects", call, group="figures")

    def stop(self, *, step: str = "", scan: bool = False) -> None:
        """Stop what is read of a column, or a scan."""
        if step:
            self._calls.cancel(f"cards {step}")
        if scan:
            self._calls.cancel("scan")


async def _stuck(backend: Backend, project_id: str, board: Board, rules: TaskRules) -> StuckCount:
    """Return how many tasks of a project are stuck, among the first `STUCK_LOOKED` of each step.

    They are in the order in which they entered the step: behind the first that is too new, no other one is stuck.
    """
    count, is_whole = 0, True
    for column in board.columns:
        cursor, looked = None, 0
        while column.count and not column.terminal:
            page = await backend.cards(project_id, column.step, cursor=cursor, limit=SCAN_PAGE)
            count += sum(rules.stuck_since(card) is not None for card in page.items)
            cursor, looked = page.next_cursor, looked + len(page.items)
            newest = page.items[-1].step_entered_at if page.items else None
            if page.is_last(SCAN_PAGE) or cursor is None or (newest and not rules.may_be_stuck(newest)):
                break
            if looked >= STUCK_LOOKED:
                is_whole = False
                break
    return StuckCount(count, is_whole)


class ScannedCards:
    """The cards of one column that a scan has found: the first ones in the filter's order, and how many match."""

    def __init__(self, wanted: BoardFilter, rules: TaskRules) -> None:
        self._wanted, self._rules = wanted, rules
        self._cards: list[Card] = []
        self._matched = 0

    def take(self, cards: Sequence[Card]) -> bool:
        """Take a page; return whether no card behind it can match."""
        taken = [card for card in cards if self._wanted.takes(card, self._rules)]
        self._matched += len(taken)
        self._cards = sorted((*self._cards, *taken), key=self._wanted.place)[:MATCHES_SHOWN]
        return bool(cards) and self._wanted.ends_behind(cards[-1], self._rules)

    def matches(self) -> messages.Matches:
        """Return what was found so far."""
        return messages.Matches(tuple(self._cards), self._matched)


def _matches(found: Mapping[str, ScannedCards]) -> dict[str, messages.Matches]:
    return {step: cards.matches() for step, cards in found.items()}


def _short(page: Page[Card]) -> Page[Card]:
    # With the first cards, behind the first paint.
    from pumpup_tui.text.truncation import short_card_page

    return short_card_page(page)
