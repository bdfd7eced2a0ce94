"""Server-sent events: the timeline is followed once, and each new event goes to every open stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

from api_client.backend import Backend
from api_client.errors import ApiError
from api_client.models import Change, Event, Page
from store.server.waiting import WaitingCalls

log = logging.getLogger("pumpup.server")

HEARTBEAT_SECONDS = 0.5
"""A stream is silent for no longer than this: less than the silence after which a client of ours asks whether the
server still takes its key (CONTRACT.md part 2 asks for 15 s)."""
WAITING_EVENTS = 1_000
"""A stream that is so many events behind is ended: its reader comes back with the id of the last one it has."""
WAITING_BYTES = 4_000_000
"""The same in bytes."""
FIRST_LOOK_SECONDS = 0.2
"""Seconds between two looks at a timeline that has no event yet."""
HEARTBEAT = b":\n\n"
_LINE_LIKE = (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


class Frame(NamedTuple):
    """One event as it goes out, and its place in the chain."""

    seq: int
    text: bytes


BEAT = Frame(0, HEARTBEAT)


@dataclass(eq=False, slots=True)
class _Listener:
    """One open stream: the frames that wait for it, None where it is to end."""

    waiting: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)
    size: int = 0
    """Bytes that wait."""
    timer: asyncio.TimerHandle | None = None
    """The next heartbeat."""

    def beat_after(self, seconds: float) -> None:
        """Send a heartbeat every so many seconds, unless something waits to be sent anyway."""
        self.timer = asyncio.get_running_loop().call_later(seconds, self._beat, seconds)

    def _beat(self, seconds: float) -> None:
        if self.waiting.empty():
            self.waiting.put_nowait(BEAT)
            self.size += len(BEAT.text)
        self.beat_after(seconds)

    def take(self, frame: Frame) -> None:
        if self.waiting.qsize() < WAITING_EVENTS and (self.size + len(frame.text) <= WAITING_BYTES or not self.size):
            self.waiting.put_nowait(frame)
            self.size += len(frame.text)
        else:
            self.end()

    async def next(self) -> Frame | None:
        frame = await self.waiting.get()
        self.size -= len(frame.text) if frame else 0
        return frame

    def end(self) -> None:
        """End the stream, without the frames in its queue: nothing follows them, so no reader sees a gap."""
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.size = 0
        self.waiting.put_nowait(None)


class Tail:
    """Follows a backend's timeline while anyone listens."""

    def __init__(self, backend: Backend, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._backend = backend
        self._heartbeat = heartbeat
        self._listeners: set[_Listener] = set()
        self._following: asyncio.Task[None] | None = None
        self._placed = asyncio.Event()
        """Set once what follows the timeline now has its place on it."""
        self._closed = False
        self.waits = WaitingCalls()
        """The calls that wait for something other than the next events."""

    def __len__(self) -> int:
        return len(self._listeners)

    async def frames(self, cursor: str | None) -> AsyncGenerator[bytes, None]:
        """Yield what a stream sends: the events after `cursor` (without one: from now on), and heartbeats.

        The first piece is a heartbeat. It ends when the server stops, when its reader is too slow, or when the
        timeline can't be read.

        Raises:
            InvalidRequest: no list of all events gave this cursor (before the first piece).
        """
        # Subscribe first, then look up: an event in between is in both, and is sent once.
        listener = _Listener()
        try:
            await self._listen(listener)
            sent = _seq(await self._backend.events(order="desc", limit=1))
            missed = _seq(await self._backend.events(cursor=cursor, limit=1)) if cursor is not None else 0
            yield HEARTBEAT
            listener.beat_after(self._heartbeat)
            if 0 < missed <= sent:
                async with aclosing(self._missed(cursor, sent)) as frames:
                    async for missed_frame in frames:
                        yield missed_frame.text
            while (frame := await listener.next()) is not None:
                if frame is BEAT or frame.seq > sent:
                    yield frame.text
        finally:
            self._leave(listener)

    def close(self) -> None:
        """End every stream and every wait, now and from now on."""
        self._closed = True
        self.waits.end()
        for listener in self._listeners:
            listener.end()

    async def _listen(self, listener: _Listener) -> None:
        """Return when all that comes from now on reaches `listener`."""
        self._listeners.add(listener)
        if self._closed:
            listener.end()
            return
        if self._following is None:
            self._placed = asyncio.Event()
            self._following = asyncio.create_task(self._follow(self._placed))
        await self._placed.wait()

    def _leave(self, listener: _Listener) -> None:
        if listener.timer is not None:
            listener.timer.cancel()
        self._listeners.discard(listener)
        if not self._listeners and self._following is not None:
            self._following.cancel()
            self._following = None

    async def _missed(self, cursor: str | None, last: int) -> AsyncGenerator[Frame, None]:
        """Yield the events after `cursor` up to the one at `last`, which exists."""
        async with aclosing(_generator(self._backend.changes(cursor))) as changes:
            async for change in changes:
                yield _frame(change)
                if (change.event.seq or 0) >= last:
                    return

    async def _follow(self, placed: asyncio.Event) -> None:
        try:
            cursor = (await self._backend.events(order="desc", limit=1)).next_cursor
            placed.set()
            while cursor is None:  # nothing has ever happened: there is no place yet to follow from
                await asyncio.sleep(FIRST_LOOK_SECONDS)
                page = await self._backend.events(limit=1)
                if page.next_cursor is not None:
                    cursor = page.next_cursor
                    self._give(Change(event=page.items[0], cursor=cursor))
            async with aclosing(_generator(self._backend.changes(cursor))) as changes:
                async for change in changes:
                    self._give(change)
        except ApiError as fault:
            log.error("The event streams ended: %s: %s", fault.code, fault.message)
        finally:
            placed.set()
            if self._following is asyncio.current_task():  # it was not cancelled: no stream gets anything any more
                self._following = None
                for listener in self._listeners:
                    listener.end()

    def _give(self, change: Change) -> None:
        frame = _frame(change)
        for listener in self._listeners:
            listener.take(frame)


def _seq(page: Page[Event]) -> int:
    return page.items[0].seq or 0 if page.items else 0


def _generator(changes: AsyncIterator[Change]) -> AsyncGenerator[Change, None]:
    assert isinstance(changes, AsyncGenerator)  # noqa: S101 - every backend's is one: closing it ends what it listens to
    return changes


def _frame(change: Change) -> Frame:
    text = change.event.wire_bytes().decode()
    # These end no line of a stream, yet many readers' own line splitters take them for one.
    for mark, escaped in _LINE_LIKE:
        text = text.replace(mark, escaped)
    return Frame(change.event.seq or 0, f"id: {change.cursor}\ndata: {text}\n\n".encode())
