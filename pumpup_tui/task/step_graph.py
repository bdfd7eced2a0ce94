"""A project's step graph in text: a line a step in graph order, the one where the task is marked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit, width_of, wrap

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
        here: The words for the present step, clean.
    """
    order = steps.in_graph_order()
    place = {step.name: index for index, step in enumerate(order)}
    # cleaned again: the width is measured
    cells = min(NAME_CELLS, width // 3, max(len(line(step.name, 80)) for step in order))
    return [_step_lines(step, place, cells, width, here if step.name == current else None) for step in order]


def _step_lines(step: Step, place: dict[str, int], cells: int, width: int, here: str | None) -> list[Line]:
    mark = "●" if here is not None else "■" if not step.exits else "○"
    name = fit(line(step.name, 80), cells)
    owner = fit("final" if not step.exits else step.owner.lower(), OWNER_CELLS)  # not foreign: one of three words
    # not foreign: one of three words
    head: Line = [(f"{mark} {name}  ", "accent" if here is not None else ""), (owner, "muted")]
    onward = ", ".join(line(name, 80) for name in step.exits if place[name] > place[step.name])
    back = ", ".join(line(name, 80) for name in step.exits if place[name] <= place[step.name])
    runs: Line = [
        (f"◀ {here}  " if here is not None else "", "accent"),
        (f"→ {onward}  " if onward else "", ""),
        (f"↺ {back}" if back else "", "muted"),
    ]
    indent = width_of(head)
    pieces = wrap([run for run in runs if run[0]], max(10, width - indent))
    return [[*(head if number == 0 else [(" " * indent, "")]), *piece] for number, piece in enumerate(pieces)]
