"""A server's stream of new events: server-sent events, and the question whether the server is still there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar, cast

import httpx
from httpx_sse import EventSource, SSEError
from typing_extensions import override

from api_client.errors import UnexpectedAnswer
from api_client.models import Change, Event
from api_client.wire import read_json

T = TypeVar("T")

STREAM = "/api/events/stream"
HEARTBEAT_PATIENCE = 25.0
"""Seconds. The server sends a comment at least every 15; one that comes late is not yet a loss."""


class Pulse:
    """The last sign of a stream: whatever comes of it counts, heartbeats too."""

    def __init__(self) -> None:
        """Begin with a sign: now."""
        self.felt()

    def felt(self) -> None:
        """Note a sign."""
        self.at = asyncio.get_running_loop().time()

    @property
    def silence(self) -> float:
        """Seconds since the last sign."""
        return asyncio.get_running_loop().time() - self.at


class _Felt(httpx.AsyncByteStream):
    """The bytes of a stream, each piece noted as a sign of it."""

    def __init__(self, inner: httpx.AsyncByteStream, pulse: Pulse) -> None:
        self._inner, self._pulse = inner, pulse

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._pulse.felt()
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


async def changes_in(response: httpx.Response, pulse: Pulse) -> AsyncGenerator[Change, None]:
    """Give the changes that a stream tells, until it ends; an event that was cut off is not given.

    Each piece that comes is noted in `pulse`.

    Raises:
        UnexpectedAnswer: it is no stream of the contract's events.
    """
    response.stream = _Felt(cast("httpx.AsyncByteStream", response.stream), pulse)
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
    source: AsyncGenerator[T, None], ask: Callable[[], Coroutine[Any, Any, object]], *, pulse: Pulse, every: float
) -> AsyncGenerator[T, None]:
    """Give what `source` gives; where `pulse` is silent call `ask` every so many seconds, and end with what it raises.

    A connection that died without a word looks like one on which nothing happens: only a sign tells them apart. A
    server that gives one more often is never asked: it ends the stream where the key is not accepted any more.
    """
    coming = asyncio.ensure_future(anext(source))
    asking: asyncio.Task[object] | None = None
    try:
        while True:
            waiting: set[asyncio.Future[Any]] = {coming} if asking is None else {coming, asking}
            timeout = max(0.0, every - pulse.silence) if asking is None else None
            await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                try:
                    one = coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(anext(source))
                yield one
            elif asking is None:
                if pulse.silence >= every:
                    asking = asyncio.create_task(ask())
            elif asking.done():
                asking.result()
                asking = None
                pulse.felt()  # the answer is as good a sign
    finally:
        left: list[asyncio.Future[Any]] = [coming] if asking is None else [coming, asking]
        for unfinished in left:
            unfinished.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await source.aclose()
