"""The search for approvals by the state of their deeds (`deed_rule`): each is judged by what came after it on its task.

How much is looked at is bounded, for one approval and for one page: a page that took enough ends early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from api_client.deed_rule import TrailEvent, deed_state
from api_client.event_filter import DeedFilter

LATER_MOST = 1_000
"""Later decisions and actions of a task that are looked at for one approval."""
LOOKED_MOST = 5_000
"""Those that are read for one page, before the last approval that it looks at."""


class LaterTrail(NamedTuple):
    """A decision, and what came after it on its task."""

    decision: TrailEvent
    later: Sequence[TrailEvent]
    more: bool
    """Whether there is more than was looked at."""


class Trails(Protocol):
    """The trails of a record's tasks."""

    @property
    def looked(self) -> int:
        """How many events were read for them so far."""
        ...

    def after(self, seq: int) -> LaterTrail | None:
        """Return the decision at `seq` and what came after it; None where the event there is none."""
        ...


class DeedCheck:
    """One page's search."""

    def __init__(self, wanted: DeedFilter, trails: Trails) -> None:
        self._wanted, self._trails = wanted, trails

    @property
    def is_spent(self) -> bool:
        """Whether the page is to end before the next decision."""
        return self._trails.looked >= LOOKED_MOST

    def fits(self, seq: int) -> bool:
        """Return whether the decision at `seq` is of an approval with the wanted state."""
        trail = self._trails.after(seq)
        return trail is not None and deed_state(trail.decision, trail.later, more=trail.more) == self._wanted
