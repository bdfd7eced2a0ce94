"""A ruling: the state that the rules read, and the events that they make of a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from api_client.actor import Actor
from api_client.errors import NotFound
from api_client.times import wire_time
from store.core.command_limits import NO_LIMITS, CommandLimits
from store.core.event_ids import event_id
from store.core.fold import is_terminal, step_of
from store.core.schema_questions import Ask, unasked
from store.core.state_view import Doc, StateView

_SOURCES = {"agent": "AGENT", "reviewer": "HUMAN"}


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an upload that has arrived: SHA-256 in hex, size in bytes."""

    sha256: str
    size: int


@dataclass(slots=True)
class Ruling:
    """The outcome of a command: events without their hashes, and the object that the answer shows."""

    view: StateView
    actor: Actor
    now: datetime
    token: Callable[[], str]
    content: Content | None = None
    limits: CommandLimits = NO_LIMITS
    ask: Ask = unasked
    events: list[dict[str, Any]] = field(default_factory=list)
    shows: tuple[Literal["event", "projects", "tasks", "uploads", "grants", "policies"], str] = ("event", "")

    @property
    def source(self) -> str:
        """The wire's `source`: the kind of caller that acts."""
        return _SOURCES.get(self.actor.role, "PLATFORM")

    def entry(self, event_type: str, payload: Doc, **keys: Any) -> dict[str, Any]:
        """Add an entry to the chain; keys that are None are left out."""
        seq = self.view.seq + len(self.events) + 1
        event: dict[str, Any] = {
            "id": event_id(seq, self.token()),
            "seq": seq,
            "eventType": event_type,
            "timestamp": wire_time(self.now),
            "source": self.source,
            "subject": self.actor.subject,
        }
        for key, value in keys.items():
            if value is not None:
                event[key] = value
        event["payload"] = payload
        self.events.append(event)
        return event

    def on_task(self, task: Doc, event_type: str, payload: Doc, **keys: Any) -> dict[str, Any]:
        """Add an event to a task's timeline, whose timestamps never go back."""
        project = project_of(self.view, task)
        event = self.entry(
            event_type,
            payload,
            taskId=task["id"],
            projectId=task["projectId"],
            **{"owner": step_of(project, task["currentStep"])["owner"], **keys},
        )
        event["timestamp"] = max(event["timestamp"], task.get("lastAt", ""))
        return event

    def close(self, task: Doc, step: str, after: Doc) -> None:
        """Add the `TASK_CLOSED` that belongs to entering a terminal step, in the same commit."""
        project = project_of(self.view, task)
        if is_terminal(project, step):
            self.on_task(
                {**task, "lastAt": after["timestamp"]},
                "TASK_CLOSED",
                {"type": "TaskClosed", "terminalState": step},
                owner=step_of(project, step)["owner"],
                source="PLATFORM",
            )


def project_of(view: StateView, task: Doc) -> Doc:
    """Return the project of a task's document.

    Raises:
        NotFound: it is gone.
    """
    project = view.get("projects", task["projectId"])
    if project is None:
        raise NotFound("The task's project is gone.")
    return project
