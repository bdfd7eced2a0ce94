"""A request as policies and grants look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.core.state_view import Doc, DocumentLookup

APPROVAL = "approval"
ELICITATION = "elicitation"
_KINDS = {"APPROVAL_REQUESTED": APPROVAL, "ELICITATION_REQUESTED": ELICITATION}
_SHARES = 1 << 64
_DIGITS = 16
"""Hex digits of a hash that a draw takes."""


@dataclass(frozen=True, slots=True)
class RequestCase:
    """One request with what its rules and filters ask for; the step is that of its task when it is looked at."""

    request_id: str
    event_type: str
    summary: str
    requested_by: str
    requested_at: str
    hash: str
    project_name: str
    of_task: Callable[[], tuple[str, str]]
    """Returns the name and the step of its task: of a past one they are looked up where they matter."""
    recommendation: Any = None
    key_value_context: Mapping[str, str] | None = None
    assignee_id: str | None = None
    overdue_at: datetime | None = None
    needs: None = None
    """What a policy asks of a reader: rules and filters have none."""
    blind: None = None
    """Whether a reader may not know its recommendation: rules and filters may."""

    @property
    def task_name(self) -> str:
        """The name of its task."""
        return self.of_task()[0]

    @property
    def step(self) -> str:
        """The step that its task is in when it is looked at."""
        return self.of_task()[1]

    @property
    def kind(self) -> str:
        """Whether it is an approval or an elicitation."""
        return _KINDS[self.event_type]

    @property
    def recommended(self) -> str | None:
        """The type of the outcome that the agent recommends; None where it recommends none."""
        if self.kind == ELICITATION or not self.recommendation:
            return None
        outcome: str = self.recommendation["outcome"]["type"]
        return outcome

    @property
    def confidence(self) -> float | None:
        """The agent's confidence in its recommendation, where it says one."""
        return self.recommendation.get("confidence") if self.recommended else None

    def is_sampled(self, share: float) -> bool:
        """Return whether a grant's draw falls on it: by its own hash, which nobody can choose and anyone can check."""
        return int(self.hash[:_DIGITS], 16) < share * _SHARES

    def is_blind(self, share: float) -> bool:
        """Return whether its recommendation is hidden: a draw of its own, from the other end of the hash."""
        return self.kind == APPROVAL and bool(self.recommendation) and int(self.hash[-_DIGITS:], 16) < share * _SHARES


def case_of(event: Doc, task: Doc, project: Doc) -> RequestCase:
    """Return the case of a request's event, on its task as it is now."""
    payload = event["payload"]
    return RequestCase(
        request_id=event["id"],
        event_type=event["eventType"],
        summary=payload["summary"],
        requested_by=event.get("subject", ""),
        requested_at=event["timestamp"],
        hash=event["hash"],
        project_name=project["projectName"],
        of_task=lambda: (task["name"], task["currentStep"]),
        recommendation=payload.get("recommendation"),
        key_value_context=payload.get("keyValueContext"),
    )


def case_in(docs: DocumentLookup, event: Doc) -> RequestCase:
    """Return the case of a request's event as its task is now.

    Raises:
        KeyError: its task or project is gone.
    """
    task, project = docs.get("tasks", event["taskId"]), docs.get("projects", event["projectId"])
    if task is None or project is None:
        raise KeyError(event["taskId"])
    return case_of(event, task, project)
