"""A PostgreSQL of the tests' own, to be started, stopped, killed, followed by a standby and taken over by it.

The programs are run here, and not through a library's layer: a crash test must reach each process by its id.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self, cast
from urllib.parse import quote

import psycopg

from tests.support.postgres_programs import Programs, find_programs
from tests.waiting import HANG_SECONDS, POLL_SECONDS, wait_until

Mode = Literal["smart", "fast", "immediate"]
"""How a server stops: once its clients have gone; it ends them; at once and without a checkpoint, as in a crash."""
_SIGNALS: Mapping[Mode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
USER = "postgres"
GUARDED = "guarded"
"""A role whose members must give their password over TCP; all others are trusted."""

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "timezone": "UTC",
    # In the data's folder, so that what a killed server leaves goes with it.
    "dynamic_shared_memory_type": "mmap",
    # A standby that a test holds must not be given up.
    "wal_sender_timeout": "0",
    "wal_receiver_timeout": "0",
    "wal_retrieve_retry_interval": "100ms",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
_ACCESS = f"""
local all all trust
local replication all trust
host all +{GUARDED} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""
_PASSING = ("Address already in use", "pre-existing shared memory block")
"""What a server says in vain: the port will be another one, and a killed server's last processes will end."""

# It ends the server and removes its folder once the tests' process, which holds the other end of its input, has gone.
_GUARD = """
while read -r pid; do last=$pid; done
if [ -n "$last" ]; then
    kill -QUIT "$last"
    for _ in $(seq 100); do kill -0 "$last" 2>/dev/null || break; sleep 0.1; done
fi
rm -rf "$1"
"""


