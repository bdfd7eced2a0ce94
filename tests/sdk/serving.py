"""A record served as its owner would: the real command, in a process of its own, on a free port of this machine."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.backends import RecordPlace
from tests.support.world_builder import STEPS
from tests.waiting import HANG_SECONDS

START_SECONDS = HANG_SECONDS


@dataclass(frozen=True)
class ServedRecord:
    """A running server and the keys that it knows."""

    place: RecordPlace
    url: str
    agent_key: str
    reviewer_key: str


def command(*words: str) -> list[str]:
    """Return the arguments that run `pumpup-tui` with `words`."""
    return [sys.executable, "-m", "pumpup_tui", *words]


def run(*words: str) -> str:
    """Run a command to its end and return its stdout."""
    return subprocess.run(
        command(*words), check=True, capture_output=True, text=True, timeout=HANG_SECONDS
    ).stdout.strip()


@contextmanager
def serving(place: RecordPlace) -> Iterator[ServedRecord]:
    """Serve a new record with the project `claims`, and stop as an operator would, by SIGTERM."""
    place.create()
    data = place.words
    with tempfile.NamedTemporaryFile("w", suffix=".json") as steps:
        json.dump(STEPS, steps)
        steps.flush()
        assert run("projects", "create", "Claims", "--steps", steps.name, *data) == "claims"
    agent = run("keys", "add", "claims-agent", "--role", "agent", *data)
    reviewer = run("keys", "add", "alice", "--role", "reviewer", "--tag", "claims-lead", *data)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command("serve", "--port", "0", *data), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment
    ) as server:
        try:
            yield ServedRecord(place, _announced(server), agent, reviewer)
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=HANG_SECONDS) == 0


def _announced(server: subprocess.Popen[bytes]) -> str:
    """Return the address that the server names on stderr once it takes calls."""
    assert server.stderr is not None
    end, heard = time.monotonic() + START_SECONDS, b""
    while time.monotonic() < end and server.poll() is None:
        if select.select([server.stderr], [], [], 0.1)[0]:
            heard += os.read(server.stderr.fileno(), 4096)
        if found := re.search(rb"http://127\.0\.0\.1:[0-9]+", heard):
            return found[0].decode()
    raise AssertionError(f"no server came up: {heard!r}")
