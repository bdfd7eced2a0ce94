"""Acting on a task: assigning it, and writing a note on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.components.assigning import Assignable, Assigning
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.decisions.desk import Intent

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.context import Context
    from pumpup_tui.task.record import TaskRecord


class TaskActions:
    """Arms assignments and notes for one task."""

    def __init__(self, context: Context, screen: Screen[None], prompt: Prompt, record: TaskRecord) -> None:
        self._context = context
        self._prompt = prompt
        self._record = record
        self._assigning = Assigning(context, screen, prompt)

    def assign(self) -> None:
        """Choose whom the task is assigned to."""
        loaded, outbox = self._record.loaded, self._context.outbox
        if refusal := self._context.refusal("assign"):
            outbox.cancel(refusal)
        elif loaded is None:
            outbox.cancel("still reading this task")
        elif self._record.is_closed:
            outbox.cancel("closed tasks can't be assigned; a note can still be written")
        else:
            task = loaded.detail.task
            self._assigning.choose(Assignable(task.id, task.name, loaded.assignee))

    def comment(self) -> None:
        """Write a note on the task."""
        if refusal := self._context.refusal("note"):
            self._context.outbox.cancel(refusal)
        elif self._record.loaded is not None:
            kept = self._context.outbox.kept_notes.find(self._record.loaded.detail.task.id)
            text = kept.note if kept is not None else ""
            self._prompt.ask(TextQuestion("note on the task", text, takes_lines=True), self._note_written)

    def _note_written(self, text: str | None) -> None:
        if text and text.strip() and self._record.loaded is not None:
            task = self._record.loaded.detail.task
            self._context.outbox.arm(Intent("NOTE", task.id, task.name, note=text.strip()))
