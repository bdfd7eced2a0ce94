"""Moving a task along its graph: the keys and refusals that the board and the task share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from textual.screen import Screen

    from api_client.models import Project, Step
    from pumpup_tui.context import Context

MOVE_ACTIONS = (
    ("board.move_left", "toward(-1)"),
    ("board.move_right", "toward(1)"),
    ("board.move", "choose_exit"),
)
"""The keys of a move, and the actions of a screen that hands them to its `TaskMoves`."""
MOVE_KEYS = " ".join(name for name, _ in MOVE_ACTIONS)


@dataclass(frozen=True)
class Movable:
    """A task as it is shown: what its moves hang on."""

    task_id: str
    name: str
    step: str
    status: str
    is_asked: bool
    """Whether a request is open on it."""
    project: Project


def refusal_to_leave(task: Movable) -> str:
    """Return why a task can't leave its step, in clean words; empty where it can."""
    step = task.project.steps.step(task.step)
    if task.status == "CLOSED" or step is None or not step.exits:
        return "closed tasks can't be moved"
    return ""


def refusal_to_enter(task: Movable, name: str) -> str:
    """Return why a task can't go to this exit, in clean words; empty where it can."""
    to = task.project.steps.step(name)
    if task.is_asked and to is not None and not to.exits:
        return f"{line(name, 80)} would close the task while a request is open on it: decide that first"
    return ""


def exit_toward(task: Movable, direction: int) -> str | None:
    """Return the nearest exit on one side of the task's step in graph order, None where there is none."""
    order = [step.name for step in task.project.steps.in_graph_order()]
    here = order.index(task.step)
    beside = [name for name in _exits(task) if (order.index(name) - here) * direction > 0]
    return min(beside, key=lambda name: abs(order.index(name) - here)) if beside else None


def _exits(task: Movable) -> tuple[str, ...]:
    step: Step | None = task.project.steps.step(task.step)
    return step.exits if step else ()


class TaskMoves:
    """Moving the task that a screen shows: its keys arm a move, the key that confirms makes it."""

    def __init__(self, context: Context, screen: Screen[None], movable: Callable[[], Movable | None]) -> None:
        """Take the screen, which shows the choice of exits, and a function that returns the task that it shows."""
        self._context = context
        self._screen = screen
        self._movable = movable

    def toward(self, direction: int) -> None:
        """Arm a move to the nearest exit on one side: left (-1) or right (1)."""
        if (task := self._may_move()) is None:
            return
        name = exit_toward(task, direction)
        if name is not None:
            self._arm(task, name)
            return
        side = "right" if direction > 0 else "left"
        exits = ", ".join(line(one, 80) for one in _exits(task))
        self._context.outbox.cancel(f"no exit to the {side}; from {line(task.step, 80)} a task goes to: {exits}")

    def choose_exit(self) -> None:
        """Choose among the step's exits, and arm a move to that one."""
        if (task := self._may_move()) is None:
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self._arm(task, name)

        choices = [Choice(name, name) for name in _exits(task)]
        self._screen.app.push_screen(PickScreen("Move along which exit", choices), chosen)

    def _may_move(self) -> Movable | None:
        """Return the task that can be moved; say why where none can."""
        task = self._movable()
        if refusal := self._context.refusal("move"):
            self._context.outbox.cancel(refusal)
        elif task is None:
            self._context.outbox.cancel("there is no card here to move")
        elif refusal := refusal_to_leave(task):
            self._context.outbox.cancel(refusal)
        else:
            return task
        return None

    def _arm(self, task: Movable, name: str) -> None:
        now = self._movable()
        if now is None or now.task_id != task.task_id or now.step != task.step:
            self._context.outbox.cancel("the task has moved meanwhile: nothing was armed")
        elif refusal := refusal_to_enter(now, name):
            self._context.outbox.cancel(refusal)
        else:
            self._context.outbox.arm(Intent("MOVE", now.task_id, now.name, to_step=name))
