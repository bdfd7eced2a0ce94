"""Delivery of one confirmed act: written under its key until its outcome is known. It knows no screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api_client.errors import ApiError, Conflict, InvalidAnswers
from pumpup_tui.backend.retry import Pauses, is_passing, leaves_in_doubt, settles_doubt
from pumpup_tui.decisions.desk import APPROVING, Confirmed, Intent, OnRecord, Phase

if TYPE_CHECKING:
    from api_client.backend import Backend


@dataclass(frozen=True, slots=True)
class Delivery:
    """The state of an act that is being written."""

    phase: Phase
    detail: str = ""
    """The event's id where it is recorded, else why it is not; raw."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Messages by field id, where answers were refused."""
    on_record: OnRecord = field(default_factory=OnRecord)


async def deliver(
    backend: Backend, sent: Confirmed, slots: asyncio.Semaphore, *, reads_back: bool = False
) -> AsyncIterator[Delivery]:
    """Yield each state of an act until its outcome is known; an unknown one is asked again under the same key.

    Args:
        backend: Takes the act.
        sent: What was confirmed.
        slots: Bounds the writes in flight at a time.
        reads_back: Whether a policy may have made an agreement of an approval.
    """
    # The commands are imported with the first of them, behind the first paint.
    from pumpup_tui.decisions.intent_commands import command_of

    pauses, in_doubt = Pauses(), False
    while True:
        try:
            async with slots:
                receipt = await backend.submit(command_of(sent.intent), key=sent.key)
        except ApiError as error:
            in_doubt = in_doubt or leaves_in_doubt(error)
            if not in_doubt or settles_doubt(error):
                yield _refused(error)
                return
            # It may have been written: only the same key can tell.
            yield Delivery(Phase.UNKNOWN, str(error))
            await asyncio.sleep(pauses.after(error))
        else:
            async for state in _recorded(backend, sent.intent, receipt.event_id, reads_back=reads_back):
                yield state
            return


async def _recorded(backend: Backend, intent: Intent, event_id: str, *, reads_back: bool) -> AsyncIterator[Delivery]:
    """Yield what is on the record. The receipt only names the event: what it is, the record says."""
    if not intent.agreement:
        yield Delivery(Phase.RECORDED, event_id)
    if not (intent.blind or (reads_back and intent.verb in APPROVING)):
        return
    expected = OnRecord(is_agreement=bool(intent.agreement))
    try:
        on_record = await _read_back(backend, intent, event_id)
    except ApiError:
        on_record = expected  # it is recorded all the same; what was shown when it was armed is all that is known
    if intent.agreement or on_record != expected:
        yield Delivery(Phase.RECORDED, event_id, on_record=on_record)


async def _read_back(backend: Backend, intent: Intent, event_id: str) -> OnRecord:
    from api_client.recorded_approval import recorded_approval

    recorded = await recorded_approval(backend, intent.task_id, intent.target, event_id)
    edit = intent.note.strip() if intent.verb == "EDIT_AND_APPROVE" else None
    missing = recorded.needs.missing_for(intent.verb, edit) if recorded.needs is not None else 0
    shown = recorded.recommendation if intent.blind else None
    return OnRecord(is_agreement=recorded.is_agreement, missing=max(0, missing), recommendation=shown)


def _refused(error: ApiError) -> Delivery:
    """Return the outcome of a write that is known not to have happened."""
    if isinstance(error, Conflict):
        return Delivery(Phase.LOST, str(error))
    if isinstance(error, InvalidAnswers):
        return Delivery(Phase.REFUSED, str(error), error.fields)
    return Delivery(Phase.REFUSED, f"not sent: {error}" if is_passing(error) else str(error))
