"""Reading a board's columns: the pages around each cursor, and walks to a column's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.board.calls import BoardFeed
from pumpup_tui.board.column_model import Ask, ColumnState
from pumpup_tui.board.messages import CardsPage, ColumnNews, WalkEnded, WalkProgress
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.board.board_view import BoardView
    from pumpup_tui.board.cursor_card import CursorCard
    from pumpup_tui.board.filter_line import FilterLine


class ColumnReader:
    """Asks for the cards that are missing in view, and takes them as they come.

    A filtered board is not read page by page: nothing is asked for while a filter is on.
    """

    def __init__(
        self,
        screen: Screen[None],
        calls: BoardFeed,
        view: BoardView,
        filter_line: FilterLine,
        cursor: CursorCard,
    ) -> None:
        """Take what the board is made of.

        Args:
            screen: The screen that the calls answer to.
            calls: The board's calls.
            view: The columns.
            filter_line: The filter that is on, and the place for a walk's progress.
            cursor: The card under the cursor, which may go with a page that comes.
        """
        self._screen = screen
        self._calls = calls
        self._view = view
        self._filter_line = filter_line
        self._cursor = cursor
        self._in_flight: dict[CallId, ColumnState] = {}
        self._walking: ColumnState | None = None

    @property
    def is_walking(self) -> bool:
        """Whether a walk to a column's end is in flight."""
        return self._walking is not None

    def read(self) -> None:
        """Ask for what is missing of the columns in view."""
        project = self._view.project
        if project is None or self._filter_line.filter.needs_scan:
            return
        for column in self._view.in_view:
            if (ask := column.wants()) is not None:
                self._ask(project.id, column, ask)

    def hear(self, news: ColumnNews) -> None:
        """Take a page, or a walk's progress or end."""
        match news:
            case CardsPage():
                self._take(news)
            case WalkProgress():
                self._show_walk(news)
            case WalkEnded():
                self._end_walk(news)

    def _take(self, event: CardsPage) -> None:
        if (column := self._column(event)) is None:
            return
        here = self._view.columns.here
        gone = column.take(event.ask, event.page)
        self._view.show_changes()
        if gone is not None and column is here:
            self._cursor.show_departure(gone)
        self._cursor.disarm_if_left()
        self.read()

    def fail(self, call_id: CallId) -> None:
        """Stop waiting for the column that a failed call read, if it was one of these; the others go on."""
        column = self._in_flight.pop(call_id, None)
        if column is None or column.waiting is None:
            return
        column.give_up()
        if column is self._walking:
            self._walking = None
            self._filter_line.show_progress("")
        self._view.show_changes()

    def _ask(self, project_id: str, column: ColumnState, ask: Ask) -> None:
        column.ask(ask)
        self._wait_for(column, self._calls.cards(self._screen, project_id, column.about.step, ask))

    def _wait_for(self, column: ColumnState, call_id: CallId) -> None:
        """Remember which column a call reads; a column's earlier calls are cancelled by its latest."""
        self._in_flight = {call: other for call, other in self._in_flight.items() if other is not column}
        self._in_flight[call_id] = column

    def _column(self, event: ColumnNews) -> ColumnState | None:
        project = self._view.project
        return self._view.columns.column(event.step) if project and project.id == event.project_id else None

    # To a column's ends.

    def go_to_end(self, column: ColumnState, *, first: bool) -> None:
        """Read a column's first page, or walk to its last."""
        project = self._view.project
        if project is None or self._filter_line.filter.needs_scan:
            return
        column.give_up()
        if not first:
            self._walk(project.id, column)
            return
        self._ask(project.id, column, column.top_ask())

    def _walk(self, project_id: str, column: ColumnState) -> None:
        ask = column.walk_from()
        self._walking = column
        column.ask(ask)
        self._wait_for(column, self._calls.walk(self._screen, project_id, column.about.step, ask))

    def _show_walk(self, event: WalkProgress) -> None:
        if (column := self._column(event)) is not None and column is self._walking:
            step, total = line(column.about.step, 80), column.about.count
            read = f"{event.read:,} of {total:,} read"
            self._filter_line.show_progress(f"going to the end of {step}: {read}; any key stays here")

    def _end_walk(self, event: WalkEnded) -> None:
        """Go to the column's last card; walk once more where the end has moved on meanwhile."""
        if (column := self._column(event)) is None or column is not self._walking:
            return
        self._walking = None
        if not column.take_end(event.walked):
            self._walk(event.project_id, column)
            return
        self._filter_line.show_progress("")
        self._view.show_changes()
        self._cursor.disarm_if_left()
        self.read()

    def stop_walking(self) -> None:
        """Stay where the cursor is."""
        if self._walking is not None:
            self._calls.stop(step=self._walking.about.step)
            self._walking.give_up()
            self._walking = None
            self._filter_line.show_progress("")
