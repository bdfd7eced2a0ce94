"""The poll of authority: reads what is paused and escalated every few seconds, and posts it where it has changed.

Pauses, policies and grants are entries of the chain that no timeline has, so they don't come with the live tail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from pumpup_tui.backend.messages import AuthorityChanged, GrantsEnded

if TYPE_CHECKING:
    from textual.app import App
    from textual.worker import WorkType

    from api_client.authority import AuthorityStatus, Grant
    from api_client.models import Event
    from pumpup_tui.backend.calls import BackendCalls

LOOK_SECONDS = 5.0
"""Between two looks."""
LEAST_SECONDS = 0.5
"""Between two looks because of events."""
GROUP = "authority"


class AuthorityPoll:
    """Looks at one backend's authority for as long as the app runs. Nothing is posted where nothing has changed."""

    def __init__(self, app: App[None], calls: BackendCalls) -> None:
        self._app = app
        self._calls = calls
        self._wake = asyncio.Event()
        self._status: AuthorityStatus | None = None
        """As it was posted last."""
        self._has_ends = False
        """Whether grants may have ended that are not read yet."""

    def begin(self, capabilities: Iterable[str]) -> None:
        """Begin to look, where there is authority; anew after each connection."""
        self._app.workers.cancel_group(self._app, GROUP)
        self._status = None
        if "authority" in capabilities:
            work = cast("WorkType[None]", self._follow)
            self._app.run_worker(work, name="authority", group=GROUP, exclusive=True, exit_on_error=False)

    def look(self) -> None:
        """Look now, rather than in a few seconds."""
        self._wake.set()

    def take_changes(self, events: Iterable[Event]) -> None:
        """Look now where one of these events escalates a task, or is on one that is escalated."""
        escalated = {task.task_id for task in self._status.escalated} if self._status is not None else set[str]()
        if any(event.task_id in escalated or event.payload.get("escalatedTo") for event in events):
            self.look()

    async def _follow(self) -> None:
        while True:
            self._wake.clear()
            status = await self._calls.fetch(lambda backend: backend.authority())
            if status is not None and (self._status is None or status.version != self._status.version):
                self._post(status)
            if self._has_ends:
                await self._read_ends()
            await asyncio.sleep(LEAST_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS - LEAST_SECONDS)

    def _post(self, status: AuthorityStatus) -> None:
        before, self._status = self._status, status
        self._app.post_message(AuthorityChanged(status))
        # At the beginning some may have ended while nobody looked.
        self._has_ends |= bool(status.version) and (before is None or status.ends != before.ends)

    async def _read_ends(self) -> None:
        """Post the grants that ended by themselves; where they can't be read, the next look tries again."""
        grants = await self._calls.fetch(lambda backend: backend.grants())
        if grants is None:
            return
        self._has_ends = False
        if ended := [grant for grant in grants if _ended_itself(grant)]:
            self._app.post_message(GrantsEnded(ended))


def _ended_itself(grant: Grant) -> bool:
    return grant.ended is not None and grant.ended.reason == "DISAGREEMENT"
