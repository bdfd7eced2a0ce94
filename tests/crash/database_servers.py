"""Real servers over one database, each at a port of its own, that are killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.crash.database_load import WORKSPACE
from tests.sdk.serving import command, run
from tests.support.actors import AGENT
from tests.support.postgres import free_port
from tests.waiting import wait_until


class ServerProcess:
    """`pumpup-tui serve` over a database."""

    def __init__(self, url: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._words = command("serve", "--port", str(self.port), "--database", url, "--workspace", WORKSPACE)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes calls."""
        self._process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, "the server takes calls")

    def kill(self) -> None:
        """End it as the system does."""
        assert self._process is not None
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the server ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


@contextmanager
def servers(url: str, count: int) -> Iterator[tuple[list[ServerProcess], str]]:
    """Give running servers, and what a worker needs to reach all of them as the agent."""
    key = run("keys", "add", AGENT.subject, "--role", "agent", "--database", url, "--workspace", WORKSPACE)
    running = [ServerProcess(url) for _ in range(count)]
    for server in running:
        server.start()
    try:
        yield running, " ".join([*(server.address for server in running), key])
    finally:
        for server in running:
            server.kill()
