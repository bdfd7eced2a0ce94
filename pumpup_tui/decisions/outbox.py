"""What was armed and confirmed, over all screens: the desk, its grace time, its sending, and its trace on the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pumpup_tui.backend.messages import OnDisk, Submitted
from pumpup_tui.decisions.desk import NOTE_FIRST, Desk, Intent, KeyGuard, Phase, Sent
from pumpup_tui.decisions.in_flight import OnWay

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.times import Clock
    from pumpup_tui.backend.calls import Feed
    from pumpup_tui.keys.key_names import KeyNames
    from pumpup_tui.local_state.document_store import Kept

KEPT_WHAT = "what is on its way"


class Outbox:
    """Holds the desk and lets out what is due. It acts only on what a person confirmed."""

    def __init__(
        self,
        feed: Feed,
        *,
        clock: Clock,
        new_key: Callable[[], str],
        grace: float,
        changed: Callable[[], None],
        kept: Kept,
        key: KeyNames,
    ) -> None:
        self.desk = Desk()
        self.guard = KeyGuard(lambda: key("decide.send"))
        self._key = key
        self.grace = grace
        self._feed = feed
        self._clock = clock
        self._new_key = new_key
        self._changed = changed
        self.on_way = OnWay(kept, self._unfinished)

    def arm(self, intent: Intent) -> None:
        """Arm what was chosen."""
        self._set(self.desk.arm(intent))

    def cancel(self, hint: str = "") -> None:
        """Disarm."""
        if self.desk.armed is not None or hint != self.desk.hint:
            self._set(self.desk.cancel(hint))

    def put_away(self) -> None:
        """Disarm, and take away what was said of what is over."""
        self._set(self.desk.put_away())

    def write_note(self, note: str) -> None:
        """Give what is armed its note."""
        self._set(self.desk.write_note(note))

    def give_reason(self, code: str) -> None:
        """Give what is armed a reason code."""
        self._set(self.desk.give_reason(code))

    def confirm(self, to: MessagePump) -> Sent | None:
        """Send or hold what is armed, if the last key was a real press; return it where it went."""
        if fault := self.guard.fault():
            self.hint(fault)
            return None
        before = self.desk
        if before.armed is not None and before.armed.lacks_note:
            self.hint(f"{NOTE_FIRST}: {self._key('decide.note')} writes it")
            return None
        after = before.confirm(self._new_key(), self._clock(), self.grace)
        self._set(after)
        if len(after.sent) == len(before.sent):
            return None
        newest = after.sent[-1]
        self._let_out(to, [newest])
        return newest

    def confirm_all(self, to: MessagePump, intents: Sequence[Intent]) -> Sequence[Sent]:
        """Send or hold each of these, if the last key was a real press; return those that went."""
        if fault := self.guard.fault():
            self.hint(fault)
            return ()
        desk, batch, now = self.desk.cancel(), self._new_key(), self._clock()
        known = {one.key for one in desk.sent}
        for intent in intents:
            desk = desk.arm(intent).confirm(self._new_key(), now, self.grace, batch=batch)
        self._set(desk.cancel())
        went = [one for one in self.desk.sent if one.key not in known]
        self._let_out(to, went)
        return went

    def take_back(self) -> Intent | None:
        """Take back the latest held act, or all of a batch; return it."""
        desk, intent = self.desk.take_back()
        self._set(desk)
        self._keep()
        return intent

    def tick(self, to: MessagePump) -> None:
        """Let out what has been held long enough."""
        desk, going = self.desk.due(self._clock(), self.grace)
        self._set(desk)
        self._let_out(to, going)

    def send_now(self, to: MessagePump) -> None:
        """Let out all that is held."""
        held = self.desk.held()
        for one in held:
            self.desk = self.desk.settle(one.key, Phase.SENDING, self._clock())
        self._changed()
        self._let_out(to, [replace(one, phase=Phase.SENDING) for one in held])

    def take_all_back(self) -> None:
        """Drop all that is held."""
        while self.desk.held():
            self.desk, _ = self.desk.take_back()
        self._changed()
        self._keep()

    def kept(self, message: OnDisk) -> None:
        """Note what is on the disk."""
        self._set(self.desk.kept(message.keys))

    def settled(self, message: Submitted) -> None:
        """Note what became of a write."""
        self._set(self.desk.settle(message.key, message.phase, self._clock(), message.detail, message.faults))
        self._keep()

    def _let_out(self, to: MessagePump, going: Sequence[Sent]) -> None:
        """Keep what was confirmed on the disk, then send what is not held."""
        if not going:
            return
        number = self.on_way.changed()
        keys = [one.key for one in going]

        async def keep() -> None:
            try:
                await self.on_way.write(number)
            finally:
                to.post_message(OnDisk(keys))

        self._feed.apart(to, KEPT_WHAT, keep, group=f"on way {number}")
        for one in going:
            if one.phase is Phase.SENDING:
                self._feed.submit(to, one, before=lambda: self.on_way.write(number))

    def _keep(self) -> None:
        number = self.on_way.changed()
        self._feed.apart(None, KEPT_WHAT, lambda: self.on_way.write(number), group=f"on way {number}")

    def _unfinished(self) -> Sequence[Sent]:
        return self.desk.unfinished()

    def hint(self, words: str) -> None:
        """Say why a key did nothing."""
        self._set(Desk(self.desk.armed, words, self.desk.sent))

    def _set(self, desk: Desk) -> None:
        self.desk = desk
        self._changed()
