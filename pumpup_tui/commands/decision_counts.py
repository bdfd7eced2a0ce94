"""Counting requests and what became of them, off a timeline. Pure: events in, figures out."""

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
"""The agent's confidence, from this on, by the name of its band."""
NO_CONFIDENCE = "not told"
ANSWERED = "ANSWERED"
"""What stands among the outcomes for an elicitation's answers."""


class Group:
    """The settled requests of a project, of a reviewer, or all."""

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
    """Return the value that `percent` of 100 do not exceed (nearest rank); None of none."""
    return round(ordered[ceil(len(ordered) * percent / 100) - 1], 3) if ordered else None


class Counts:
    """All figures of a timeline, event by event, oldest first."""

    TYPES: ClassVar[Sequence[str]] = (
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
        """Take the next event."""
        if event.in_response_to is None:
            self._open[event.id] = event.timestamp
            return
        asked = self._open.pop(event.in_response_to, None)
        if asked is None or not self._is_in_time(event.timestamp):
            return
        wait = max(0.0, (event.timestamp - asked).total_seconds())
        project = self._names.get(event.project_id, event.project_id)
        for group in (
            self._all,
            self._projects.setdefault(project, Group()),
            self._reviewers.setdefault(reviewer_of(event) or "not told", Group()),
        ):
            _count(group, event.payload, wait)

    def wire(self) -> dict[str, Any]:
        """Return all figures as JSON."""
        return {
            "open": len(self._open),
            "all": self._all.wire(),
            "projects": _named(self._projects),
            "reviewers": _named(self._reviewers),
        }

    def _is_in_time(self, moment: datetime) -> bool:
        return (self._since is None or moment >= self._since) and (self._until is None or moment < self._until)


def _named(groups: Mapping[str, Group]) -> list[dict[str, Any]]:
    return [{"name": name, **groups[name].wire()} for name in sorted(groups)]


def _count(group: Group, payload: Mapping[str, Any], wait: float) -> None:
    group.waits.append(wait)
    outcome = payload.get("outcome")
    kind = str(outcome.get("type")) if isinstance(outcome, Mapping) else ANSWERED
    group.outcomes[kind] += 1
    recommended = payload.get("recommendationSnapshot")
    if isinstance(outcome, Mapping) and isinstance(recommended, Mapping):
        band = _band(recommended.get("confidence"))
        group.decided[band] += 1
        group.agreed[band] += _kind(recommended.get("outcome")) == kind


def _kind(outcome: Any) -> str:
    return str(outcome.get("type")) if isinstance(outcome, Mapping) else ""


def _band(confidence: Any) -> str:
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)):
        return NO_CONFIDENCE
    return next((name for least, name in BANDS if confidence >= least), BANDS[-1][1])
