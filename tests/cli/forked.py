"""Commands without the time that Python takes to start: a process with all imports made forks one for each command.

    python -m tests.cli.forked

It reads commands from the socket that is its standard input, each with its three standard streams, and writes each
command's exit code. What a command finds is what it finds when it was started: its own process, arguments, variables,
folder and streams. Only the imports are there already, so what a start takes, and that it works at all, is shown by
other tests: those of the packages, of the pages and of everything under a terminal.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from pkgutil import walk_packages

from tests.waiting import HANG_SECONDS

STARTED_DIFFERENTLY = ("PYTHON", "LC_", "LANG", "TEXTUAL", "COLORTERM", "NO_COLOR", "MALLOC")
"""What Python or a library looks at while it starts or is imported."""
_MOST = 1 << 20
_STREAMS = 3


class Forks:
    """A process that forks commands: one for all tests of a worker, which come one after the other."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start it with these variables."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked"], stdin=theirs.fileno(), env=dict(environment)
        )
        theirs.close()
        ours.settimeout(HANG_SECONDS)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], given: str | None
    ) -> subprocess.CompletedProcess[str]:
        """Run `pumpup-tui` to its end; `given` is what it reads on stdin."""
        with ExitStack() as open_files:
            streams = [open_files.enter_context(tempfile.TemporaryFile()) for _ in range(_STREAMS)]
            streams[0].write((given or "").encode())
            streams[0].seek(0)
            told = {"arguments": list(arguments), "environment": dict(environment), "folder": os.getcwd()}  # noqa: PTH109
            socket.send_fds(self._socket, [json.dumps(told).encode()], [stream.fileno() for stream in streams])
            code = int(self._socket.recv(_MOST))
            for stream in streams:
                stream.seek(0)
            _, out, err = (stream.read().decode() for stream in streams)
        return subprocess.CompletedProcess(list(arguments), code, out, err)

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._process.wait(HANG_SECONDS)


def main() -> None:
    """Fork a command for each message until there are no more."""
    for package in ("pumpup_tui", "api_client", "store"):
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    gc.freeze()
    connection = socket.socket(fileno=os.dup(0))
    while True:
        message, streams, *_ = socket.recv_fds(connection, _MOST, _STREAMS)
        if not message:
            return
        child = os.fork()
        if child == 0:
            connection.close()
            _become(streams, **json.loads(message))
        for stream in streams:
            os.close(stream)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.send(b"%d" % code)


def _become(streams: Sequence[int], arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Be the command, to its end."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.argv = ["pumpup-tui", *arguments]
    warnings.simplefilter("default")
    code = 0
    try:
        runpy.run_module("pumpup_tui", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - told as Python itself tells of what ends it
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # what Python does at its end, in its order
    atexit._run_exitfuncs()
    for out in (sys.stdout, sys.stderr):
        out.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
