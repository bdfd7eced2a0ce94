"""One look at the store's health at a time, shared by all that ask meanwhile: they need no key, and may be many."""

from __future__ import annotations

import asyncio

from store.core.health import Health
from store.server.call_context import Served

WAIT_SECONDS = 3.0
"""Who asks for the health is answered within so long: what watches a server gives up soon after."""


class SharedLook:
    """The health of one backend."""

    def __init__(self, backend: Served) -> None:
        self._backend = backend
        self._look: asyncio.Task[Health | None] | None = None

    async def health(self) -> Health | None:
        """Return the state of the database behind the record, None where there is none, once writes can be recorded.

        Raises:
            StoreError: no write can be recorded at present.
            TimeoutError: the store did not say so within `WAIT_SECONDS`.
        """
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._ask())
            self._look.add_done_callback(_heard)
        async with asyncio.timeout(WAIT_SECONDS):
            return await asyncio.shield(self._look)  # one caller that hangs up ends it for none of the others

    async def _ask(self) -> Health | None:
        await self._backend.check()
        return await self._backend.health()


def _heard(look: asyncio.Task[Health | None]) -> None:
    """Take note of a fault that nobody waits for any more, so that asyncio does not report it."""
    if not look.cancelled():
        look.exception()
