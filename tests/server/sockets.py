"""A real socket under the app, and callers who write the bytes themselves."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.server.runner import bind, serve
from tests.server.conftest import Caller, Served
from tests.waiting import HANG_SECONDS


@asynccontextmanager
async def listening(served: Served, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port; stop as an operator does."""
    listener = bind("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    server = asyncio.ensure_future(serve(served.app, listener, tls=tls, on_stop=served.app.state.stop))
    # An answer means that the server has taken over the signals.
    assert (await exchange(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", tls=tls is not None))[0] == 200
    try:
        yield port
    finally:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(server, HANG_SECONDS)


async def exchange(port: int, *pieces: bytes, tls: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Send raw bytes, over TLS whoever signed for it; return the answer's status, headers and body."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if tls else None
    if context:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await answer(reader)
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Read one answer; return its status, headers and body."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_SECONDS)).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"])) if "content-length" in headers else b""
    if headers.get("connection") == "close":
        body += await reader.read()
    return int(status.split()[1]), headers, body


def head(method: str, path: str, caller: Caller, *more: str) -> bytes:
    """Return a call's head as bytes, with its empty line."""
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {caller.secret}", *more)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
