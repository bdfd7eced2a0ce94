"""Names that a timeline's rows show and its events don't have: of tasks, and of what a decision was about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pumpup_tui.text.attachment_names import labels_then

if TYPE_CHECKING:
    from api_client.models import Event

KNOWN_MOST = 5_000
"""Names that are remembered; beyond, the oldest go."""
ASKED_MOST = 60
"""Names that are asked for at a time: those of about a screenful of rows."""


class Lookups:
    """Names by the ids of tasks and requests, raw, as they are found."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._asked: set[str] = set()
        self._attachments: dict[str, Mapping[str, str]] = {}

    def known_name(self, of_id: str | None) -> str:
        """Return a task's name or a request's summary, raw; empty where it is not known (yet)."""
        return self._names.get(of_id or "", "")

    def known_attachments(self, request_id: str | None) -> Mapping[str, str]:
        """Return the raw labels of a request's attachments, as it was asked, by upload; none where it is not known."""
        return self._attachments.get(request_id or "", {})

    def missing(self, events: Iterable[Event]) -> list[str]:
        """Return the ids whose names these events' rows lack, each only once; what events say is taken from them."""
        found: list[str] = []
        for event in events:
            if event.event_type == "TASK_CREATED":
                self.learn({event.task_id: str(event.payload.get("name") or "")})
            elif "summary" in event.payload:
                self.learn({event.id: str(event.payload["summary"])}, {event.id: labels_then(event.payload)})
            found += (of_id for of_id in (event.in_response_to, event.task_id) if of_id and of_id not in self._asked)
        fresh = [of_id for of_id in dict.fromkeys(found) if of_id not in self._names][:ASKED_MOST]
        self._asked |= set(fresh)
        return fresh

    def learn(self, names: Mapping[str, str], attachments: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Remember names, and of requests the labels of their attachments by upload."""
        self._names |= names
        self._attachments |= {of_id: labels for of_id, labels in (attachments or {}).items() if labels}
        while len(self._names) > KNOWN_MOST:
            oldest = next(iter(self._names))
            del self._names[oldest]
            self._asked.discard(oldest)
            self._attachments.pop(oldest, None)

    def forget_asked(self) -> None:
        """Ask again for what was not found."""
        self._asked &= self._names.keys()
