"""The limits of the suite: how long a test waits for what must come, and how work may grow with what it is given.

No test asserts how fast the machine is. A wait ends when its condition holds; `HANG_SECONDS` only ends a hang.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from functools import partial

HANG_SECONDS = 30.0
"""Seconds after which what a test waits for will never come, on however busy a machine."""
POLL_SECONDS = 0.01
"""Seconds between two looks at a condition that nothing notifies of."""


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Return once the condition holds.

    Raises:
        AssertionError: it does not hold within `HANG_SECONDS`; the message names `what` was waited for.
    """
    end = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(POLL_SECONDS)


async def until(holds: Callable[[], object], what: str) -> None:
    """Return once the condition holds, the event loop running meanwhile.

    Raises:
        AssertionError: it does not hold within `HANG_SECONDS`; the message names `what` was waited for.
    """
    end = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        await asyncio.sleep(POLL_SECONDS)


def grows_no_faster_than_its_input(work: Callable[[int], object], size: int) -> bool:
    """Say whether `size` takes at most about four times the work of a quarter of it; quadratic work takes sixteen.

    Work is the CPU time of this thread, to which other processes add nothing; where it seems too much, the least of
    several runs counts. What is too little to be told from noise (5 ms) is no growth.
    """
    small = large = float("inf")
    for _ in range(5):
        small, large = min(small, work_of(partial(work, size // 4))), min(large, work_of(partial(work, size)))
        if large < 8 * small + 0.005:
            return True
    return False


def work_of(work: Callable[[], object]) -> float:
    """Return the CPU time of this thread that something takes, in seconds.

    Without garbage collection: a full one costs what all earlier tests have left, and only the larger work meets it.
    """
    gc.disable()
    try:
        start = time.thread_time()
        work()
        return time.thread_time() - start
    finally:
        gc.enable()
