"""The steps that tasks enter with their events, each as one byte: what an index stores of them.

With it a board can be put together as it was at any time without reading an event.
"""

from __future__ import annotations

from store.core.state_view import Doc

IGNORED = 255
"""For an event that was recorded and changes nothing (`fold.apply_recorded`)."""
UNNAMED = 254
"""For a step behind the first 253 of its project: the event names it."""


def entered_step(event: Doc) -> str | None:
    """Return the name of the step that a task enters with an event; None where it stays where it is."""
    if event["eventType"] == "TASK_CREATED":
        name: str = event["payload"]["initialState"]
        return name
    return event.get("transitionTo")


def step_code(event: Doc, project: Doc | None) -> int:
    """Return the place of the step that a task enters among those of its project, counted from 1; 0 for none."""
    name = entered_step(event) if project is not None else None
    if project is None or name is None:
        return 0
    steps = project["steps"]["steps"]
    return min(next((place for place, step in enumerate(steps, 1) if step["name"] == name), 0), UNNAMED)
