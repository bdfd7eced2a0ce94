"""Reads of one folder's tasks beside their documents: what a step's queue holds, and what a task's events say."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from api_client.models import OVERDUE_MOST
from api_client.task_trail import TaskTrail
from store.core.event_heads import agent_of, settled_at
from store.core.read_models import StepLoad
from store.core.state_view import Doc
from store.core.timeout_rules import due_at, timed_steps
from store.folder.event_log import Events
from store.folder.state import State

LOOKED_BACK = 20
"""Events of a task that are looked at for its last settlement: people may have written about it since."""
_MADE = ("TASK_CREATED",)


def step_load(state: State, project: Doc, step: str, now: datetime) -> StepLoad:
    """Return the load of one step of a project."""
    queue = state.board.in_step[project["id"], step].seqs
    waiting = state.board.waiting[project["id"], step]
    seconds = dict(timed_steps(project)).get(step)
    # They are in the order in which they entered, so those that are overdue come first.
    overdue = 0
    if seconds is not None:
        most = min(len(queue), OVERDUE_MOST)
        overdue = bisect_right(queue, now, 0, most, key=lambda seq: due_at(seconds, state.task_at(seq)))
    oldest = state.task_at(queue[0])["stepEnteredAt"] if queue else None
    return StepLoad(len(queue), waiting, overdue, oldest)


def trail_in(state: State, events: Events, task: Doc) -> TaskTrail:
    """Return the trail of a task."""
    agent = agent_of(events.head(task["stepSeq"])) or agent_of(_first(state, events, task))
    is_settled = task["status"] != "CLOSED" and task.get("openRequests") == []
    return TaskTrail(agent, settled_at(_turns(state, events, task)) if is_settled else None)


def _first(state: State, events: Events, task: Doc) -> bytes | None:
    """Return the head of the event that created a task."""
    return next((events.head(seq) for seq in state.index.walk(task=task["no"], types=_MADE)), None)


def _turns(state: State, events: Events, task: Doc) -> Iterator[bytes]:
    """Yield the heads of a task's events from the newest on."""
    for seq in islice(state.index.walk(task=task["no"], order="desc"), LOOKED_BACK):
        yield events.head(seq)
