"""Delivery of one confirmed act: written under its key until its outcome is known. It knows no screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api_client.errors import ApiError, Conflict, InvalidAnswers
from pumpup_tui.backend.retry import Pauses, is_passing, leaves_in_doubt, settles_doubt
from pumpup_tui.decisions.desk import Confirmed, Phase

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


async def deliver(backend: Backend, sent: Confirmed, slots: asyncio.Semaphore) -> AsyncIterator[Delivery]:
    """Yield each state of an act until its outcome is known; an unknown one is asked again under the same key.

    Args:
        backend: Takes the act.
        sent: What was confirmed.
        slots: Bounds the writes in flight at a time.
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
            yield Delivery(Phase.RECORDED, receipt.event_id)
            return


def _refused(error: ApiError) -> Delivery:
    """Return the outcome of a write that is known not to have happened."""
    if isinstance(error, Conflict):
        return Delivery(Phase.LOST, str(error))
    if isinstance(error, InvalidAnswers):
        return Delivery(Phase.REFUSED, str(error), error.fields)
    return Delivery(Phase.REFUSED, f"not sent: {error}" if is_passing(error) else str(error))
