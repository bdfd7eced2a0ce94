"""The socket under the app: uvicorn, with a clean stop and TLS."""

from __future__ import annotations

import asyncio
import math
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from store.server.accepting import PER_ADDRESS, Acceptor, ConnectionRoom, room_for_connections
from store.server.http_protocol import HEADER_BYTES, LINGER_SECONDS, PATIENCE_SECONDS, PatientProtocol

STOP_SECONDS = 10
"""What was accepted has so long to finish when the server is asked to stop."""
SWITCH_SECONDS = 0.0005
"""How long one thread of the process may run while another waits for its turn."""
TLS_SECONDS = 9.0
"""A caller has so long to agree on the encryption, and to say goodbye."""


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, tls: ssl.SSLContext | None, on_stop: Callable[[], None], per_address: int
    ) -> None:
        super().__init__(config)
        self._tls, self._on_stop, self._per_address = tls, on_stop, per_address

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept on `sockets`: uvicorn's own accepts any number, and allows a TLS handshake a minute."""
        room = ConnectionRoom(most=room_for_connections(), per_address=self._per_address)
        make = partial(PatientProtocol, config=self.config, server_state=self.server_state, app_state={}, room=room)
        self.servers = [
            Acceptor(one, make, room, tls=self._tls, handshake=TLS_SECONDS, goodbye=LINGER_SECONDS)  # type: ignore[misc]  # all that uvicorn does with it is close and wait_closed
            for one in sockets or ()
        ]
        self.started = True

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT, SIGTERM and SIGHUP, and only stop.

        uvicorn's own raises the signal again afterwards, which would end the process before the folder is closed.
        Callbacks that the loop holds for them must not run beside it: it would cancel what is accepted.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = stop_signals()
        before = {number: signal.getsignal(number) for number in numbers}
        loop = asyncio.get_running_loop()
        for number in numbers:
            if sys.platform != "win32":
                loop.add_signal_handler(number, self.handle_exit, number, None)
            else:
                signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number in numbers:
                if sys.platform != "win32":
                    loop.remove_signal_handler(number)
                signal.signal(number, before[number])


def stop_signals() -> list[signal.Signals]:
    """Return the signals that a server stops on; one that is ignored, as SIGHUP under `nohup`, is none of them."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


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


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what a server needs to be called over https.

    Raises:
        OSError: a file can't be read, or is no certificate or no key for it (`ssl.SSLError`).
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key, password=_no_password)
    return context


def _no_password() -> str:
    # Asked for where the key is encrypted: without this, OpenSSL would wait at the terminal for one.
    return ""


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    on_stop: Callable[[], None] = lambda: None,
    per_address: int = PER_ADDRESS,
) -> None:
    """Serve `app` until SIGINT, SIGTERM or SIGHUP, then finish what was accepted and return.

    Args:
        app: what `create_app` made.
        listener: what `bind` returned; it is closed at the end.
        tls: where calls come over https.
        on_stop: called once calls are no longer taken; ends what would go on for ever.
        per_address: connections that one address may hold; 0 is no limit.
    """
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=math.ceil(PATIENCE_SECONDS),
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    # A thread that is busy, with a list of all tasks perhaps, else holds the others up for 5 ms at each turn.
    sys.setswitchinterval(SWITCH_SECONDS)
    await _Server(config, tls, on_stop, per_address).serve(sockets=[listener])


def url_of(listener: socket.socket, *, scheme: str = "http") -> str:
    """Return the address under which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
