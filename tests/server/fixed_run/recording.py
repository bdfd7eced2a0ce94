"""Exchanges over the wire: recorded, and written out so that no byte is lost and a person can read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import cast

import httpx
import orjson
from typing_extensions import override

MEANT = frozenset(
    (
        "authorization",
        "x-api-version",
        "accept",
        "accept-encoding",
        "content-type",
        "idempotency-key",
        "last-event-id",
        "host",
    )
)
"""The request headers that the program chooses; the others are httpx's own."""
LONG = 4_000
"""Bytes over which a body that is no JSON is written as its hash."""
OPENAPI = "/api/openapi.json"
"""The call whose answer is a golden file of its own."""
STREAM = "/api/events/stream"


@dataclass
class Exchange:
    """A request and what it was answered."""

    request: httpx.Request
    sent: bytes
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    """The answer's body, as far as it was read."""

    @property
    def target(self) -> str:
        """The path and query, as they are on the wire."""
        return self.request.url.raw_path.decode()

    def text(self) -> str:
        """Return the exchange as text."""
        headers = sorted((name.lower(), value) for name, value in self.request.headers.items())
        lines = [f"{self.request.method} {self.target}"]
        lines += [f"{name}: {value}" for name, value in headers if name in MEANT]
        lines += [*shown(self.sent), f"-- {self.status}"]
        if self.target == OPENAPI:
            lines += [f"{name}: {value}" for name, value in self.headers if name != "content-length"]
            return "\n".join([*lines, "(its body is openapi.json, without white space)"]) + "\n"
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += shown(b"".join(self.pieces))
        return "\n".join(lines) + "\n"


def shown(body: bytes) -> list[str]:
    """Return a body as lines that tell its every byte: compact JSON is indented, anything else is Python's repr."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if value is not None and orjson.dumps(value) == body:
        return indented(body).decode().splitlines()
    if len(body) > LONG:
        return [f"{len(body)} bytes of SHA-256 {sha256(body).hexdigest()}"]
    return [repr(line) for line in body.splitlines(keepends=True)]


def indented(body: bytes) -> bytes:
    """Return compact JSON with a line for each key and item.

    Raises:
        AssertionError: it is not compact, so that its bytes could not be told from what is returned.
    """
    assert orjson.dumps(orjson.loads(body)) == body
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)


def _in_order(name: str, value: str) -> tuple[str, str]:
    # The methods of a call are a set, which Starlette writes in the order of its hashes: another in each process.
    return (name, ", ".join(sorted(value.split(", "))) if name == "allow" else value)


class Recorder(httpx.AsyncBaseTransport):
    """Carries requests, one at a time in the order in which they are made, and records each exchange."""

    def __init__(self, inner: httpx.AsyncBaseTransport, exchanges: list[Exchange]) -> None:
        self._inner, self._exchanges = inner, exchanges
        self._turn = asyncio.Lock()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(request, await request.aread())
        async with self._turn:
            self._exchanges.append(exchange)
            response = await self._inner.handle_async_request(request)
            stream = _Recorded(cast("httpx.AsyncByteStream", response.stream), exchange)
            exchange.headers = [_in_order(name.lower(), value) for name, value in response.headers.items()]
            exchange.status = response.status_code
            if exchange.request.url.path == STREAM and exchange.status == httpx.codes.OK:
                return httpx.Response(response.status_code, headers=response.headers, stream=stream)
            content = b"".join([piece async for piece in stream])
            await stream.aclose()
            return httpx.Response(response.status_code, headers=response.headers, content=content)


class _Recorded(httpx.AsyncByteStream):
    """An answer's bytes, each piece recorded as it is read."""

    def __init__(self, inner: httpx.AsyncByteStream, exchange: Exchange) -> None:
        self._inner, self._exchange = inner, exchange

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._exchange.pieces.append(piece)
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
