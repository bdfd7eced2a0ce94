"""Cheap callers: raw bytes over kept connections, so that what is measured is the server and not its clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Make = Callable[[], bytes]
"""Returns the next request, as bytes."""


class Caller(asyncio.Protocol):
    """One connection with one call on its way at a time."""

    def __init__(self, make: Make, times: list[float]) -> None:
        self.times = times
        """How long each call took, in seconds, from its sending to its answer's last byte."""
        self.statuses: set[int] = set()
        self.going = True
        self._make = make
        self._seen = b""
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0
        self._closing = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self) -> None:
        """Send the next call."""
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(self._make())

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer; after its last one go on with the next call."""
        self._seen += data
        end = self._seen.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._seen[:end]
        place = head.lower().find(b"content-length:")
        size = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(self._seen) < end + 4 + size:
            return
        self.statuses.add(int(head[9:12]))
        self._seen = b""
        self.times.append(time.perf_counter() - self._sent)
        self.answered()

    def answered(self) -> None:
        """Go on with the next call at once."""
        if self.going:
            self.send()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that a call was cut off."""
        if not self.done.done() and not self._closing:
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def close(self) -> None:
        """Let go of the connection."""
        self._closing = True
        assert self._transport is not None
        self._transport.close()


class Paced(Caller):
    """A caller that waits to be told when to send."""

    busy = False

    def answered(self) -> None:
        """Be free again."""
        self.busy = False

    def send_due(self, due: float) -> None:
        """Send the next call, which was due then, and be busy."""
        self.busy = True
        self.send()
        self._sent = due


C = TypeVar("C", bound=Caller)


async def rate(port: int, make: Make, clients: int, seconds: float, expected: int) -> float:
    """Return how many calls a second `clients` get answered, each sending its next one at once.

    Raises:
        AssertionError: an answer's status was not the expected one.
    """
    times: list[float] = []
    callers = [await connected(Caller(make, times), port) for _ in range(clients)]
    for caller in callers:
        caller.send()
    await asyncio.sleep(seconds / 4)  # the server gets warm
    times.clear()
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    count, took = len(times), time.perf_counter() - start
    for caller in callers:
        caller.going = False
    await asyncio.gather(*(caller.done for caller in callers))
    _end(callers, expected)
    return count / took


async def latencies(port: int, make: Make, a_second: int, seconds: float, expected: int) -> list[float]:
    """Return how long each call took, in milliseconds, where they come at an even pace, whatever became of the last.

    Each counts from when it was due, also where it had to wait for a free connection.
    """
    times: list[float] = []
    callers = [await connected(Paced(make, times), port) for _ in range(16)]
    start = time.perf_counter()
    for number in range(int(a_second * seconds)):
        due = start + number / a_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while (free := next((caller for caller in callers if not caller.busy), None)) is None:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0)
        free.send_due(due)
    while any(caller.busy for caller in callers):  # noqa: ASYNC110 - the measure must not be told by what it measures
        await asyncio.sleep(0.001)
    _end(callers, expected)
    return [1e3 * one for one in times]


async def connected(caller: C, port: int) -> C:
    """Connect a caller to a server, and return it."""
    await asyncio.get_running_loop().create_connection(lambda: caller, "127.0.0.1", port)
    return caller


def _end(callers: Sequence[Caller], expected: int) -> None:
    statuses: set[int] = set()
    for caller in callers:
        statuses |= caller.statuses
        caller.close()
    assert statuses == {expected}, statuses
