"""Questions for notes, with the user's templates filled in for what the note is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.components.prompt import TextQuestion
from pumpup_tui.decisions.desk import FINAL
from pumpup_tui.decisions.note_templates import filled
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from pumpup_tui.context import Context
    from pumpup_tui.decisions.desk import Intent

NAME_CELLS, REQUEST_CELLS = 80, 100
"""Characters of a task's name and of a request's first line that a template gets."""


def note_question(
    context: Context, label: str, text: str = "", *, task_name: str | None = None, summary: str | None = None
) -> TextQuestion:
    """Return the question for a note.

    Args:
        context: Has the templates and the reviewer.
        label: The words before the text, clean.
        text: The text that typing begins with.
        task_name: The task of the note, raw; None where it goes to several, or is not known.
        summary: The summary of the request that it answers, raw; None as for the task.
    """
    # cleaned again: a note is, wherever it is drawn
    values = {"reviewer": line(context.status.reviewer, NAME_CELLS)}
    if task_name is not None:
        # cleaned again: a note is, wherever it is drawn
        values["task"] = line(task_name, NAME_CELLS)
    if summary is not None:
        # cleaned again: a note is, wherever it is drawn
        values["request"] = line(summary.strip().split("\n", maxsplit=1)[0], REQUEST_CELLS)
    templates = filled(context.preferences.note_templates, values)
    return TextQuestion(label, text, takes_lines=True, templates=templates)


def armed_question(context: Context, armed: Intent) -> TextQuestion:
    """Return the question for the note of what is armed: a decision on a request, or an act on a task."""
    is_decision = armed.verb in FINAL
    return note_question(
        context,
        "reason" if armed.verb == "PAUSE" else "note",
        armed.note,
        task_name=armed.task_name if is_decision else armed.title,
        summary=armed.title if is_decision else None,
    )
