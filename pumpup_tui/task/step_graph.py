"""A project's step graph in a line: the steps in graph order, the one where the task is marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run

if TYPE_CHECKING:
    from api_client.models import Steps

HERE, FINAL = "●", "■"


def steps_line(steps: Steps, current: str) -> Line:
    """Return all steps in graph order, with arrows between those that follow: `intake ▸ ● in_review ▸ ■ paid`.

    The final steps stand last, with a stroke between them: none of them leads to another.
    """
    order = sorted(steps.in_graph_order(), key=lambda step: not step.exits)
    runs: list[Run] = []
    for number, step in enumerate(order):
        if number:
            runs.append((" ▸ " if order[number - 1].exits else " │ ", "muted"))
        final = "" if step.exits else f"{FINAL} "
        is_here = step.name == current
        here = f"{HERE} " if is_here else ""
        runs.append((f"{here}{final}{line(step.name, 80)}", "accent" if is_here else "" if step.exits else "muted"))
    return runs


def exits_line(steps: Steps, current: str) -> Line:
    """Return whose the present step is, and where a task goes from it: on along `→`, or back along `↺`."""
    step = steps.step(current)
    if step is None:
        return []
    place = {one.name: index for index, one in enumerate(steps.in_graph_order())}
    onward = [name for name in step.exits if place[name] > place[current]]
    back = [name for name in step.exits if place[name] <= place[current]]
    owner = f"step owner: {line(step.owner.lower(), 12)}" if step.exits else "final: no task leaves it"
    return [(owner, "muted"), *_toward("→", onward), *_toward("↺", back)]


def _toward(arrow: str, names: Iterable[str]) -> Line:
    words = ", ".join(line(name, 80) for name in names)
    return [(f"   {arrow} {words}", "muted")] if words else []
