"""Figures about requests and their outcomes, computed from a timeline's events without side effects."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from pumpup_tui.text.labels import reviewer_of

if TYPE_CHECKING:
    from api_client.models import Event

BANDS: Sequence[tuple[float, str]] = ((0.9, "0.90-1.00"), (0.7, "0.70-0.89"), (0.5, "0.50-0.69"), (0.0, "0.00-0.49"))
"""Lower bound of the agent's confidence, and the name of the band."""
NO_CONFIDENCE = "not told"
NO_REVIEWER = "not told"
ANSWERED = "ANSWERED"
"""The name under which an elicitation's answers count among the outcomes."""


class Group:
    """Figures of the settled requests of a project, of a reviewer, or of all."""

    def __init__(self) -> None:
        self.waits = array("d")
        self.outcomes: Counter[str] = Counter()
        self.decided: Counter[str] = Counter()
        self.agreed: Counter[str] = Counter()

    def wire(self) -> dict[str, Any]:
        """Return the figures as JSON; waits in seconds, None where nothing was settled."""
        ordered = sorted(self.waits)
        bands = [*(name for _, name in BANDS), NO_CONFIDENCE]
        return {
            "settled": len(ordered),
            "waitSeconds": {"p50": percentile(ordered, 50), "p95": percentile(ordered, 95)},
            "outcomes": dict(self.outcomes.most_common()),
            "agreement": [{"band": band, "decided": self.decided[band], "agreed": self.agreed[band]} for band in bands],
        }


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return a percentile by nearest rank; None where there are no values."""
    return round(ordered[ceil(len(ordered) * percent / 100) - 1], 3) if ordered else None


class DecisionCounts:
    """All figures of a timeline, whose events are added one by one, oldest first."""

    TYPES: ClassVar[tuple[str, ...]] = (
        "APPROVAL_REQUESTED",
        "ELICITATION_REQUESTED",
        "APPROVAL_DECIDED",
        "ELICITATION_PROVIDED",
    )

    def __init__(self, projects: Mapping[str, str], since: datetime | None = None, until: datetime | None = None):
        self._names = projects
        self._since, self._until = since, until
        self._open: dict[str, datetime] = {}
        self._all = Group()
        self._projects: dict[str, Group] = {}
        self._reviewers: dict[str, Group] = {}

    def add(self, event: Event) -> None:
        """Count the next event."""
        if event.in_response_to is None:
            self._open[event.id] = event.timestamp
            return
        requested_at = self._open.pop(event.in_response_to, None)
        if requested_at is None or not self._is_in_range(event.timestamp):
            return
        wait = max(0.0, (event.timestamp - requested_at).total_seconds())
        for group in self._groups_of(event):
            _count(group, event.payload, wait)

    def _groups_of(self, event: Event) -> tuple[Group, ...]:
        project = self._names.get(event.project_id, event.project_id)
        return (
            self._all,
            self._projects.setdefault(project, Group()),
            self._reviewers.setdefault(reviewer_of(event) or NO_REVIEWER, Group()),
        )

    def wire(self) -> dict[str, Any]:
        """Return all figures as JSON."""
        return {
            "open": len(self._open),
            "all": self._all.wire(),
            "projects": _named(self._projects),
            "reviewers": _named(self._reviewers),
        }

    def _is_in_range(self, moment: datetime) -> bool:
        return (self._since is None or moment >= self._since) and (self._until is None or moment < self._until)


def _named(groups: Mapping[str, Group]) -> list[dict[str, Any]]:
    return [{"name": name, **groups[name].wire()} for name in sorted(groups)]


def _count(group: Group, payload: Mapping[str, Any], wait: float) -> None:
    group.waits.append(wait)
    outcome = payload.get("outcome")
    outcome_type = str(outcome.get("type")) if isinstance(outcome, Mapping) else ANSWERED
    group.outcomes[outcome_type] += 1
    recommendation = payload.get("recommendationSnapshot")
    if isinstance(outcome, Mapping) and isinstance(recommendation, Mapping):
        band = _band(recommendation.get("confidence"))
        group.decided[band] += 1
        group.agreed[band] += _type_of(recommendation.get("outcome")) == outcome_type


def _type_of(outcome: Any) -> str:
    return str(outcome.get("type")) if isinstance(outcome, Mapping) else ""


def _band(confidence: Any) -> str:
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)):
        return NO_CONFIDENCE
    return next((name for lower_bound, name in BANDS if confidence >= lower_bound), BANDS[-1][1])
