"""Fires the timeouts of steps (CONTRACT.md part 3, Timeouts) of a workspace: one `TIMEOUT` for each task.

In the same look it fires what policies and grants set a time for (`due_expiries`): at rest one round trip, two where a
policy that lets requests expire has a rule for steps.

Any server may run this, several at once too: what is due is found here by an index, whether it may be fired is ruled
under the chain's lock like every write, so a task's timeout is fired once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from api_client.commands import PLATFORM, Command, FireTimeout
from api_client.errors import ApiError
from api_client.times import Clock
from store.core.batch import Job
from store.postgres.commit_writer import CommitWriter
from store.postgres.database_reader import DatabaseReader
from store.postgres.due_expiries import DueExpiries
from store.postgres.statements import DUE

TICK_SECONDS = 1.0
"""Seconds between two looks, and before the first."""
_AT_ONCE = 32
"""Timeouts that share a transaction: few enough that a person's own command hardly waits for them."""


class DueTimeouts:
    """Watches one workspace until it is closed."""

    def __init__(
        self, reader: DatabaseReader, writer: CommitWriter, clock: Clock, *, tick: float = TICK_SECONDS
    ) -> None:
        self._reader, self._writer, self._clock, self._tick = reader, writer, clock, tick
        self._expiries = DueExpiries(reader, clock)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to watch; the first look is after a tick."""
        self._task = asyncio.create_task(self._run(), name="due-timeouts")

    async def close(self) -> None:
        """End what watches."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def sweep(self) -> bool:
        """Fire some of what is due now; return whether there may be more."""
        authority, (rows,) = await self._reader.with_authority((DUE, {"now": self._clock(), "limit": _AT_ONCE}))
        timeouts = [FireTimeout(task_id=task_id) for (task_id,) in rows]
        fired = [await self._fire(commands) for commands in (timeouts, await self._expiries.due(authority))]
        return any(fired) or self._expiries.has_more

    async def _fire(self, commands: Sequence[Command]) -> bool:
        """Carry commands out together; return whether there may be more that are due."""
        outcomes = await asyncio.gather(
            *(self._writer.submit(Job(command, PLATFORM, None)) for command in commands), return_exceptions=True
        )
        # A refusal means that another server was first, or the task moved: the next look sees it.
        return sum(not isinstance(outcome, BaseException) for outcome in outcomes) == _AT_ONCE

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._tick)
            with suppress(ApiError):  # the database's trouble, which every command reports; it may pass
                await self._fire_all()

    async def _fire_all(self) -> None:
        while await self.sweep():  # noqa: ASYNC110 - nothing is waited for: others get their turn
            await asyncio.sleep(self._tick / 10)
