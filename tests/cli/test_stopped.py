"""Stopping the screens and coming back, from a real shell with job control; and drawing all of it again."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import command, environment
from tests.cli.terminal import Terminal, terminal
from tests.cli.watched import Watched
from tests.support.record_screens import imported_record
from tests.waiting import wait_until

PROMPT = "shell> "
ENTERS = b"\x1b[?1049h"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed: apt-get install bash")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's record."""
    return imported_record(tmp_path_factory.mktemp("stopped") / "data")


@pytest.fixture
def shell(tmp_path: Path, data: Path) -> Iterator[tuple[Terminal, Watched, int]]:
    """An interactive shell with the screens in its foreground, and their process."""
    settings = environment(tmp_path, PS1=PROMPT)
    words = shlex.join(command("--data", data, "--reviewer", "alice"))
    with terminal(["bash", "--norc", "--noediting", "-i"], settings, columns=80, rows=24, controlling=True) as screen:
        watched = Watched(screen)
        watched.sees(PROMPT.strip())
        screen.press(f"{words}\r")
        watched.sees("Refund $240", "live")
        watched.begun()
        yield screen, watched, int(screen.process.pid)


def screens_of(shell_id: int) -> int:
    """Return the process that a shell has started."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(shell_id)], capture_output=True, check=True)
    (found,) = (int(one) for one in children.stdout.split())
    return found


def scribble(screen: Terminal, watched: Watched) -> None:
    """Have the shell write over what stands there."""
    screen.press("for i in 1 2 3 4 5 6 7 8; do echo scribble; done\r")
    watched.sees("scribble")


def leave(screen: Terminal, watched: Watched) -> None:
    screen.press("q")
    watched.sees(PROMPT.strip())
    screen.press("exit\r")
    assert screen.end() == 0


def test_ctrl_z_stops_and_fg_draws_all_again(shell: tuple[Terminal, Watched, int]) -> None:
    """The shell has its terminal back, modes and all; afterwards what stood there stands there, and keys work."""
    screen, watched, _ = shell
    wanted = watched.lines()
    screen.press("\x1a")
    watched.sees("Stopped")
    assert b"\x1b[?1049l" in screen.raw
    scribble(screen, watched)
    screen.press("fg\r")
    watched.becomes(wanted)
    screen.press("2")
    watched.sees("in_review")
    screen.press("1")
    leave(screen, watched)


@pytest.mark.parametrize("typed", ["", "an"], ids=["over a list", "while a note is typed"])
def test_ctrl_z_twice(shell: tuple[Terminal, Watched, int], typed: str) -> None:
    """It stops wherever the keys go, each time anew."""
    screen, watched, _ = shell
    for key in typed:
        screen.press(key)
        watched.settled()
    wanted = watched.lines()
    for _ in range(2):
        screen.press("\x1a")
        watched.sees("Stopped")
        screen.press("fg\r")
        watched.becomes(wanted)
    if typed:
        screen.press("\x1b\x1b")
        watched.settled()
        screen.press("\x1b")
        watched.settled()
    leave(screen, watched)


def test_a_stop_that_nobody_announced(shell: tuple[Terminal, Watched, int]) -> None:
    """After SIGSTOP the shell wrote over the picture and set the terminal its way: `fg` puts both in order."""
    screen, watched, shell_id = shell
    wanted = watched.lines()
    os.kill(screens_of(shell_id), signal.SIGSTOP)
    watched.sees("Stopped")
    scribble(screen, watched)
    screen.raw, at = screen.raw, len(screen.raw)
    screen.press("fg\r")
    watched.becomes(wanted)
    assert ENTERS in screen.raw[at:]
    # A key comes once, and at once: one thread reads, and lines are no longer gathered.
    screen.press("j")
    watched.sees("▌A  Pay $610")
    leave(screen, watched)


def test_in_the_background_it_waits(shell: tuple[Terminal, Watched, int]) -> None:
    """`bg` draws nothing over the shell: the job is stopped again until it is in the foreground."""
    screen, watched, shell_id = shell
    wanted = watched.lines()
    pid = screens_of(shell_id)
    screen.press("\x1a")
    watched.sees("Stopped")
    at = len(screen.raw)
    screen.press("bg\r")
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", "the second stop")
    watched.settled()
    assert ENTERS not in screen.raw[at:]
    screen.press("fg\r")
    watched.becomes(wanted)
    leave(screen, watched)


def test_where_no_shell_waits_nothing_stops(tmp_path: Path, data: Path) -> None:
    """As a login of its own, behind sshd, ctrl+z leaves nobody before a dead terminal."""
    words = command("--data", data, "--reviewer", "alice")
    with terminal(words, environment(tmp_path), columns=80, rows=24, controlling=True) as screen:
        watched = Watched(screen)
        watched.sees("Refund $240", "live")
        wanted = watched.begun()
        screen.raw = b""
        watched = Watched(screen)
        screen.press("\x1a")
        watched.becomes(wanted)  # all of it, drawn anew: what is typed before that is dropped
        screen.press("2")
        watched.sees("in_review")
        screen.press("q")
        assert screen.end() == 0


@pytest.mark.parametrize("over", ["", "?", "an"], ids=["a list", "a modal", "a note"])
def test_ctrl_l_draws_all_again(shell: tuple[Terminal, Watched, int], over: str) -> None:
    """Whatever another program wrote over the screens, one key makes them whole, from everywhere."""
    screen, watched, _ = shell
    for key in over:
        screen.press(key)
        watched.settled()
    wanted = watched.lines()
    watched.spoil()
    assert watched.lines() != wanted
    screen.press("\x0c")
    watched.becomes(wanted)
