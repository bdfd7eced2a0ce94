"""How the tests run `pumpup-tui`: its own process, with a home that is empty."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.forked import STARTED_DIFFERENTLY, Forks
from tests.waiting import HANG_SECONDS

if TYPE_CHECKING:
    from tests.cli.made import Made

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CLAIMS_STEPS = """{
  "initialStep": "intake",
  "steps": [
    {"name": "intake", "owner": "AGENT", "exits": ["in_review"]},
    {"name": "in_review", "owner": "HUMAN", "exits": ["paid", "denied"], "timeoutSeconds": 3600},
    {"name": "paid", "owner": "PLATFORM", "exits": []},
    {"name": "denied", "owner": "PLATFORM", "exits": []}
  ]
}
"""


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of `pumpup-tui` in this environment."""
    return [sys.executable, "-m", "pumpup_tui", *map(str, arguments)]


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of the tester's own is set."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PUMPUP", "XDG_", "TERM"))}
    return {**kept, "HOME": str(home), "TERM": "xterm-256color", "PYTHONWARNINGS": "default", **more}


@cache
def forks() -> Forks:
    """Return what forks the commands of this process's tests."""
    made = Forks(environment(Path(os.devnull)))
    atexit.register(made.close)
    return made


def run_in(
    home: Path, *arguments: str | Path, given: str | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a terminal; `given` is what it reads on stdin."""
    if not any(name.startswith(STARTED_DIFFERENTLY) for name in more):
        return forks().run([*map(str, arguments)], environment(home, **more), given)
    return subprocess.run(
        command(*arguments),
        env=environment(home, **more),
        stdin=subprocess.DEVNULL if given is None else None,
        input=given,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command to its end, without a terminal."""
    return partial(run_in, tmp_path / "home")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A folder that the tests of a module share."""
    from tests.cli.made import make

    return make(tmp_path_factory.mktemp("made") / "data")


@pytest.fixture(scope="module")
def on(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command on the shared folder."""
    home = tmp_path_factory.mktemp("home")
    return lambda *arguments, **more: run_in(home, *arguments, "--data", made.data, **more)


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A file of steps that can be used."""
    file = tmp_path / "claims.json"
    file.write_text(CLAIMS_STEPS, encoding="utf-8")
    return file


@contextmanager
def serving(home: Path, data: Path, *more: str) -> Iterator[str]:
    """Serve `data` on a free port; give its address."""
    process = subprocess.Popen(
        command("serve", "--data", data, "--port", "0", *more),
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    try:
        words = process.stderr.readline()
        while words.startswith("Warning: "):
            words = process.stderr.readline()
        assert " at http://" in words, words
        yield words.split(" at ")[1].split()[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=HANG_SECONDS)
