"""A project's step graph in text: a line a step in graph order, the one where the task is marked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text import line
from pumpup_tui.widgets.painting import Line, fit, wrap

if TYPE_CHECKING:
    from api_client.models import Step, Steps

NAME_CELLS = 24
OWNER_CELLS = 10


def graph_lines(steps: Steps, current: str, width: int, here: str = "") -> list[list[Line]]:
    """Return the lines of each step: mark, name, owner, and where it goes on to or back to.

    Args:
        steps: The graph; it may have cycles.
        current: The step where the task is.
        width: Cells of a line; what is longer goes on below, under where it began.
        here: What is said of the present step, in clean words.
    """
    order = steps.in_graph_order()
    place = {step.name: index for index, step in enumerate(order)}
    cells = min(NAME_CELLS, max(len(line(step.name, 80)) for step in order))
    return [_step_lines(step, place, cells, width, here if step.name == current else None) for step in order]


def _step_lines(step: Step, place: dict[str, int], cells: int, width: int, here: str | None) -> list[Line]:
    mark = "●" if here is not None else "■" if not step.exits else "○"
    tone = "accent" if here is not None else ""
    name = line(step.name, 80)
    head: Line = [(f"{mark} {fit(name, cells) if len(name) <= cells else name}  ", tone)]
    owner = fit("final" if not step.exits else step.owner.lower(), OWNER_CELLS)
    onward = [name for name in step.exits if place[name] > place[step.name]]
    back = [name for name in step.exits if place[name] <= place[step.name]]
    told: Line = [
        (owner, "muted"),
        (f"→ {', '.join(line(one, 80) for one in onward)}  " if onward else "", ""),
        (f"↺ {', '.join(line(one, 80) for one in back)}  " if back else "", "muted"),
        (f"◀ {here}" if here is not None else "", "accent"),
    ]
    return wrap([*head, *(run for run in told if run[0])], width, indent=min(cells + 4 + OWNER_CELLS, width // 2))
