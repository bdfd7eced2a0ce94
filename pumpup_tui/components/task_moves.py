"""Moving a task along its graph: the keys and refusals that the board and the task share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.models import Project, Step

MOVE_KEYS = "board.move_left board.move_right board.move"


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
        return "this task is closed: it stays where it is"
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


class MovingScreen(ReviewerScreen):
    """A screen with a task that can be moved: `H` `L` `m` arm a move, `y` makes it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("board.move_left", "toward(-1)"),
        ("board.move_right", "toward(1)"),
        ("board.move", "choose_exit"),
    )

    def movable(self) -> Movable | None:
        """Return the task that would be moved, None where none is shown."""
        raise NotImplementedError

    def action_toward(self, direction: int) -> None:
        """Arm a move to the nearest exit on one side."""
        if (task := self._may_move()) is None:
            return
        name = exit_toward(task, direction)
        if name is not None:
            self._arm_move(task, name)
            return
        side = "right" if direction > 0 else "left"
        exits = ", ".join(line(one, 80) for one in _exits(task))
        self.context.outbox.cancel(f"no exit to the {side}; from {line(task.step, 80)} a task goes to: {exits}")

    def action_choose_exit(self) -> None:
        """Choose among the step's exits."""
        if (task := self._may_move()) is None:
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self._arm_move(task, name)

        choices = [Choice(name, name) for name in _exits(task)]
        self.app.push_screen(PickScreen("Move along which exit", choices), chosen)

    def _may_move(self) -> Movable | None:
        """Return the task that can be moved; say why where none can."""
        task = self.movable()
        if refusal := self.context.refusal("move"):
            self.context.outbox.cancel(refusal)
        elif task is None:
            self.context.outbox.cancel("there is no card here to move")
        elif refusal := refusal_to_leave(task):
            self.context.outbox.cancel(refusal)
        else:
            return task
        return None

    def _arm_move(self, task: Movable, name: str) -> None:
        now = self.movable()
        if now is None or now.task_id != task.task_id or now.step != task.step:
            self.context.outbox.cancel("the task has moved meanwhile: nothing was armed")
        elif refusal := refusal_to_enter(now, name):
            self.context.outbox.cancel(refusal)
        else:
            self.context.outbox.arm(Intent("MOVE", now.task_id, now.name, to_step=name))
