"""Callers who hold a connection and send nothing, or too little, lose it; nobody else notices them."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import trustme

from store.server import http_protocol, runner
from tests.server.conftest import Served
from tests.server.hand_clock import HandClock, standing_still
from tests.server.sockets import answer, exchange, head, listening

QUICK = 0.6
"""Seconds of patience in these tests."""
BODY = json.dumps({"projectName": "claims", "name": "Claim"}).encode()
PIECES: dict[str, Callable[[Served], Iterator[bytes]]] = {
    "nothing": lambda served: iter(()),
    "half a head": lambda served: iter((b"GET /api/projects HTTP/1.1\r\nHost: localhost\r\n",)),
    "a head by the byte": lambda served: _by_the_byte(b"", b"GET /api/projects HTTP/1.1\r\nX-Slow: " + b"x" * 9_000),
    "no body": lambda served: iter((_post(served, len(BODY)),)),
    "a body by the byte": lambda served: _by_the_byte(_post(served, 9_000), b" " * 9_000),
    "a chunked body by the byte": lambda served: _by_the_byte(
        head("POST", "/api/tasks", served.agent, "Idempotency-Key: k", "Transfer-Encoding: chunked"),
        b"1\r\n \r\n" * 900,
    ),
    "an upload by the byte": lambda served: _by_the_byte(
        head(
            "POST",
            "/api/uploads",
            served.agent,
            "Content-Type: multipart/form-data; boundary=b",
            "Content-Length: 40000",
        ),
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 9_000,
    ),
    "a refused body by the byte": lambda served: _by_the_byte(
        b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n", b" " * 9_000
    ),
}


def _post(served: Served, size: int) -> bytes:
    lines = ("Idempotency-Key: k", "Content-Type: application/json", f"Content-Length: {size}")
    return head("POST", "/api/tasks", served.agent, *lines)


def _by_the_byte(first: bytes, rest: bytes) -> Iterator[bytes]:
    yield first
    for place in range(len(rest)):
        yield rest[place : place + 1]


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def held_for(clock: HandClock, port: int, pieces: Iterator[bytes], pause: float = 0.02) -> float:
    """Send the pieces, one each `pause` seconds; return the seconds until the server closed the connection."""
    async with connected(port) as (reader, writer):
        closed = asyncio.ensure_future(reader.read())
        seconds = await clock.until(closed.done, pause, lambda: writer.write(next(pieces, b"")))
        closed.exception()  # reset or ended: both let go
        return seconds


def test_patience_ends_within_ten_seconds() -> None:
    """What the tests below shorten is under ten seconds as it is shipped, a TLS handshake too."""
    assert http_protocol.PATIENCE_SECONDS < 10
    assert runner.TLS_SECONDS < 10


@pytest.mark.parametrize("how", PIECES)
async def test_a_slow_caller_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Silence, headers without an end and a body by the byte all end when patience does, and nothing is written."""
    monkeypatch.setattr(http_protocol, "PATIENCE_SECONDS", QUICK)
    journal = served.journal
    async with listening(served) as port:
        with standing_still() as clock:
            assert QUICK * 0.9 < await held_for(clock, port, PIECES[how](served)) < QUICK * 3
    assert served.journal == journal


