"""The sender of decisions: writes what was confirmed, until its outcome is known, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pumpup_tui.decisions.desk import Confirmed, Phase
from pumpup_tui.decisions.messages import RecoveryLoaded, Submitted
from pumpup_tui.local_state.background_writes import StorageFailed

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from pumpup_tui.backend.backend_connection import BackendConnection
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.decisions.in_flight import InFlight

IN_FLIGHT = "what is in flight"
"""Names the stored decisions in the banner."""
SENT_AT_ONCE = 4
"""Writes in flight at a time: more would only wait for each other, in the folder as over a link."""


class DecisionSender:
    """Submits decisions to one backend, and looks up those of ended terminals."""

    def __init__(self, calls: BackendCalls, connection: BackendConnection) -> None:
        self._calls = calls
        self._connection = connection
        self._slots = asyncio.Semaphore(SENT_AT_ONCE)

    def can(self, capability: str) -> bool:
        """Return whether the backend has a capability."""
        return self._connection.can(capability)

    def submit(self, to: MessagePump, sent: Confirmed, *, before: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Write what was confirmed, under its key, until its outcome is known; each state is a `Submitted` to `to`.

        Args:
            to: Gets the messages.
            sent: What was confirmed.
            before: Stores it on this machine first. It may raise `OSError`.
        """

        async def work() -> None:
            # It was confirmed, and the record is elsewhere: without a trace here, only a crash would lose track of it.
            with suppress(OSError):
                await before()
            await self._submit(to, sent)

        self._calls.run(to, "submit", work, group=f"submit {sent.key}")

    def look_up_interrupted(self, to: MessagePump, in_flight: InFlight) -> None:
        """Look up what ended terminals left in flight, where they did; nothing is sent."""

        async def work() -> None:
            try:
                interrupted = await in_flight.interrupted()
            except OSError as error:
                to.post_message(StorageFailed(IN_FLIGHT, error.strerror or type(error).__name__))
                return
            backend = self._connection.backend
            if interrupted and backend is not None:
                from pumpup_tui.decisions.recovery import look_up

                me = (await backend.me()).subject
                to.post_message(RecoveryLoaded([await look_up(backend, me, act) for act in interrupted]))

        self._calls.run(to, IN_FLIGHT, work, group="left behind")

    async def _submit(self, to: MessagePump, sent: Confirmed) -> None:
        # With the first decision, behind the first paint.
        from pumpup_tui.decisions.delivery import deliver

        backend = self._connection.backend
        if backend is None:
            to.post_message(Submitted(sent.key, Phase.REFUSED, "not sent: not connected"))
            return
        reads_back = self._connection.can("authority")
        async for state in deliver(backend, sent, self._slots, reads_back=reads_back):
            to.post_message(Submitted(sent.key, state.phase, state.detail, state.faults, state.on_record))
            if state.phase is Phase.RECORDED:
                self._connection.announce_notices(backend)
