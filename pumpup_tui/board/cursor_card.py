"""The card under the board's cursor: what is armed for it, and where it went when it left its column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.screen_parts import ArmedView
from pumpup_tui.components.task_moves import Movable
from pumpup_tui.decisions.desk import ALONE
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import status_run

if TYPE_CHECKING:
    from textual.screen import Screen

    from api_client.models import Card, Event, Task
    from pumpup_tui.board.board_view import BoardView
    from pumpup_tui.context import Context
    from pumpup_tui.decisions.desk import Confirmed


class CursorCard(ArmedView):
    """The card that a move is armed for: confirming it moves what is under the cursor, and nothing else."""

    def __init__(self, context: Context, screen: Screen[None], view: BoardView) -> None:
        self._context = context
        self._screen = screen
        self._view = view
        self._moves: dict[str, Event] = {}
        """The latest move of each task that came and was not shown yet."""

    def movable(self) -> Movable | None:
        """Return the card as a task that can be moved, None where there is none."""
        card, project = self._view.card, self._view.project
        if card is None or project is None:
            return None
        asked = card.open_request is not None
        return Movable(card.id, card.name, card.current_step, card.status, asked, project)

    # What is armed.

    @override
    def is_visible(self) -> bool:
        armed, card = self._context.outbox.desk.armed, self._view.card
        return armed is not None and card is not None and armed.target == card.id

    @override
    def confirmed(self, sent: Confirmed) -> None:
        self._view.focus()

    def disarm_if_left(self) -> None:
        """Disarm where the cursor is no longer on what is armed."""
        armed = self._context.outbox.desk.armed
        if armed is not None and armed.verb not in ALONE and not self.is_visible() and self._is_in_front:
            self._context.outbox.cancel("move taken back: you moved on, nothing was sent")

    @property
    def _is_in_front(self) -> bool:
        return self._screen.is_active

    # Where it went.

    def note_moves(self, events: Iterable[Event]) -> None:
        """Remember the latest move of each task."""
        self._moves.update({event.task_id: event for event in events if event.transition_to})

    def show_departure(self, card: Card) -> None:
        """Say where the card that was under the cursor went; the reviewer's own moves are shown already.

        After a move of one's own the cursor is on the next card; with the last one it goes to where that went.
        """
        mine = next((sent.intent for sent in self._context.outbox.desk.sent if sent.intent.target == card.id), None)
        column = self._view.columns.here
        if mine is not None and mine.verb == "MOVE" and column is not None and not column.cards:
            self._view.go_with(card.id, mine.to_step)
        if mine is not None or not self._is_in_front:
            return
        move = self._moves.pop(card.id, None)
        if move is None:
            self._context.reads.task(self._screen, card.id)
            return
        words = f"{line(card.name, 80)} went to {line(move.transition_to, 80)}"
        self._hint(f"{words} ({line(move.source.lower(), 20)})")

    def show_place(self, task: Task) -> None:
        """Say where a task is that went without a move that was noted."""
        self._hint(f"{line(task.name, 80)} is in {line(task.current_step, 80)} now, {status_run(task.status)[0]}")

    def _hint(self, words: str) -> None:
        outbox = self._context.outbox
        if outbox.desk.armed is not None:
            words = f"{words}: nothing was sent"
        outbox.cancel(words)
