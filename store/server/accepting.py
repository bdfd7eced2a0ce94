"""Accepting connections within what there is room for (CONTRACT.md part 3, Limits).

asyncio's own server accepts until the system has no descriptor left, and then writes a traceback for each place of its
backlog, again each second, while neither the journal nor an upload can be opened. Here a part of the descriptors stays
free: where room is short, connections that have never shown a key and ask for nothing are closed, the oldest first, and
where there are none the next ones wait in the system's own queue. An address has a share of its own.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

log = logging.getLogger("pumpup.server")

PER_ADDRESS = 1_000
"""Connections of one address: far more than the agents of one machine keep open, or a proxy does."""
_SHARE_OF_CONNECTIONS = 2 / 3
"""Of the descriptors that are free at the start; the rest stays for the journal, uploads and downloads."""
_USUAL_DESCRIPTORS = 1_024
_AT_ONCE = 64
_PAUSE_SECONDS = 1.0
GRACE_SECONDS = 0.25
"""A connection that has just been opened has so long to begin a call before it may be dropped for others."""
_NONE_LEFT = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class ClientConnection(Protocol):
    """One connection, as `ConnectionRoom` counts it."""

    @property
    def is_idle_stranger(self) -> bool:
        """Whether it has never shown a key that is known, is not being answered, and had its time to begin."""
        ...

    def drop(self) -> None:
        """Close it at once."""
        ...


class ConnectionRoom:
    """The connections that are open, by address, and how many more there may be."""

    def __init__(self, *, most: int, per_address: int = PER_ADDRESS) -> None:
        self._most, self._per_address = most, per_address
        self._of: dict[str, dict[ClientConnection, None]] = {}
        self._all: dict[ClientConnection, str] = {}
        self._opening: dict[str, int] = {}
        self.on_room: Callable[[], None] = lambda: None
        """Called when a connection is gone."""

    def __len__(self) -> int:
        return len(self._all) + sum(self._opening.values())

    def begin(self, address: str) -> None:
        """Count a connection that is being opened: its handshake may take long."""
        self._opening[address] = self._opening.get(address, 0) + 1

    def opened(self, address: str) -> None:
        """Count it no longer as being opened."""
        left = self._opening.get(address, 0) - 1
        if left > 0:
            self._opening[address] = left
        else:
            self._opening.pop(address, None)

    def add(self, connection: ClientConnection, address: str) -> None:
        """Count an open connection."""
        self._all[connection] = address
        self._of.setdefault(address, {})[connection] = None

    def remove(self, connection: ClientConnection) -> None:
        """Count it no longer."""
        address = self._all.pop(connection, None)
        if address is None:
            return
        mine = self._of[address]
        del mine[connection]
        if not mine:
            del self._of[address]
        self.on_room()

    def make(self) -> bool:
        """Return whether there is room for one more, having dropped the oldest stranger where it took that."""
        return len(self) < self._most or self.drop_stranger()

    def drop_stranger(self) -> bool:
        """Drop the oldest stranger of all; return whether there was one."""
        return self._drop_one(self._all)

    def make_for(self, address: str) -> bool:
        """Return whether there is room for one more of this address, in the same way."""
        mine = self._of.get(address, {})
        count = len(mine) + self._opening.get(address, 0)
        return not self._per_address or count < self._per_address or self._drop_one(mine)

    def _drop_one(self, connections: dict[ClientConnection, str] | dict[ClientConnection, None]) -> bool:
        for connection in connections:
            if connection.is_idle_stranger:
                connection.drop()
                self.remove(connection)
                return True
        return False


class Acceptor:
    """Accepts from one listening socket, in place of an `asyncio.Server`."""

    def __init__(
        self,
        listener: socket.socket,
        make: Callable[[], asyncio.Protocol],
        room: ConnectionRoom,
        *,
        tls: ssl.SSLContext | None = None,
        handshake: float = 9.0,
        goodbye: float = 1.0,
    ) -> None:
        """Accept from now on, in the running loop; over TLS the handshake and the goodbye may take so many seconds."""
        self._listener, self._make, self._room, self._tls = listener, make, room, tls
        self._handshake = handshake if tls else None
        self._goodbye = goodbye if tls else None
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._closed = False
        self._paused = True
        self._timer: asyncio.TimerHandle | None = None
        room.on_room = self._resume
        self._resume()

    def close(self) -> None:
        """Accept no more."""
        self._pause()
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._opening:
            task.cancel()

    async def wait_closed(self) -> None:
        """Return when nothing is being opened any more."""
        if self._opening:
            await asyncio.wait(self._opening)

    def _resume(self) -> None:
        if self._paused and not self._closed:
            self._paused = False
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _pause(self, seconds: float = 0) -> None:
        if not self._paused and not self._closed:
            self._paused = True
            self._loop.remove_reader(self._listener.fileno())
            if self._timer is not None:
                self._timer.cancel()
            if seconds:
                self._timer = self._loop.call_later(seconds, self._resume)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._room.make():
                log.error("There are as many connections as there is room for: the next ones wait.")
                self._pause(GRACE_SECONDS / 4)
                return
            try:
                accepted, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                self._refused(fault)
                return
            self._take(accepted, str(address[0]))

    def _refused(self, fault: OSError) -> None:
        words = fault.strerror or type(fault).__name__
        log.error("No connection can be accepted (%s): the next ones wait.", words)
        if fault.errno in _NONE_LEFT:
            self._room.drop_stranger()
        self._pause(_PAUSE_SECONDS)

    def _take(self, accepted: socket.socket, address: str) -> None:
        if not self._room.make_for(address):
            accepted.close()
            log.error("An address has more connections than one may: those over it are closed.")
            return
        accepted.setblocking(False)
        self._room.begin(address)
        task = self._loop.create_task(self._open(accepted, address))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket, address: str) -> None:
        try:
            # What fails here is the caller's: no handshake, or a connection that is gone already.
            with suppress(OSError, EOFError):
                await self._loop.connect_accepted_socket(
                    self._make,
                    accepted,
                    ssl=self._tls,
                    ssl_handshake_timeout=self._handshake,
                    ssl_shutdown_timeout=self._goodbye,
                )
        finally:
            self._room.opened(address)
            self._room.on_room()


def room_for_connections() -> int:
    """Return how many connections this process may hold, so that descriptors stay free for its files."""
    limit = _USUAL_DESCRIPTORS
    if sys.platform != "win32":
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit = 1 << 20 if soft == resource.RLIM_INFINITY else soft
    return max(8, int((limit - _open_descriptors()) * _SHARE_OF_CONNECTIONS))


def _open_descriptors() -> int:
    with suppress(OSError):
        return sum(1 for _ in Path("/dev/fd").iterdir())
    return 32