async def test_a_kept_connection_is_closed_when_it_is_idle(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer the same patience begins anew."""
    monkeypatch.setattr(http_protocol, "PATIENCE_SECONDS", QUICK)
    async with listening(served) as port, connected(port) as (reader, writer):
        with standing_still() as clock:
            writer.write(head("GET", "/api/projects", served.agent))
            assert (await answer(reader))[0] == 200
            closed = asyncio.ensure_future(reader.read())
            assert QUICK * 0.9 < await clock.until(closed.done, QUICK / 4) < QUICK * 3


async def test_two_hundred_slow_callers_harm_nobody(served: Served) -> None:
    """While they hang there, honest callers are answered at the same cost: the calls of functions on the loop."""
    call = head("GET", "/api/projects", served.agent)

    async def cost(port: int) -> int:
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(count)
        try:
            for _ in range(20):
                assert (await exchange(port, call))[0] == 200
        finally:
            sys.setprofile(None)
        return calls

    async with listening(served) as port, AsyncExitStack() as slow:
        await cost(port)
        alone = await cost(port)
        for number in range(200):
            _, writer = await slow.enter_async_context(connected(port))
            writer.write(_post(served, 9_000) if number % 2 else b"GET / HTTP/1.1\r\nX: ")
        await cost(port)  # their connections are taken by now
        assert await cost(port) < 1.5 * alone


async def test_a_slow_but_steady_upload_is_taken(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps the pace may take many times the patience for a large body."""
    monkeypatch.setattr(http_protocol, "PATIENCE_SECONDS", QUICK)
    monkeypatch.setattr(http_protocol, "PACE_BYTES", 5_000)
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    content = start + b"x" * 40_000 + b"\r\n--b--\r\n"
    lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(content)}")
    async with listening(served) as port, connected(port) as (reader, writer):
        writer.write(head("POST", "/api/uploads", served.agent, *lines))
        with standing_still() as clock:
            for place in range(0, len(content), 5_000):
                await clock.advance(QUICK / 2)
                writer.write(content[place : place + 5_000])
            assert (await answer(reader))[0] == 201


async def test_headers_in_two_pieces_after_a_rest_are_taken(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kept connection that was idle for a while still has all its time for the next head."""
    monkeypatch.setattr(http_protocol, "PATIENCE_SECONDS", QUICK)
    async with listening(served) as port, connected(port) as (reader, writer):
        call = head("GET", "/api/projects", served.agent)
        with standing_still() as clock:
            for _ in range(3):
                await clock.advance(QUICK * 0.7)
                writer.write(call[:20])
                await clock.advance(0)
                await clock.advance(QUICK * 0.7)
                writer.write(call[20:])
                assert (await answer(reader))[0] == 200


async def test_a_call_that_takes_long_is_not_the_callers_fault(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the server works on a call nobody's patience runs."""
    monkeypatch.setattr(http_protocol, "PATIENCE_SECONDS", QUICK)

    begun = asyncio.Event()

    async def slow(*_: object, **__: object) -> list[object]:
        begun.set()
        await asyncio.sleep(QUICK * 3)
        return []

    monkeypatch.setattr(type(served.local), "projects", slow)
    async with listening(served) as port:
        with standing_still() as clock:
            asked = asyncio.ensure_future(exchange(port, head("GET", "/api/projects", served.agent)))
            await begun.wait()
            assert await clock.until(asked.done, QUICK / 4) > QUICK * 2
        assert (await asked)[0] == 200


async def test_who_does_not_read_an_answer_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that nobody takes does not hold its connection for ever."""
    monkeypatch.setattr(http_protocol, "UNREAD_SECONDS", QUICK)
    upload = await served.agent("POST", "/api/uploads", files={"file": ("a", b"x" * 49_000)})
    call = head("GET", f"/api/uploads/{upload.json()['id']}/content", served.agent)
    async with listening(served) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        for _ in range(400):
            writer.write(call)
        with standing_still() as clock:
            await clock.until(writer.transport.is_closing, QUICK / 4, lambda: writer.write(call))
        with pytest.raises(OSError):
            await writer.drain()
        writer.close()
        del reader


async def test_a_slow_handshake_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller of the encrypted port who says nothing loses the connection too, and so does one who stops inside it."""
    monkeypatch.setattr(runner, "TLS_SECONDS", QUICK)
    monkeypatch.setattr(http_protocol, "PATIENCE_SECONDS", QUICK)
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    authority.configure_trust(theirs)
    async with listening(served, ours) as port:
        with standing_still() as clock:
            assert QUICK * 0.9 < await held_for(clock, port, iter(())) < QUICK * 4
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=theirs)
        writer.write(head("GET", "/api/projects", served.agent))
        assert (await answer(reader))[0] == 200
        closed = asyncio.ensure_future(reader.read())
        with standing_still() as clock:
            writer.write(b"GET /api")
            assert QUICK * 0.9 < await clock.until(closed.done, 0.02) < QUICK * 4
        with suppress(OSError):
            await closed
        writer.close()
