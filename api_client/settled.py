"""Settled requests, one short row each: all that figures about decisions are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from api_client.models import APPROVAL_DECIDED, ELICITATION_PROVIDED, Order
from api_client.wire import Moment, Wire, keep_in_utc, read_known

SETTLING = (APPROVAL_DECIDED, ELICITATION_PROVIDED)
"""The types of the events that settle a request."""


class SettledRequest(Wire):
    """A request and what settled it. `outcome` is the decision's, by its wire name; None where answers settled it.

    `requested_by` and `settled_by` are empty where the server does not say. `recommended` and `confidence` are what the
    agent had suggested, as it stood when the decision was made. `grant` is the id of the grant that decided, and
    `by_platform` is true of its decisions and of those by expiry: nobody was asked, or nobody answered.
    """

    request_id: str
    task_id: str
    project_id: str
    requested_at: Moment
    requested_by: str = ""
    settled_at: Moment
    settled_by: str = ""
    outcome: str | None = None
    recommended: str | None = None
    confidence: float | None = None
    blind: bool | None = None
    """Whether what the agent had suggested was hidden from whoever decided; None where the record does not say."""
    grant: str | None = None
    by_platform: bool | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "requested_at", "settled_at")

    @property
    def seconds_waited(self) -> float:
        """How long the request waited for a person; never negative."""
        return max(0.0, (self.settled_at - self.requested_at).total_seconds())


class SettledQuery(NamedTuple):
    """The settled requests that are asked for: of a project, from `since` on and before `until`."""

    project_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: Order = "asc"
    cursor: str | None = None
    limit: int = 500
    """Rows are short: by default as many as a page may have."""

    @property
    def scope(self) -> tuple[str, ...]:
        """Names the list: its cursors are good whatever the times."""
        return "settled", self.project_id or ""

    def is_past(self, moment: datetime) -> bool:
        """Return whether a row of this time, and so all after it in this order, is out of range."""
        if self.order == "asc":
            return self.until is not None and moment >= self.until
        return self.since is not None and moment < self.since

    def is_before(self, moment: datetime) -> bool:
        """Return whether a row of this time comes before those in range, in this order."""
        if self.order == "asc":
            return self.since is not None and moment < self.since
        return self.until is not None and moment >= self.until


class _Slim(Struct, rename="camel", gc=False):
    """The keys of an event that a row needs: all others are passed over unread, which is most of the time."""


class _SlimOutcome(_Slim):
    type: str


class _SlimRecommendation(_Slim):
    outcome: _SlimOutcome | None = None
    confidence: float | None = None


class _SlimAuthority(_Slim):
    subject: str = ""
    grant: str | None = None


class _SlimPayload(_Slim):
    outcome: _SlimOutcome | None = None
    authority: _SlimAuthority | None = None
    answered_by: str | None = None
    recommendation_snapshot: _SlimRecommendation | None = None
    blind: bool | None = None


class _Settlement(_Slim):
    source: str
    task_id: str
    project_id: str
    timestamp: datetime
    in_response_to: str
    payload: _SlimPayload
    subject: str | None = None


class _Request(_Slim):
    timestamp: datetime
    subject: str | None = None


def settled_request(settlement: bytes, request_of: Callable[[str], bytes | None]) -> SettledRequest | None:
    """Return the row of a decision or of answers.

    Args:
        settlement: The event that settled a request, as JSON.
        request_of: Returns the event of the request with this id, as JSON; None where it was not settled by this one.

    Returns:
        None where the events have no shape that this version knows: they count nowhere.
    """
    settled = read_known(_Settlement, settlement)
    if settled is None or (request := request_of(settled.in_response_to)) is None:
        return None
    asked = read_known(_Request, request)
    return None if asked is None else _row(settled, asked)


def _row(settled: _Settlement, asked: _Request) -> SettledRequest:
    payload, by = settled.payload, settled.payload.authority
    authority = by.subject if by else ""
    recommendation = payload.recommendation_snapshot
    recommended = recommendation.outcome if recommendation else None
    return SettledRequest(
        request_id=settled.in_response_to,
        task_id=settled.task_id,
        project_id=settled.project_id,
        requested_at=asked.timestamp,
        requested_by=asked.subject or "",
        settled_at=settled.timestamp,
        settled_by=settled.subject or authority or payload.answered_by or "",
        outcome=payload.outcome.type if payload.outcome else None,
        recommended=recommended.type if recommended else None,
        confidence=recommendation.confidence if recommendation else None,
        blind=payload.blind,
        grant=by.grant if by else None,
        by_platform=True if settled.source == "PLATFORM" else None,
    )
