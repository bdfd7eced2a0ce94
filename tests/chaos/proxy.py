"""A way to a server that fails as it is told: between client and server, on this machine, over real sockets and TLS."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from enum import Enum
from pathlib import Path

import httpx
import trustme

_BUSY = b'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n%b\r\n{"error":"Slow down."}'
_BROKEN = b'HTTP/1.1 500 Internal Server Error\r\n%b\r\n{"error":"It failed here."}'
_REST = b"Connection: close\r\nContent-Type: application/json\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)


class Fault(Enum):
    """What goes wrong with a request; the value says it in words."""

    NONE = "nothing"
    RESET = "the connection is reset when the request has come"
    CUT_AFTER_THE_REQUEST = "cut when the request has come, and the server never hears of it"
    CUT_BEFORE_THE_ANSWER = "the server has answered, and the connection is cut before the first byte of it"
    CUT_WITHIN_THE_ANSWER = "cut halfway through the answer"
    BUSY = "429"
    BROKEN = "500"
    HANG = "no byte comes any more, and nothing is closed"
    BAD_TLS = "another certificate, signed by nobody"
    GARBLED_TLS = "bytes that no key has sealed"


LASTING = (Fault.BUSY, Fault.BROKEN)
"""What the server or something before it answers: connections that are open stay as they are."""


class Proxy:
    """Passes on each request by itself, each on a connection of its own."""

    def __init__(self, server: str, good: trustme.LeafCert, bad: trustme.LeafCert) -> None:
        address = httpx.URL(server)
        self._server = (address.host, address.port or 80)
        self._good, self._bad = good, bad
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        good.configure_cert(self._tls)
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.url = ""
        self.fault = Fault.NONE
        self.of_writes: deque[Fault] = deque()
        """What goes wrong with the next writes, one after the other; then it is `fault` again."""
        self.writes: list[Fault] = []
        """What went wrong with each write so far."""
        self.requests = 0
        """How many came so far."""

    def set(self, fault: Fault) -> None:
        """Let this go wrong from now on, with what is on its way too."""
        self.fault = fault
        (self._bad if fault is Fault.BAD_TLS else self._good).configure_cert(self._tls)
        if fault not in (Fault.NONE, Fault.HANG, *LASTING):
            for writer in self._open.values():
                _reset(writer)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        """Listen on a free port of this machine."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls) as server:
            self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self
            server.close()
            for task in tuple(self._open):
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            await self._exchange(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side is gone, as it happens here
        finally:
            del self._open[task]
            await _closed(writer)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        length = re.search(rb"(?i)\ncontent-length: *([0-9]+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        fault = self.fault
        if head.startswith(b"POST"):
            fault = self.of_writes.popleft() if self.of_writes else fault
            self.writes.append(fault)
        if fault in LASTING:
            writer.write((_BUSY if fault is Fault.BUSY else _BROKEN) % _REST)
            await writer.drain()
        elif fault is Fault.HANG:
            await asyncio.Event().wait()
        elif fault is Fault.GARBLED_TLS:
            _garble(writer)
        elif fault in (Fault.RESET, Fault.CUT_AFTER_THE_REQUEST, Fault.BAD_TLS):
            if fault is Fault.RESET:
                _reset(writer)
        else:
            await self._pass_on(head, body, writer, fault)

    async def _pass_on(self, head: bytes, body: bytes, writer: asyncio.StreamWriter, fault: Fault) -> None:
        reader, upstream = await asyncio.open_connection(*self._server)
        try:
            upstream.write(re.sub(rb"(?i)\nconnection:[^\n]*", b"", head)[:-2] + b"Connection: close\r\n\r\n" + body)
            if fault is not Fault.NONE:
                answer = await reader.read(-1)
                writer.write(answer[: len(answer) // 2] if fault is Fault.CUT_WITHIN_THE_ANSWER else b"")
                return
            while piece := await reader.read(65536):
                if self.fault is Fault.HANG:
                    await asyncio.Event().wait()
                writer.write(piece)
                await writer.drain()
        finally:
            await _closed(upstream)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side is told of a reset, not of an end; nothing to tell where it is gone already."""
    beneath = writer.get_extra_info("socket")
    if beneath is not None:  # TLS forgets its socket as soon as either side is gone, before our own task is told
        with suppress(OSError):
            beneath.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        with suppress(OSError, TimeoutError):
            # TLS waits for the other side's goodbye, which may never come.
            await asyncio.wait_for(writer.wait_closed(), 1)
    finally:  # also where the test ends just now
        writer.transport.abort()


def _garble(writer: asyncio.StreamWriter) -> None:
    """Send bytes beneath TLS, in the form of a sealed record; nowhere to send them where the other side is gone."""
    found = writer.get_extra_info("socket")
    if found is None:
        return
    with socket.socket(fileno=socket.dup(found.fileno())) as beneath:
        beneath.setblocking(False)
        beneath.send(b"\x17\x03\x03\x00\x20" + b"\xa5" * 32)


@contextmanager
def certificates(folder: Path) -> Iterator[tuple[trustme.LeafCert, trustme.LeafCert, Path]]:
    """Give a certificate that a CA has signed, one that nobody knows, and the CA's file."""
    ca = trustme.CA()
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    yield ca.issue_cert("127.0.0.1"), trustme.CA().issue_cert("127.0.0.1"), file
