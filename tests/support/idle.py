"""Waiting for the app to have nothing left to do, so that what did not happen by then does not happen."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.waiting import POLL_SECONDS

_LASTING = frozenset(("tail", "authority"))
"""The groups of the workers that follow new events and authority as long as the app runs."""
_LOOKS = 3
"""Looks in a row that must find nothing: a worker that ends posts a message, whose handler may start the next."""


async def until_idle(pilot: Pilot[Any]) -> None:
    """Wait until no worker runs but the lasting ones, and each widget has handled its messages."""
    idle_looks = 0
    while idle_looks < _LOOKS:
        await pilot.pause()
        if all(worker.group in _LASTING or worker.is_finished for worker in pilot.app.workers):
            idle_looks += 1
        else:
            idle_looks = 0
            await pilot.pause(POLL_SECONDS)
