"""The query of a timeline: whose events, in which order, and which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import EVENT_WORDS, event_text, reviewer_of, transition_text

if TYPE_CHECKING:
    from api_client.models import Event

SOURCES = ("AGENT", "HUMAN", "PLATFORM")
DECISIONS = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED")


@dataclass(frozen=True, slots=True)
class Query:
    """Types are for the backend to filter; sources, reviewer and text are looked for event by event."""

    task_id: str | None = None
    project_id: str | None = None
    newest_first: bool = True
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    reviewer: str = ""
    text: str = ""

    @property
    def is_scanned(self) -> bool:
        """Whether events must be looked at one by one."""
        return bool(self.sources or self.reviewer or self.text)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out of the task, the project or everything."""
        return self.is_scanned or bool(self.types)

    def unfiltered(self) -> Query:
        """Return the query with nothing left out."""
        return replace(self, types=(), sources=(), reviewer="", text="")

    def takes(self, event: Event) -> bool:
        """Return whether an event that has just come is shown."""
        return (
            (self.task_id is None or event.task_id == self.task_id)
            and (self.project_id is None or event.project_id == self.project_id)
            and (not self.types or event.event_type in self.types)
            and self.finds(event)
        )

    def finds(self, event: Event) -> bool:
        """Return whether source, reviewer and text fit."""
        if self.sources and event.source not in self.sources:
            return False
        if self.reviewer and self.reviewer.casefold() not in reviewer_of(event).casefold():
            return False
        return not self.text or self.text.casefold() in f"{event_text(event)}\n{transition_text(event)}".casefold()

    def lasting(self) -> dict[str, Any]:
        """Return what a later start begins with: all but the task and the text, as JSON."""
        return {
            "newestFirst": self.newest_first,
            "types": list(self.types),
            "sources": list(self.sources),
            "reviewer": self.reviewer,
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Query:
        """Return the query that was stored; what can't be read of it asks for nothing."""
        lists = {name: stored.get(name) for name in ("types", "sources")}
        values = {name: tuple(map(str, value)) if isinstance(value, list) else () for name, value in lists.items()}
        reviewer = stored.get("reviewer")
        return cls(
            newest_first=stored.get("newestFirst") is not False,
            types=values["types"],
            sources=values["sources"],
            reviewer=reviewer if isinstance(reviewer, str) else "",
        )

    def words(self) -> str:
        """Return what is left out, in clean words; empty where nothing is."""
        types = ", ".join(EVENT_WORDS[name][1] if name in EVENT_WORDS else line(name, 30) for name in self.types)
        sources = ", ".join(f"from {name.lower()}" for name in self.sources)
        reviewer = f"by {line(self.reviewer, 40)}" if self.reviewer else ""
        text = f"“{line(self.text, 40)}”" if self.text else ""
        return " · ".join(part for part in (types, sources, reviewer, text) if part)
