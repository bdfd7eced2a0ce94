"""The board's filter: what it asks for, the scan that looks for it, and what is told of both."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.board.board_view import BoardView
from pumpup_tui.board.calls import BoardFeed
from pumpup_tui.board.filter import BoardFilter, BoardState
from pumpup_tui.board.messages import ScanTold
from pumpup_tui.components.dialogs import PickScreen
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.components.task_moves import MovingScreen
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings

if TYPE_CHECKING:
    from api_client.models import Card, Project

RESCAN_SECONDS = 0.8
"""Between two scans because of changes, and at least four times as long as the last one took."""
TYPING_SECONDS = 0.25
KEPT_AS = "boards"
"""What is noted of the boards that were shown: a filter by the project's id."""
PROJECTS_KEPT = 100


class FilteringScreen(MovingScreen):
    """A screen with a board that can be filtered."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("board.search", "search"),
        ("board.filter", "filter"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._feed = BoardFeed(context.calls)
        self._rescan: Timer | None = None
        self._typing: Timer | None = None
        self._scan_at = self._scan_took = 0.0
        self._scanning = False
        self._scan_again = False
        self._shown_for: BoardFilter | None = None
        """The filter whose matches are shown, all of them."""

    @override
    def body(self) -> ComposeResult:
        yield BoardState()
        yield BoardView(self.context, id="board")

    @property
    def view(self) -> BoardView:
        """The board."""
        return self.query_one(BoardView)

    @property
    def state(self) -> BoardState:
        """The filter and the progress line."""
        return self.query_one(BoardState)

    # What the board does for it.

    def _read(self) -> None:
        """Ask for what is missing of the columns in view."""
        raise NotImplementedError

    def _stop_walking(self) -> None:
        """Stop the way to a column's end."""
        raise NotImplementedError

    def _cursor_kept(self) -> None:
        """Disarm where the cursor is no longer on what is armed."""
        raise NotImplementedError

    def _tell_gone(self, card: Card) -> None:
        """Say where the card that was under the cursor went."""
        raise NotImplementedError

    def _tell_progress(self, words: str) -> None:
        self.state.progress = words
        self.state.retell()

    # The filter.

    def action_search(self) -> None:
        """Show what contains a text."""
        question = TextQuestion("show cards with", self.state.filter.text)
        self.query_one(Prompt).ask(question, self._searched, self._search_typed)

    def _search_typed(self, text: str) -> None:
        """Filter by what is typed once the typing rests."""
        self._stop_typing()
        wanted = replace(self.state.filter, text=text.strip())
        self._typing = self.set_timer(TYPING_SECONDS, lambda: self._set_filter(wanted))

    def _searched(self, text: str | None) -> None:
        self._stop_typing()
        self._set_filter(replace(self.state.filter, text=(text or "").strip()))
        self._note_filter()

    def _stop_typing(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None

    def action_filter(self) -> None:
        """Choose what to show."""
        columns = self.view.columns.all
        names = (card.assignee_id or "" for column in columns for card in column.cards)
        steps = [column.about.step for column in columns]
        choices = self.state.filter.choices(self.context.status.reviewer, names, steps)

        def chosen(wanted: BoardFilter | None) -> None:
            if wanted is not None:
                self._set_filter(wanted)
                self._note_filter()

        self.app.push_screen(PickScreen("Show cards by", choices), chosen)

    def _note_filter(self) -> None:
        """Keep this project's filter for the next start."""
        if (project := self.view.project) is not None:
            others = {name: one for name, one in self.context.last_view.recall(KEPT_AS).items() if name != project.id}
            mine = {project.id: self.state.filter.lasting()} if self.state.filter.is_on else {}
            self.context.last_view.note(KEPT_AS, dict(list((others | mine).items())[-PROJECTS_KEPT:]))

    def _noted_filter(self, project: Project) -> BoardFilter:
        """Return the filter that was on when this project was shown last."""
        steps = [step.name for step in project.steps.steps]
        return BoardFilter.begun(self.context.last_view.recall(KEPT_AS).get(project.id), steps)

    def _set_filter(self, wanted: BoardFilter, *, scan: bool = True) -> None:
        state = self.state
        if wanted == state.filter:
            return
        self.context.outbox.cancel()
        self._stop_walking()
        state.filter, state.matched = wanted, 0
        state.total = sum(column.about.count for column in self.view.columns.all)
        for column in self.view.columns.all:
            column.begin_anew()
        self._shown_for = None
        self._feed.stop(scan=True)
        self._scanning = False
        if wanted.is_on and scan:
            self._scan()
        elif not wanted.is_on:
            self._tell_progress("")
            self._read()
        state.retell()
        self.view.show_changes()
        self._on_desk(None)

    def _scan_soon(self) -> None:
        if self._scanning:
            self._scan_again = True
        elif self._rescan is None:
            wait = self._scan_at + max(RESCAN_SECONDS, 4 * self._scan_took) - now()
            self._rescan = self.set_timer(max(0.01, wait), self._scan)

    def _scan(self) -> None:
        if self._rescan is not None:
            self._rescan.stop()
            self._rescan = None
        project, wanted = self.view.project, self.state.filter
        if project is None or not wanted.is_on:
            return
        self._scanning, self._scan_again = True, False
        self._scan_at = now()
        steps = [column.about.step for column in self.view.columns.all]
        self._feed.scan(self, project.id, [wanted.step] if wanted.step in steps else steps, wanted)

    @on(ScanTold)
    def _scanned(self, event: ScanTold) -> None:
        event.stop()
        project, state = self.view.project, self.state
        if project is None or project.id != event.project_id or event.wanted != state.filter:
            return
        here, gone = self.view.columns.here, None
        first = self._shown_for != event.wanted
        for column in self.view.columns.all:
            # A scan that is under way fills an empty board; over one that is shown, it waits until it is done.
            found = event.found.get(column.about.step)
            if found is not None and (event.done or first):
                left = column.take_matches(found.cards, found.matched)
                gone = left if column is here else gone
            elif event.done:
                column.take_matches((), 0)
        state.matched = sum(column.matched or 0 for column in self.view.columns.all)
        state.total = sum(column.about.count for column in self.view.columns.all)
        state.progress = "" if event.done else f"looked at {event.read:,} of {state.total:,} cards"
        state.retell()
        self.view.show_changes()
        self._cursor_kept()
        if gone is not None and not first:
            self._tell_gone(gone)
        if event.done:
            self._shown_for = event.wanted
            self._scanning, self._scan_took = False, now() - self._scan_at
            if self._scan_again:
                self._scan_soon()


def now() -> float:
    """Return seconds that only ever grow, to wait by."""
    return asyncio.get_running_loop().time()
