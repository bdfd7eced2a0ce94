"""A request as policies and grants look at it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from api_client.request_facts import context_value
from store.core.state_view import Doc, DocumentLookup

APPROVAL = "approval"
ELICITATION = "elicitation"
_KINDS = {"APPROVAL_REQUESTED": APPROVAL, "ELICITATION_REQUESTED": ELICITATION}
_SHARES = 1 << 64
_DIGITS = 16
"""Hex digits of a hash that a draw takes."""


def is_sampled(request_hash: str, share: float) -> bool:
    """Return whether a grant's draw falls on a request: by its own hash, which nobody can choose and all can check."""
    return int(request_hash[:_DIGITS], 16) < share * _SHARES


class RequestCase(Struct, frozen=True):
    """One request with what its rules and filters ask for."""

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
    asked_in: str | None = ""
    """The step that its task was in when it was asked; empty where that is `step`, None where it is not known."""
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

    def is_in(self, steps: Collection[str]) -> bool | None:
        """Return whether it is in one of some steps: both now and when it was asked; None where only once.

        An agent moves its task as it likes, between asking and the decision too.
        """
        is_now = self.step in steps
        if self.asked_in == "":
            return is_now
        return is_now if self.asked_in is not None and is_now == (self.asked_in in steps) else None

    def value_of(self, key: str) -> str | None:
        """Return the one value under a key of its context; None where there is none, or where that is not certain."""
        return context_value(self.key_value_context, key)

    def is_sampled(self, share: float) -> bool:
        """Return whether the draw of a grant with this share falls on it."""
        return is_sampled(self.hash, share)

    def is_blind(self, share: float) -> bool:
        """Return whether its recommendation is hidden: a draw of its own, from the other end of the hash."""
        return self.kind == APPROVAL and bool(self.recommendation) and int(self.hash[-_DIGITS:], 16) < share * _SHARES


def case_of(event: Doc, request: Doc, task: Doc, project: Doc) -> RequestCase:
    """Return the case of the event of an open request, whose document is `request`, on its task as it is now."""
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
        asked_in=request.get("askedIn"),  # versions before the policies' did not keep it
        recommendation=payload.get("recommendation"),
        key_value_context=payload.get("keyValueContext"),
    )


def case_in(docs: DocumentLookup, event: Doc, request: Doc | None = None) -> RequestCase:
    """Return the case of the event of an open request, as its task is now.

    Raises:
        KeyError: its task or project is gone.
    """
    task, project = docs.get("tasks", event["taskId"]), docs.get("projects", event["projectId"])
    if task is None or project is None:
        raise KeyError(event["taskId"])
    return case_of(event, request or docs.get("requests", event["id"]) or {}, task, project)
