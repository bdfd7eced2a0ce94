"""Room for connections: who has shown no key goes first, an address has its share, and trouble is a line a minute."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from dataclasses import dataclass

import pytest

from store.server import accepting, runner
from store.server.accepting import ConnectionRoom
from store.server.observers import REPEAT_SECONDS, Log, Repeats
from tests.conftest import FixedClock
from tests.server.conftest import Served
from tests.server.sockets import answer, exchange, head, listening
from tests.waiting import until


@dataclass(eq=False)
class Guest:
    """A connection, as the room sees it."""

    is_idle_stranger: bool = True
    dropped: bool = False

    def drop(self) -> None:
        self.dropped = True


def test_the_oldest_idle_stranger_goes_first() -> None:
    """Where there is no room, who has shown no key is dropped, the oldest first; who is answered or known stays."""
    room = ConnectionRoom(most=3, per_address=0)
    known, old, new = Guest(is_idle_stranger=False), Guest(), Guest()
    for guest in (known, old, new):
        assert room.make()
        room.add(guest, "a")
    assert room.make()
    assert (known.dropped, old.dropped, new.dropped) == (False, True, False)
    room.add(Guest(is_idle_stranger=False), "a")
    assert room.make()
    assert new.dropped
    room.add(Guest(is_idle_stranger=False), "a")
    assert not room.make()


def test_an_address_has_its_share() -> None:
    """An address at its limit loses its own oldest stranger, and gets no more where it has none; others are free."""
    room = ConnectionRoom(most=100, per_address=2)
    mine, other = Guest(), Guest()
    room.add(other, "b")
    room.begin("a")
    room.add(mine, "a")
    assert room.make_for("a")
    assert (mine.dropped, other.dropped) == (True, False)
    room.add(Guest(is_idle_stranger=False), "a")
    assert not room.make_for("a")
    assert room.make_for("b")
    room.opened("a")
    assert room.make_for("a")


async def test_idle_connections_keep_nobody_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for ten and fifty idle connections every honest call is answered, and a connection that was is kept."""
    monkeypatch.setattr(runner, "room_for_connections", lambda: 10)
    call = head("GET", "/api/projects", served.agent)
    async with listening(served) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(call)
        assert (await answer(reader))[0] == 200
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _ in range(20):
            assert (await exchange(port, call))[0] == 200
        writer.write(call)
        assert (await answer(reader))[0] == 200
        for _, one in (*idle, (reader, writer)):
            one.close()


async def test_connections_wait_where_all_are_at_work(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where every place is taken by a call, the next caller is answered once one of them ends."""
    monkeypatch.setattr(runner, "room_for_connections", lambda: 1)
    async with listening(served) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("GET", "/api/events/stream", served.reviewer))
        await reader.readuntil(b":\n\n")
        waiting = asyncio.ensure_future(exchange(port, head("GET", "/api/projects", served.agent)))
        await until(lambda: "the next ones wait" in caplog.text, "the server has no room for it")
        assert not waiting.done()
        writer.close()
        assert (await waiting)[0] == 200


async def test_a_system_without_descriptors_is_no_traceback(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the system refuses to accept, it is a sentence in the log, and the caller is answered once it does."""
    monkeypatch.setattr(accepting, "_PAUSE_SECONDS", 0.05)
    real, failing = socket.socket.accept, True

    def accept(self: socket.socket) -> object:
        if failing:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(self)

    async with listening(served) as port:
        monkeypatch.setattr(socket.socket, "accept", accept)
        waiting = asyncio.ensure_future(exchange(port, head("GET", "/api/projects", served.agent)))
        while "Too many open files" not in caplog.text:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        failing = False
        assert (await waiting)[0] == 200
    assert "Traceback" not in caplog.text


def test_what_repeats_itself_is_counted() -> None:
    """Of one kind the first lines of a minute are written, the others told in one line; another kind has its own."""
    repeats = Repeats()
    assert [repeats.allows("a", "trouble", 2, now) for now in (0, 1, 2, 3)] == [True, True, False, False]
    assert repeats.allows("b", "other", 2, 3)
    assert repeats.over(REPEAT_SECONDS - 1) == []
    assert repeats.over(REPEAT_SECONDS) == ["2 more in the last minute: trouble"]
    assert repeats.allows("a", "trouble", 2, REPEAT_SECONDS)
    assert repeats.over(9 * REPEAT_SECONDS) == []


def test_a_logged_fault_that_repeats_itself_is_one_line(clock: FixedClock) -> None:
    """A thousand reports of the same place are one and a count; another place's are written."""
    reading, writing = os.pipe()
    log = Log(writing, clock)
    logger = logging.getLogger("pumpup.test")
    logger.propagate = False
    logger.addHandler(log)
    try:
        for number in range(1_000):
            logger.error("Trouble %d", number)
        logger.error("Other")
    finally:
        logger.removeHandler(log)
        log.close()
        os.close(writing)
    with os.fdopen(reading) as lines:
        told = [line.split(" ", 1)[1] for line in lines.read().splitlines()]
    assert told == [
        "ERROR Trouble 0",
        "ERROR Other",
        "999 more in the last minute: ERROR of the kind of: Trouble 0",
    ]
