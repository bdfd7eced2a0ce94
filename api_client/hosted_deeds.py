"""Deeds at a server without a reviewer part: from the events of its tasks, as far as they were read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from api_client.backend import PAGE_MAX
from api_client.deed_rule import TrailEvent, deed_state, deeds_of, trail_of
from api_client.models import Event, Page

if TYPE_CHECKING:
    from api_client.deeds import Deeds
    from api_client.event_filter import EventFilter
    from api_client.hosted_tasks import HostedTasks, PlacedEvent

LATER_MOST = 1_000
"""Later decisions and actions of a task that are looked at for one approval."""


class HostedDeeds:
    """The trails of one call: each task's is made once."""

    def __init__(self, tasks: HostedTasks) -> None:
        self._tasks = tasks
        self._trails: dict[str, tuple[list[TrailEvent], dict[str, int]]] = {}
        """By task, each with the places of its events."""

    def of(self, decision: Event) -> Deeds | None:
        """Return the deeds of a decision; None where the event is none."""
        found = self._after(decision)
        if found is None:
            return None
        first, later, more = found
        return deeds_of(first, later, lambda of_id: self._tasks.by_event_id[of_id].event.wire_bytes(), more=more)

    def page(self, events: Iterable[PlacedEvent], only: EventFilter, limit: int, cursor: str | None) -> Page[Event]:
        """Return the page of those among events that pass a filter by deeds, looking at `PAGE_MAX` decisions."""
        items: list[Event] = []
        looked = 0
        for placed in islice((one for one in events if only.takes(one.event)), PAGE_MAX):
            looked, cursor = looked + 1, placed.event.id
            found = self._after(placed.event)
            if found is not None and deed_state(found[0], found[1], more=found[2]) == only.deed:
                items.append(placed.event)
            if len(items) == limit:
                return Page(items=tuple(items), next_cursor=cursor)
        return Page(items=tuple(items), next_cursor=cursor, more=True if looked == PAGE_MAX else None)

    def _after(self, decision: Event) -> tuple[TrailEvent, list[TrailEvent], bool] | None:
        """Return a decision, what came after it on its task, and whether there is more."""
        trail, places = self._trail(decision.task_id)
        at = places.get(decision.id)
        if at is None or trail[at].outcome is None:
            return None
        return trail[at], trail[at + 1 : at + 1 + LATER_MOST], len(trail) > at + 1 + LATER_MOST

    def _trail(self, task_id: str) -> tuple[list[TrailEvent], dict[str, int]]:
        if task_id not in self._trails:
            hosted = self._tasks.by_task_id.get(task_id)
            trail = trail_of(hosted.events) if hosted else []
            self._trails[task_id] = trail, {event.id: at for at, event in enumerate(trail)}
        return self._trails[task_id]
