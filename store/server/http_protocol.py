"""uvicorn's HTTP protocol with what it lacks: timeouts for slow clients, and the contract's error bodies.

Under uvicorn alone a client that sends nothing, endless headers, or a body byte by byte holds a connection for as long
as it likes. Here each phase has a timeout, and a body a minimum rate; a client that does not read its response is
disconnected too. A slow but honest connection is not: all that counts is that it makes progress.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import h11
import orjson
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from store.server.accepting import GRACE_SECONDS, ConnectionRoom
from store.server.observers import ACTOR

PATIENCE_SECONDS = 9.0
"""A connection without a call, headers, and each `PACE_BYTES` of a body may take so long."""
PACE_BYTES = 32_000
UNREAD_SECONDS = 30.0
"""A client that reads nothing of its response for so long is disconnected."""
LINGER_SECONDS = 1.0
"""A client that was refused before it had sent everything has so long to read the response."""
HEADER_BYTES = 16_000

_NEVER = float("inf")


class PatientProtocol(H11Protocol):
    """One connection."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], room: ConnectionRoom
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._room, self._is_known = room, False
        self._begun = self.loop.time()
        self._refused = False
        self._due = _NEVER
        """The end of the client's timeout, on the loop's clock; never while the server works."""
        self._in_phase: type[h11.SEND_BODY] | type[h11.IDLE] | None = None
        self._taken = 0
        self._look_again: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._room.add(self, self.client[0] if self.client else "")
        self._due = self.loop.time() + PATIENCE_SECONDS
        self._look_again = self.loop.call_later(PATIENCE_SECONDS, self._look)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._look_again, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
        self._room.remove(self)

    @property
    def is_idle_stranger(self) -> bool:
        """Whether it has never shown a key that is known, is not being answered, and had its time to begin."""
        is_idle = not self._is_known and (self.cycle is None or self.cycle.response_complete)
        return is_idle and self.loop.time() >= self._begun + GRACE_SECONDS

    def drop(self) -> None:
        """Close it at once."""
        self.transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        phase = self.conn.their_state
        if phase is h11.SEND_BODY:
            self._taken += len(data)
            if self._in_phase is not phase or self._taken >= PACE_BYTES:
                self._begin(phase)
        elif phase is h11.IDLE:
            if self._in_phase is not phase:
                self._begin(phase)
        else:
            self._in_phase, self._due = None, _NEVER

    @override
    def on_response_complete(self) -> None:
        self._is_known = self._is_known or ACTOR in self.scope
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            # No phase: it begins with the first byte of the next headers, which restarts the timeout.
            self._in_phase, self._due = None, self.loop.time() + PATIENCE_SECONDS

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    @override
    def send_400_response(self, msg: str) -> None:
        # uvicorn calls this while it handles h11's fault, and drops what that says of the status.
        fault = sys.exception()
        too_large = isinstance(fault, h11.RemoteProtocolError) and fault.error_status_hint == 431
        body: dict[str, str] = {"code": "INVALID_REQUEST", "message": msg}
        if too_large:
            body = {"error": f"The headers are over {HEADER_BYTES} bytes."}
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("content-type", "application/json"), ("connection", "close")]
            answer = h11.Response(status_code=431 if too_large else 400, headers=headers)
            for event in (answer, h11.Data(data=orjson.dumps(body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        # Closed with bytes still unread the connection would be reset, and the caller might never read why.
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _begin(self, phase: type[h11.SEND_BODY] | type[h11.IDLE]) -> None:
        self._in_phase, self._taken = phase, 0
        self._due = self.loop.time() + PATIENCE_SECONDS

    def _look(self) -> None:
        """Disconnect a client whose timeout has passed. One timer a connection: a request moves `_due` alone."""
        now = self.loop.time()
        if self.flow is not None and self.flow.read_paused:
            self._due = max(self._due, now + PATIENCE_SECONDS)  # the server does not read: not the caller's doing
        if now >= self._due:
            self.transport.abort()
        else:
            self._look_again = self.loop.call_at(min(self._due, now + PATIENCE_SECONDS), self._look)
