"""The places, on the timelines, of a report's decisions and of what was done upon them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from api_client.deed_rule import ACTION, TrailEvent, links
from api_client.models import APPROVAL_DECIDED, APPROVAL_REQUESTED
from api_client.needs import APPROVING
from api_client.task_trail import AGENT

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.event_filter import EventFilter
    from api_client.models import Event
    from pumpup_tui.commands.report.evidence import ReportScope

TASKS_ONE_BY_ONE = 100
"""Tasks whose events are read singly; for more of them all timelines are read once."""
LOOKED_MOST = 1_000
"""Later events of a task that are looked at for the deeds of one decision."""
SETTLED = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED", "REQUEST_WITHDRAWN")
CREATED = "TASK_CREATED"
_PAGE = 500


def seq_of_event(event_id: object) -> int:
    """Return the place that an event's id names, 0 where it is none."""
    from store.core.event_ids import seq_of

    return seq_of(event_id) if isinstance(event_id, str) else 0


class PlacedDecision(NamedTuple):
    """An event that settled a request, as far as a report is put together by it: not its bytes."""

    seq: int
    id: str
    at: datetime
    task_id: str
    project_id: str
    named: tuple[int, ...]
    """The places of its request, and of the agreements that it names."""
    grant: str
    """The id of the grant that decided it; empty where none did."""


async def decisions_in(backend: Backend, scope: ReportScope, size: int) -> AsyncIterator[PlacedDecision]:
    """Yield what settled the requests of a scope, of the first `size` events.

    Raises:
        ApiError: the backend could not be read.
    """
    from api_client.event_filter import EventFilter

    only = EventFilter(since=scope.since, until=scope.until, decided_by=scope.decided_by)
    for task in scope.tasks or (None,):
        async for event in _events(backend, SETTLED, scope, task, only):
            if (seq := event.seq or seq_of_event(event.id)) <= size:
                yield _placed(event, seq)


def _placed(event: Event, seq: int) -> PlacedDecision:
    agreements, authority = event.payload.get("agreements"), event.payload.get("authority")
    named = map(seq_of_event, (event.in_response_to, *(agreements if isinstance(agreements, list) else ())))
    grant = authority.get("grant") if isinstance(authority, dict) else None
    return PlacedDecision(
        seq,
        event.id,
        event.timestamp,
        event.task_id,
        event.project_id,
        tuple(named),
        grant if isinstance(grant, str) else "",
    )


@dataclass(slots=True)
class Trail:
    """The actions of agents and the decisions on some tasks: as far as the rule of deeds goes, and not their bytes."""

    tasks: set[str]
    size: int
    created: set[int] = field(default_factory=set)
    """The places at which the tasks were created."""
    _events: dict[str, list[TrailEvent]] = field(default_factory=dict)
    _traces: dict[str, str | None] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take an event of any task, in the order of the record."""
        if event.task_id not in self.tasks or (event.seq or seq_of_event(event.id)) > self.size:
            return
        outcome = event.payload.get("outcome")
        if event.event_type == CREATED:
            self.created.add(event.seq or seq_of_event(event.id))
        elif event.event_type == APPROVAL_REQUESTED:
            self._traces[event.id] = event.external_trace_id
        elif event.event_type == ACTION and event.source == AGENT:
            self._put(event, TrailEvent(event.id, event.in_response_to, event.external_trace_id))
        elif event.event_type == APPROVAL_DECIDED and isinstance(outcome, dict):
            self._put(event, TrailEvent(event.id, event.in_response_to, None, str(outcome.get("type"))))

    def _put(self, event: Event, slim: TrailEvent) -> None:
        self._events.setdefault(event.task_id, []).append(slim)

    def beside(self, decisions: Sequence[PlacedDecision], traces: Mapping[str, str]) -> tuple[list[int], list[int]]:
        """Return the places of what else belongs to a report of these decisions.

        Args:
            decisions: The decisions, in the order of the record.
            traces: The trace ids of their requests, by the requests' ids.

        Returns:
            Those of other decisions, which took over the decisions' trace ids, and of their requests; then those of
            deeds, and of one later action where no action refers to a decision.
        """
        self._traces |= traces
        last_words: set[int] = set()
        deeds: set[int] = set()
        trails = {task: [self._traced(one) for one in events] for task, events in self._events.items()}
        places = {one.id: (task, index) for task, events in trails.items() for index, one in enumerate(events)}
        for placed in decisions:
            if placed.id in places:
                task, index = places[placed.id]
                decision = trails[task][index]
                later = list(islice(trails[task], index + 1, index + 1 + LOOKED_MOST))
                deeds.update(_deed_places(decision, later))
                others = [one for one in later if one.outcome and decision.trace and one.trace == decision.trace]
                last_words.update(seq_of_event(name) for one in others for name in (one.id, one.names))
        return sorted(last_words), sorted(deeds)

    def _traced(self, event: TrailEvent) -> TrailEvent:
        return event._replace(trace=self._traces.get(event.names or "")) if event.outcome is not None else event


def _deed_places(decision: TrailEvent, later: Sequence[TrailEvent]) -> list[int]:
    found = list(links(decision, later))
    linked = [seq_of_event(event.id) for event, link in found if link is not None]
    if linked or decision.outcome not in APPROVING:
        return linked
    return [seq_of_event(event.id) for event, _ in found[:1]]


async def task_places(backend: Backend, scope: ReportScope, trail: Trail, since: datetime) -> None:
    """Read where tasks were created, and what agents did on them; of many tasks from a time on.

    Raises:
        ApiError: the backend could not be read.
    """
    from api_client.event_filter import NO_FILTER, EventFilter

    done = (APPROVAL_REQUESTED, APPROVAL_DECIDED, ACTION)
    if len(trail.tasks) <= TASKS_ONE_BY_ONE:
        for task in sorted(trail.tasks):
            async for event in _events(backend, (CREATED, *done), scope, task, NO_FILTER):
                trail.add(event)
        return
    # Whoever else had the last word may have had it on a request from before: its trace id is in no report of others.
    has_others = bool(scope.decided_by) or scope.until is not None
    whole = (CREATED, APPROVAL_REQUESTED) if has_others else (CREATED,)
    for types, only in ((whole, NO_FILTER), (done, EventFilter(since=since))):
        async for event in _events(backend, types, scope, None, only):
            trail.add(event)


async def _events(
    backend: Backend, types: Sequence[str], scope: ReportScope, task: str | None, only: EventFilter
) -> AsyncIterator[Event]:
    cursor: str | None = None
    project = scope.project[0] if scope.project is not None else None
    while True:
        page = await backend.events(
            task_id=task, project_id=project, types=types, cursor=cursor, limit=_PAGE, only=only
        )
        for event in page.items:
            yield event
        cursor = page.next_cursor or cursor
        if page.is_last(_PAGE):
            return
