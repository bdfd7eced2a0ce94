"""A reading of a task's own events: whose task it is, and since when its agent was to go on with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from api_client.models import APPROVAL_DECIDED, ELICITATION_PROVIDED

SETTLING = (APPROVAL_DECIDED, ELICITATION_PROVIDED)
"""The types of events that settle a request."""
CLOSED = "TASK_CLOSED"
AGENT = "AGENT"
"""The source of what an agent did."""

T = TypeVar("T")


class TaskTrail(NamedTuple):
    """The part of a task's history that its document lacks."""

    agent: str | None = None
    """The subject of the agent that brought the task to its step; of the one that created it, where a person did."""
    decided_at: str | None = None
    """When its last request was settled, None where its agent has acted since, or none was."""


NO_TRAIL = TaskTrail()


def decided_at(newest_first: Iterable[tuple[str, str, T]]) -> T | None:
    """Return when a task's last request was settled, None where its agent has acted since, or none was settled.

    What people do meanwhile (a note, an assignment, a move) leaves the turn with the agent.

    Args:
        newest_first: Type, source and time of the task's events. Of a task with an open request the answer says
            nothing: there it is a person's turn.
    """
    for event_type, source, at in newest_first:
        if event_type in SETTLING:
            return at
        if source == AGENT or event_type == CLOSED:
            return None
    return None
