"""Proxies on this machine, real sockets: SOCKS5 and HTTP CONNECT, each leading to one server whatever is asked for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"items":[]}'


@dataclass
class StandIn:
    """A proxy, or a server behind one."""

    port: int = 0
    behind: int = 0
    """The port that every call is led to."""
    mode: str = ""
    """How it misbehaves: `refuses`, `silent`, `http`, `wants a password`."""
    asked: list[str] = field(default_factory=list)
    """What it was asked for, and the user and password where they were given."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if self.mode == "silent":
                    await reader.read()
                elif self.mode == "http":
                    await reader.read(1)
                    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                else:
                    await self.handle(reader, writer)
        finally:
            await _closed(writer)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every call with an empty list."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            self.asked.append(head.split(b"\r\n")[0].decode())
            writer.write(ANSWER)

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes between a caller and the server behind."""
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        try:
            await asyncio.gather(_pass(reader, up_writer), _pass(up_reader, writer))
        finally:
            await _closed(up_writer)


class Connecting(StandIn):
    """An HTTP proxy."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a CONNECT, or pass on a call for plain http."""
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.asked += [line for line in lines if line.startswith(("CONNECT", "GET", "Proxy-Auth"))]
        if self.mode == "refuses":
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        elif self.mode == "wants a password":
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif lines[0].startswith("CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await self.lead(reader, writer)
        else:
            writer.write(ANSWER)


class Socks(StandIn):
    """A SOCKS5 proxy (RFC 1928), with a user and password (RFC 1929) where they are offered."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Agree how to begin, and connect."""
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self.mode == "wants a password" and methods == b"\x00":
            writer.write(b"\x05\xff")
            return
        writer.write(b"\x05" + methods[:1])
        if methods == b"\x02":
            _, length = await reader.readexactly(2)
            user = await reader.readexactly(length)
            (length,) = await reader.readexactly(1)
            self.asked.append(f"{user.decode()}:{(await reader.readexactly(length)).decode()}")
            writer.write(b"\x01\x00")
        *_, kind = await reader.readexactly(4)
        length = 4 if kind == 1 else (await reader.readexactly(1))[0]
        host = await reader.readexactly(length)
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host.decode()}:{port}")
        if self.mode == "refuses":
            writer.write(b"\x05\x05\x00\x01" + bytes(6))
            return
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await self.lead(reader, writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def running(stand_in: StandIn, tls: ssl.SSLContext | None = None) -> AsyncIterator[StandIn]:
    """Serve on a free port; give the stand-in that is told its port."""
    calls: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        calls.add(task)
        with suppress(asyncio.CancelledError):
            await stand_in.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        stand_in.port = server.sockets[0].getsockname()[1]
        yield stand_in
    finally:
        server.close()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


def closed_port() -> int:
    """Return a port at which nothing answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
