"""Fires the timeouts of steps (CONTRACT.md part 3, Timeouts) of a workspace: one `TIMEOUT` for each task.

Any server may run this, several at once too: what is due is found here by an index, whether it may be fired is ruled
under the chain's lock like every write, so a task's timeout is fired once.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from api_client.commands import PLATFORM, FireTimeout
from api_client.errors import ApiError
from api_client.times import Clock
from store.core.batch import Job
from store.postgres.commit_writer import CommitWriter
from store.postgres.pooled import ReadPool
from store.postgres.statements import DUE

TICK_SECONDS = 1.0
"""Seconds between two looks, and before the first."""
_AT_ONCE = 32
"""Timeouts that share a transaction: few enough that a person's own command hardly waits for them."""


class DueTimeouts:
    """Watches one workspace until it is closed."""

    def __init__(
        self, pool: ReadPool, writer: CommitWriter, workspace: int, clock: Clock, *, tick: float = TICK_SECONDS
    ) -> None:
        self._pool, self._writer, self._workspace, self._clock, self._tick = pool, writer, workspace, clock, tick
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
        values = {"ws": self._workspace, "now": self._clock(), "limit": _AT_ONCE}
        (rows,) = await self._pool.ask((DUE, values))
        fired = await asyncio.gather(
            *(self._writer.submit(Job(FireTimeout(task_id=task_id), PLATFORM, None)) for (task_id,) in rows),
            return_exceptions=True,
        )
        # A refusal means that another server was first, or the task moved: the next look sees it.
        return sum(not isinstance(outcome, BaseException) for outcome in fired) == _AT_ONCE

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._tick)
            with suppress(ApiError):  # the database's trouble, which every command reports; it may pass
                await self._fire_all()

    async def _fire_all(self) -> None:
        while await self.sweep():  # noqa: ASYNC110 - nothing is waited for: others get their turn
            await asyncio.sleep(self._tick / 10)
