"""The task as it is loaded: its state, and as many of its events as the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from api_client.deed_rule import deeds_on_task

if TYPE_CHECKING:
    from api_client.deeds import Deeds
    from api_client.models import Event, OpenRequest
    from pumpup_tui.backend.messages import TaskLoaded
    from pumpup_tui.backend.page_requests import PageResult

EVENTS_SHOWN = 1000
"""Events that the page shows at the most; the timeline screen has them all."""
EVENTS_PAGE = 100
DECISIONS_MARKED = 50
"""Decisions whose rows say what came of them: the latest."""


class TaskRecord:
    """A task with its events, newest first."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.loaded: TaskLoaded | None = None
        """The latest state that was read; None before the first."""
        self.events: list[Event] = []
        self.older: str | None = None
        """The cursor of the next older page of events; None where there is none, or none that is read."""
        self.deeds: Mapping[str, Deeds] = {}
        """What came of the latest decisions, by the event that decided."""

    @property
    def open_requests(self) -> Sequence[OpenRequest]:
        """The open requests of the task, oldest first."""
        return self.loaded.detail.open_requests if self.loaded else ()

    @property
    def is_closed(self) -> bool:
        """Whether the task is known to be closed."""
        return self.loaded is not None and self.loaded.detail.task.status == "CLOSED"

    @property
    def is_full(self) -> bool:
        """Whether as many events are loaded as the page shows."""
        return len(self.events) >= EVENTS_SHOWN

    def entered_step_at(self) -> datetime | None:
        """Return when the task came into its step, None where that is further back than what is loaded."""
        arrivals = (e.timestamp for e in self.events if e.transition_to or e.event_type == "TASK_CREATED")
        return next(arrivals, None)

    def take(self, loaded: TaskLoaded) -> None:
        """Take the task and its newest events as they were read."""
        self.loaded = loaded
        newest = {event.id for event in loaded.events.items}
        older = [event for event in self.events if event.id not in newest]
        # Events further down stay where the newest page meets them; where it does not, the list begins again.
        meets = len(older) < len(self.events)
        self.events = [*loaded.events.items, *(older if meets else ())][:EVENTS_SHOWN]
        if not (meets and older):
            full = len(loaded.events.items) >= len(self.events) and not loaded.events.is_last(EVENTS_PAGE)
            self.older = loaded.events.next_cursor if full else None
        self.deeds = deeds_on_task(self.events[::-1], DECISIONS_MARKED)

    def take_older(self, page: PageResult[Event]) -> None:
        """Take the next older page of events."""
        known = {event.id for event in self.events}
        self.events += [event for event in page.rows if event.id not in known]
        self.older = page.cursor if page.more else None
        self.deeds = deeds_on_task(self.events[::-1], DECISIONS_MARKED)
