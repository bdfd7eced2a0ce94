"""What the rules work with: the state as they see it, and the events that they make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from api_client.actor import Actor
from api_client.errors import NotFound
from api_client.times import wire_time
from store.core.fold import Doc, Table, is_terminal, step_of
from store.core.schema_questions import Ask, unasked


class View(Protocol):
    """The state as the rules see it."""

    @property
    def seq(self) -> int:
        """The number of events so far."""
        ...

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a document, None where there is none."""
        ...

    def count(self, table: Table) -> int:
        """Return how many documents the table holds."""
        ...

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project that agents call `slug`."""
        ...

    def event(self, event_id: str) -> Doc | None:
        """Return an event, None where there is none."""
        ...

    def settlement(self, request_id: str) -> Doc | None:
        """Return the event that settled a request, None where none did."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an upload that has arrived: SHA-256 in hex, size in bytes."""

    sha256: str
    size: int


LOOSE_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of what a command leaves behind, in bytes as JSON (CONTRACT.md part 3, Limits); None is no limit."""

    metadata_bytes: int | None = 256_000
    """All of a task's metadata."""
    schema_bytes: int | None = 64_000
    """A step's schema."""
    check_seconds: float = 2.0
    """Processor time in which metadata must be checked."""
    loose_seconds: int | None = LOOSE_SECONDS
    """After so long an upload that no task has can't be attached any more: its content is dropped (`folder.sweep`)."""


NO_LIMITS = Limits(None, None, loose_seconds=None)
"""For what stands on the record already: a limit that came later is not held against it."""


@dataclass(slots=True)
class Ruling:
    """What a command makes: events without their hashes, and which thing the answer shows."""

    view: View
    actor: Actor
    now: datetime
    token: Callable[[], str]
    content: Content | None = None
    limits: Limits = NO_LIMITS
    ask: Ask = unasked
    events: list[dict[str, Any]] = field(default_factory=list)
    shows: tuple[Literal["event", "projects", "tasks", "uploads"], str] = ("event", "")

    @property
    def source(self) -> str:
        """Who fires: the wire's `source`."""
        return {"agent": "AGENT", "reviewer": "HUMAN"}.get(self.actor.role, "PLATFORM")

    def entry(self, event_type: str, payload: Doc, **keys: Any) -> dict[str, Any]:
        """Add an entry of the chain; keys that are None are left out. An id names its place in the chain."""
        seq = self.view.seq + len(self.events) + 1
        made = {
            "id": f"evt_{seq:08x}{self.token()}",
            "seq": seq,
            "eventType": event_type,
            "timestamp": wire_time(self.now),
            "source": self.source,
            "subject": self.actor.subject,
            **{key: value for key, value in keys.items() if value is not None},
            "payload": payload,
        }
        self.events.append(made)
        return made

    def on_task(self, task: Doc, event_type: str, payload: Doc, **keys: Any) -> dict[str, Any]:
        """Add an event to a task's timeline, whose timestamps never go back."""
        project = project_of(self.view, task)
        made = self.entry(
            event_type,
            payload,
            taskId=task["id"],
            projectId=task["projectId"],
            **{"owner": step_of(project, task["currentStep"])["owner"], **keys},
        )
        made["timestamp"] = max(made["timestamp"], task.get("lastAt", ""))
        return made

    def close(self, task: Doc, step: str, after: Doc) -> None:
        """Write the closing that entering a terminal step brings with it, in the same commit."""
        project = project_of(self.view, task)
        if is_terminal(project, step):
            self.on_task(
                {**task, "lastAt": after["timestamp"]},
                "TASK_CLOSED",
                {"type": "TaskClosed", "terminalState": step},
                owner=step_of(project, step)["owner"],
                source="PLATFORM",
            )


def project_of(view: View, task: Doc) -> Doc:
    """Return the project of a task's document.

    Raises:
        NotFound: it is gone.
    """
    project = view.get("projects", task["projectId"])
    if project is None:
        raise NotFound("The task's project is gone.")
    return project
