"""Watches the head of a workspace for whoever waits for news: LISTEN, and a look now and then.

This process's own commits are known at once. Those of other servers are notified on a connection of their own, after
the commit and coalesced: NOTIFY within the commit would let one transaction of the whole cluster commit at a time.
A notification may be lost (a server dies between the two, or a pooler does not pass it on), so the head is also looked
at at intervals; while nobody waits nothing is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection

from api_client.errors import ApiError
from store.postgres.address import DatabaseAddress
from store.postgres.connections import READING, connected

LOOK_SECONDS = 0.2
"""Seconds between two looks at the head while notifications don't come through."""
SELDOM_SECONDS = 0.8
"""Seconds between two looks while they do: a caller reads what others wrote within a second."""
RECONNECT_SECONDS = 1.0
HEAD_CHANNEL = "pumpup_head"
KEYS_CHANNEL = "pumpup_keys"
NOTIFY = "begin; set local synchronous_commit = off; notify {channel}; commit"
"""One trip, and not durable: nothing is lost where a notification is. For this transaction alone, because a pooler may
give the session to a writer next."""


def channel(kind: str, workspace: int) -> str:
    """Return the channel of one workspace: a server is sent nothing of the many others in its database."""
    return f"{kind}_{workspace}"


class HeadWatch:
    """Signals that there may be news. Whoever waits asks the database itself: a signal may be false, or be late."""

    def __init__(
        self,
        address: DatabaseAddress,
        workspace: int,
        look: Callable[[], Awaitable[int]],
        on_keys: Callable[[], None],
    ) -> None:
        """Set up a watch, without connecting.

        Args:
            address: the database.
            workspace: the number of the workspace.
            look: returns the head's seq now.
            on_keys: called when the workspace's API keys were changed.
        """
        self._address, self._workspace = address, workspace
        self._look, self._on_keys = look, on_keys
        self._head = 0
        """The seq of the head when it was last looked at."""
        self.listens = False
        """Whether notifications come through at present."""
        self._news = asyncio.Event()
        self._watchers = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._to_notify = asyncio.Event()
        self._notifying: asyncio.Task[None] | None = None

    @property
    def hears(self) -> bool:
        """Whether notifications come through, as far as anybody has listened."""
        return self.listens or not self._tasks

    def committed(self, seq: int) -> None:
        """Take note of a commit of this process: those who wait here know at once, other servers soon."""
        self._head = seq
        self._signal()
        self._to_notify.set()
        if self._notifying is None:
            self._notifying = asyncio.create_task(self._notify(), name="head-notifier")

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Have signals come for as long as anybody does."""
        self._watchers += 1
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._listen(), name="head-listener"),
                asyncio.create_task(self._look_often(), name="head-looks"),
            ]
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                await self._end()

    def next_signal(self) -> asyncio.Event:
        """Return an event that is set by the next signal.

        Take it while watching, before you ask the database, and wait for it where there was no news.
        """
        return self._news

    async def close(self) -> None:
        """End what runs."""
        await self._end()
        if self._notifying is not None:
            self._notifying.cancel()
            await asyncio.wait([self._notifying])

    async def _end(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.listens = False

    def _signal(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _look_often(self) -> None:
        while True:
            try:
                if (head := await self._look()) != self._head:
                    self._head = head  # it may have gone back: a database was restored, or a standby lacked the last
                    self._signal()
            except ApiError:
                self._signal()  # whoever waits meets the fault itself when it asks
            await asyncio.sleep(SELDOM_SECONDS if self.listens else LOOK_SECONDS)

    async def _listen(self) -> None:
        while True:
            with suppress(ApiError, psycopg.Error):  # the looks go on meanwhile
                connection = await connected(self._address, READING)
                try:
                    await self._hear(connection)
                except psycopg.errors.ReadOnlySqlTransaction:
                    return  # a standby has no notifications: the looks are all there is
                finally:
                    self.listens = False
                    await asyncio.shield(connection.close())
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _hear(self, connection: AsyncConnection[tuple[Any, ...]]) -> None:
        head, keys = channel(HEAD_CHANNEL, self._workspace), channel(KEYS_CHANNEL, self._workspace)
        await connection.execute(f"listen {head}; listen {keys}".encode(), prepare=False)
        # A pooler that hands the session to others answers the command and passes nothing on: only what comes counts.
        await connection.execute(b"select pg_notify(%s, 'test')", (head,), prepare=False)
        async for notification in connection.notifies():
            self.listens = True
            if notification.payload:
                continue
            if notification.channel == keys:
                self._on_keys()
            else:
                self._signal()

    async def _notify(self) -> None:
        """Notify other servers of this one's newest commit, one notification at a time."""
        while True:
            with suppress(ApiError, psycopg.Error):  # they look at the head anyway
                connection = await connected(self._address, READING)
                try:
                    while True:
                        await self._to_notify.wait()
                        self._to_notify.clear()
                        notify = NOTIFY.format(channel=channel(HEAD_CHANNEL, self._workspace))
                        await connection.execute(notify.encode(), prepare=False)
                finally:
                    await asyncio.shield(connection.close())
            await asyncio.sleep(RECONNECT_SECONDS)
