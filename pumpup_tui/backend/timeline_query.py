"""The query of a timeline: whose events, in which order, and which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api_client.event_filter import NO_FILTER, EventFilter, deed_filter
from pumpup_tui.text.deed_words import DEED_FILTER_WORDS
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import EVENT_WORDS, event_text, transition_text
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.text.time_ranges import TimeRange

SOURCES = ("AGENT", "HUMAN", "PLATFORM")
DECISIONS = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED")


@dataclass(frozen=True, slots=True)
class Query:
    """Types and `only` are for the backend to filter; sources and text are looked for event by event."""

    task_id: str | None = None
    project_id: str | None = None
    newest_first: bool = True
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    text: str = ""
    only: EventFilter = NO_FILTER
    times: str = ""
    """The range of times as it was typed; what it meant then is in `only`."""

    @property
    def is_scanned(self) -> bool:
        """Whether events must be looked at one by one."""
        return bool(self.sources or self.text or self.only.is_of_decisions)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out of the task, the project or everything."""
        return self.is_scanned or bool(self.types) or self.only != NO_FILTER

    def unfiltered(self) -> Query:
        """Return the query with nothing left out."""
        return replace(self, types=(), sources=(), text="", only=NO_FILTER, times="")

    def between(self, range_: TimeRange, typed: str = "") -> Query:
        """Return the query for a range of times alone."""
        return replace(self, only=replace(self.only, since=range_.since, until=range_.until), times=typed)

    def takes(self, event: Event, task_name: str = "") -> bool:
        """Return whether an event that has just come is shown; `task_name` as in `finds`."""
        return (
            (self.task_id is None or event.task_id == self.task_id)
            and (self.project_id is None or event.project_id == self.project_id)
            and (not self.types or event.event_type in self.types)
            and self.only.deed in ("", "NONE")  # of what has just been decided nothing came yet
            and self.finds(event, task_name)
        )

    def finds(self, event: Event, task_name: str = "") -> bool:
        """Return whether source, time, reviewer, outcome and text fit.

        Args:
            event: The event.
            task_name: The raw name of its task, which its row shows; empty where it is not known or not shown.
        """
        if (self.sources and event.source not in self.sources) or not self.only.takes(event):
            return False
        # not foreign: it is compared, and never drawn
        searched = f"{event_text(event)}\n{transition_text(event)}\n{task_name}"
        return not self.text or self.text.casefold() in searched.casefold()

    def lasting(self) -> dict[str, Any]:
        """Return what a later start begins with: all but the task, the text and the times, as JSON."""
        return {
            "newestFirst": self.newest_first,
            "types": list(self.types),
            "sources": list(self.sources),
            "decidedBy": self.only.decided_by,
            "outcome": self.only.outcome,
            "deed": self.only.deed,
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Query:
        """Return the query that was stored; what can't be read of it asks for nothing."""
        lists = {name: stored.get(name) for name in ("types", "sources")}
        values = {name: tuple(map(str, value)) if isinstance(value, list) else () for name, value in lists.items()}
        decided_by, outcome = (str(stored.get(name) or "") for name in ("decidedBy", "outcome"))
        return cls(
            newest_first=stored.get("newestFirst") is not False,
            types=values["types"],
            sources=values["sources"],
            only=EventFilter(decided_by=decided_by, outcome=outcome, deed=deed_filter(stored.get("deed"))),
        )

    def words(self) -> str:
        """Return what is left out, in clean words; empty where nothing is."""
        types = ", ".join(EVENT_WORDS[name][1] if name in EVENT_WORDS else line(name, 30) for name in self.types)
        sources = ", ".join(f"from {name.lower()}" for name in self.sources)
        decided = f"decided by {line(self.only.decided_by, 40)}" if self.only.decided_by else ""
        act = OUTCOMES.get(self.only.outcome)
        outcome = act.past if act else ""
        deed = DEED_FILTER_WORDS.get(self.only.deed, "")
        text = f"“{line(self.text, 40)}”" if self.text else ""
        return " · ".join(part for part in (line(self.times, 40), types, sources, decided, outcome, deed, text) if part)
