"""The stream of new events: each once and in order, for any number of readers, with a beat where nothing happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.commands import AddNote, CreateTask
from api_client.errors import StoreDamaged
from store.folder.local_backend import LocalBackend, open_local
from store.folder.open_folder import LOOK_SECONDS
from store.server import stream
from store.server.stream import HEARTBEAT, Tail
from tests.conftest import FixedClock
from tests.server.conftest import Caller, Served
from tests.server.sockets import answer, head, listening
from tests.server.test_bad_input import assert_refused
from tests.waiting import HANG_SECONDS

ITS_OWN = 1
"""What listens to a store as long as it is open: the way back of its answers."""


class Reader:
    """One reader of a stream on a socket."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._seen = b""

    async def next(self) -> tuple[str, dict[str, Any]]:
        """Return the next event with its id, past all comments."""
        while True:
            block = await self.block()
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if lines:
                return lines["id"], json.loads(lines["data"])

    async def block(self) -> str:
        """Return what comes up to the next empty line."""
        while b"\n\n" not in self._seen:
            size = int(await asyncio.wait_for(self._reader.readline(), HANG_SECONDS), 16)
            if size == 0:
                raise EOFError
            self._seen += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        block, _, self._seen = self._seen.partition(b"\n\n")
        return block.decode()


@asynccontextmanager
async def reading(
    served: Served, port: int, query: str = "", *headers: str, of: Caller | None = None
) -> AsyncIterator[Reader]:
    """Open a stream."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head("GET", f"/api/events/stream{query}", of or served.reviewer, *headers))
        status, told, _ = await answer(reader)
        assert (status, told["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield Reader(reader)
    finally:
        writer.close()


async def note(served: Served, task_id: str, words: str) -> str:
    """Write an event past the server; return its id."""
    command = AddNote(project_name="claims", task_id=task_id, message=words)
    return (await served.local.submit(command, key=f"note-{words[:99]}")).event_id


def silent(local: LocalBackend) -> Tail:
    """Return a tail without a beat but the first, for who counts what comes."""
    return Tail(local, heartbeat=HANG_SECONDS)


async def test_each_new_event_comes_once_and_in_order(served: Served) -> None:
    """Every reader hears what is written from its start on, as the timeline shows it, under the timeline's cursor."""
    task_id = (await served.task())["id"]
    async with listening(served) as port, reading(served, port) as one, reading(served, port) as two:
        await one.block(), await two.block()
        written = [await note(served, task_id, str(number)) for number in range(30)]
        heard = [await one.next() for _ in written]
        assert [event["id"] for _, event in heard] == written
        assert [await two.next() for _ in written] == heard
        page = (await served.reviewer("GET", f"/api/events?cursor={heard[9][0]}&limit=5")).json()
        assert page["items"] == [event for _, event in heard[10:15]]


async def test_no_text_breaks_a_frame(served: Served) -> None:
    """Whatever an agent wrote, an event is one line for every reader, and reads back as it was written."""
    task_id = (await served.task())["id"]
    words = "a\nb\rc\x0bd\x0ce\x1cf\x1dg\x1eh\x85i\u2028j\u2029k\x00\n\ndata: x\nid: 7"
    frames = silent(served.local).frames(None)
    assert await anext(frames) == HEARTBEAT
    await note(served, task_id, words)
    lines = (await anext(frames)).decode().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["id", "data", ""]
    assert json.loads(lines[1].removeprefix("data: "))["payload"]["message"] == words
    await frames.aclose()


@pytest.mark.parametrize("how", ["Last-Event-ID", "cursor"])
async def test_a_reader_goes_on_where_it_stopped(served: Served, how: str) -> None:
    """With the id of the last event that it has, a reader gets all that came after, while more is written: once."""
    task_id = (await served.task())["id"]
    start = (await served.reviewer("GET", "/api/events?order=desc&limit=1")).json()["nextCursor"]
    written = [await note(served, task_id, f"before {number}") for number in range(700)]
    more = (f"?cursor={start}",) if how == "cursor" else ("", f"Last-Event-ID: {start}")
    async with listening(served) as port, reading(served, port, *more) as reader:
        writing = asyncio.create_task(_write(served, task_id, 100))
        heard = [(await reader.next())[1]["id"] for _ in range(800)]
        assert heard == written + await writing


