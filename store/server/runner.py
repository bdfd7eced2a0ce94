"""The socket under the app: uvicorn, with a clean stop and the contract's words for what no app ever sees."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import h11
import orjson
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_SECONDS = 10
"""A connection without a call is closed after this; clients let go of theirs earlier."""
STOP_SECONDS = 10
"""What was accepted has so long to finish when the server is asked to stop."""
LINGER_SECONDS = 1
"""A caller that was refused before it had sent everything has so long to read the answer."""
HEADER_BYTES = 16_000


class _Protocol(H11Protocol):
    """uvicorn's HTTP, answering what it can't read as the contract does."""

    _refused = False

    @override
    def send_400_response(self, msg: str) -> None:
        # uvicorn calls this while it handles h11's fault, and drops what that says of the status.
        fault = sys.exception()
        too_large = isinstance(fault, h11.RemoteProtocolError) and fault.error_status_hint == 431
        body: dict[str, str] = {"code": "INVALID_REQUEST", "message": msg}
        if too_large:
            body = {"error": f"The headers are over {HEADER_BYTES} bytes."}
        headers = [("content-type", "application/json"), ("connection", "close")]
        answer = h11.Response(status_code=431 if too_large else 400, headers=headers)
        for event in (answer, h11.Data(data=orjson.dumps(body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        # Closed with bytes still unread the connection would be reset, and the caller might never read why.
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    @override
    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)


class _Server(uvicorn.Server):
    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and only stop.

        uvicorn's own raises the signal again afterwards, which would end the process before the folder is closed.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one.

    Raises:
        OSError: the port is in use, the host is not this machine's, or the system refuses.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            # A server that has just stopped leaves its port in waiting; on Windows this would let two share one.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


async def serve(app: ASGIApp, host: str, port: int, *, on_ready: Callable[[str], None] = lambda _url: None) -> None:
    """Serve `app` until SIGINT or SIGTERM, then finish what was accepted and return.

    Args:
        app: what `create_app` made.
        host: the address to listen on.
        port: 0 is any free one.
        on_ready: called once with the address that callers use, when calls are taken.

    Raises:
        OSError: the port is in use, the host is not this machine's, or the system refuses; nothing was served.
    """
    listener = bind(host, port)
    on_ready(url_of(listener))
    config = uvicorn.Config(
        app,
        http=_Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    await _Server(config).serve(sockets=[listener])


def url_of(listener: socket.socket) -> str:
    """Return the address under which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
