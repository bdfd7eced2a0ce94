"""The parts that all of linear mode shares: the backend, the caller, the conversation, the queue and the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from pumpup_tui.text.durations import stamp

if TYPE_CHECKING:
    from api_client.authority import Paused
    from api_client.backend import Backend
    from api_client.models import Me, RequestDetail
    from api_client.times import Clock
    from pumpup_tui.linear.confirmation import ConfirmationWords
    from pumpup_tui.linear.conversation import Conversation
    from pumpup_tui.linear.line_outbox import LineOutbox
    from pumpup_tui.linear.line_queue import LineQueue
    from pumpup_tui.local_state.drafts import Drafts
    from pumpup_tui.local_state.preferences import Preferences


@dataclass(eq=False, repr=False)
class LineSession:
    """One session of linear mode."""

    backend: Backend
    me: Me
    talk: Conversation
    queue: LineQueue
    outbox: LineOutbox
    drafts: Drafts
    words: ConfirmationWords
    clock: Clock
    preferences: Preferences
    zone: tzinfo | None = None
    printed: dict[str, RequestDetail] = field(default_factory=dict)
    """By request, what was printed of it last: a decision is bound to that."""
    paused: tuple[Paused, ...] = ()
    """The pauses that were told last."""
    refused: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """By request, what the backend refused of its last answers."""

    def lacks(self, capability: str) -> str:
        """Return why a kind of write is not offered, in words; empty where it is."""
        if capability in self.me.capabilities:
            return ""
        return "This place takes no such thing from you: it can only be read here."

    def stamp(self, moment: datetime) -> str:
        """Return a moment in the person's zone."""
        return stamp(moment, self.clock(), self.zone)

    @property
    def shown(self) -> RequestDetail | None:
        """The current request as it was printed; None where none is, or where it was not printed."""
        item = self.queue.current
        return self.printed.get(item.request_id) if item is not None else None
