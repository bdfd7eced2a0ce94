"""The outbox of linear mode: what was confirmed, held for the grace time, stored, and written until it is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pumpup_tui.decisions.delivery import deliver
from pumpup_tui.decisions.desk import FINAL, Confirmed, Desk, Intent, OnRecord, Phase
from pumpup_tui.decisions.in_flight import InFlight
from pumpup_tui.decisions.opened_attachments import OpenedAttachments
from pumpup_tui.linear.plain_lines import said
from pumpup_tui.text.labels import recommendation_run
from pumpup_tui.text.outcomes import ACTS
from pumpup_tui.text.paragraphs import Paragraph, ours

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.times import Clock
    from pumpup_tui.local_state.document_store import DocumentStore

WRITES = 4
"""Writes in flight at a time."""
SOON_SECONDS = 2.0
UNKNOWN_SECONDS = 5.0
"""Time that leaving waits for an outcome that is not known."""


class LineOutbox:
    """Holds the desk, as the screens' outbox does; each confirmed act is a task of its own."""

    def __init__(
        self,
        backend: Backend,
        documents: DocumentStore,
        *,
        clock: Clock,
        new_key: Callable[[], str],
        grace: float,
        tell: Callable[[Confirmed], None],
        reads_back: bool = False,
        takes_opened: bool = False,
    ) -> None:
        """Take what acts go through; `grace` in seconds, and `tell` is told what became of each.

        With `reads_back` an approval may turn out to be an agreement, for there may be policies. With `takes_opened` a
        decision says which attachments were opened.
        """
        self.desk = Desk()
        self.opened = OpenedAttachments(lambda: takes_opened)
        self.in_flight = InFlight(documents, self._unfinished)
        self.grace = grace
        self._backend, self._reads_back = backend, reads_back
        self._clock, self._new_key, self._tell = clock, new_key, tell
        self._slots = asyncio.Semaphore(WRITES)
        self._tasks: set[asyncio.Task[None]] = set()
        self._hurry = asyncio.Event()

    async def confirm(self, intents: Sequence[Intent]) -> Sequence[Confirmed]:
        """Hold or send what a person confirmed; return those that went: one in flight goes only once."""
        batch = self._new_key() if len(intents) > 1 else ""
        desk, before = self.desk.cancel(), {sent.key for sent in self.desk.sent}
        for intent in intents:
            desk = desk.arm(self.opened.stated(intent)).confirm(self._new_key(), self._clock(), self.grace, batch=batch)
        self.desk = desk.cancel()
        confirmed = [sent for sent in self.desk.sent if sent.key not in before]
        await self._store()
        for sent in confirmed:
            task = asyncio.create_task(self._carry(sent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return confirmed

    async def take_back(self) -> Intent | None:
        """Take back the latest held act, or all of a batch; None where nothing is held."""
        self.desk, intent = self.desk.take_back()
        await self._store()
        return intent

    async def settle_soon(self) -> None:
        """Wait a moment for what is being written: mostly it is known at once."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SOON_SECONDS)

    async def finish(self) -> Sequence[Confirmed]:
        """Wait until all is known, at the most for a while beyond the grace time; return what is not over."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.grace + UNKNOWN_SECONDS)
        left = self.desk.unfinished()
        for task in list(self._tasks):
            task.cancel()
        return left

    def send_now(self) -> None:
        """End the grace time of all that is held."""
        self._hurry.set()

    async def _carry(self, sent: Confirmed) -> None:
        """See one act through, from its grace time to its end."""
        if sent.phase is Phase.HELD:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self.grace)
            if not any(held.key == sent.key for held in self.desk.held()):
                return  # taken back
            self.desk = self.desk.settle(sent.key, Phase.SENDING, self._clock())
            await self._store()
        async for state in deliver(self._backend, sent, self._slots, reads_back=self._reads_back):
            now = self._clock()
            self.desk = self.desk.settle(
                sent.key, state.phase, now, state.detail, state.faults, on_record=state.on_record
            )
            self._tell(next(act for act in self.desk.sent if act.key == sent.key))
            await self._store()

    def _unfinished(self) -> Sequence[Confirmed]:
        return self.desk.unfinished()

    async def _store(self) -> None:
        # The record is elsewhere: without a trace here, only a crash would lose track of it.
        keys = [sent.key for sent in self.desk.unfinished()]
        with suppress(OSError):
            await self.in_flight.write(self.in_flight.next_version())
            self.desk = self.desk.mark_stored(keys)


def outcome_lines(sent: Confirmed) -> list[Paragraph]:
    """Return what became of an act."""
    on_record, word = sent.on_record, ACTS[sent.intent.verb].word
    label = _OUTCOMES.get(sent.phase, sent.phase.value.capitalize())
    label = "Agreed, not decided yet" if on_record.is_agreement else label
    about = said(f"{label}: {word}", sent.intent.title, limit=100)
    if sent.phase is Phase.RECORDED:
        return [about, *_read_back_lines(on_record)]
    lines = [about, said("Why", sent.detail)]
    is_lost = sent.phase is Phase.LOST and sent.intent.note.strip() and sent.intent.verb in FINAL
    return [*lines, said("Your note is on no record; it was", sent.intent.note)] if is_lost else lines


def _read_back_lines(on_record: OnRecord) -> list[Paragraph]:
    """Return what the record says beside the act: who is still needed, and what was hidden until now."""
    lines: list[Paragraph] = []
    if on_record.is_agreement:
        count = on_record.missing
        people = "person" if count == 1 else "people"
        more = f"It needs {count} more {people} to be decided." if count else "Somebody has decided it since."
        lines.append(ours((more, "")))
    if on_record.recommendation:
        words = recommendation_run(on_record.recommendation, None)[0].partition(" ")[2]
        lines.append(ours((f"The agent recommended: {words}.", "")))
    return lines


_OUTCOMES = {
    Phase.RECORDED: "Recorded",
    Phase.LOST: "Not recorded, someone was first",
    Phase.REFUSED: "Refused, nothing was written",
    Phase.UNKNOWN: "No answer yet, it is asked again",
}
