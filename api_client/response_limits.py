"""Limits on the size of a decompressed response: a few kilobytes of gzip can decompress to gigabytes.

All responses pass through one transport, so that no reader of a body (JSON, an error, the event stream, a download) can
bypass it. httpx's own decoders pass on all that one chunk decompresses to; these decompress in pieces and count.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Protocol, cast

import httpx
from typing_extensions import override

from api_client.errors import UnexpectedAnswer

MEGABYTE = 1_000_000
ANSWER_MOST = 64 * MEGABYTE
"""The most bytes of a response's body: many times the largest page that a server of the contract sends."""
LIST_MOST = 256 * MEGABYTE
"""The same for lists without pages: some 600,000 tasks."""
EVENT_MOST = 16 * MEGABYTE
"""The same for one event of a stream; the stream itself has no end."""
ERROR_MOST = MEGABYTE
"""The same for a response other than 2xx. A longer one counts as empty: the status says what to do."""

LIMIT = "pumpup.limit"
"""The request extension that holds the `Limit` of its response."""
ACCEPTED = "gzip, deflate"
"""The encodings that are asked for: large lists are a tenth of their size in transit, and zlib can decompress both in
pieces. Others (br, zstd), whose decoders can't be limited here, and encodings of encodings are refused."""
_PIECE = 64 * 1024
_PAUSE_EVERY = MEGABYTE


class Limit(Protocol):
    """A counter of a response's bytes as they arrive."""

    def new(self) -> Limit:
        """Return a limit with a count of zero: a call may be sent several times."""
        ...

    def is_passed_with(self, piece: bytes) -> bool:
        """Count `piece`, and return whether there are too many bytes now."""
        ...

    def __str__(self) -> str: ...


class BodyLimit:
    """A limit on all bytes of a body."""

    def __init__(self, most: int) -> None:
        self._most, self._count = most, 0

    def new(self) -> BodyLimit:
        """See `Limit`."""
        return BodyLimit(self._most)

    def is_passed_with(self, piece: bytes) -> bool:
        """See `Limit`."""
        self._count += len(piece)
        return self._count > self._most

    @override
    def __str__(self) -> str:
        return f"{self._most / MEGABYTE:,.0f} MB" if self._most >= MEGABYTE else f"{self._most:,} bytes"


class EventLimit:
    """A limit on the bytes between two blank lines, which end each event of a stream."""

    def __init__(self, most: int = EVENT_MOST) -> None:
        self._most, self._count = most, 0
        self._before = b""

    def new(self) -> EventLimit:
        """See `Limit`."""
        return EventLimit(self._most)

    def is_passed_with(self, piece: bytes) -> bool:
        """See `Limit`."""
        recent = self._before + piece
        end = max(recent.rfind(blank) for blank in (b"\n\n", b"\n\r\n", b"\r\r"))
        self._count = len(recent) - end if end >= 0 else self._count + len(piece)
        self._before = recent[-2:]
        return self._count > self._most

    @override
    def __str__(self) -> str:
        return f"{self._most / MEGABYTE:,.0f} MB an event"


class LimitedTransport(httpx.AsyncBaseTransport):
    """A transport that decompresses each response, within the limit that its request names."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response; its body raises `UnexpectedAnswer` if it is too long or has an encoding not asked for.

        A body that can't be decompressed raises httpx's `DecodingError`.
        """
        response = await self._inner.handle_async_request(request)
        requested: Limit = request.extensions.get(LIMIT) or BodyLimit(ANSWER_MOST)
        limit = requested.new() if response.is_success else BodyLimit(ERROR_MOST)
        encoding = ", ".join(response.headers.get_list("Content-Encoding", split_commas=True)).strip().lower()
        headers = [pair for pair in response.headers.raw if pair[0].lower() != b"content-encoding"]
        return httpx.Response(
            response.status_code,
            headers=headers,
            stream=_Body(response, encoding, limit, f"{request.method} {request.url.path}"),
            extensions=response.extensions,
        )

    @override
    async def aclose(self) -> None:
        """Close the transport below."""
        await self._inner.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response, encoding: str, limit: Limit, call: str) -> None:
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._encoding, self._limit, self._call = encoding, limit, call

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        decoder = _decoder(self._encoding)
        if decoder is None:
            raise UnexpectedAnswer(
                f"The server's answer to {self._call} is packed as {self._encoding:.40}, which was not asked for. "
                "Something between here and the server changes its answers."
            )
        packed, since_pause = self._limit.new(), 0
        async for piece in self._stream:
            # The compressed bytes count too: a stream of empty blocks decompresses to nothing, for ever.
            if decoder.is_packed and packed.is_passed_with(piece):
                raise self._too_long()
            for part in decoder.decode(piece):
                if self._limit.is_passed_with(part):
                    raise self._too_long()
                yield part
                since_pause += len(part)
                if since_pause >= _PAUSE_EVERY:
                    since_pause = 0
                    await asyncio.sleep(0)  # other tasks run while it is decompressed
        decoder.end()

    def _too_long(self) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"The server's answer to {self._call} is longer than the {self._limit} that are read. "
            "Is this the address of a Pump Up server?"
        )

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


class _Plain:
    is_packed = False

    def decode(self, packed: bytes) -> Iterator[bytes]:
        yield packed

    def end(self) -> None:
        pass


class _Zlib:
    is_packed = True

    def __init__(self, *windows: int) -> None:
        self._windows = windows
        self._inflate = zlib.decompressobj(windows[0])
        self._is_begun = False

    def decode(self, packed: bytes) -> Iterator[bytes]:
        """Yield the decompressed bytes of `packed`, at most `_PIECE` at a time."""
        while packed and not self._inflate.eof:
            part = self._inflated(packed)
            self._is_begun = True
            packed = self._inflate.unconsumed_tail
            if part:
                yield part

    def _inflated(self, packed: bytes) -> bytes:
        try:
            return self._inflate.decompress(packed, _PIECE)
        except zlib.error as fault:
            if self._is_begun or len(self._windows) == 1:
                raise httpx.DecodingError(str(fault)) from None
        self._windows = self._windows[1:]
        self._inflate = zlib.decompressobj(self._windows[0])
        return self._inflated(packed)

    def end(self) -> None:
        """Raise httpx's `DecodingError` if the end is missing."""
        if self._is_begun and not self._inflate.eof:
            raise httpx.DecodingError("its end is missing")


def _decoder(encoding: str) -> _Plain | _Zlib | None:
    """Return the decoder of an encoding, None if there is none."""
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip"):
        return _Zlib(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        # By the standard with zlib's frame; some servers leave it out.
        return _Zlib(zlib.MAX_WBITS, -zlib.MAX_WBITS)
    return None
