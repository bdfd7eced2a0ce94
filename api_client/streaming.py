"""A server's stream of new events: server-sent events, and the question whether the server is still there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import httpx
from httpx_sse import EventSource, SSEError

from api_client.errors import UnexpectedAnswer
from api_client.models import Change, Event
from api_client.wire import read_json

T = TypeVar("T")

STREAM = "/api/events/stream"
HEARTBEAT_PATIENCE = 25.0
"""Seconds. The server sends a comment at least every 15; one that comes late is not yet a loss."""


async def changes_in(response: httpx.Response) -> AsyncGenerator[Change, None]:
    """Give the changes that a stream tells, until it ends; an event that was cut off is not given.

    Raises:
        UnexpectedAnswer: it is no stream of the contract's events.
    """
    # A stream of events is UTF-8, whatever its header says: Python has codecs that are no character sets.
    response.encoding = "utf-8"
    try:
        async with aclosing(EventSource(response).aiter_sse()) as told:
            async for one in told:
                if one.data:
                    yield Change(event=read_json(Event, one.data), cursor=one.id)
    except (SSEError, ValueError):
        raise UnexpectedAnswer("The server's stream of events is not the contract's.") from None


async def while_there(
    source: AsyncGenerator[T, None], ask: Callable[[], Coroutine[Any, Any, object]], *, every: float
) -> AsyncGenerator[T, None]:
    """Give what `source` gives; in its silence call `ask` every so many seconds, and end with the error that it raises.

    A connection that died without a word looks like one on which nothing happens: only a question tells them apart.
    """
    coming = asyncio.ensure_future(anext(source))
    asking: asyncio.Task[object] | None = None
    try:
        while True:
            waiting: set[asyncio.Future[Any]] = {coming} if asking is None else {coming, asking}
            await asyncio.wait(waiting, timeout=every if asking is None else None, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                try:
                    one = coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(anext(source))
                yield one
            elif asking is None:
                asking = asyncio.create_task(ask())
            elif asking.done():
                asking.result()
                asking = None
    finally:
        left: list[asyncio.Future[Any]] = [coming] if asking is None else [coming, asking]
        for unfinished in left:
            unfinished.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await source.aclose()
