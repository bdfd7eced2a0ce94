"""A server's stream of new events (server-sent events), and the detection of a server that is gone."""

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
"""Seconds. The server sends a comment at least every 15, and one may be late."""


class Pulse:
    """The time of the last bytes of a stream, heartbeats included."""

    def __init__(self) -> None:
        """Begin now."""
        self.beat()

    def beat(self) -> None:
        """Note that bytes have arrived."""
        self.at = asyncio.get_running_loop().time()

    @property
    def silence(self) -> float:
        """Seconds since the last bytes."""
        return asyncio.get_running_loop().time() - self.at


class _PulsedStream(httpx.AsyncByteStream):
    """The bytes of a stream, with a beat of its pulse for each piece."""

    def __init__(self, inner: httpx.AsyncByteStream, pulse: Pulse) -> None:
        self._inner, self._pulse = inner, pulse

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._pulse.beat()
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


async def changes_in(response: httpx.Response, pulse: Pulse) -> AsyncGenerator[Change, None]:
    """Yield the changes in a stream, until it ends; not an event that was cut off.

    Each piece that arrives is a beat of `pulse`.

    Raises:
        UnexpectedAnswer: it is no stream of the contract's events.
    """
    response.stream = _PulsedStream(cast("httpx.AsyncByteStream", response.stream), pulse)
    # An event stream is UTF-8, whatever its header says: some of Python's codecs are no character sets.
    response.encoding = "utf-8"
    try:
        async with aclosing(EventSource(response).aiter_sse()) as messages:
            async for message in messages:
                if message.data:
                    yield Change(event=read_json(Event, message.data), cursor=message.id)
    except (SSEError, ValueError):
        raise UnexpectedAnswer("The server's stream of events is not the contract's.") from None


async def while_there(
    source: AsyncGenerator[T, None], ask: Callable[[], Coroutine[Any, Any, object]], *, pulse: Pulse, every: float
) -> AsyncGenerator[T, None]:
    """Yield the items of `source`; call `ask` after every `every` seconds without a beat of `pulse`.

    The iteration ends with the error that `ask` raises. A dead connection looks like one on which nothing happens: only
    a response can distinguish them. A server whose heartbeats come more often is never asked; it ends the stream by
    itself if the key is revoked.
    """
    pending_item = asyncio.ensure_future(anext(source))
    asking: asyncio.Task[object] | None = None
    try:
        while True:
            waiting: set[asyncio.Future[Any]] = {pending_item} if asking is None else {pending_item, asking}
            timeout = max(0.0, every - pulse.silence) if asking is None else None
            await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if pending_item.done():
                try:
                    item = pending_item.result()
                except StopAsyncIteration:
                    return
                pending_item = asyncio.ensure_future(anext(source))
                yield item
            elif asking is None:
                if pulse.silence >= every:
                    asking = asyncio.create_task(ask())
            elif asking.done():
                asking.result()
                asking = None
                pulse.beat()  # the response shows as well that the server is there
    finally:
        unfinished: list[asyncio.Future[Any]] = [pending_item] if asking is None else [pending_item, asking]
        for future in unfinished:
            future.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        await source.aclose()
