"""The board: a project's tasks by step, filtered or not, and moving them along its graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, Changed, ShowPast, TaskLoaded
from pumpup_tui.backend.status import Status
from pumpup_tui.board.board_view import BoardView
from pumpup_tui.board.calls import BoardFeed
from pumpup_tui.board.column_reader import ColumnReader
from pumpup_tui.board.cursor_card import CursorCard
from pumpup_tui.board.filter_line import FilterLine
from pumpup_tui.board.filtering import BoardFiltering, monotonic_seconds
from pumpup_tui.board.messages import BoardLoaded, ColumnNews, Scanned
from pumpup_tui.board.opened_project import OpenedProject
from pumpup_tui.board.projects_overview import ProjectsOverview
from pumpup_tui.board.projects_view import ProjectsView
from pumpup_tui.components.frame import SCREEN_KEYS, HeaderLine
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.task_moves import MOVE_ACTIONS, MOVE_KEYS, TaskMoves
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api_client.models import Event
    from pumpup_tui.backend.past_moment import PastMoment

VIEW = "board"
"""The document of the last view that holds how cards are drawn."""
REREAD_SECONDS = 0.4
"""Between two reads because of changes: a thousand events a second cost no more than three reads."""


class BoardScreen(ReviewerScreen):
    """A column per step in graph order."""

    MODE = "board"
    AUTO_FOCUS = "#board"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *MOVE_ACTIONS,
        ("board.search", "search"),
        ("board.filter", "pick('filter')"),
        ("board.sort", "pick('order')"),
        ("board.compact", "compact"),
        ("past.show", "past"),
    )

    def __init__(self, context: Context, open_task: Callable[[str], None]) -> None:
        """Take what opens a task's page."""
        super().__init__(context)
        self._open_task = open_task
        self.view = view = BoardView(context, id="board")
        self.filter_line = filter_line = FilterLine()
        self._calls = calls = BoardFeed(context.calls)
        self.armed_view = self._cursor = cursor = CursorCard(context, self, view)
        self._reader = reader = ColumnReader(self, calls, view, filter_line, cursor)
        self._filtering = BoardFiltering(
            context,
            self,
            prompt=self.prompt,
            calls=calls,
            view=view,
            filter_line=filter_line,
            reader=reader,
            cursor=cursor,
            filter_changed=self.key_hints.update_lines,
        )
        self._moves = TaskMoves(context, self, cursor.movable)
        self.overview = ProjectsOverview(context, self, calls)
        self._opened = OpenedProject()
        self.callbacks = ScreenCallbacks(
            show_message=view.say,
            call_failed=self._call_failed_here,
            status_changed=self._status_changed,
            refresh_ages=self._refresh_ages,
            go_back=self._go_back,
            project=lambda: None if self.overview.is_shown else view.project,
        )
        self._asked: str | None = None
        """The id of the project that was asked for last."""
        self._reread: Timer | None = None
        self._read_at = 0.0

    @override
    def body(self) -> ComposeResult:
        yield self.filter_line
        yield self.view
        yield self.overview.view

    @override
    def hints(self) -> Hints:
        if self.overview.is_shown:
            return (("move.enter", "open"), ("screens.project", "project"), (SCREEN_KEYS, "screens"))
        back = (("move.back", "back"),) if self._opened.is_on else ()
        clear = (("move.back", "all cards"),) if self.filter_line.filter.is_on else back
        moves = ((MOVE_KEYS, "move"),) if self.context.can("move") else ()
        look = (("board.sort", "sort"), ("board.compact", "compact"))
        find = (
            ("board.search board.filter", "filter"),
            *look,
            ("screens.project", "project"),
            (SCREEN_KEYS, "screens"),
        )
        return (*clear, ("board.task", "task"), *moves, *find)

    def open_project(self, project_id: str, go_back: Callable[[], None]) -> None:
        """Show a project's board without choosing it for all screens; escape calls `go_back`."""
        self._opened.open(project_id, go_back)
        if self.is_mounted:
            self.reload()

    def _go_back(self) -> None:
        """Stop going to a column's end; else show all cards; else go to where the board was opened from."""
        if self._reader.is_walking:
            self._reader.stop_walking()
        elif self.filter_line.filter.is_on:
            self._filtering.clear()
        elif self._opened.is_on:
            go_back = self._opened.leave()
            self.reload()
            if go_back is not None:
                go_back()

    # Reading.

    @override
    def reload(self) -> None:
        if self.context.status.connected and (refusal := self.context.refusal("board")):
            self.view.say(refusal)
            return
        project_id = self._opened.shown(self.context.status)
        if project_id is None and not self.context.status.knows_projects:
            self.view.say("reading the board…")
        elif project_id is None:
            self._asked = None
            self.overview.show()
            self.key_hints.update_lines()
            self.query_one(HeaderLine).update_lines()
        else:
            if self.overview.is_shown:
                self.overview.hide()
                self.view.focus()
            self._asked = project_id
            self.view.say("reading the board…")
            for column in self.view.columns.all:
                column.stale = True
            self._calls.board(self, project_id)

    def _status_changed(self, status: Status) -> None:
        if self._asked is None and status.knows_projects and not self.overview.is_shown:
            self.reload()
        if self.view.show_escalated() and self.filter_line.filter.late:
            self._filtering.scan_soon()

    def _refresh_ages(self) -> None:
        if self.overview.is_shown:
            self.overview.view.redraw()
            self.overview.read_soon()
            return
        self.view.redraw()
        if self.filter_line.filter.late:
            self._filtering.scan_soon()

    @on(ProjectsView.Chosen)
    def _project_chosen(self, event: ProjectsView.Chosen) -> None:
        event.stop()
        if event.row_id is not None:
            self._opened.open(event.row_id)
            self.reload()

    @on(BoardLoaded)
    def _board_loaded(self, event: BoardLoaded) -> None:
        event.stop()
        if event.project.id != self._asked:
            return
        view = self.view
        fresh = view.project is None or view.project.id != event.project.id
        if fresh:
            self._reader.stop_walking()
            self._filtering.restore(event.project)
            view.compact = self.context.last_view.recall(VIEW).get("compact") is True
        view.show_board(event.project, event.board)
        view.show_title()
        self._reader.read()
        if self.filter_line.filter.needs_scan and (fresh or any(column.matched is None for column in view.columns.all)):
            self._filtering.scan()
        self.refresh_decision()
        self.query_one(HeaderLine).update_lines()

    @on(ColumnNews)
    def _column_news(self, event: ColumnNews) -> None:
        event.stop()
        self._reader.hear(event)

    @on(Scanned)
    def _scanned(self, event: Scanned) -> None:
        event.stop()
        self._filtering.take(event)

    def _call_failed_here(self, event: CallFailed) -> None:
        self._reader.fail(event.call_id)
        self._filtering.fail(event.call_id)

    # Changes.

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        if self.overview.is_shown:
            self.overview.read_soon()
            return
        project = self.view.project
        mine = [one for one in event.events if project is not None and one.project_id == project.id]
        if project is None or not (event.too_many or mine):
            return
        self._cursor.note_moves(mine)
        if event.too_many:
            for column in self.view.columns.all:
                column.stale = True
        else:
            self._mark_stale(mine, project.steps.initial_step)
        if self._reread is None:
            wait = self._read_at + REREAD_SECONDS - monotonic_seconds()
            self._reread = self.set_timer(max(0.01, wait), self._read_again)

    def _mark_stale(self, events: Sequence[Event], initial_step: str) -> None:
        steps = {step for event in events for step in (event.transition_from, event.transition_to)}
        steps |= {initial_step} if any(event.event_type == "TASK_CREATED" for event in events) else set()
        self.view.columns.touch(steps, (event.task_id for event in events))

    def _read_again(self) -> None:
        self._reread = None
        self._read_at = monotonic_seconds()
        if self.view.project is not None:
            self._calls.board(self, self.view.project.id)
            self._filtering.scan_soon()

    # The cursor.

    @on(BoardView.Moved)
    def _moved(self, event: BoardView.Moved) -> None:
        event.stop()
        self._reader.stop_walking()
        if event.by_hand and self.context.outbox.desk.armed is None:
            self.context.outbox.cancel()  # its hint was about another card
        self._cursor.disarm_if_left()
        self._reader.read()

    @on(BoardView.ToEnd)
    def _to_end(self, event: BoardView.ToEnd) -> None:
        event.stop()
        self._reader.go_to_end(event.column, first=event.first)

    @on(TaskLoaded)
    def _task_loaded(self, event: TaskLoaded) -> None:
        event.stop()
        self._cursor.show_place(event.detail.task)

    @on(BoardView.Chosen)
    def _chosen(self, event: BoardView.Chosen) -> None:
        event.stop()
        self.context.outbox.cancel()
        self._open_task(event.task_id)

    # Keys.

    def action_toward(self, direction: int) -> None:
        """Arm a move to the nearest exit on one side."""
        self._moves.toward(direction)

    def action_choose_exit(self) -> None:
        """Choose among the step's exits."""
        self._moves.choose_exit()

    def action_search(self) -> None:
        """Show the cards that contain a text."""
        self._filtering.search()

    def action_past(self) -> None:
        """Ask for a time, and show the board as it was."""
        from pumpup_tui.components.past_view import ask_moment  # behind the first paint

        def show(moment: PastMoment) -> None:
            if (project := self.view.project) is not None:
                self.post_message(ShowPast(moment, project_id=project.id))

        ask_moment(self.prompt, self.context, show)

    def action_pick(self, what: str) -> None:
        """Choose what to show, or the order of the cards."""
        if what == "filter":
            self._filtering.pick()
        else:
            self._filtering.pick_order()

    def action_compact(self) -> None:
        """Show each card in one line, or in its frame."""
        self.view.set_compact(compact=not self.view.compact)
        self.context.last_view.note(VIEW, {"compact": self.view.compact})
