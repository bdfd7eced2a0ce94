"""A board as it was at an earlier moment. Read-only."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, ShowPast
from pumpup_tui.backend.past_moment import PastMoment
from pumpup_tui.backend.past_reads import PastBoardLoaded, Stepped
from pumpup_tui.board.board_view import BoardView
from pumpup_tui.board.calls import BoardFeed
from pumpup_tui.board.column_reader import ColumnReader
from pumpup_tui.board.cursor_card import CursorCard
from pumpup_tui.board.filter_line import FilterLine
from pumpup_tui.board.messages import ColumnNews
from pumpup_tui.components.frame import HeaderLine, set_title
from pumpup_tui.components.past_view import PAST_ACTIONS, PAST_HINTS, PastView
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints


class PastBoardScreen(ReviewerScreen):
    """A project's board as it was; `<` and `>` go to the project's event before and after."""

    MODE = "board"
    AUTO_FOCUS = "#board"
    BINDINGS: ClassVar[list[BindingType]] = bindings(*PAST_ACTIONS)

    def __init__(self, context: Context, project_id: str, moment: PastMoment) -> None:
        """Show a board as it was at a moment."""
        super().__init__(context)
        self._past = PastView(self, moment, project_id=project_id)
        self._project_id = project_id
        self.view = view = BoardView(self._past.context, id="board")
        self._line = FilterLine()
        feed = BoardFeed(context.calls, lambda: self._past.moment.at)
        self._reader = ColumnReader(self, feed, view, self._line, CursorCard(context, self, view))
        set_title(view, self._past.title("Board"))
        self.callbacks = ScreenCallbacks(
            show_message=view.say,
            call_failed=self._call_failed_here,
            refresh_ages=view.redraw,
            go_back=self._go_back,
            project=lambda: view.project,
        )

    @override
    def body(self) -> ComposeResult:
        yield self._line
        yield self.view

    @override
    def hints(self) -> Hints:
        return (("board.task", "task"), *PAST_HINTS)

    @override
    def reload(self) -> None:
        self.view.say("reading the board as it was…")
        self._past.reads.board(self, self._project_id, self._past.moment)

    @on(PastBoardLoaded)
    def _board_loaded(self, event: PastBoardLoaded) -> None:
        event.stop()
        self._past.event = event.event
        set_title(self.view, self._past.title("Board", event.project.name))
        for column in self.view.columns.all:
            column.stale = True
        self.view.show_board(event.project, event.board)
        self.query_one(HeaderLine).update_lines()
        self._line.show_progress(self._past.words())
        self._reader.read()

    @on(ColumnNews)
    def _column_news(self, event: ColumnNews) -> None:
        event.stop()
        self._reader.hear(event)

    @on(BoardView.Moved)
    def _moved(self, event: BoardView.Moved) -> None:
        event.stop()
        self._reader.read()

    @on(BoardView.ToEnd)
    def _to_end(self, event: BoardView.ToEnd) -> None:
        event.stop()
        self._reader.go_to_end(event.column, first=event.first)

    @on(BoardView.Chosen)
    def _chosen(self, event: BoardView.Chosen) -> None:
        event.stop()
        self.post_message(ShowPast(self._past.moment, task_id=event.task_id))

    def _call_failed_here(self, event: CallFailed) -> None:
        self._reader.fail(event.call_id)

    def _go_back(self) -> None:
        self.app.pop_screen()

    @on(Stepped)
    def _stepped(self, event: Stepped) -> None:
        event.stop()
        self._past.take(event)

    def action_step(self, by: int) -> None:
        """Go to the event before or after."""
        self._past.step(by)

    def action_choose(self) -> None:
        """Ask for another time."""
        self._past.choose()
