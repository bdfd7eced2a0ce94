"""A policy held against the past: which decisions of a project would have needed more under it. Pure.

It remembers the open requests and the steps of open tasks, and nothing of what is settled or closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api_client.actor import Actor
from api_client.authority import Policy, PolicyRule
from api_client.models import Event, Outcome
from api_client.needs import APPROVING
from api_client.times import wire_time
from api_client.wire import read
from store.core.event_types import SETTLING
from store.core.fold import agreement_in, with_agreement
from store.core.policy_rules import agreements_to, is_own, lacking_tags, needs_under, rule_for
from store.core.request_case import RequestCase
from store.core.state_view import Doc

REPLAYED = (
    "TASK_CREATED",
    "TASK_CLOSED",
    "ACTION",
    "EXCEPTION",
    "APPROVAL_REQUESTED",
    "ELICITATION_REQUESTED",
    "APPROVAL_DECIDED",
    "ELICITATION_PROVIDED",
    "REQUEST_WITHDRAWN",
)
"""The types of events that a replay takes."""
_REQUESTS = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
_SUMMARY = 200
"""Characters of a summary that are remembered."""

TAGS, OWN, PEOPLE, HUMAN = "TAGS", "OWN_REQUEST", "PEOPLE", "HUMAN"
"""What a decision can lack: somebody with a tag, somebody who did not ask, enough people, a person at all."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A past decision that would have needed more."""

    request_id: str
    task_id: str
    summary: str
    rule: PolicyRule
    missing: Mapping[str, str]
    """By what it lacks, the words for it; names in them are raw."""
    outcome: str
    """The outcome's name on the wire; `ANSWER` where it is an elicitation's."""
    decided_by: str
    decided_at: datetime

    def wire(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "requestId": self.request_id,
            "taskId": self.task_id,
            "summary": self.summary,
            "rule": self.rule.name,
            "missing": list(self.missing),
            "outcome": self.outcome,
            "decidedBy": self.decided_by,
            "decidedAt": wire_time(self.decided_at),
        }


class PolicyReplay:
    """Takes the events of a project in their order, and counts."""

    def __init__(self, policy: Policy, project_name: str) -> None:
        self._policy, self._project_name = policy, project_name
        self._has_bounds = any(rule.when.context for rule in policy.rules)
        self._steps: dict[str, str] = {}
        self._cases: dict[str, RequestCase] = {}
        self._agreements: dict[str, list[Doc]] = {}
        self.decisions = 0
        """Decisions and answers of people, and decisions of grants."""
        self.short = 0
        """Those of them that would have needed more."""
        self.rules: Counter[str] = Counter()
        """These by the name of the rule."""
        self.missing: Counter[str] = Counter()
        """These by what they lack; one may lack several things."""

    def take(self, event: Event) -> Shortfall | None:
        """Take an event; return what it lacks where it is a decision that would have needed more."""
        shortfall = None
        if event.event_type in _REQUESTS:
            self._cases[event.id] = self._case(event)
        elif event.event_type in SETTLING:
            case = self._cases.pop(event.in_response_to or "", None)
            agreements = self._agreements.pop(event.in_response_to or "", [])
            shortfall = None if case is None else self._held(event, case, agreements)
        elif event.event_type == "ACTION" and event.in_response_to in self._cases:
            self._agree(event, event.in_response_to or "")
        self._follow(event)
        return shortfall

    def _follow(self, event: Event) -> None:
        """Note the step that the task is in after an event."""
        if event.event_type == "TASK_CLOSED":
            self._steps.pop(event.task_id, None)
        elif event.event_type == "TASK_CREATED":
            self._steps[event.task_id] = str(event.payload.get("initialState") or "")
        elif event.transition_to is not None:
            self._steps[event.task_id] = event.transition_to

    def _case(self, event: Event) -> RequestCase:
        task_id, payload = event.task_id, event.payload
        context = payload.get("keyValueContext")
        context = context if isinstance(context, Mapping) else {}
        return RequestCase(
            request_id=event.id,
            event_type=event.event_type,
            summary=str(payload.get("summary") or "")[:_SUMMARY],
            requested_by=event.subject or "",
            requested_at=wire_time(event.timestamp),
            hash=event.hash or "",
            project_name=self._project_name,
            of_task=lambda: ("", self._steps.get(task_id, "")),
            recommendation=payload.get("recommendation"),
            asked_in=self._steps.get(task_id),
            # All of it: where a key is there in several spellings, or in disguise, none is certain.
            key_value_context=context if self._has_bounds else {},
        )

    def _agree(self, event: Event, request_id: str) -> None:
        agreement = agreement_in(event.wire())
        if agreement is not None:
            self._agreements[request_id] = with_agreement(self._agreements.get(request_id, []), agreement)

    def _held(self, event: Event, case: RequestCase, agreements: list[Doc]) -> Shortfall | None:
        authority = _authority_of(event)
        if authority is None:
            return None
        self.decisions += 1
        rule = rule_for(self._policy, case)
        missing = dict(_missing(rule, case, event, authority, agreements)) if rule is not None else {}
        if rule is None or not missing:
            return None
        self.short += 1
        self.rules[rule.name] += 1
        self.missing.update(missing.keys())
        outcome, who = _outcome_of(event), str(authority.get("subject") or "")
        word = outcome.type if outcome is not None else "ANSWER"
        return Shortfall(case.request_id, event.task_id, case.summary, rule, missing, word, who, event.timestamp)


def _authority_of(event: Event) -> Mapping[str, Any] | None:
    """Return who decided, and by which grant; None where nobody did: it was withdrawn, or has expired."""
    if event.event_type == "REQUEST_WITHDRAWN":
        return None
    authority = event.payload.get("authority")
    if isinstance(authority, Mapping):
        return None if event.source == "PLATFORM" and not authority.get("grant") else authority
    return {"subject": event.payload.get("answeredBy") or event.subject}


def _outcome_of(event: Event) -> Outcome | None:
    """Return the outcome of a decision; None of answers, and where it is none of the contract's."""
    try:
        return read(Outcome, event.payload.get("outcome"))
    except ValueError:
        return None


def _missing(
    rule: PolicyRule, case: RequestCase, event: Event, authority: Mapping[str, Any], agreements: list[Doc]
) -> Iterator[tuple[str, str]]:
    """Yield what a decision lacks under a rule, and the words for it."""
    who = Actor(str(authority.get("subject") or ""), "reviewer", tuple(authority.get("tags") or ()))
    if tags := lacking_tags(rule, who):
        yield TAGS, f"somebody with the tag {' or '.join(tags)}"
    if is_own(rule, case, who):
        yield OWN, "somebody who did not ask for it"
    outcome, needs = _outcome_of(event), needs_under(rule, case, agreements, who)
    count = 1 + len(agreements_to(needs, outcome, who)) if outcome is not None else 1
    if outcome is not None and outcome.type in APPROVING and count < needs.people:
        yield PEOPLE, f"{needs.people - count} more of {needs.people} people"
    if authority.get("grant") and rule.always_human:
        yield HUMAN, "a person: a grant decided it"
