"""The part of a timeline that a read of events asks for, beside whose events they are and of which types.

A range of times is a range of places in the record: the first event at or after `since` begins it, the first one at or
after `until` ends it. So a range costs no scan, and where a machine's clock was once put back, the events of that while
are all on one side of its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from api_client.times import wire_time

if TYPE_CHECKING:
    from api_client.models import Event

DeedFilter = Literal["", "NONE", "UNLINKED", "AFTER_DENIAL"]
"""The state of deeds (`deeds.DeedState`) that decisions are looked for by; empty: by none."""
DEED_FILTERS: tuple[DeedFilter, ...] = get_args(DeedFilter)[1:]
DECISIONS = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED")
"""The types of the events by which a person settles a request."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Nothing is left out by what is not given."""

    since: datetime | None = None
    """Aware; the events at or after it."""
    until: datetime | None = None
    """Aware; the events before it."""
    decided_by: str = ""
    """The decisions of the reviewer with this subject, whatever the case of its letters."""
    outcome: str = ""
    """The decisions with this outcome, as the wire spells it."""
    deed: DeedFilter = ""
    """The approvals with this state of deeds: the backend looks at what came after each (`deed_rule`)."""

    @property
    def is_of_decisions(self) -> bool:
        """Whether it leaves out all that is no decision: then each event is looked into."""
        return bool(self.decided_by or self.outcome or self.deed)

    def types(self, types: Sequence[str]) -> Sequence[str] | None:
        """Return which of these types (none: all) can pass at all; None where no event can."""
        if not self.is_of_decisions:
            return types
        possible = DECISIONS[:1] if self.outcome or self.deed else DECISIONS
        return tuple(name for name in possible if not types or name in types) or None

    def takes(self, event: Event) -> bool:
        """Return whether an event passes, its time included; of its deeds only whether its outcome allows them."""
        if (self.since is not None and event.timestamp < self.since) or (
            self.until is not None and event.timestamp >= self.until
        ):
            return False
        return self.takes_decision(event.event_type, event.subject, event.payload)

    def takes_decision(self, event_type: str, subject: str | None, payload: Mapping[str, Any]) -> bool:
        """Return whether what was decided passes, and who decided it; deeds as in `takes`."""
        if not self.is_of_decisions:
            return True
        if event_type not in DECISIONS:
            return False
        if self.decided_by and self.decided_by.casefold() != decider_of(subject, payload).casefold():
            return False
        outcome = payload.get("outcome")
        name = outcome.get("type") if isinstance(outcome, Mapping) else None
        if self.deed and name not in (("REJECT",) if self.deed == "AFTER_DENIAL" else ("APPROVE", "EDIT_AND_APPROVE")):
            return False
        return not self.outcome or name == self.outcome

    def scope(self) -> tuple[str, ...]:
        """Return what tells its lists from others in a cursor; nothing where it leaves nothing out."""
        if self == NO_FILTER:
            return ()
        times = (wire_time(moment) if moment else "" for moment in (self.since, self.until))
        return ("only", *times, self.decided_by, self.outcome, *((self.deed,) if self.deed else ()))


NO_FILTER = EventFilter()


def deed_filter(text: object) -> DeedFilter:
    """Return the filter by deeds with this name, the empty one where there is none."""
    return next((name for name in DEED_FILTERS if name == text), "")


def decider_of(subject: str | None, payload: Mapping[str, Any]) -> str:
    """Return the raw subject of the person who made a decision; empty where it does not say."""
    authority = payload.get("authority")
    named = authority.get("subject") if isinstance(authority, Mapping) else payload.get("answeredBy")
    return named if isinstance(named, str) and named else subject or ""
