"""Bad callers, one a function, each in a process of its own: it goes on until it is ended and minds no answer.

python -m tests.attacks.bad NAME PORT KEY
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from itertools import count

from tests.attacks.place import Target

Attack = Callable[[Target], Coroutine[None, None, None]]
_numbers = count()


@asynccontextmanager
async def connected(place: Target) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def again(call: Callable[[], Awaitable[None]], callers: int) -> None:
    """Let so many call without end, whatever happens to each call."""

    async def one() -> None:
        while True:
            with suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await call()
            await asyncio.sleep(0.001)

    await asyncio.gather(*(one() for _ in range(callers)))


async def exchange(place: Target, call: bytes) -> None:
    """Send one call on a connection of its own and read its answer to the end."""
    async with connected(place) as (reader, writer):
        writer.write(call)
        await reader.readuntil(b"\r\n\r\n")


async def floods_writes(place: Target) -> None:
    """Write notes on 32 connections and mind no Retry-After."""

    async def call() -> None:
        async with connected(place) as (reader, writer):
            while True:
                body = {"projectName": "general", "taskId": "tsk_none", "message": "x"}
                writer.write(place.write("/api/notes", place.bad, body, f"flood {next(_numbers)}"))
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))

    await again(call, 32)


async def sends_large_forms(place: Target) -> None:
    """Ask for answers to 11,000 fields with as many bids."""
    fields = [{"type": "Switch", "id": f"f{n}", "label": "x", "required": False} for n in range(11_000)]
    bids = [{"fieldId": f"f{n}", "value": True} for n in range(11_000)]
    form = {"projectName": "general", "taskId": "tsk_none", "summary": "?", "fields": fields, "recommendation": bids}
    call = place.write("/api/elicitation-requests", place.bad, form, "form")
    assert len(call) < 1_500_000
    await again(lambda: exchange(place, call), 3)


async def sends_deep_json(place: Target) -> None:
    """Send bodies that are all brackets."""
    content = b'{"projectName":"general","name":"x","metadataPatch":{"set":{"a":' + b"[" * 400_000
    lines = ("Idempotency-Key: deep", f"Content-Length: {len(content)}")
    call = place.head("POST", "/api/tasks", place.bad, *lines) + content
    await again(lambda: exchange(place, call), 4)


async def uploads_much(place: Target) -> None:
    """Upload files of 2 MB that nothing attaches."""
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    content = start + b"x" * 2_000_000 + b"\r\n--b--\r\n"
    lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(content)}")
    call = place.head("POST", "/api/uploads", place.bad, *lines) + content
    await again(lambda: exchange(place, call), 6)


async def holds_idle_sockets(place: Target) -> None:
    """Open 400 connections, say nothing, and open each again when it is closed."""

    async def call() -> None:
        async with connected(place) as (reader, _):
            await reader.read()

    await again(call, 400)


async def sends_by_the_byte(place: Target) -> None:
    """Send heads and bodies a byte at a time on 200 connections."""
    body = place.head("POST", "/api/tasks", place.bad, "Idempotency-Key: slow", "Content-Length: 900000")

    async def call() -> None:
        async with connected(place) as (_, writer):
            writer.write(body if next(_numbers) % 2 else b"GET /api/projects HTTP/1.1\r\nX-Slow: ")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.2)

    await again(call, 200)


async def reads_no_answers(place: Target) -> None:
    """Ask for all tasks, large ones, on 12 connections, and read nothing of it."""
    await _make_large_tasks(place)
    call = place.head("GET", "/api/tasks", place.bad)

    async def one() -> None:
        async with connected(place) as (reader, writer):
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's can
            writer.write(call)
            await asyncio.sleep(5)
            del reader

    await again(one, 12)


async def reads_large_lists(place: Target) -> None:
    """List all tasks, large ones, on 12 connections without end."""
    await _make_large_tasks(place)
    call = place.head("GET", "/api/tasks", place.bad, "Connection: close")

    async def one() -> None:
        async with connected(place) as (reader, writer):
            writer.write(call)
            while await reader.read(1 << 16):
                pass

    await again(one, 12)


async def _make_large_tasks(place: Target) -> None:
    for number in range(30):
        texts = {f"t{n}": "x" * 60_000 for n in range(3)}
        body = {"projectName": "general", "name": f"large {number}", "metadataPatch": {"set": texts}}
        await exchange(place, place.write("/api/tasks", place.bad, body, f"large {number}"))


async def guesses_keys(place: Target) -> None:
    """Call with keys that nobody has, on 32 connections."""
    call = place.head("GET", "/api/projects", "pk_guessed")

    async def one() -> None:
        async with connected(place) as (reader, writer):
            while True:
                writer.write(call)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))

    await again(one, 32)


async def polls_without_end(place: Target) -> None:
    """Ask for a result that is not there, on 64 connections, as fast as it is answered."""
    call = place.head("GET", "/api/approval-requests/evt_none/result", place.bad)

    async def one() -> None:
        async with connected(place) as (reader, writer):
            while True:
                writer.write(call)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))

    await again(one, 64)


ATTACKS: tuple[Attack, ...] = (
    floods_writes,
    sends_large_forms,
    sends_deep_json,
    uploads_much,
    holds_idle_sockets,
    sends_by_the_byte,
    reads_no_answers,
    reads_large_lists,
    guesses_keys,
    polls_without_end,
)


if __name__ == "__main__":
    name, port, key = sys.argv[1:]
    asyncio.run(next(one for one in ATTACKS if one.__name__ == name)(Target(int(port), key)))
