"""One session of linear mode, from the open backend to the last word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import Confirmed, Phase
from pumpup_tui.decisions.opened_attachments import TAKEN
from pumpup_tui.linear.command_loop import CommandLoop
from pumpup_tui.linear.confirmation import ConfirmationWords
from pumpup_tui.linear.conversation import Conversation
from pumpup_tui.linear.line_input import LineInput
from pumpup_tui.linear.line_outbox import LineOutbox, outcome_lines
from pumpup_tui.linear.line_queue import LineQueue
from pumpup_tui.linear.line_session import LineSession
from pumpup_tui.linear.plain_lines import counted, said
from pumpup_tui.local_state.drafts import Drafts
from pumpup_tui.local_state.snoozes import Snoozes
from pumpup_tui.text.firewall import line
from pumpup_tui.text.outcomes import ACTS

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Me
    from api_client.times import Clock
    from pumpup_tui.decisions.recovery import Recovered
    from pumpup_tui.local_state.document_store import DocumentStore
    from pumpup_tui.local_state.preferences import Preferences

UNKNOWN = 5
"""The exit code where the outcome of something that was sent is not known."""


@dataclass(eq=False, repr=False)
class LineSetup:
    """All that a session is started with."""

    read: Callable[[], bytes]
    """Returns the next bytes that were typed, none at their end; it may block."""
    write: Callable[[str], None]
    """Prints one clean line."""
    width: Callable[[], int]
    echoes: bool
    source_label: str
    clock: Clock
    new_key: Callable[[], str]
    preferences: Preferences
    documents: DocumentStore
    zone: tzinfo | None = None


async def run_session(backend: Backend, setup: LineSetup) -> int:
    """Talk until the person quits or no more lines come; return the exit code. The caller closes the backend.

    Raises:
        ApiError: the backend could not be read at all.
    """
    me = await backend.me()
    with suppress(OSError):  # asked again at the next start
        await setup.documents.switch_reviewer(me.subject)
    runner = _Runner(backend, me, setup)
    try:
        return await runner.run()
    finally:
        await runner.aclose()


class _Runner:
    def __init__(self, backend: Backend, me: Me, setup: LineSetup) -> None:
        self._setup = setup
        self._writing: set[asyncio.Future[None]] = set()
        self.talk = Conversation(LineInput(setup.read), setup.write, width=setup.width, echoes=setup.echoes)
        outbox = LineOutbox(
            backend,
            setup.documents,
            clock=setup.clock,
            new_key=setup.new_key,
            grace=setup.preferences.grace_seconds,
            tell=self._tell,
            reads_back="authority" in me.capabilities,
            takes_opened=TAKEN in me.capabilities,
        )
        self.session = LineSession(
            backend,
            me,
            self.talk,
            LineQueue(backend, me, setup.clock, Snoozes(setup.documents, self._start)),
            outbox,
            Drafts(setup.documents, self._start),
            ConfirmationWords(setup.new_key()),
            setup.clock,
            setup.preferences,
            setup.zone,
        )

    async def run(self) -> int:
        self._greet()
        await self._recover()
        await CommandLoop(self.session).run()
        return await self._finish()

    def _greet(self) -> None:
        session, notices = self.session, self.session.backend.notices
        tags = f" with the tags {', '.join(line(tag, 30) for tag in session.me.tags)}" if session.me.tags else ""
        who = f"{line(session.me.subject, 80)}{tags}"
        self.talk.say(
            f"Pump Up in lines. You are {who}, at {line(self._setup.source_label, 80)}. 'help' lists commands."
        )
        for notice in notices:
            self.talk.say(said("Warning", notice))

    async def _recover(self) -> None:
        """Say what an earlier session left in flight, and what became of it."""
        from pumpup_tui.decisions.recovery import look_up

        in_flight = self.session.outbox.in_flight
        with suppress(OSError):
            acts = await in_flight.interrupted()
            recovered = [await look_up(self.session.backend, self.session.me.subject, act) for act in acts]
            self.talk.say(*(["Unfinished when you last left:"] if recovered else []))
            for act in recovered:
                self._say_recovered(act)
            await in_flight.acknowledge([act.interrupted for act in recovered if act.is_known])

    def _say_recovered(self, act: Recovered) -> None:
        intent = act.interrupted.sent.intent
        # not foreign: words of ours
        label = f"{act.fate.value.capitalize()}: {ACTS[intent.verb].word}"
        self.talk.say(said(label, intent.title, limit=100), *([said("Why", act.detail)] if act.detail else []))

    async def _finish(self) -> int:
        """Wait for what was confirmed; say what became of it, or that it is not known."""
        unfinished = self.session.outbox.desk.unfinished()
        if unfinished:
            self.talk.say(f"No more input: {counted(len(unfinished), 'confirmed act')} still to be recorded.")
        left = await self.session.outbox.finish()
        self.talk.tell_news()
        for sent in left:
            self.talk.say(said(f"Not known: {ACTS[sent.intent.verb].word}", sent.intent.title, limit=100))
        if left:
            self.talk.say("The next start looks up what became of it.")
        self.talk.say("Goodbye.")
        return UNKNOWN if left else 0

    async def aclose(self) -> None:
        await self.session.drafts.flush()
        with suppress(OSError):
            await self.session.outbox.in_flight.write(self.session.outbox.in_flight.next_version())
        await self._setup.documents.aclose()

    def _tell(self, sent: Confirmed) -> None:
        """Take note of what became of an act."""
        self.talk.tell_later(*outcome_lines(sent))
        target = sent.intent.target
        if sent.phase in (Phase.RECORDED, Phase.LOST) and sent.intent.verb == "ANSWER":
            self.session.drafts.discard(target)
        if sent.on_record.is_agreement:
            self.session.queue.reopen(target)  # it waits for others
        if sent.phase is Phase.REFUSED:
            self.session.queue.reopen(target)
            self.session.refused[target] = sent.faults

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(work())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
