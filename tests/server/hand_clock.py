"""An event loop's clock that is moved by hand: patience ends when a test says so, on however busy a machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.waiting import HANG_SECONDS


class HandClock:
    """The clock of the running loop, standing still."""

    def __init__(self, now: float) -> None:
        self.now = now

    async def advance(self, seconds: float) -> None:
        """Move the clock; return once what became due is done and what was sent on this machine has arrived."""
        self.now += seconds
        for _ in range(10):
            await asyncio.sleep(0)
        await asyncio.to_thread(time.sleep, 0.001)
        for _ in range(10):
            await asyncio.sleep(0)

    async def until(self, holds: Callable[[], bool], step: float, between: Callable[[], object] = bool) -> float:
        """Move the clock by steps, with something done before each, until a condition holds; return its seconds."""
        begun, end = self.now, time.monotonic() + HANG_SECONDS
        while not holds():
            assert time.monotonic() < end, f"not after {self.now - begun:.1f} s of the loop's clock"
            between()
            await self.advance(step)
        return self.now - begun


@contextmanager
def standing_still() -> Iterator[HandClock]:
    """Stop the running loop's clock, and let it go on at the end."""
    loop = asyncio.get_running_loop()
    clock = HandClock(loop.time())
    loop.time = lambda: clock.now  # type: ignore[method-assign]
    try:
        yield clock
    finally:
        del loop.time
