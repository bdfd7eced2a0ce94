"""The trial of a grant (CONTRACT.md part 4): what it would have decided of all past approvals. It writes nothing.

Of each event only the keys that are needed are read, for a project may have had a hundred thousand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from api_client.actor import Actor
from api_client.authority import (
    DISAGREEMENTS_MOST,
    AmountSum,
    Disagreement,
    GrantTerms,
    Trial,
)
from api_client.grant_filter import grant_test
from api_client.quantities import Quantity, quantity_of
from api_client.wire import read, read_known
from store.core.grant_coverage import check_grant
from store.core.policy_rules import may_alone, policy_of, rule_for
from store.core.read_models import document
from store.core.request_case import RequestCase
from store.core.state_view import DocumentLookup

_KEYS_MOST = 20
"""Context keys whose amounts are summed."""
_SUMMARY = 300
"""Characters of a summary in the list of disagreements."""


class _PastEvent(Struct, rename="camel", gc=False):
    """The keys of an event that a trial needs."""


class _PastOutcome(_PastEvent):
    type: str


class _PastAuthority(_PastEvent):
    subject: str = ""


class _PastDecidedPayload(_PastEvent):
    outcome: _PastOutcome
    authority: _PastAuthority | None = None


class PastDecision(_PastEvent):
    """The event of a decision."""

    source: str
    timestamp: datetime
    in_response_to: str
    payload: _PastDecidedPayload


class _PastRequestedPayload(_PastEvent):
    summary: str
    key_value_context: dict[str, str] | None = None
    recommendation: dict[str, Any] | None = None


class _PastRequest(_PastEvent):
    id: str
    task_id: str
    timestamp: str
    payload: _PastRequestedPayload
    subject: str = ""


class GrantTrial:
    """A trial in the making: it takes one past decision after the other."""

    def __init__(self, docs: DocumentLookup, terms: GrantTerms, giver: Actor, now: datetime) -> None:
        """Check the terms.

        Raises:
            NotFound: there is no such project.
            InvalidRequest: INVALID_GRANT, the terms are none that a grant could have.
        """
        check_grant(terms, now)
        self._project = document(docs, "projects", terms.project_id)
        self.project_id, self._terms, self._giver = terms.project_id, terms, giver
        self._fits, self._policy = grant_test(terms.filter), policy_of(docs, terms.project_id)
        self._approvals = self._covered = self._sampled = self._agreed = 0
        self._disagreements: deque[Disagreement] = deque(maxlen=DISAGREEMENTS_MOST)
        self._sums = _AmountSums()

    def decision(self, settlement: bytes) -> PastDecision | None:
        """Return the decision of a person in an event's JSON; None where it is none's."""
        decided = read_known(PastDecision, settlement)
        return decided if decided is not None and decided.source == "HUMAN" else None

    def take(
        self, decided: PastDecision, request: bytes, request_hash: str, of_task: Callable[[], tuple[str, str]]
    ) -> None:
        """Count one decision.

        Args:
            decided: the decision.
            request: the event of its request, as JSON.
            request_hash: the hash of that event.
            of_task: returns the task's name and the step that it was in when it was asked; called where they matter.
                What it raises is raised, and nothing is counted.
        """
        asked = read_known(_PastRequest, request)
        if asked is None:
            return
        case = RequestCase(
            request_id=asked.id,
            event_type="APPROVAL_REQUESTED",
            summary=asked.payload.summary,
            requested_by=asked.subject,
            requested_at=asked.timestamp,
            hash=request_hash,
            project_name=self._project["projectName"],
            of_task=of_task,
            recommendation=asked.payload.recommendation,
            key_value_context=asked.payload.key_value_context,
        )
        is_covered = case.recommended == "APPROVE" and self._fits(case) and self._giver_may(case)
        self._approvals += 1
        if not is_covered:
            return
        self._covered += 1
        self._sampled += case.is_sampled(self._terms.sample)
        agrees = decided.payload.outcome.type == "APPROVE"
        self._agreed += agrees
        self._sums.add(case.key_value_context or {}, agrees=agrees)
        if not agrees:
            self._disagreements.append(_disagreement(decided, asked))

    def _giver_may(self, case: RequestCase) -> bool:
        return may_alone(rule_for(self._policy, case) if self._policy else None, case, self._giver)

    def outcome(self) -> Trial:
        """Return the counts."""
        return Trial(
            approvals=self._approvals,
            fits=self._covered,
            sampled=self._sampled,
            agreed=self._agreed,
            disagreed=self._covered - self._agreed,
            amounts=self._sums.found(),
            disagreements=tuple(reversed(self._disagreements)),
        )


def _disagreement(decided: PastDecision, asked: _PastRequest) -> Disagreement:
    amounts = (value for value in (asked.payload.key_value_context or {}).values() if _is_amount(value))
    authority = decided.payload.authority
    found = {
        "requestId": asked.id,
        "taskId": asked.task_id,
        "summary": asked.payload.summary[:_SUMMARY],
        "outcome": decided.payload.outcome.type,
        "decidedBy": authority.subject if authority else "",
        "decidedAt": decided.timestamp,
        "amount": next(amounts, None),
    }
    return read(Disagreement, found)


def _is_amount(text: str) -> bool:
    quantity = quantity_of(text)
    return quantity is not None and quantity.has_sum


class _AmountSums:
    """The sums under each context key whose values are all amounts of one unit."""

    def __init__(self) -> None:
        self._first: dict[str, Quantity | None] = {}
        """By key the first amount, by which the sums are written; None where they have no sum."""
        self._sums: dict[tuple[str, bool], Decimal] = {}
        self._decimals: dict[str, int] = {}

    def add(self, context: Any, *, agrees: bool) -> None:
        """Add the amounts of one request."""
        for key, text in context.items():
            if key not in self._first:
                if len(self._first) >= _KEYS_MOST:
                    continue
                first = quantity_of(text)
                self._first[key] = first if first is not None and first.has_sum else None
            first = self._first[key]
            if first is None:
                continue
            quantity = quantity_of(text)
            if quantity is None or quantity.unit != first.unit:
                self._first[key] = None
                continue
            self._sums[key, agrees] = self._sums.get((key, agrees), Decimal()) + quantity.number
            self._decimals[key] = max(self._decimals.get(key, 0), quantity.decimals)

    def found(self) -> tuple[AmountSum, ...]:
        """Return the sums, as they would be written."""
        known = [(key, first) for key, first in self._first.items() if first is not None]
        return tuple(
            AmountSum(
                key=key, agreed=self._words(key, first, agrees=True), disagreed=self._words(key, first, agrees=False)
            )
            for key, first in known
        )

    def _words(self, key: str, first: Quantity, *, agrees: bool) -> str:
        return first.words(self._sums.get((key, agrees), Decimal()), self._decimals.get(key, 0))
