"""A project's step graph in a line: the steps in graph order, the one where the task is marked. Pure."""

from __future__ import annotations

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
    """Return where a task goes from its step: on along `→`, or back along `↺`; nowhere from a final one."""
    step = steps.step(current)
    if step is None:
        return []
    place = {one.name: index for index, one in enumerate(steps.in_graph_order())}
    onward = ", ".join(line(name, 80) for name in step.exits if place[name] > place[current])
    back = ", ".join(line(name, 80) for name in step.exits if place[name] <= place[current])
    return [(f"{arrow} {names}   ", "muted") for arrow, names in (("→", onward), ("↺", back)) if names]
