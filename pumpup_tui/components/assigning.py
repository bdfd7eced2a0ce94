"""Assigning a task: a choice among people, or a typed name. It arms; the key that confirms assigns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.decisions.desk import Intent

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.context import Context

PEOPLE_LISTED = 30
"""People that are offered by name, at the most."""


@dataclass(frozen=True, slots=True)
class Assignee:
    """A choice of the person that a task is assigned to."""

    name: str | None
    """A reviewer's name; empty for no one, None for a name that is typed."""


@dataclass(frozen=True, slots=True)
class Assignable:
    """A task as it is shown: what its assignment hangs on."""

    task_id: str
    name: str
    assignee: str
    """The person that it is assigned to, raw; empty where it is unassigned."""


class Assigning:
    """Asks whom a task is assigned to, and arms that."""

    def __init__(self, context: Context, screen: Screen[None], prompt: Prompt) -> None:
        """Take the screen that shows the choice, and the prompt that a name is typed in."""
        self._context = context
        self._screen = screen
        self._prompt = prompt

    def choose(self, task: Assignable, people: Iterable[str] = ()) -> None:
        """Choose the person; `people` are offered beside the reviewer."""
        me = self._context.status.reviewer
        others = sorted({name for name in people if name and name not in (me, task.assignee)}, key=str.casefold)
        # not foreign: PickScreen cleans its choices
        choices = [Choice(Assignee(me), f"to me ({me})")]
        choices += [Choice(Assignee(name), f"to {name}") for name in others[:PEOPLE_LISTED]]
        choices.append(Choice(Assignee(None), "to a name…"))
        if task.assignee:
            # not foreign: PickScreen cleans its choices
            choices.append(Choice(Assignee(""), f"unassigned, instead of {task.assignee}"))

        def chosen(choice: Assignee | None) -> None:
            if choice is not None and choice.name is not None:
                self._arm(task, choice.name)
            elif choice is not None:
                self._prompt.ask(TextQuestion("assign to", screen.typed), lambda name: self._typed(task, name))

        screen = PickScreen("Assign this task", choices, typed=Assignee(None))
        self._screen.app.push_screen(screen, chosen)

    def _typed(self, task: Assignable, name: str | None) -> None:
        if name and name.strip():
            self._arm(task, name.strip())

    def _arm(self, task: Assignable, name: str) -> None:
        self._context.outbox.arm(Intent("ASSIGN", task.task_id, task.name, assignee=name))
