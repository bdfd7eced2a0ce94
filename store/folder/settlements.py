"""Calls that wait for a request to be settled: one look at the state serves all of them, without a thread.

A look follows each commit of this process, and each of another one as soon as the journal's head says so. While
nobody waits nothing runs.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from api_client.errors import ApiError
from store.folder.engine import Store
from store.folder.loop_bridge import set_from_thread

_REST_SECONDS = 10e-6
"""Seconds of rest after a look for each one that waits: thousands who wait take a small share of the loop."""


class Settlements:
    """The calls over one store that wait, in one event loop at a time."""

    def __init__(self, store: Store, catch_up: Callable[[], Awaitable[object]], *, every: float) -> None:
        """Wait over `store`; `catch_up` brings its state up to date with other processes, every `every` seconds."""
        self._store, self._catch_up, self._every = store, catch_up, every
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._watching: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    async def wait(self, request_id: str, seconds: float) -> None:
        """Return once a request is no longer known to be open, or after `seconds`."""
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        timer = loop.call_later(seconds, _wake, woken)
        self._waiting[request_id].add(woken)
        try:
            if self._watching is None:
                self._watching = asyncio.create_task(self._watch())
            # Checked only now: an earlier commit is in the state, a later one notifies.
            if self._is_open(request_id):
                await woken
        finally:
            timer.cancel()
            self._leave(request_id, woken)

    def _leave(self, request_id: str, woken: asyncio.Future[None]) -> None:
        of_request = self._waiting[request_id]
        of_request.discard(woken)
        if not of_request:
            del self._waiting[request_id]
        if not self._waiting and self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _is_open(self, request_id: str) -> bool:
        return self._store.state.is_open(request_id)

    async def _watch(self) -> None:
        """Wake those whose requests are settled, whenever there may be any."""
        committed, loop = asyncio.Event(), asyncio.get_running_loop()
        stop_listening = self._store.listen(partial(set_from_thread, loop, committed))
        try:
            while True:
                self._wake_settled()
                await asyncio.sleep(len(self._waiting) * _REST_SECONDS)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._every):
                        await committed.wait()
                if not committed.is_set() or self._store.journal.head.has_news():
                    await self._catch_up()
                committed.clear()
        except ApiError:
            for request_id in list(self._waiting):  # each meets the fault itself when it asks again
                self._wake_all(request_id)
        finally:
            stop_listening()
            if self._watching is asyncio.current_task():  # it failed: the next call that waits starts another
                self._watching = None

    def _wake_settled(self) -> None:
        for request_id in list(self._waiting):
            if not self._is_open(request_id):
                self._wake_all(request_id)

    def _wake_all(self, request_id: str) -> None:
        for woken in self._waiting[request_id]:
            _wake(woken)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
