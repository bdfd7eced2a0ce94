"""A real `pumpup-tui serve` in a process of its own, with keys, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api_client.actor import Actor
from tests.support.backends import RecordPlace

START_SECONDS = 60.0
DESCRIPTORS = 256
"""What the server may open: few, so that running out of them needs few callers."""


BAD, HONEST, REVIEWER = Actor("bad", "agent"), Actor("honest", "agent"), Actor("alice", "reviewer")

_WITH_FEW = f"""
import resource, runpy
resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
runpy.run_module("pumpup_tui", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Target:
    """What a bad caller knows: where the server listens, and a key."""

    port: int
    bad: str

    def head(self, method: str, path: str, key: str, *more: str) -> bytes:
        """Return a call's head as bytes, with its empty line."""
        lines = (f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", *more)
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode()

    def write(self, path: str, key: str, body: object, name: str) -> bytes:
        """Return a whole write as bytes."""
        content = json.dumps(body).encode()
        lines = (f"Idempotency-Key: {name}", "Content-Type: application/json", f"Content-Length: {len(content)}")
        return self.head("POST", path, key, *lines) + content


@dataclass(frozen=True)
class Place:
    """A running server, and who may call it."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    bad: str
    """The bad caller's key."""
    agent: str
    reviewer: str

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    def peak(self) -> float:
        """Return the most memory that it has ever held, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self) -> int:
        """Stop it as an operator does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextmanager
def attacked(place: Place, name: str) -> Iterator[None]:
    """Let a bad caller at it, in a process of its own, for the length of the block."""
    command = [sys.executable, "-m", "tests.attacks.bad", name, str(place.port), place.bad]
    with subprocess.Popen(command) as process:
        try:
            yield
            assert process.poll() is None, f"the attack ended by itself: {process.returncode}"
        finally:
            process.kill()


@contextmanager
def served(tmp_path: Path, record: RecordPlace, *more: str) -> Iterator[Place]:
    """Serve a new record to a bad agent, an honest agent and a reviewer, with few descriptors."""
    log = tmp_path / "serve.log"
    record.create()
    keys = [record.add_key(caller) for caller in (BAD, HONEST, REVIEWER)]
    command = [sys.executable, "-c", _WITH_FEW, "serve", *record.words, "--port", "0", *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PUMPUP")}
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            command,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
            env={**environment, "HOME": str(tmp_path)},
        ) as process,
    ):
        try:
            end = time.monotonic() + START_SECONDS
            while not (found := re.search(r" at (http://\S+)", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end
                time.sleep(0.02)
            yield Place(process, found[1], log, *keys)
        except BaseException as fault:
            fault.add_note(f"The server's exit code is {process.poll()}; its log ends: {log.read_text()[-2_000:]}")
            raise
        finally:
            if process.poll() is None:
                process.kill()


def new_task(place: Place, key: str, name: str) -> str:
    """Make a task; return its id."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": name}
    made = httpx.post(f"{place.url}/api/tasks", json={"projectName": "general", "name": name}, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])
