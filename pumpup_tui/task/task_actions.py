"""Acting on a task: giving it to someone, and writing a note on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.decisions.desk import Intent

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.context import Context
    from pumpup_tui.task.record import TaskRecord


@dataclass(frozen=True, slots=True)
class Assignee:
    """A choice of whom a task is given to."""

    name: str | None
    """A reviewer's name; empty for no one, None for a name that is typed."""


class TaskActions:
    """Arms assignments and notes for one task."""

    def __init__(self, context: Context, screen: Screen[None], prompt: Prompt, record: TaskRecord) -> None:
        self._context = context
        self._screen = screen
        self._prompt = prompt
        self._record = record

    def assign(self) -> None:
        """Choose whom the task is given to."""
        loaded, outbox = self._record.loaded, self._context.outbox
        if refusal := self._context.refusal("assign"):
            outbox.cancel(refusal)
        elif loaded is None:
            outbox.cancel("still reading this task")
        elif self._record.is_closed:
            outbox.cancel("closed tasks can't be assigned; a note can still be written")
        else:
            me = self._context.status.reviewer
            choices = [
                Choice(Assignee(me), f"to me ({me})"),  # not foreign: PickScreen cleans its choices
                Choice(Assignee(None), "to a name…"),
            ]
            if loaded.assignee:
                # not foreign: PickScreen cleans its choices
                choices.append(Choice(Assignee(""), f"unassign: {loaded.assignee} has it now"))
            self._screen.app.push_screen(PickScreen("Assign this task", choices), self._assignee_chosen)

    def _assignee_chosen(self, chosen: Assignee | None) -> None:
        if chosen is None:
            return
        if chosen.name is not None:
            self._arm_assignment(chosen.name)
        else:
            self._prompt.ask(TextQuestion("assign to"), self._assignee_typed)

    def _assignee_typed(self, name: str | None) -> None:
        if name and name.strip():
            self._arm_assignment(name.strip())

    def _arm_assignment(self, name: str) -> None:
        if self._record.loaded is not None:
            task = self._record.loaded.detail.task
            self._context.outbox.arm(Intent("ASSIGN", task.id, task.name, assignee=name))

    def comment(self) -> None:
        """Write a note on the task."""
        if refusal := self._context.refusal("note"):
            self._context.outbox.cancel(refusal)
        elif self._record.loaded is not None:
            self._prompt.ask(TextQuestion("note on the task", takes_lines=True), self._note_written)

    def _note_written(self, text: str | None) -> None:
        if text and text.strip() and self._record.loaded is not None:
            task = self._record.loaded.detail.task
            self._context.outbox.arm(Intent("NOTE", task.id, task.name, note=text.strip()))
