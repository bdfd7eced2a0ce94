"""Calls that wait for a request to be settled: one look at the new events serves all of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_client.errors import ApiError
from store.core.event_ids import seq_of
from store.postgres.database_reader import DatabaseReader
from store.postgres.head_watch import HeadWatch


class WaitingResults:
    """The calls over one workspace that wait; while nobody does, nothing runs."""

    def __init__(self, watch: HeadWatch, reader: DatabaseReader) -> None:
        self._watch, self._reader = watch, reader
        self._waiting: defaultdict[int, set[asyncio.Future[None]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def settlement(self, request_id: str) -> AsyncIterator[asyncio.Future[None]]:
        """Give a future that is done once a request is settled, from now on: look at its result only then.

        So a settlement is either seen by that look, or comes after it and is noticed here.
        """
        place, woken = seq_of(request_id), asyncio.get_running_loop().create_future()
        self._waiting[place].add(woken)
        try:
            if self._task is None:
                seen, _ = await self._reader.head()
                self._task = self._task or asyncio.create_task(self._run(seen), name="waiting-results")
            yield woken
        finally:
            self._leave(place, woken)

    def _leave(self, place: int, woken: asyncio.Future[None]) -> None:
        self._waiting[place].discard(woken)
        if not self._waiting[place]:
            del self._waiting[place]
        if not self._waiting and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, seen: int) -> None:
        try:
            async with self._watch.watching():
                while True:
                    signal = self._watch.next_signal()
                    seen, settled = await self._reader.settled_since(seen)
                    for place in settled:
                        self._wake(place)
                    await signal.wait()
        except ApiError:
            for place in list(self._waiting):  # each meets the fault itself when it asks again
                self._wake(place)
        finally:
            if self._task is asyncio.current_task():  # it failed: the next call that waits starts another
                self._task = None

    def _wake(self, place: int) -> None:
        for woken in self._waiting.get(place, ()):
            if not woken.done():
                woken.set_result(None)
