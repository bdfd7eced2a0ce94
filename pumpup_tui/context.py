"""What every screen is handed: the feed, the outbox, the clock and how things stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from pumpup_tui.backend.messages import Status
from pumpup_tui.text import durations

if TYPE_CHECKING:
    from textual.signal import Signal

    from api_client.models import Event, InboxItem
    from api_client.times import Clock
    from pumpup_tui.backend.calls import Feed
    from pumpup_tui.decisions.outbox import Outbox
    from pumpup_tui.keys.key_names import KeyNames
    from pumpup_tui.local_state.document_store import Kept
    from pumpup_tui.local_state.drafts import Drafts
    from pumpup_tui.local_state.last_view import Memory
    from pumpup_tui.local_state.preferences import Preferences

_TIME = re.compile(r"\b20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z")
"""A time as our backends write it."""


@dataclass
class Context:
    """Handed to each screen by the app, which alone changes `status`."""

    feed: Feed
    outbox: Outbox
    clock: Clock
    zone: tzinfo | None
    source_label: str
    preferences: Preferences
    key: KeyNames
    """Names the key of a binding, as it is bound."""
    kept: Kept
    drafts: Drafts
    status_changed: Signal[Status]
    desk_changed: Signal[None]
    minute: Signal[None]
    status: Status = field(default_factory=Status)
    memory: Memory = field(init=False)
    """What was shown last; the app brings it."""

    @property
    def project_id(self) -> str | None:
        """The chosen project's id; None is all of them."""
        return self.status.project.id if self.status.project else None

    def project_name(self, project_id: str) -> str:
        """Return a project's display name, raw; its id where it is not known."""
        return next((one.name for one in self.status.projects if one.id == project_id), project_id)

    def followed(self, item: InboxItem, event: Event) -> InboxItem:
        """Return an open request as it is after an event on its task: given to someone, or in another step."""
        # A row is there that may be changed, and the models with it: the first paint waits for neither.
        from msgspec.structs import replace

        if event.event_type == "ASSIGNMENT":
            item = replace(item, assignee_id=event.payload.get("assigneeId") or None)
        if event.transition_to is not None:
            project = next((one for one in self.status.projects if one.id == item.project_id), None)
            step = project.steps.step(event.transition_to) if project else None
            seconds = step.timeout_seconds if step else None
            overdue_at = event.timestamp + timedelta(seconds=seconds) if seconds is not None else None
            item = replace(item, step=event.transition_to, overdue_at=overdue_at)
        return item

    def age(self, since: datetime) -> str:
        """Return how long ago `since` was."""
        return durations.age(since, self.clock())

    def stamp(self, moment: datetime) -> str:
        """Return a moment in the viewer's zone."""
        return durations.stamp(moment, self.clock(), self.zone)

    def in_zone(self, text: str) -> str:
        """Return a backend's sentence, cleaned already, with the times in it as moments in the viewer's zone."""
        return _TIME.sub(self._stamped, text)

    def _stamped(self, found: re.Match[str]) -> str:
        try:
            return self.stamp(datetime.fromisoformat(found[0]))
        except ValueError:
            return found[0]  # only looks like a time

    def can(self, capability: str) -> bool:
        """Return whether the backend takes this kind of write."""
        return capability in self.status.capabilities

    def refusal(self, capability: str) -> str:
        """Return why a kind of write is not offered, in words; empty where it is."""
        if not self.status.connected:
            return "nothing is open yet"
        if self.can(capability):
            return ""
        if capability in ("decide", "answer") and self.status.why_read_only:
            return self.status.why_read_only
        what = {
            "move": "no task can be moved from here",
            "note": "no reviewer's note can be written from here",
            "assign": "no task can be given to anyone from here",
            "board": "this server has no board to show",
        }
        return what.get(capability, f"this server does not offer {capability}")
