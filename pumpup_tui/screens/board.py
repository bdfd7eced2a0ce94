"""The board: a project's tasks by step, and moving them along its graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.decision import Intent, Sent
from pumpup_tui.feed import PAGE
from pumpup_tui.messages import BoardLoaded, CardsPage, Changed, Status
from pumpup_tui.screens.base import ReviewerScreen
from pumpup_tui.screens.modals import PickScreen
from pumpup_tui.screens.task import TaskScreen
from pumpup_tui.text import line
from pumpup_tui.widgets.board_view import BoardView

if TYPE_CHECKING:
    from api_client.models import Card, Step

MOST = 500


class BoardScreen(ReviewerScreen):
    """A column per step in graph order."""

    MODE = "board"
    AUTO_FOCUS = "#board"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("H", "toward(-1)", "move left", id="board.move_left", tooltip="move the card to an exit on the left"),
        Binding("L", "toward(1)", "move right", id="board.move_right", tooltip="move the card to an exit on the right"),
        Binding("m", "choose_exit", "move", id="board.move", tooltip="move the card along an exit of choice"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asked: str | None = None

    @override
    def body(self) -> ComposeResult:
        yield BoardView(self.context, id="board")

    @property
    def view(self) -> BoardView:
        """The board."""
        return self.query_one(BoardView)

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        project = self.view.project
        here = ((line(project.name, 30), "board"),) if project and self.context.status.project is None else ()
        return (*here, ("enter", "task"), ("H L", "move"), ("m", "choose exit"), ("p", "project"), ("1 2 3", "screens"))

    # Reading.

    @override
    def reload(self) -> None:
        if self.context.status.connected and (refusal := self.context.refusal("board")):
            self.view.say(refusal)
            return
        project_id = self._wanted()
        if project_id is not None:
            self._asked = project_id
            self.context.feed.board(self, project_id)

    def _wanted(self) -> str | None:
        """Return the chosen project; where all are chosen, the first that someone made."""
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
        self.view.show_board(event.project, event.board)
        for column in self.view.columns.all:
            self._read_column(column.about.step)
        self._on_desk(None)

    @on(CardsPage)
    def _cards(self, event: CardsPage) -> None:
        event.stop()
        if self.view.project is not None and self.view.project.id == event.project_id:
            self.view.take_page(event.step, event.page, first=event.first, asked=event.asked)

    @on(BoardView.NeedMore)
    def _more(self, event: BoardView.NeedMore) -> None:
        event.stop()
        if self.view.project is not None:
            step = event.column.about.step
            self.context.feed.cards(self, self.view.project.id, step, cursor=event.column.next_cursor)

    def _read_column(self, step: str) -> None:
        column = self.view.columns.column(step)
        if self.view.project is not None and column is not None:
            loaded = max(PAGE, min(MOST, len(column.cards)))
            self.context.feed.cards(self, self.view.project.id, step, limit=loaded)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        project = self.view.project
        if project is not None and (event.too_many or any(one.project_id == project.id for one in event.events)):
            self.context.feed.board(self, project.id)

    @override
    def say(self, words: str) -> None:
        self.view.say(words)

    @override
    def redraw(self) -> None:
        self.view.refresh()

    # Moving the cursor and opening.

    @on(BoardView.Moved)
    def _moved(self, event: BoardView.Moved) -> None:
        event.stop()
        card = self.view.card
        armed = self.context.outbox.desk.armed
        if armed is not None and (card is None or armed.target != card.id):
            self.context.outbox.cancel("move taken back: you moved on, nothing was sent")

    @on(BoardView.Chosen)
    def _chosen(self, event: BoardView.Chosen) -> None:
        event.stop()
        self.context.outbox.cancel()
        self.app.push_screen(TaskScreen(self.context, event.task_id))

    # Moving a card.

    def action_toward(self, direction: int) -> None:
        """Arm a move to the nearest exit on one side."""
        card, step = self._movable()
        if card is None or step is None:
            return
        order = [column.about.step for column in self.view.columns.all]
        here = order.index(step.name)
        beside = [name for name in step.exits if (order.index(name) - here) * direction > 0]
        if beside:
            self._arm(card, min(beside, key=lambda name: abs(order.index(name) - here)))
        else:
            side = "right" if direction > 0 else "left"
            exits = ", ".join(line(name, 80) for name in step.exits)
            self.context.outbox.cancel(f"no exit to the {side}; from {line(step.name, 80)} a task goes to: {exits}")

    def action_choose_exit(self) -> None:
        """Choose among the step's exits."""
        card, step = self._movable()
        if card is None or step is None:
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self._arm(card, name)

        choices = [(name, name) for name in step.exits]
        self.app.push_screen(PickScreen("Move along which exit", choices), chosen)

    def _movable(self) -> tuple[Card | None, Step | None]:
        """Return the card under the cursor and its step; say why it can't be moved where it can't."""
        card, project = self.view.card, self.view.project
        step = project.steps.step(card.current_step) if card and project else None
        if refusal := self.context.refusal("move"):
            self.context.outbox.cancel(refusal)
        elif card is None or step is None:
            self.context.outbox.cancel("there is no card here to move")
        elif card.status == "CLOSED" or not step.exits:
            self.context.outbox.cancel("this task is closed: it stays where it is")
        else:
            return card, step
        return None, None

    def _arm(self, card: Card, name: str) -> None:
        project = self.view.project
        to = project.steps.step(name) if project else None
        if card.open_request is not None and to is not None and not to.exits:
            words = f"{line(name, 80)} would close the task while a request is open on it: decide that first"
            self.context.outbox.cancel(words)
        else:
            self.context.outbox.arm(Intent("MOVE", card.id, card.name, to_step=name))

    @override
    def is_armed_shown(self) -> bool:
        armed, card = self.context.outbox.desk.armed, self.view.card
        return armed is not None and card is not None and armed.target == card.id

    @override
    def confirmed(self, sent: Sent) -> None:
        self.view.focus()
