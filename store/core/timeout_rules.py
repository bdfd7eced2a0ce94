"""The timeouts of steps (CONTRACT.md part 3, Timeouts): which steps have one, and when a task is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from api_client.times import parse_time
from store.core.fold import is_terminal, step_of
from store.core.state_view import Doc

NEVER = datetime.max.replace(tzinfo=UTC)


def timed_steps(project: Doc) -> Iterator[tuple[str, int]]:
    """Yield the name and the timeout in seconds of each step of a project in which a task can stay too long."""
    for step in project["steps"]["steps"]:
        if step.get("timeoutSeconds") is not None and not is_terminal(project, step["name"]):
            yield step["name"], step["timeoutSeconds"]


def due_at(seconds: int, task: Doc) -> datetime:
    """Return when a task will have stayed in its step for `seconds`; `NEVER` where that is past all dates."""
    try:
        return parse_time(task["stepEnteredAt"]) + timedelta(seconds=seconds)
    except OverflowError:
        return NEVER


def may_fire(project: Doc, task: Doc, now: datetime) -> bool:
    """Return whether a task has stayed in its step for longer than the step allows, and no timeout was fired for it."""
    seconds = step_of(project, task["currentStep"]).get("timeoutSeconds")
    stayed = (now - parse_time(task["stepEnteredAt"])).total_seconds()
    return seconds is not None and not task.get("timedOut") and bool(stayed > seconds)
