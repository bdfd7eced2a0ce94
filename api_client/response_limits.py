"""Limits on what an answer may hold once it is unpacked: a few kilobytes of gzip unpack to gigabytes.

All answers pass through one transport, so that no reader of a body (JSON, an error, the event stream, a download) can
go round it. httpx's own decoders hand on whatever one piece unpacks to; these unpack a piece at a time and count.
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
"""Bytes of an answer's body: many times the largest page, whose bodies a server of the contract caps."""
LIST_MOST = 256 * MEGABYTE
"""The same for lists that come whole, however long: some 600,000 tasks."""
EVENT_MOST = 16 * MEGABYTE
"""The same for one event of a stream, which has no end itself."""
ERROR_MOST = MEGABYTE
"""The same for an answer other than 2xx. What is longer counts as empty: the status says what to do."""

LIMIT = "pumpup.limit"
"""The request extension that holds the `Limit` of its answer."""
ACCEPTED = "gzip, deflate"
"""What is asked for: large lists travel at a tenth of their size, and zlib can unpack both a piece at a time. Others
(br, zstd), whose decoders can't be bounded here, and encodings of encodings are refused."""
_PIECE = 64 * 1024
_PAUSE_EVERY = MEGABYTE


class Limit(Protocol):
    """Counts an answer's bytes as they come."""

    def new(self) -> Limit:
        """Return one that has counted nothing: a call may be sent several times."""
        ...

    def is_passed_with(self, piece: bytes) -> bool:
        """Count `piece`; return whether there are now too many."""
        ...

    def __str__(self) -> str: ...


class BodyLimit:
    """So many bytes, from the first to the last."""

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
    """So many bytes between two blank lines, which end each event of a stream."""

    def __init__(self, most: int = EVENT_MOST) -> None:
        self._most, self._count = most, 0
        self._before = b""

    def new(self) -> EventLimit:
        """See `Limit`."""
        return EventLimit(self._most)

    def is_passed_with(self, piece: bytes) -> bool:
        """See `Limit`."""
        seen = self._before + piece
        end = max(seen.rfind(blank) for blank in (b"\n\n", b"\n\r\n", b"\r\r"))
        self._count = len(seen) - end if end >= 0 else self._count + len(piece)
        self._before = seen[-2:]
        return self._count > self._most

    @override
    def __str__(self) -> str:
        return f"{self._most / MEGABYTE:,.0f} MB an event"


class Bounded(httpx.AsyncBaseTransport):
    """A transport whose answers are unpacked within the limit that their request names."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer; its body raises `UnexpectedAnswer` where it is too long or packed in a way not asked for.

        A body that does not unpack raises httpx's `DecodingError`.
        """
        response = await self._inner.handle_async_request(request)
        named: Limit = request.extensions.get(LIMIT) or BodyLimit(ANSWER_MOST)
        limit = named.new() if response.is_success else BodyLimit(ERROR_MOST)
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
        """Close what carries the requests."""
        await self._inner.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response, encoding: str, limit: Limit, asked: str) -> None:
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._encoding, self._limit, self._asked = encoding, limit, asked

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        decoder = _decoder(self._encoding)
        if decoder is None:
            raise UnexpectedAnswer(
                f"The server's answer to {self._asked} is packed as {self._encoding:.40}, which was not asked for. "
                "Something between here and the server changes its answers."
            )
        packed, since = self._limit.new(), 0
        async for piece in self._stream:
            # The packed bytes count too: a stream of empty blocks unpacks to nothing, for ever.
            if decoder.is_packed and packed.is_passed_with(piece):
                raise self._too_long()
            for part in decoder.decode(piece):
                if self._limit.is_passed_with(part):
                    raise self._too_long()
                yield part
                since += len(part)
                if since >= _PAUSE_EVERY:
                    since = 0
                    await asyncio.sleep(0)  # others have their turn while it is unpacked
        decoder.end()

    def _too_long(self) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"The server's answer to {self._asked} is longer than the {self._limit} that are read. "
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
        """Yield what `packed` unpacks to, at most `_PIECE` bytes at a time."""
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
        """Raise httpx's `DecodingError` where the end is missing."""
        if self._is_begun and not self._inflate.eof:
            raise httpx.DecodingError("its end is missing")


def _decoder(encoding: str) -> _Plain | _Zlib | None:
    """Return what unpacks an answer, None where nothing here does."""
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip"):
        return _Zlib(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        # By the standard with zlib's frame; some servers leave it out.
        return _Zlib(zlib.MAX_WBITS, -zlib.MAX_WBITS)
    return None
