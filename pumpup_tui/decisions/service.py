"""What goes out of the app: held, sent, recorded; what an earlier terminal left; and leaving with something open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from pumpup_tui.backend import messages
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Phase
from pumpup_tui.textual_patches.terminal_app import TerminalApp

if TYPE_CHECKING:
    from pumpup_tui.components.dialogs import Leave

LEAVE_SECONDS = 5.0
BEGIN_SECONDS = 1.0
"""After the backend is open: what only a decision needs is made ready once the first rows are there."""


class OutgoingApp(TerminalApp):
    """An app with an outbox."""

    context: Context
    _leaving = False

    def tell_banner(self, banner: str, next_step: str) -> None:
        """Say what went wrong and what to do next."""
        raise NotImplementedError

    def begin_outgoing(self) -> None:
        """Tell what an earlier terminal left; have ready what the first decision is kept in."""
        feed, on_way = self.context.feed, self.context.outbox.on_way
        feed.left_behind(self, on_way)
        self.set_timer(BEGIN_SECONDS, lambda: feed.begin_keeping(on_way))

    async def store_outgoing(self) -> None:
        """Have on the disk what is in flight, and nothing else."""
        with suppress(OSError):  # told when it was met first; the record is elsewhere
            await self.context.outbox.on_way.write(self.context.outbox.on_way.changed())

    async def end_outgoing(self) -> None:
        """Leave on the disk what is not over, and let go of it."""
        await self.store_outgoing()
        await self.context.kept.close()

    def _desk_changed(self) -> None:
        self.context.desk_changed.publish(None)
        if self._leaving and not self.context.outbox.desk.unfinished():
            self.exit()

    def _tick(self) -> None:
        if self.context.outbox.desk.held():
            self.context.outbox.tick(self)

    @on(messages.Submitted)
    def _submitted(self, event: messages.Submitted) -> None:
        self.context.outbox.settled(event)
        if event.phase in (Phase.RECORDED, Phase.LOST):
            for one in self.context.outbox.desk.sent:
                if one.key == event.key and one.intent.verb == "ANSWER":
                    self.context.drafts.drop(one.intent.target)

    @on(messages.LeftBehind)
    def _left_behind(self, event: messages.LeftBehind) -> None:
        from pumpup_tui.inbox.recovery_screen import RecoveryScreen

        if any(isinstance(screen, RecoveryScreen) for screen in self.screen_stack):
            return

        def told(request_id: str | None) -> None:
            known = [one.left for one in event.became if one.is_known]
            on_way = self.context.outbox.on_way
            self.context.feed.apart(None, "what is on its way", lambda: on_way.told(known), group="told")
            if request_id:
                self.post_message(messages.ShowRequest(request_id))

        self.push_screen(RecoveryScreen(self.context, event.became), told)

    @on(messages.OnDisk)
    def _on_disk(self, event: messages.OnDisk) -> None:
        self.context.outbox.kept(event)

    @on(messages.NotKept)
    def _not_kept(self, event: messages.NotKept) -> None:
        words = f"{event.what} could not be kept on this machine: {event.reason}"
        self.tell_banner(words, "what is on the record is safe")

    # Leaving.

    @override
    async def action_quit(self) -> None:
        from pumpup_tui.components.dialogs import LeaveScreen

        outbox = self.context.outbox
        if not outbox.desk.unfinished():
            self.exit()
        elif not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(outbox, self.context.desk_changed), self._leave)

    def _leave(self, answer: Leave | None) -> None:
        outbox = self.context.outbox
        if answer is None:
            return
        self._leaving = True
        if answer == "send":
            outbox.send_now(self)
            self.set_timer(LEAVE_SECONDS, self._stay)
        else:
            outbox.take_all_back()
            if answer == "leave":
                self.exit()

    def _stay(self) -> None:
        """Stay after all: the answer takes too long to leave without knowing it."""
        self._leaving = False
        self.context.outbox.hint(f"still no answer: you are still here; {self.context.key('screens.quit')} asks again")
