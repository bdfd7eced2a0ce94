"""The board's filter in use: what is typed or chosen, the scan that looks for its cards, and storing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pumpup_tui.board.filter import BoardFilter
from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.components.prompt import Prompt, TextQuestion

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from api_client.models import Card, Project
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.board.board_view import BoardView
    from pumpup_tui.board.calls import BoardFeed
    from pumpup_tui.board.column_reader import ColumnReader
    from pumpup_tui.board.cursor_card import CursorCard
    from pumpup_tui.board.filter_line import FilterLine
    from pumpup_tui.board.messages import Scanned
    from pumpup_tui.context import Context

RESCAN_SECONDS = 0.8
"""Between two scans because of changes, and at least four times as long as the last one took."""
TYPING_SECONDS = 0.25
"""The pause in typing after which the board is filtered by the text."""
STORED_AS = "boards"
"""The document of the last view that holds the filter of each board, by the project's id."""
PROJECTS_STORED = 100


class Scan:
    """The scan for a filter's cards: at most one at a time, repeated no faster than the backend answers."""

    def __init__(self, screen: Screen[None], calls: BoardFeed, start: Callable[[], CallId | None]) -> None:
        """Take what starts a scan and returns its call, None where there is nothing to look for."""
        self._screen = screen
        self._calls = calls
        self._start = start
        self._timer: Timer | None = None
        self._started_at = self._seconds = 0.0
        self._in_flight: CallId | None = None
        self._again = False

    def start(self) -> None:
        """Scan now."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if (call_id := self._start()) is not None:
            self._in_flight, self._again = call_id, False
            self._started_at = monotonic_seconds()

    def start_soon(self) -> None:
        """Scan once the last scan is done and its pause is over."""
        if self._in_flight is not None:
            self._again = True
        elif self._timer is None:
            wait = self._started_at + max(RESCAN_SECONDS, 4 * self._seconds) - monotonic_seconds()
            self._timer = self._screen.set_timer(max(0.01, wait), self.start)

    def stop(self) -> None:
        """Drop the scan that is in flight."""
        self._calls.stop(scan=True)
        self._in_flight = None

    def fail(self, call_id: CallId) -> bool:
        """Stop waiting for the scan, if it was the call that failed; return False where it was another."""
        was_scan = call_id == self._in_flight
        if was_scan:
            self._in_flight = None
        return was_scan

    def done(self) -> None:
        """Note that the scan has ended; start the next one where it was asked for meanwhile."""
        self._in_flight, self._seconds = None, monotonic_seconds() - self._started_at
        if self._again:
            self.start_soon()


class BoardFiltering:
    """The filter of one board, as it is typed, chosen, stored and looked for."""

    def __init__(
        self,
        context: Context,
        screen: Screen[None],
        *,
        prompt: Prompt,
        calls: BoardFeed,
        view: BoardView,
        filter_line: FilterLine,
        reader: ColumnReader,
        cursor: CursorCard,
        filter_changed: Callable[[], None],
    ) -> None:
        """Take the board's other parts, and what to call once another filter is on."""
        self._context = context
        self._screen = screen
        self._prompt = prompt
        self._calls = calls
        self._view = view
        self._filter_line = filter_line
        self._reader = reader
        self._cursor = cursor
        self._filter_changed = filter_changed
        self._scan = Scan(screen, calls, self._start_scan)
        self._typing: Timer | None = None
        self._visible_for: BoardFilter | None = None
        """The filter whose matches are on the screen, all of them."""

    @property
    def _filter(self) -> BoardFilter:
        return self._filter_line.filter

    # Choosing.

    def search(self) -> None:
        """Show the cards that contain a text, as it is typed."""
        self._prompt.ask(TextQuestion("show cards with", self._filter.text), self._searched, self._search_typed)

    def _search_typed(self, text: str) -> None:
        self._stop_typing()
        wanted = replace(self._filter, text=text.strip())
        self._typing = self._screen.set_timer(TYPING_SECONDS, lambda: self._set(wanted))

    def _searched(self, text: str | None) -> None:
        self._stop_typing()
        self.choose(replace(self._filter, text=(text or "").strip()))

    def _stop_typing(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None

    def pick(self) -> None:
        """Choose what to show out of a list."""
        columns = self._view.columns.all
        cards = (card for column in columns for card in column.cards)
        steps = [column.about.step for column in columns]
        self._pick("Show cards by", self._filter.choices(self._context.status.reviewer, cards, steps))

    def pick_order(self) -> None:
        """Choose the order of the cards, and whether they are in lanes."""
        self._pick("Sort and group cards", self._filter.order_choices())

    def _pick(self, title: str, choices: Sequence[Choice[BoardFilter]]) -> None:
        def chosen(wanted: BoardFilter | None) -> None:
            if wanted is not None:
                self.choose(wanted)

        self._screen.app.push_screen(PickScreen(title, choices), chosen)

    def clear(self) -> None:
        """Show all cards again, in the same order."""
        self.choose(self._filter.cleared())

    def choose(self, wanted: BoardFilter) -> None:
        """Filter the board, and store that for the project's next start."""
        self._set(wanted)
        if (project := self._view.project) is not None:
            others = {name: one for name, one in self._stored().items() if name != project.id}
            mine = {project.id: self._filter.lasting()} if self._filter.needs_scan else {}
            self._context.last_view.note(STORED_AS, dict(list((others | mine).items())[-PROJECTS_STORED:]))

    def restore(self, project: Project) -> None:
        """Set the filter that was on when a project was shown last; the scan is the caller's to start."""
        steps = [step.name for step in project.steps.steps]
        self._set(BoardFilter.restored(self._stored().get(project.id), steps), scan=False)

    def _stored(self) -> dict[str, object]:
        return dict(self._context.last_view.recall(STORED_AS))

    def _set(self, wanted: BoardFilter, *, scan: bool = True) -> None:
        line = self._filter_line
        if wanted == line.filter:
            return
        self._context.outbox.cancel()
        self._reader.stop_walking()
        columns = self._view.columns.all
        line.filter, line.matched = wanted, 0
        self._view.order(wanted.order_words(), by_lanes=bool(wanted.lanes))
        line.total = sum(column.about.count for column in columns)
        for column in columns:
            column.begin_anew()
        self._visible_for = None
        self._scan.stop()
        if wanted.needs_scan and scan:
            self._scan.start()
        elif not wanted.needs_scan:
            line.show_progress("")
            self._reader.read()
        line.update_lines()
        self._view.show_changes()
        self._filter_changed()

    # Looking for its cards.

    def scan(self) -> None:
        """Look for the filter's cards now."""
        self._scan.start()

    def scan_soon(self) -> None:
        """Look again, for cards have changed."""
        if self._filter.needs_scan:
            self._scan.start_soon()

    def fail(self, call_id: CallId) -> None:
        """Stop waiting for the scan, if it was the call that failed."""
        if self._scan.fail(call_id):
            self._filter_line.show_progress("")

    def _start_scan(self) -> CallId | None:
        project, wanted = self._view.project, self._filter
        if project is None or not wanted.needs_scan:
            return None
        columns = self._view.columns.all
        steps = [column.about.step for column in columns if not (wanted.late and column.about.terminal)]
        steps = [wanted.step] if wanted.step in steps else steps
        return self._calls.scan(self._screen, project.id, steps, wanted, self._view.rules)

    def take(self, event: Scanned) -> None:
        """Show the cards that a scan has found so far."""
        project, line = self._view.project, self._filter_line
        if project is None or project.id != event.project_id or event.wanted != line.filter:
            return
        first = self._visible_for != event.wanted
        gone = self._take_matches(event, first=first)
        columns = self._view.columns.all
        line.matched = sum(column.matched or 0 for column in columns)
        line.total = sum(column.about.count for column in columns)
        line.show_progress("" if event.done else f"looked at {event.read:,} of {line.total:,} cards")
        self._view.show_changes()
        self._cursor.disarm_if_left()
        if gone is not None and not first:
            self._cursor.show_departure(gone)
        if event.done:
            self._visible_for = event.wanted
            self._scan.done()

    def _take_matches(self, event: Scanned, *, first: bool) -> Card | None:
        """Put the matches into their columns; return the card that went from under the cursor."""
        here, gone = self._view.columns.here, None
        for column in self._view.columns.all:
            # A scan in flight fills an empty board; over cards that are on the screen, it waits until it is done.
            matches = event.found.get(column.about.step)
            if matches is not None and (event.done or first):
                left = column.take_matches(matches.cards, matches.matched)
                gone = left if column is here else gone
            elif event.done:
                column.take_matches((), 0)
        return gone


def monotonic_seconds() -> float:
    """Return the event loop's clock: seconds that only ever grow."""
    return asyncio.get_running_loop().time()
