"""A PgBouncer of the tests' own, in front of their PostgreSQL."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from tests.support.postgres import Cluster, free_port
from tests.support.postgres_programs import find_programs
from tests.waiting import HANG_SECONDS, wait_until

Mode = Literal["session", "transaction"]

_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={cluster} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
{more}
"""
_KNOWS_STATEMENTS = (1, 21)
"""From this version on it can follow a client's prepared statements from session to session; here it never does."""


def is_installed() -> bool:
    """Return whether there is a PgBouncer to start."""
    return shutil.which("pgbouncer") is not None


@contextmanager
def pooled(cluster: Cluster, url: str, mode: Mode) -> Iterator[str]:
    """Run a pooler in front of a cluster; give the address by which a database is reached through it."""
    port, as_user = free_port(), find_programs().as_user
    with tempfile.TemporaryDirectory(prefix="pooler-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        file = folder / "pgbouncer.ini"
        more = "max_prepared_statements = 0" if _version() >= _KNOWS_STATEMENTS else ""
        settings = _CONFIGURATION.format(cluster=cluster.port, port=port, mode=mode, more=more)
        file.write_text(settings, encoding="utf-8")
        find_programs().hand_over(folder)
        program = shutil.which("pgbouncer")
        assert program is not None
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program, str(file)], cwd=folder, stdout=log, stderr=log, **as_user)
        try:
            wait_until(lambda: _takes_connections(port), "the pooler takes connections")
            yield url.replace(f":{cluster.port}/", f":{port}/")
        finally:
            process.terminate()
            process.wait(HANG_SECONDS)


def _version() -> tuple[int, ...]:
    said = subprocess.run(["pgbouncer", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", said.splitlines()[0])[:2])


def _takes_connections(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
