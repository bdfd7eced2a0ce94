"""Figures about what came of decisions: approved and nothing done, no action linked, denied and acted on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api_client.errors import NotFound
from api_client.times import wire_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api_client.backend import Backend
    from api_client.event_filter import DeedFilter
    from api_client.models import Event, Order
    from pumpup_tui.insights.ranges import Range

LISTED = 5
"""Decisions of a kind that are listed."""
CALLS_MOST = 10
"""Calls in which those of a kind are looked for: each looks at 500 decisions at the most."""
_PAGE = 500
ORDERS: Mapping[DeedFilter, Order] = {"NONE": "asc", "UNLINKED": "desc", "AFTER_DENIAL": "desc"}
"""The order in which they are looked for: what was left undone for longest comes first, else the latest."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision that is listed; the task's name and the summary are raw."""

    request_id: str
    task_id: str
    task_name: str
    summary: str
    decided_at: datetime
    is_closed: bool
    """Whether its task is closed by now."""

    def wire(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "requestId": self.request_id,
            "taskId": self.task_id,
            "taskName": self.task_name,
            "summary": self.summary,
            "decidedAt": wire_time(self.decided_at),
            "taskClosed": self.is_closed,
        }


@dataclass(frozen=True, slots=True)
class DecisionCount:
    """The decisions of a kind: how many there are, whether there may be more, and the first of them."""

    count: int = 0
    more: bool = False
    """Whether some decisions of the range were not looked at."""
    rows: Sequence[DecisionRow] = ()

    def wire(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"count": self.count, "more": self.more, "first": [row.wire() for row in self.rows]}


@dataclass(frozen=True, slots=True)
class DeedFigures:
    """The decisions of a range by what came of them."""

    counts: Mapping[DeedFilter, DecisionCount]

    def wire(self) -> dict[str, Any]:
        """Return them as JSON."""
        names: Mapping[DeedFilter, str] = {
            "NONE": "approvedNothingDone",
            "UNLINKED": "approvedNoActionLinked",
            "AFTER_DENIAL": "deniedActedOn",
        }
        return {names[kind]: count.wire() for kind, count in self.counts.items()}


async def deed_figures(backend: Backend, chosen: Range, project_id: str | None) -> DeedFigures:
    """Return what came of the decisions of a range, looking at a bounded number of them.

    Raises:
        ApiError: the backend could not be read.
    """
    return DeedFigures({kind: await _count(backend, chosen, project_id, kind) for kind in ORDERS})


async def _count(backend: Backend, chosen: Range, project_id: str | None, kind: DeedFilter) -> DecisionCount:
    from api_client.event_filter import EventFilter

    only = EventFilter(chosen.since, chosen.until, deed=kind)
    count, cursor, more = 0, None, True
    first: list[Event] = []
    for _ in range(CALLS_MOST):
        page = await backend.events(project_id=project_id, order=ORDERS[kind], cursor=cursor, limit=_PAGE, only=only)
        first += page.items[: LISTED - len(first)]
        count, cursor = count + len(page.items), page.next_cursor
        more = not page.is_last(_PAGE)
        if not more:
            break
    rows = [row for event in first if (row := await _row(backend, event)) is not None] if kind != "UNLINKED" else []
    return DecisionCount(count, more, rows)


async def _row(backend: Backend, decision: Event) -> DecisionRow | None:
    with suppress(NotFound):
        detail = await backend.request(decision.in_response_to or "")
        return DecisionRow(
            detail.event.id,
            detail.task.id,
            detail.task.name,
            str(detail.event.payload.get("summary") or ""),
            decision.timestamp,
            detail.task.status == "CLOSED",
        )
    return None
