"""Precedents of a case: a project's latest decisions, read no further than is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from api_client.request_facts import recommended_type

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.decisions.request_changes import AskedBefore, AskedRequest

SHOWN = 5
"""Precedents of one recommended outcome that are shown."""
LOOKED_AT = 500
"""Decisions of a project that are looked through for them, at the most."""
CODES_KEPT = 30
DECIDED = "APPROVAL_DECIDED"


@dataclass(frozen=True, slots=True)
class Precedent:
    """A decision as it is on the record; all texts raw."""

    at: datetime
    by_whom: str
    kind: str
    """The outcome's type."""
    note: str
    reason_code: str
    recommended: str
    """The type of the outcome that the agent had recommended, empty where it had not."""
    request_id: str = ""
    """The request that it decided."""


@dataclass(frozen=True, slots=True)
class RequestHistory:
    """Earlier decisions that bear on a request: on similar ones, and on what it follows up."""

    similar: Sequence[Precedent] = ()
    requests: Mapping[str, AskedRequest] = field(default_factory=dict)
    """The requests of similar decisions by id, as far as they are read."""
    before: AskedBefore | None = None
    """The decision after which this request asks again."""


class Precedents:
    """One project's decisions, newest first, as far as they are read."""

    def __init__(self) -> None:
        self._precedents: list[Precedent] = []
        self._seen: set[str] = set()
        self._looked_at = 0
        self.cursor: str | None = None
        self.is_complete = False
        """Whether there is nothing further back, or none of it can be read."""

    def take(self, events: Iterable[Event], cursor: str | None, *, last: bool) -> None:
        """Take in a page of decisions, further back than all before."""
        for event in events:
            self._looked_at += 1
            if event.id not in self._seen and (precedent := precedent_of(event)) is not None:
                self._seen.add(event.id)
                self._precedents.append(precedent)
        self.cursor = cursor
        self.is_complete = last or self._looked_at >= LOOKED_AT

    def take_new(self, event: Event) -> None:
        """Take in a decision that was made just now."""
        if event.id not in self._seen and (precedent := precedent_of(event)) is not None:
            self._seen.add(event.id)
            self._precedents.insert(0, precedent)

    def give_up(self) -> None:
        """Look no further back."""
        self.is_complete = True

    def of(self, recommended: str) -> Sequence[Precedent]:
        """Return the latest decisions where the same outcome had been recommended."""
        return [known for known in self._precedents if recommended and known.recommended == recommended][:SHOWN]

    def needs_more(self, recommended: str) -> bool:
        """Return whether there may be more of them further back."""
        return not self.is_complete and (self.cursor is None or len(self.of(recommended)) < SHOWN)

    def reason_codes(self) -> Sequence[tuple[str, int]]:
        """Return the reason codes in use with how often each was, the most used first."""
        counts = Counter(known.reason_code for known in self._precedents if known.reason_code)
        return counts.most_common(CODES_KEPT)


def precedent_of(event: Event) -> Precedent | None:
    """Return the precedent that an event is, None where it is no decision of a person."""
    outcome = event.payload.get("outcome")
    # What a grant decides, and what expires, was looked at by nobody.
    if event.event_type != DECIDED or event.source == "PLATFORM" or not isinstance(outcome, Mapping):
        return None
    authority = event.payload.get("authority")
    who = authority.get("subject") if isinstance(authority, Mapping) else event.subject
    return Precedent(
        event.timestamp,
        str(who or ""),
        str(outcome.get("type") or ""),
        str(outcome.get("note") or ""),
        str(outcome.get("reasonCode") or ""),
        recommended_type(event.payload.get("recommendationSnapshot")),
        event.in_response_to or "",
    )
