"""Calls that wait for an answer, and end before it where the server stops or their caller is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import Request

T = TypeVar("T")


class WaitingCalls:
    """The calls of one app that wait."""

    def __init__(self) -> None:
        self._ends: set[asyncio.Future[None]] = set()
        self._ended = False

    def __len__(self) -> int:
        return len(self._ends)

    def end(self) -> None:
        """End the wait of every call without an answer, now and from now on."""
        self._ended = True
        for end in self._ends:
            if not end.done():
                end.set_result(None)

    async def answered(self, request: Request, answer: Awaitable[T]) -> T | None:
        """Return `answer`; None where the server stops or the caller is gone before it is there.

        Raises:
            ApiError: what came in place of the answer.
        """
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ends.add(end)
        if self._ended:
            end.set_result(None)
        result, gone = asyncio.ensure_future(answer), asyncio.create_task(_disconnected(request))
        try:
            await asyncio.wait((result, gone, end), return_when=asyncio.FIRST_COMPLETED)
            return result.result() if result.done() else None
        finally:
            self._ends.discard(end)
            result.cancel()
            gone.cancel()


async def _disconnected(request: Request) -> None:
    """Return when the caller has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
