"""The outbox of all screens: what was armed and confirmed, its grace time, its sending, its trace on the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import NOTE_FIRST, Confirmed, Desk, Intent, KeyGuard, Phase
from pumpup_tui.decisions.in_flight import InFlight
from pumpup_tui.decisions.kept_notes import KeptNotes
from pumpup_tui.decisions.messages import DecisionsStored, Submitted
from pumpup_tui.decisions.opened_attachments import TAKEN, OpenedAttachments
from pumpup_tui.decisions.sender import IN_FLIGHT

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.times import Clock
    from pumpup_tui.decisions.sender import DecisionSender
    from pumpup_tui.keys.key_names import KeyNames
    from pumpup_tui.local_state.user_files import UserFiles


@dataclass(eq=False, repr=False)
class DecisionSettings:
    """The times, keys and names that decisions are made with."""

    clock: Clock
    new_key: Callable[[], str]
    """Makes an idempotency key."""
    grace: float
    """Seconds that a final act is held."""
    key: KeyNames


class Outbox:
    """Holds the desk and releases what is due. It acts only on what a person confirmed."""

    def __init__(
        self,
        sender: DecisionSender,
        settings: DecisionSettings,
        *,
        changed: Callable[[], None],
        files: UserFiles,
    ) -> None:
        self.desk = Desk()
        self.guard = KeyGuard(lambda: settings.key("decide.send"))
        self.grace = settings.grace
        self.in_flight = InFlight(files.documents, self._unfinished)
        self.kept_notes = KeptNotes(files.last_view)
        self.opened = OpenedAttachments(lambda: sender.can(TAKEN))
        self._key = settings.key
        self._clock = settings.clock
        self._new_key = settings.new_key
        self._sender = sender
        self._writes = files.writes
        self._changed = changed

    def arm(self, intent: Intent) -> None:
        """Arm what was chosen, with the note that was typed for it before: it is shown, and sent only then."""
        offered = self.kept_notes.offered(intent)
        self._set(self.desk.arm(offered))
        if intent.note:
            self.kept_notes.remember([intent])
        elif offered.note and self.desk.armed is not None:
            self.hint(f"your note from before is there again: {self._key('decide.note')} changes it")

    def cancel(self, hint: str = "") -> None:
        """Disarm."""
        if self.desk.armed is not None or hint != self.desk.hint:
            self._set(self.desk.cancel(hint))

    def clear(self) -> None:
        """Disarm, and forget what is over."""
        self._set(self.desk.clear())

    def write_note(self, note: str) -> None:
        """Give what is armed its note."""
        self._set(self.desk.write_note(note))
        self._keep_typed()

    def give_reason(self, code: str) -> None:
        """Give what is armed a reason code."""
        self._set(self.desk.give_reason(code))
        self._keep_typed()

    def note_opened(self, request_id: str, request_hash: str, upload_id: str) -> None:
        """Note that the reader has opened an attachment of a request, as it was shown."""
        self.opened.add(request_id, request_hash, upload_id)
        self._changed()

    def _keep_typed(self) -> None:
        if self.desk.armed is not None and self.desk.armed.takes_note:
            self.kept_notes.remember([self.desk.armed])

    def confirm(self, to: MessagePump) -> Confirmed | None:
        """Send or hold what is armed, if the last key was a real press; return it where it went."""
        if fault := self.guard.fault():
            self.hint(fault)
            return None
        before = self.desk
        if before.armed is not None and before.armed.lacks_note:
            self.hint(f"{NOTE_FIRST}: {self._key('decide.note')} writes it")
            return None
        if before.armed is not None:
            before = replace(before, armed=self.opened.stated(before.armed))
        after = before.confirm(self._new_key(), self._clock(), self.grace)
        self._set(after)
        if len(after.sent) == len(before.sent):
            return None
        newest = after.sent[-1]
        self._release(to, [newest])
        return newest

    def confirm_all(self, to: MessagePump, intents: Sequence[Intent]) -> Sequence[Confirmed]:
        """Send or hold each of these, if the last key was a real press; return those that went."""
        if fault := self.guard.fault():
            self.hint(fault)
            return ()
        desk, batch, now = self.desk.cancel(), self._new_key(), self._clock()
        before = {sent.key for sent in desk.sent}
        for intent in intents:
            desk = desk.arm(self.opened.stated(intent)).confirm(self._new_key(), now, self.grace, batch=batch)
        self._set(desk.cancel())
        confirmed = [sent for sent in self.desk.sent if sent.key not in before]
        self._release(to, confirmed)
        return confirmed

    def take_back(self) -> Intent | None:
        """Take back the latest held act, or all of a batch; return it."""
        desk, intent = self.desk.take_back()
        self._set(desk)
        self._store()
        return intent

    def tick(self, to: MessagePump) -> None:
        """Release what has been held long enough."""
        desk, due = self.desk.due(self._clock(), self.grace)
        self._set(desk)
        self._release(to, due)

    def send_now(self, to: MessagePump) -> None:
        """Release everything that is held."""
        held = self.desk.held()
        for sent in held:
            self.desk = self.desk.settle(sent.key, Phase.SENDING, self._clock())
        self._changed()
        self._release(to, [replace(sent, phase=Phase.SENDING) for sent in held])

    def take_all_back(self) -> None:
        """Drop everything that is held."""
        while self.desk.held():
            self.desk, _ = self.desk.take_back()
        self._changed()
        self._store()

    def mark_stored(self, message: DecisionsStored) -> None:
        """Note what is stored on this machine."""
        self._set(self.desk.mark_stored(message.keys))

    def settle(self, message: Submitted) -> None:
        """Note the state of a write."""
        now, phase, record = self._clock(), message.phase, message.on_record
        self._set(self.desk.settle(message.key, phase, now, message.detail, message.faults, on_record=record))
        if message.phase in (Phase.RECORDED, Phase.LOST):
            for sent in self.desk.sent:
                if sent.key == message.key:
                    self.kept_notes.forget(sent.intent.target)
        self._store()

    def hint(self, words: str) -> None:
        """Say why a key did nothing."""
        self._set(Desk(self.desk.armed, words, self.desk.sent))

    def _release(self, to: MessagePump, confirmed: Sequence[Confirmed]) -> None:
        """Store what was confirmed on this machine, then send what is not held."""
        if not confirmed:
            return
        version = self.in_flight.next_version()
        keys = [sent.key for sent in confirmed]

        async def store() -> None:
            try:
                await self.in_flight.write(version)
            finally:
                to.post_message(DecisionsStored(keys))

        self._writes.run(to, IN_FLIGHT, store, group=f"in flight {version}")
        for sent in confirmed:
            if sent.phase is Phase.SENDING:
                self._sender.submit(to, sent, before=lambda: self.in_flight.write(version))

    def _store(self) -> None:
        version = self.in_flight.next_version()
        self._writes.run(None, IN_FLIGHT, lambda: self.in_flight.write(version), group=f"in flight {version}")

    def _unfinished(self) -> Sequence[Confirmed]:
        return self.desk.unfinished()

    def _set(self, desk: Desk) -> None:
        self.desk = desk
        self._changed()
