"""Observers of the calls: each is notified once a call is over; the access log is one, the metrics another."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from api_client.times import Clock, wire_time

CALL = "pumpup.call"
"""Where in the scope the routes note which call it is."""
ACTOR = "pumpup.actor"
"""Where in the scope it is noted who calls."""
_WAITING_LINES = 10_000
_GATHER_SECONDS = 0.2
_LAST_SECONDS = 1.0
REPEAT_SECONDS = 60.0
"""Seconds after which a repeated line is written again."""
_LOOK_SECONDS = 5.0
_KINDS = 1_000
_REFUSED = frozenset((401, 429))
"""Statuses that a caller who does not wait, or has no key, can cause as often as it likes."""
_REFUSED_LINES = 20


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, without anything that its caller wrote in its body, query or headers."""

    method: str
    path: str
    """As it came, still escaped: ASCII without blanks."""
    status: int
    seconds: float
    who: str
    """The key's name; empty where there was none that is known."""
    address: str
    call: str
    """Which row of the routes table; empty where none."""


OnCall = Callable[[CallRecord], None]


class CallObserver:
    """Notifies each of `observers` of every call."""

    def __init__(self, app: ASGIApp, *, observers: Sequence[OnCall]) -> None:
        self._app, self._observers = app, observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and notify the observers."""
        status = 0
        start = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            record = _record_of(scope, status, time.perf_counter() - start)
            for notify in self._observers:
                notify(record)


def _record_of(scope: Scope, status: int, seconds: float) -> CallRecord:
    actor: Any = scope.get(ACTOR)
    return CallRecord(
        method=scope["method"],
        path=(scope.get("raw_path") or b"").decode("ascii", "replace"),
        status=status,
        seconds=seconds,
        who=actor.subject if actor is not None else "",
        address=(scope.get("client") or ("-", 0))[0],
        call=scope.get(CALL, ""),
    )


class Log(logging.Handler):
    """Writes lines to a descriptor from a thread of its own: no call ever waits for a terminal or a pipe.

    Lines that come while the descriptor takes none are dropped once there are too many, and counted in a line. So is
    trouble that repeats itself: of what one place of the program reports again and again, and of the refusals of one
    caller, the first lines of a minute are written, and at its end how many more there were.
    """

    def __init__(self, fd: int, clock: Clock) -> None:
        super().__init__()
        self._fd, self._clock = fd, clock
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._repeats = Repeats()
        self._counting = threading.Lock()
        self._any = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def on_call(self, record: CallRecord) -> None:
        """Add a line to the access log: time, address, caller, call, status, milliseconds."""
        who = record.who.replace(" ", "_") or "-"
        status = record.status or "-"
        if record.status in _REFUSED and not self._allows(
            (record.address, who, status), f"{record.address} {who} calls answered with {status}", _REFUSED_LINES
        ):
            return
        self._put(f"{record.address} {who} {record.method} {record.path} {status} {record.seconds * 1e3:.1f}ms")

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Add a record of the program's own."""
        # What a record says may be another text each time: it is of one kind with what the same place said of the
        # same thing, which a record may name.
        kind = (record.pathname, record.lineno, getattr(record, "kind", None))
        summary = f"{record.levelname} of the kind of: {record.getMessage().partition(chr(10))[0][:200]}"
        if self._allows(kind, summary, 1):
            self._put(f"{record.levelname} {self.format(record)}")

    def _allows(self, kind: Hashable, summary: str, lines: int) -> bool:
        with self._counting:
            return self._repeats.allows(kind, summary, lines, time.monotonic())

    def _put(self, line: str) -> None:
        if len(self._lines) >= _WAITING_LINES:
            self._dropped += 1
            return
        self._lines.append(f"{wire_time(self._clock())} {line}\n")
        if not self._any.is_set():
            self._any.set()

    @override
    def close(self) -> None:
        """Write what waits; give up where the descriptor takes nothing for a second."""
        super().close()
        self._ended.set()
        self._any.set()
        self._thread.join(_LAST_SECONDS)

    def _sum_up(self, *, at_end: bool) -> None:
        with self._counting:
            over = self._repeats.over(math.inf if at_end else time.monotonic())
        for line in over:
            self._lines.append(f"{wire_time(self._clock())} {line}\n")

    def _write(self) -> None:
        while not self._ended.is_set() or self._lines:
            self._any.wait(_LOOK_SECONDS)
            self._ended.wait(_GATHER_SECONDS)
            self._any.clear()
            self._sum_up(at_end=self._ended.is_set())
            text = "".join(self._lines.popleft() for _ in range(len(self._lines)))
            if self._dropped:
                text += f"{self._dropped} lines are missing here: they could not be written fast enough\n"
                self._dropped = 0
            if not _write_all(self._fd, text.encode("utf-8", "replace")):
                return


class Repeats:
    """A rate limit for log lines by kind: those over it within a minute are counted, not written."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, _Seen] = {}

    def allows(self, kind: Hashable, summary: str, lines: int, now: float) -> bool:
        """Return whether one more line of this kind is to be written: `lines` a minute are."""
        if kind not in self._seen and len(self._seen) >= _KINDS:
            kind, summary = None, "lines of other kinds"
        seen = self._seen.setdefault(kind, _Seen(now + REPEAT_SECONDS, summary))
        seen.count += 1
        seen.written += (allowed := seen.written < lines)
        return allowed

    def over(self, now: float) -> list[str]:
        """Return a line for each kind whose minute is over and of which some were only counted; forget them."""
        ended = [kind for kind, seen in self._seen.items() if seen.until <= now]
        over = [self._seen.pop(kind) for kind in ended]
        return [f"{seen.extra:,} more in the last minute: {seen.summary}" for seen in over if seen.extra]


@dataclass(slots=True)
class _Seen:
    until: float
    summary: str
    count: int = 0
    written: int = 0

    @property
    def extra(self) -> int:
        return self.count - self.written


def _write_all(fd: int, data: bytes) -> bool:
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        return False  # a log that is gone is no reason to stop serving
    return True
