"""The board: a project's tasks by step, filtered or not, and moving them along its graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, Changed, TaskLoaded
from pumpup_tui.backend.status import Status
from pumpup_tui.board.board_view import BoardView
from pumpup_tui.board.column_model import ColumnState
from pumpup_tui.board.filter import BoardFilter
from pumpup_tui.board.filtering import FilteringScreen, now
from pumpup_tui.board.messages import BoardLoaded, CardsPage, WalkEnded, WalkOn
from pumpup_tui.components.frame import SCREEN_KEYS, HeaderLine
from pumpup_tui.components.screen_parts import ArmedView, ScreenCallbacks
from pumpup_tui.components.task_moves import MOVE_KEYS, Movable
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Sent
from pumpup_tui.task.screen import TaskScreen
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import status_run

if TYPE_CHECKING:
    from api_client.models import Card, Event

REREAD_SECONDS = 0.4
"""Between two reads because of changes: a thousand events a second cost no more than three reads."""
RESCAN_SECONDS = 0.8
"""Between two scans because of changes, and at least four times as long as the last one took."""
TYPING_SECONDS = 0.25


class ArmedMove(ArmedView):
    """The armed move of the card under the cursor."""

    def __init__(self, context: Context, board: Callable[[], BoardView]) -> None:
        self._outbox = context.outbox
        self._board = board

    @override
    def is_visible(self) -> bool:
        armed, card = self._outbox.desk.armed, self._board().card
        return armed is not None and card is not None and armed.target == card.id

    @override
    def confirmed(self, sent: Sent) -> None:
        self._board().focus()


class BoardScreen(FilteringScreen):
    """A column per step in graph order."""

    MODE = "board"
    AUTO_FOCUS = "#board"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.armed_view = ArmedMove(context, lambda: self.view)
        self.callbacks = ScreenCallbacks(
            show_message=self.say,
            refresh_ages=self.redraw,
            go_back=self.go_back,
            project=lambda: self.view.project,
        )
        self._asked: str | None = None
        self._walking: ColumnState | None = None
        self._went: dict[str, Event] = {}
        """The latest move of each task that was told of and not shown yet."""
        self._reread: Timer | None = None
        self._read_at = 0.0

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        clear = (("move.back", "all cards"),) if self.state.filter.is_on else ()
        moves = ((MOVE_KEYS, "move"),) if self.context.can("move") else ()
        find = (("board.search board.filter", "filter"), ("screens.project", "project"), (SCREEN_KEYS, "screens"))
        return (*clear, ("board.task", "task"), *moves, *find)

    # Reading.

    @override
    def reload(self) -> None:
        if self.context.status.connected and (refusal := self.context.refusal("board")):
            self.view.say(refusal)
            return
        project_id = self._wanted()
        if project_id is not None:
            self._asked = project_id
            self.view.say("reading the board…")
            for column in self.view.columns.all:
                column.stale = True
            self._feed.board(self, project_id)

    def _wanted(self) -> str | None:
        """Return the chosen project; where all are chosen, the one that is shown, or the first that someone made."""
        status = self.context.status
        if status.project is not None:
            return status.project.id
        if self.view.project is not None:
            return self.view.project.id
        made = [one for one in status.projects if one.project_name != "general"] or list(status.projects)
        return made[0].id if made else None

    @override
    def _on_status(self, status: Status) -> None:
        super()._on_status(status)
        if self._asked is None and status.projects:
            self.reload()

    @on(BoardLoaded)
    def _board(self, event: BoardLoaded) -> None:
        event.stop()
        if event.project.id != self._asked:
            return
        view = self.view
        fresh = view.project is None or view.project.id != event.project.id
        if fresh:
            self._stop_walking()
            self._set_filter(self._noted_filter(event.project), scan=False)
        view.show_board(event.project, event.board)
        self._read()
        if self.state.filter.is_on and (fresh or any(column.matched is None for column in view.columns.all)):
            self._scan()
        self._on_desk(None)
        self.query_one(HeaderLine).retell()

    @override
    def _read(self) -> None:
        """Ask for what is missing of the columns in view."""
        project = self.view.project
        if project is None or self.state.filter.is_on:
            return
        for column in self.view.in_view:
            if (ask := column.wants()) is not None:
                column.ask(ask)
                self._feed.cards(self, project.id, column.about.step, ask)

    def _column(self, event: CardsPage | WalkOn | WalkEnded) -> ColumnState | None:
        event.stop()
        project = self.view.project
        return self.view.columns.column(event.step) if project and project.id == event.project_id else None

    @on(CardsPage)
    def _cards(self, event: CardsPage) -> None:
        if (column := self._column(event)) is None:
            return
        here = self.view.columns.here
        gone = column.take(event.ask, event.page)
        self.view.show_changes()
        if gone is not None and column is here:
            self._tell_gone(gone)
        self._cursor_kept()
        self._read()

    @on(CallFailed)
    def _failed(self, _: CallFailed) -> None:
        for column in self.view.columns.all:
            column.give_up()
        self._walking, self._scanning = None, False
        self._tell_progress("")
        self.view.show_changes()

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        project = self.view.project
        mine = [one for one in event.events if project is not None and one.project_id == project.id]
        if project is None or not (event.too_many or mine):
            return
        columns = self.view.columns
        self._went.update({one.task_id: one for one in mine if one.transition_to})
        if event.too_many:
            for column in columns.all:
                column.stale = True
        else:
            steps = {step for one in mine for step in (one.transition_from, one.transition_to)}
            steps |= {project.steps.initial_step} if any(one.event_type == "TASK_CREATED" for one in mine) else set()
            columns.touch(steps, (one.task_id for one in mine))
        if self._reread is None:
            wait = self._read_at + REREAD_SECONDS - now()
            self._reread = self.set_timer(max(0.01, wait), self._read_again)

    def _read_again(self) -> None:
        self._reread = None
        self._read_at = now()
        if self.view.project is not None:
            self._feed.board(self, self.view.project.id)
            if self.state.filter.is_on:
                self._scan_soon()

    def say(self, words: str) -> None:
        """Show this where no board is shown."""
        self.view.say(words)

    def redraw(self) -> None:
        """Draw again what depends on the clock or on what is in flight."""
        self.view.redraw()

    # The cursor.

    @on(BoardView.Moved)
    def _moved(self, event: BoardView.Moved) -> None:
        event.stop()
        self._stop_walking()
        if event.by_hand and self.context.outbox.desk.armed is None:
            self.context.outbox.cancel()  # what it said was about another card
        self._cursor_kept()
        self._read()

    @override
    def _cursor_kept(self) -> None:
        """Disarm where the cursor is no longer on what is armed: what `y` moves is always under it."""
        armed, card = self.context.outbox.desk.armed, self.view.card
        if armed is not None and (card is None or armed.target != card.id) and self.app.screen is self:
            self.context.outbox.cancel("move taken back: you moved on, nothing was sent")

    @override
    def _tell_gone(self, card: Card) -> None:
        """Say where the card that was under the cursor went; what one did oneself is told already."""
        mine = any(one.intent.target == card.id for one in self.context.outbox.desk.sent)
        if mine or self.app.screen is not self:
            return
        went = self._went.pop(card.id, None)
        if went is None:
            self.context.reads.task(self, card.id)
            return
        words = f"{line(card.name, 80)} went to {line(went.transition_to, 80)}"
        self._hint(f"{words} ({line(went.source.lower(), 20)})")

    @on(TaskLoaded)
    def _found(self, event: TaskLoaded) -> None:
        event.stop()
        task = event.detail.task
        self._hint(f"{line(task.name, 80)} is in {line(task.current_step, 80)} now, {status_run(task.status)[0]}")

    def _hint(self, words: str) -> None:
        outbox = self.context.outbox
        if outbox.desk.armed is not None:
            words = f"{words}: nothing was sent"
        outbox.cancel(words)

    @on(BoardView.Chosen)
    def _chosen(self, event: BoardView.Chosen) -> None:
        event.stop()
        self.context.outbox.cancel()
        self.app.push_screen(TaskScreen(self.context, event.task_id))

    # To a column's ends.

    @on(BoardView.ToEnd)
    def _to_end(self, event: BoardView.ToEnd) -> None:
        event.stop()
        column, project = event.column, self.view.project
        if project is None or self.state.filter.is_on:
            return
        column.give_up()
        if not event.first:
            self._walk(project.id, column)
            return
        ask = column.top_ask()
        self._feed.cards(self, project.id, column.about.step, ask)
        column.ask(ask)

    def _walk(self, project_id: str, column: ColumnState) -> None:
        ask = column.walk_from()
        self._walking = column
        self._feed.walk(self, project_id, column.about.step, ask)
        column.ask(ask)

    @on(WalkOn)
    def _walk_on(self, event: WalkOn) -> None:
        if (column := self._column(event)) is not None and column is self._walking:
            step, total = line(column.about.step, 80), column.about.count
            self._tell_progress(f"going to the end of {step}: {event.read:,} of {total:,} read; any key stays here")

    @on(WalkEnded)
    def _walk_ended(self, event: WalkEnded) -> None:
        if (column := self._column(event)) is not None and column is self._walking:
            self._walking = None
            if not column.take_end(event.walked):
                self._walk(event.project_id, column)
                return
            self._tell_progress("")
            self.view.show_changes()
            self._cursor_kept()
            self._read()

    @override
    def _stop_walking(self) -> None:
        if self._walking is not None:
            self._feed.stop(step=self._walking.about.step)
            self._walking.give_up()
            self._walking = None
            self._tell_progress("")

    def go_back(self) -> None:
        """Stop going to a column's end; else show all cards."""
        if self._walking is not None:
            self._stop_walking()
        else:
            self._set_filter(BoardFilter())
            self._note_filter()

    # Moving a card.

    @override
    def movable(self) -> Movable | None:
        card, project = self.view.card, self.view.project
        if card is None or project is None:
            return None
        asked = card.open_request is not None
        return Movable(card.id, card.name, card.current_step, card.status, asked, project)
