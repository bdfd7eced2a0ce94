"""The connection to the backend: opened once, who is connected, and the news that it answers again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from api_client.errors import ApiError
from pumpup_tui.backend.messages import Connected, LiveState
from pumpup_tui.backend.retry import Pauses

if TYPE_CHECKING:
    from textual.app import App
    from textual.worker import WorkType

    from api_client.backend import Backend
    from api_client.models import Me


class BackendConnection:
    """One backend, as soon as it is open. What becomes of it is posted to `app`."""

    def __init__(self, app: App[None], connect: Callable[[], Awaitable[Backend]]) -> None:
        self._app = app
        self._connect = connect
        self._announced: tuple[Me, tuple[str, ...]] | None = None
        self._is_recovering = False
        self.backend: Backend | None = None
        """The backend; None before it is open and after it was closed."""
        self.is_lost = False
        """Whether the live tail waits for the backend to answer again."""
        self.pauses = Pauses()
        """The pauses between tries to reach it, of all who try."""

    async def open(self) -> tuple[Backend, Me]:
        """Open the backend where it is not; return it, and who the caller is.

        Raises:
            ApiError: it can't be reached, or refuses the caller.
        """
        if self.backend is None:
            self.backend = await self._connect()
        return self.backend, await self.backend.me()

    def announce(self, backend: Backend, me: Me) -> None:
        """Notify the app of who the caller is and of the place's notices, where either is new.

        A key may get other rights during an outage; the first write may have had something to put in order.
        """
        notices = tuple(backend.notices)
        if (me, notices) != self._announced:
            self._announced = me, notices
            self._app.post_message(Connected(me, notices))

    def can(self, capability: str) -> bool:
        """Return whether the backend said that it has a capability."""
        return self._announced is not None and capability in self._announced[0].capabilities

    def announce_notices(self, backend: Backend) -> None:
        """Notify the app of the place's notices, where they are new."""
        if self._announced is not None:
            self.announce(backend, self._announced[0])

    def recover(self, error: ApiError) -> None:
        """Have everything refreshed once the backend answers again, after a call failed for a passing reason."""
        if self.backend is not None and not self._is_recovering:
            self._is_recovering = True
            work = cast("WorkType[None]", partial(self._recover, self.backend, error))
            self._app.run_worker(work, name="mend", group="mend", exit_on_error=False)

    async def _recover(self, backend: Backend, error: ApiError) -> None:
        try:
            while True:
                await asyncio.sleep(self.pauses.after(error))
                if self.is_lost:
                    return  # the tail knows too, and has everything refreshed when it is back
                try:
                    self.announce(backend, await backend.me())
                    break
                except ApiError as fault:
                    error = fault
        finally:
            self._is_recovering = False
        self._app.post_message(LiveState(live=True, again=True))

    async def aclose(self) -> None:
        """Close the backend. No call may follow."""
        if self.backend is not None:
            backend, self.backend = self.backend, None
            await backend.aclose()