async def _write(served: Served, task_id: str, count: int) -> list[str]:
    return [await note(served, task_id, f"during {number}") for number in range(count)]


async def test_a_reader_at_the_end_misses_nothing(served: Served) -> None:
    """The last event's own id leads to what comes next, and to nothing twice."""
    task_id = (await served.task())["id"]
    start = (await served.reviewer("GET", "/api/events?order=desc&limit=1")).json()["nextCursor"]
    async with listening(served) as port, reading(served, port, f"?cursor={start}") as reader:
        written = await note(served, task_id, "x")
        assert (await reader.next())[1]["id"] == written


async def test_the_very_first_event_is_heard(tmp_path: Path, clock: FixedClock, tokens: Callable[[], str]) -> None:
    """A stream of a folder in which nothing has ever happened tells the first thing that does."""
    local = await open_local(tmp_path / "new", Actor("agent-1", "agent"), clock=clock, tokens=tokens)
    frames = silent(local).frames(None)
    assert await anext(frames) == HEARTBEAT
    made = await local.submit(CreateTask(project_name="general", name="First"), key="k")
    async with asyncio.timeout(HANG_SECONDS):
        assert made.answer["id"] in (await anext(frames)).decode()
    await frames.aclose()
    await local.aclose()


async def test_what_another_process_writes_is_heard(
    served: Served, clock: FixedClock, tokens: Callable[[], str]
) -> None:
    """An event that came into the folder past this server is on its streams at the next look: within a second."""
    assert LOOK_SECONDS <= 1
    task_id = (await served.task())["id"]
    other = await open_local(served.folder, Actor("agent-2", "agent"), clock=clock, tokens=tokens)
    async with listening(served) as port, reading(served, port) as reader:
        await reader.block()
        command = AddNote(project_name="claims", task_id=task_id, message="from afar")
        written = (await other.submit(command, key="k")).event_id
        async with asyncio.timeout(HANG_SECONDS):
            assert (await reader.next())[1]["id"] == written
    await other.aclose()


async def test_a_silent_stream_has_a_beat(served: Served) -> None:
    """Where nothing happens a comment comes, so that a reader knows a quiet line from a dead one."""
    assert stream.HEARTBEAT_SECONDS <= 15
    frames = Tail(served.local, heartbeat=0.05).frames(None)
    async with asyncio.timeout(HANG_SECONDS):
        assert [await anext(frames) for _ in range(4)] == [HEARTBEAT] * 4
    await frames.aclose()


async def test_the_timeline_is_followed_once_and_only_while_someone_reads(served: Served) -> None:
    """Fifty readers cost one follower, and none is left when they are gone."""
    changes = served.local.changes
    followed = 0

    def counted(cursor: str | None = None) -> Any:
        nonlocal followed
        followed += 1
        return changes(cursor)

    served.local.changes = counted  # type: ignore[method-assign]
    tail = silent(served.local)
    task_id = (await served.task())["id"]
    readers = [tail.frames(None) for _ in range(50)]
    assert [await anext(reader) for reader in readers] == [HEARTBEAT] * 50
    written = await note(served, task_id, "x")
    async with asyncio.timeout(HANG_SECONDS):
        heard = {await anext(reader) for reader in readers}
    assert len(heard) == 1
    assert written.encode() in heard.pop()
    assert (followed, len(tail)) == (1, 50)
    for reader in readers:
        await reader.aclose()
    assert len(tail) == 0
    await _nobody_listens(served)


async def test_a_reader_who_is_too_slow_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a reader is bounded: its stream ends without a gap, and it comes back with its last id."""
    monkeypatch.setattr(stream, "WAITING_EVENTS", 10)
    task_id = (await served.task())["id"]
    tail = silent(served.local)
    slow, quick = tail.frames(None), tail.frames(None)
    await anext(slow), await anext(quick)
    for number in range(12):
        await note(served, task_id, str(number))
        await anext(quick)
    with pytest.raises(StopAsyncIteration):
        await anext(slow)
    await quick.aclose()


async def test_what_waits_for_a_slow_reader_is_bounded_in_bytes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few large events end a slow reader's stream as many small ones do; one alone is always delivered."""
    monkeypatch.setattr(stream, "WAITING_BYTES", 3_000)
    task_id = (await served.task())["id"]
    tail = silent(served.local)
    slow, quick = tail.frames(None), tail.frames(None)
    await anext(slow), await anext(quick)
    await note(served, task_id, "x" * 5_000)
    assert await anext(slow) == await anext(quick)
    for number in range(4):
        await note(served, task_id, f"{number}" * 1_000)
        await anext(quick)
    with pytest.raises(StopAsyncIteration):
        await anext(slow)
    await quick.aclose()


