"""What was armed and confirmed, over all screens: the desk, its grace time and its sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pumpup_tui.decision import Desk, Intent, KeyGuard, Phase, Sent

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.times import Clock
    from pumpup_tui.feed import Feed
    from pumpup_tui.messages import Submitted


class Outbox:
    """Holds the desk and lets out what is due. It acts only on what a person confirmed."""

    def __init__(
        self, feed: Feed, *, clock: Clock, new_key: Callable[[], str], grace: float, changed: Callable[[], None]
    ) -> None:
        self.desk = Desk()
        self.guard = KeyGuard()
        self.grace = grace
        self._feed = feed
        self._clock = clock
        self._new_key = new_key
        self._changed = changed

    def arm(self, intent: Intent) -> None:
        """Arm what was chosen."""
        self._set(self.desk.arm(intent))

    def cancel(self, hint: str = "") -> None:
        """Disarm."""
        if self.desk.armed is not None or hint != self.desk.hint:
            self._set(self.desk.cancel(hint))

    def write_note(self, note: str) -> None:
        """Give what is armed its note."""
        self._set(self.desk.write_note(note))

    def confirm(self, to: MessagePump) -> Sent | None:
        """Send or hold what is armed, if the last key was a real press; return it where it went."""
        if fault := self.guard.fault():
            self.hint(fault)
            return None
        before = self.desk
        after = before.confirm(self._new_key(), self._clock(), self.grace)
        self._set(after)
        if len(after.sent) == len(before.sent):
            return None
        newest = after.sent[-1]
        if newest.phase is Phase.SENDING:
            self._feed.submit(to, newest)
        return newest

    def take_back(self) -> Intent | None:
        """Take back the latest held act; return it."""
        desk, intent = self.desk.take_back()
        self._set(desk)
        return intent

    def tick(self, to: MessagePump) -> None:
        """Let out what has been held long enough."""
        desk, going = self.desk.due(self._clock(), self.grace)
        self._set(desk)
        for one in going:
            self._feed.submit(to, one)

    def send_now(self, to: MessagePump) -> None:
        """Let out all that is held."""
        for one in self.desk.held():
            self.desk = self.desk.settle(one.key, Phase.SENDING, self._clock())
            self._feed.submit(to, one)
        self._changed()

    def take_all_back(self) -> None:
        """Drop all that is held."""
        while self.desk.held():
            self.desk, _ = self.desk.take_back()
        self._changed()

    def settled(self, message: Submitted) -> None:
        """Note what became of a write."""
        self._set(self.desk.settle(message.key, message.phase, self._clock(), message.detail, message.faults))

    def hint(self, words: str) -> None:
        """Say why a key did nothing."""
        self._set(Desk(self.desk.armed, words, self.desk.sent))

    def _set(self, desk: Desk) -> None:
        self.desk = desk
        self._changed()
