"""A moment of the past that a task or a board is shown at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from api_client.times import wire_time

if TYPE_CHECKING:
    from api_client.models import Event


@dataclass(frozen=True, slots=True)
class PastMoment:
    """Just after an event, or a time."""

    time: datetime
    event_id: str = ""

    @classmethod
    def of(cls, event: Event) -> PastMoment:
        """Return the moment just after an event."""
        return cls(event.timestamp, event.id)

    @property
    def at(self) -> str:
        """The moment as a backend takes it."""
        return self.event_id or wire_time(self.time)
