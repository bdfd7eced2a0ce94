"""The live tail: opens the backend, follows its new events, and hands them to the screens a few times a second."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from api_client.errors import ApiError, InvalidRequest, NotAllowed, NotFound
from pumpup_tui.backend.messages import CallFailed, Changed, LiveState
from pumpup_tui.backend.retry import Pauses, is_passing

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.worker import WorkType

    from api_client.backend import Backend
    from api_client.models import Event, Me
    from api_client.times import Clock
    from pumpup_tui.backend.backend_connection import BackendConnection
    from pumpup_tui.backend.calls import BackendCalls

FLUSH_SECONDS = 0.25
"""Changes that come closer together than this are posted together."""
MOST_CHANGES = 500
"""More changes than this in one flush are not posted one by one: the screens refresh."""


class LiveTail:
    """New events of one backend, posted to all who subscribed, for as long as the app runs."""

    def __init__(self, app: App[None], connection: BackendConnection, calls: BackendCalls, clock: Clock) -> None:
        self._app = app
        self._connection = connection
        self._calls = calls
        self._clock = clock
        self._subscribers: list[MessagePump] = []
        self._pending: list[Event] = []
        self._too_many = False
        self._flush_timer: asyncio.TimerHandle | None = None
        self._next_flush = 0.0

    def subscribe(self, screen: MessagePump) -> None:
        """Post changes to `screen` from now on."""
        self._subscribers.append(screen)

    def unsubscribe(self, screen: MessagePump) -> None:
        """Post no more changes to `screen`."""
        if screen in self._subscribers:
            self._subscribers.remove(screen)

    def refresh_all(self) -> None:
        """Tell all screens, hidden ones too, that what they show may be old."""
        for subscriber in self._subscribers:
            subscriber.post_message(Changed([], too_many=True))

    def open(self) -> None:
        """Open the backend, read who the caller is and start to follow."""
        self._calls.run(self._app, "open", self._open, group="connect")

    async def aclose(self) -> None:
        """Stop, and close the backend. No call may follow."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        await self._connection.aclose()

    async def _open(self) -> None:
        """Open the backend; where it can't be reached now, try until it can."""
        pauses = Pauses()
        while True:
            try:
                backend, me = await self._connection.open()
                # Before any screen reads: what comes after this comes by the tail.
                cursor = await _newest(backend, me)
                break
            except ApiError as error:
                if not is_passing(error):
                    raise
                self._app.post_message(CallFailed(self._calls.new_id(), "the server", error))
                await asyncio.sleep(pauses.after(error))
        self._connection.is_lost = False
        self._connection.announce(backend, me)
        work = cast("WorkType[None]", partial(self._follow, backend, cursor))
        self._app.run_worker(work, name="live tail", group="tail", exclusive=True, exit_on_error=False)

    async def _follow(self, backend: Backend, cursor: str | None) -> None:
        """Read new events for ever; after a lost connection, from where it was lost."""
        connection = self._connection
        while True:
            try:
                if connection.is_lost:
                    me = await backend.me()
                    cursor = cursor or await _newest(backend, me)
                    connection.announce(backend, me)
                self._app.post_message(LiveState(live=True, again=connection.is_lost))
                connection.is_lost = False
                async for change in backend.changes(cursor):
                    cursor = change.cursor
                    self._collect(change.event)
            except (NotAllowed, NotFound):
                return  # this key or server has no list of changes: `r` refreshes
            except ApiError as error:
                if not connection.is_lost:
                    self._app.post_message(LiveState(live=False, since=self._clock(), reason=str(error)))
                connection.is_lost = True
                if isinstance(error, InvalidRequest):
                    cursor = None  # another folder behind the same address: everything is read again
                await asyncio.sleep(connection.pauses.after(error))

    def _collect(self, event: Event) -> None:
        if len(self._pending) < MOST_CHANGES:
            self._pending.append(event)
        else:
            self._too_many = True
        if self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_at(max(loop.time(), self._next_flush), self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._next_flush = asyncio.get_running_loop().time() + FLUSH_SECONDS
        events, self._pending = self._pending, []
        too_many, self._too_many = self._too_many, False
        for subscriber in self._subscribers:
            subscriber.post_message(Changed(events, too_many=too_many))


async def _newest(backend: Backend, me: Me) -> str | None:
    """Return the cursor of the newest event, so that nothing is missed between the first read and the tail."""
    if me.role == "agent":
        return None  # an agent's key has no list of all events: its changes begin now
    try:
        return (await backend.events(order="desc", limit=1)).next_cursor
    except ApiError as error:
        if is_passing(error):
            raise
        return None