class Cluster:
    """A server with its data in a folder of its own. `with` closes it and its standbys."""

    def __init__(self, programs: Programs, name: str, settings: Mapping[str, str]) -> None:
        self.name = name
        self.port = 0
        self.standbys: list[Cluster] = []
        self._programs = programs
        self._settings = {**_SETTINGS, **settings}
        self._server: subprocess.Popen[bytes] | None = None
        self._segment = ""
        """The shared memory that a killed server has left, which its next start takes over."""
        # Short, for a socket's path may have 107 bytes; and open, for the server may run as another user.
        self.root = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if len(tempfile.gettempdir()) > 40 else None))
        programs.hand_over(self.root)
        self._data, self._log = self.root / "data", self.root / "log"
        words = ["/bin/sh", "-c", _GUARD, "guard", str(self.root)]
        self._guard = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    @classmethod
    def create(cls, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> Self:
        """Make a server and start it; `durable` where it must survive more than its own end.

        Raises:
            NoPostgres: none can be started here.
        """
        cluster = cls(find_programs(), "primary", {**({} if durable else _NOT_DURABLE), **(settings or {})})
        try:
            arguments = ("--no-sync", "--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C")
            cluster._programs.run("initdb", *arguments, "-D", cluster._data, cwd=cluster.root)
            (cluster._data / "pg_hba.conf").write_text(_ACCESS)
            cluster.start()
            cluster.execute(f"create role {GUARDED}")
        except BaseException:
            cluster.close()
            raise
        return cluster

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def version(self) -> int:
        """The major version."""
        return self._programs.version

    @property
    def running(self) -> bool:
        """Whether the server was started and has not ended."""
        return self._server is not None and self._server.poll() is None

    @property
    def pid(self) -> int:
        """The id of the server's first process."""
        assert self._server is not None
        return self._server.pid

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def url(self, database: str = "postgres", *, user: str = USER, password: str = "") -> str:
        """Return a database's address over TCP."""
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str = "postgres") -> str:
        """Return a database's address over the unix socket."""
        return f"postgresql://{USER}@/{database}?host={self.root}&port={self.port}"

    def execute(self, statement: str, *values: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Carry out a statement on a connection of its own, outside a transaction; return its rows."""
        with psycopg.connect(self.socket_url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str) -> str:
        """Make an empty database; return its address."""
        self.execute(f'create database "{name}"')
        return self.url(name)

    def start(self) -> None:
        """Start the server and wait until it takes connections; after the first time, at the port that it had.

        Raises:
            AssertionError: it ended; the message is what it wrote.
        """
        assert not self.running
        fixed, end = bool(self.port), time.monotonic() + HANG_SECONDS
        while True:
            self.port = self.port if fixed else free_port()
            before = len(self.log)
            self._spawn()
            if self._answers():
                return
            said = self.log[before:]
            assert any(text in said for text in _PASSING) and time.monotonic() < end, f"PostgreSQL ended: {said}"
            time.sleep(POLL_SECONDS)

    def stop(self, mode: Mode = "fast") -> None:
        """Stop the server and wait for its end."""
        self._end(_SIGNALS[mode])

    def kill(self) -> None:
        """End all processes of the server at once, as the loss of its machine does."""
        children = self._children()
        self._segment = (self._data / "postmaster.pid").read_text().splitlines()[6].split()[-1]
        self._end(signal.SIGKILL)
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def standby(self, name: str, *, synchronous: bool) -> Cluster:
        """Start a standby that streams from this server; where `synchronous`, commits wait for it from now on."""
        standby = Cluster(self._programs, name, self._settings)
        self.standbys.append(standby)
        source = ("-h", str(self.root), "-p", str(self.port), "-U", USER)
        target = ("-D", standby._data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        standby._programs.run("pg_basebackup", *source, *target, cwd=standby.root)
        standby.start()
        standby.execute("alter system reset synchronous_standby_names")  # copied where the primary has one
        standby.execute("select pg_reload_conf()")
        wait_until(lambda: self._replication(name) == "streaming", "a standby streams")
        if synchronous:
            self.execute(f"alter system set synchronous_standby_names = '{name}'")
            self.execute("select pg_reload_conf()")
            wait_until(lambda: self._replication(name, "sync_state") == "sync", "a standby is synchronous")
        return standby

    def hold_sending(self) -> None:
        """Let nothing more reach a standby: the processes that send to them stand still."""
        for pid in self._senders():
            os.kill(pid, signal.SIGSTOP)

    def resume_sending(self) -> None:
        """Let standbys go on after `hold_sending`."""
        for pid in self._senders():
            os.kill(pid, signal.SIGCONT)

    def promote(self) -> None:
        """Make a standby a primary, and wait until it takes writes."""
        assert self.execute("select pg_promote(true, %s)", int(HANG_SECONDS)) == [(True,)]

    def close(self) -> None:
        """End the server and its standbys, and remove their data."""
        for standby in self.standbys:
            standby.close()
        if self.running:
            self.kill()
        if self._segment:
            subprocess.run(["ipcrm", "-m", self._segment], stderr=subprocess.DEVNULL, check=False)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()

    def _spawn(self) -> None:
        own = {"port": str(self.port), "unix_socket_directories": str(self.root), "cluster_name": self.name}
        words = [self._programs.path("postgres"), "-D", str(self._data)]
        for name, value in {**self._settings, **own}.items():
            words += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            # A session of its own: ctrl+c ends the tests, and these end the server.
            self._server = subprocess.Popen(
                words, cwd=self.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **self._programs.as_user,
            )  # fmt: skip
        self._watch(str(self._server.pid))

    def _watch(self, pid: str) -> None:
        """Tell the guard which process it has to end."""
        assert self._guard.stdin is not None
        self._guard.stdin.write(pid.encode() + b"\n")
        self._guard.stdin.flush()

    def _answers(self) -> bool:
        """Wait until the server takes connections; return False where it ended instead."""
        end = time.monotonic() + HANG_SECONDS
        while self.running:
            with suppress(psycopg.OperationalError):
                self.execute("select 1")
                return True
            assert time.monotonic() < end, self.log
            time.sleep(POLL_SECONDS)
        return False

    def _end(self, how: signal.Signals) -> None:
        assert self._server is not None
        self._server.send_signal(how)
        self._server.wait(HANG_SECONDS)
        self._watch("")

    def _children(self) -> list[int]:
        listing = subprocess.run(["ps", "-A", "-o", "pid=", "-o", "ppid="], capture_output=True, text=True, check=True)
        pairs = (line.split() for line in listing.stdout.splitlines())
        return [int(pid) for pid, parent in pairs if int(parent) == self.pid]

    def _senders(self) -> list[int]:
        return [cast("int", pid) for (pid,) in self.execute("select pid from pg_stat_replication")]

    def _replication(self, name: str, column: str = "state") -> str | None:
        rows = self.execute(f"select {column} from pg_stat_replication where application_name = %s", name)
        return cast("str", rows[0][0]) if rows else None


def free_port() -> int:
    """Return a free port below those that connections take by themselves.

    A client that tries again and again to reach a server that is down could otherwise be given the server's own port,
    and reach itself.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as candidate, suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            return port