async def test_a_revoked_key_hears_nothing_more(served: Served) -> None:
    """The stream of a key that was revoked ends with the next event, which does not reach it; others go on."""
    task_id = (await served.task())["id"]
    other = Caller(served.app, served.keys.add("bob", "reviewer"))
    async with listening(served) as port, reading(served, port) as revoked, reading(served, port, of=other) as kept:
        await revoked.block(), await kept.block()
        before = await note(served, task_id, "before")
        assert (await revoked.next())[1]["id"] == (await kept.next())[1]["id"] == before
        served.keys.revoke("alice")
        after = await note(served, task_id, "after")
        assert (await kept.next())[1]["id"] == after
        with pytest.raises(EOFError):
            await revoked.block()


async def test_a_revoked_keys_silent_stream_ends_with_the_next_beat(served: Served) -> None:
    """Where nothing happens, a revoked key's stream is closed by the time of the next heartbeat."""
    served.app.state.tail._heartbeat = 0.05
    async with listening(served) as port, reading(served, port) as reader:
        await reader.block()
        served.keys.revoke("alice")
        with pytest.raises(EOFError):
            while True:
                await reader.block()


async def test_a_timeline_that_can_not_be_read_ends_the_streams(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader hears by the end of its stream that nothing more will come; the next one begins anew."""

    async def broken(_cursor: str | None = None, *, damaged: bool = True) -> AsyncIterator[Any]:
        if damaged:
            raise StoreDamaged("Line 7 is damaged.", line=7)
        yield

    await served.task()
    tail = silent(served.local)
    with monkeypatch.context() as patched:
        patched.setattr(served.local, "changes", broken)
        frames = tail.frames(None)
        assert await anext(frames) == HEARTBEAT
        with pytest.raises(StopAsyncIteration):
            await anext(frames)
        assert "Line 7" in caplog.text
    frames = tail.frames(None)
    assert await anext(frames) == HEARTBEAT
    written = await note(served, (await served.task())["id"], "again")
    async with asyncio.timeout(HANG_SECONDS):
        while written.encode() not in await anext(frames):
            pass
    await frames.aclose()


async def test_a_made_up_cursor_is_refused(served: Served) -> None:
    """A cursor that no list of all events gave is a 400, before any stream begins."""
    await served.task()
    for keys in ({"params": {"cursor": "x"}}, {"headers": {"Last-Event-ID": "1-2"}}):
        assert_refused(await served.reviewer("GET", "/api/events/stream", **keys), 400)


async def test_the_capability_is_told(served: Served) -> None:
    """A client learns from `me` that there is a stream."""
    assert "stream" in (await served.reviewer("GET", "/api/me")).json()["capabilities"]


async def test_a_stop_ends_the_streams(served: Served) -> None:
    """A stream does not keep the server from stopping: it ends whole, before any that is cut off after its time."""
    async with listening(served) as port, reading(served, port) as reader:
        await reader.block()
        served.app.state.stop()
        with pytest.raises(EOFError):
            await reader.block()


async def test_a_reader_who_leaves_is_forgotten(served: Served) -> None:
    """A closed connection ends what was held for it."""
    task_id = (await served.task())["id"]
    async with listening(served) as port:
        async with reading(served, port) as reader:
            await reader.block()
            await note(served, task_id, "x")
            await reader.next()
            assert len(served.local._store._listeners) == ITS_OWN + 1
        await _nobody_listens(served)


async def _nobody_listens(served: Served) -> None:
    async with asyncio.timeout(HANG_SECONDS):
        while len(served.local._store._listeners) > ITS_OWN:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
