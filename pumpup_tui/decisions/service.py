"""The decision service: the outbox, what is in flight, what earlier terminals left, and leaving with any of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from pumpup_tui.backend.messages import ShowRequest
from pumpup_tui.decisions.desk import Phase
from pumpup_tui.decisions.messages import DecisionsStored, RecoveryLoaded, Submitted
from pumpup_tui.decisions.outbox import Outbox
from pumpup_tui.decisions.sender import IN_FLIGHT

if TYPE_CHECKING:
    from textual.app import App
    from textual.signal import Signal

    from pumpup_tui.decisions.leaving import Leave
    from pumpup_tui.decisions.outbox import DecisionSettings
    from pumpup_tui.decisions.recovery import Recovered
    from pumpup_tui.decisions.sender import DecisionSender
    from pumpup_tui.local_state.user_files import UserFiles

LEAVE_SECONDS = 5.0
PREPARE_SECONDS = 1.0
"""After the backend is open: what only a decision needs is made ready once the first rows are there."""


class Questions(Protocol):
    """Dialogs that the service has shown. Each calls back with the answer, None where there is none."""

    def ask_leaving(self, answered: Callable[[Leave | None], None]) -> None:
        """Ask what becomes of decisions that are held or unanswered."""

    def show_recovered(self, recovered: Sequence[Recovered], closed: Callable[[str | None], None]) -> None:
        """Show the outcome of interrupted decisions; the answer is the id of a request to go to, or empty."""


class DecisionService:
    """All decisions of one app, from the desk to the record. It knows no widgets."""

    def __init__(
        self,
        app: App[None],
        questions: Questions,
        sender: DecisionSender,
        files: UserFiles,
        *,
        settings: DecisionSettings,
        changed: Signal[None],
    ) -> None:
        """Take what decisions go through.

        Args:
            app: Gets the messages and runs the timers.
            questions: Asks the person.
            sender: Submits, and looks up what was interrupted.
            files: Stores what is in flight.
            settings: Clock, keys and grace time of the decisions.
            changed: Published whenever the desk has changed.
        """
        self._app = app
        self._questions = questions
        self._sender = sender
        self._files = files
        self._key = settings.key
        self._changed = changed
        self._is_leaving = False
        self.outbox = Outbox(sender, settings, changed=self._desk_changed, files=files)

    def receive(self, event: Submitted | DecisionsStored | RecoveryLoaded) -> None:
        """Take in the state of decisions."""
        if isinstance(event, Submitted):
            self._submitted(event)
        elif isinstance(event, DecisionsStored):
            self.outbox.mark_stored(event)
        else:
            self._recovered(event)

    def begin(self) -> None:
        """Look up what an earlier terminal left; prepare the document that the first decision is stored in."""
        self._sender.look_up_interrupted(self._app, self.outbox.in_flight)
        self._app.set_timer(PREPARE_SECONDS, self._prepare)

    def _prepare(self) -> None:
        prepare = self.outbox.in_flight.prepare
        self._files.writes.run(None, IN_FLIGHT, prepare, group="prepare in flight")

    async def store(self) -> None:
        """Have on the disk what is typed and what is in flight."""
        await self._files.drafts.flush()
        await self._store_in_flight()

    async def aclose(self) -> None:
        """Leave on the disk what is not over, and release it."""
        await self._store_in_flight()
        await self._files.documents.aclose()

    async def _store_in_flight(self) -> None:
        in_flight = self.outbox.in_flight
        with suppress(OSError):  # shown when it was met first; the record is elsewhere
            await in_flight.write(in_flight.next_version())

    def tick(self) -> None:
        """Release what has been held long enough."""
        if self.outbox.desk.held():
            self.outbox.tick(self._app)

    def _desk_changed(self) -> None:
        """Tell all who watch; leave, where that only waited for the last outcome."""
        self._changed.publish(None)
        if self._is_leaving and not self.outbox.desk.unfinished():
            self._app.exit()

    def _submitted(self, event: Submitted) -> None:
        """Note the state of a write; answers that are settled leave no draft."""
        self.outbox.settle(event)
        if event.phase in (Phase.RECORDED, Phase.LOST):
            for sent in self.outbox.desk.sent:
                if sent.key == event.key and sent.intent.verb == "ANSWER":
                    self._files.drafts.discard(sent.intent.target)

    def _recovered(self, event: RecoveryLoaded) -> None:
        """Show the outcome of interrupted decisions until it is closed."""

        def closed(request_id: str | None) -> None:
            known = [act.interrupted for act in event.recovered if act.is_known]
            acknowledge = self.outbox.in_flight.acknowledge
            self._files.writes.run(None, IN_FLIGHT, lambda: acknowledge(known), group="acknowledge")
            if request_id:
                self._app.post_message(ShowRequest(request_id))

        self._questions.show_recovered(event.recovered, closed)

    # Leaving.

    def leave(self) -> None:
        """Exit; where a decision is held or unanswered, ask what becomes of it first."""
        if self.outbox.desk.unfinished():
            self._questions.ask_leaving(self._leave)
        else:
            self._app.exit()

    def _leave(self, answer: Leave | None) -> None:
        if answer is None:
            return
        self._is_leaving = True
        if answer == "send":
            self.outbox.send_now(self._app)
            self._app.set_timer(LEAVE_SECONDS, self._stay)
        else:
            self.outbox.take_all_back()
            if answer == "leave":
                self._app.exit()

    def _stay(self) -> None:
        """Stay after all: the answer takes too long to leave without knowing it."""
        self._is_leaving = False
        self.outbox.hint(f"no response yet, so not quit; {self._key('screens.quit')} asks again")
