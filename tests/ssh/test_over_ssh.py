"""The screens over a real SSH connection: open, browse, move a card, quit."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from store.folder.local_backend import open_local
from tests.cli.made import make
from tests.cli.terminal import terminal
from tests.pilot.stage import STEPS
from tests.ssh.server import authorized, client, delayed, missing, sshd
from tests.support.actors import ALICE
from tests.support.world_builder import world_in
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")
ROOT = Path(__file__).parents[2]


async def _fill(folder: Path) -> None:
    async with world_in(folder) as world:
        await world.project(steps=STEPS)
        for number in range(30):
            await world.task(f"Claim C-{number}", "claims")


async def _moved(folder: Path) -> list[Any]:
    backend = await open_local(folder, ALICE)
    page = await backend.events(types=("ACTION",))
    await backend.aclose()
    return [(one.source, one.transition_from, one.transition_to) for one in page.items]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A running sshd: its folder and its port."""
    folder = tmp_path / "ssh"
    folder.mkdir()
    with sshd(folder) as port:
        yield folder, port


def remote(data: Path, kind: str = "") -> str:
    """Return the command line that opens the screens on the other side, on a terminal of this kind or of its own."""
    words = [sys.executable, "-m", "pumpup_tui", "--data", str(data), "--reviewer", "alice"]
    return f"cd {shlex.quote(str(ROOT))} && {f'TERM={kind} ' if kind else ''}{shlex.join(words)}"


@pytest.mark.parametrize(("kind", "delay"), [("xterm", 0.0), ("screen-256color", 0.0), ("xterm-256color", 0.2)])
def test_open_browse_move_and_quit(tmp_path: Path, server: tuple[Path, int], kind: str, delay: float) -> None:
    """A card is moved and the move is on the record; the terminal is given back. Also over a long line."""
    (folder, port), data = server, tmp_path / "data"
    asyncio.run(_fill(data))
    with ExitStack() as stack:
        near = stack.enter_context(delayed(port, delay)) if delay else port
        screen = stack.enter_context(terminal(client(folder, near, remote(data, kind)), {"PATH": "/usr/bin:/bin"}))
        screen.wait_for("Nothing waits for you")
        screen.press("2")
        screen.wait_for("Claim C-0")
        screen.press("jjk")
        screen.press("L")
        screen.wait_for("y send")
        screen.raw = b""
        screen.press("y")
        screen.wait_for("RECORDED")
        screen.press("3")
        screen.wait_for("Moved from triage")
        screen.press("q")
        assert screen.end() == 0
    assert b"\x1b[?1049l" in screen.raw
    assert asyncio.run(_moved(data)) == [("HUMAN", "triage", "in_review")]


def test_a_dropped_connection_ends_the_screens(tmp_path: Path, server: tuple[Path, int]) -> None:
    """Where the client is killed, as by a network that goes, no process stays on the host."""
    (folder, port), data = server, tmp_path / "data"
    asyncio.run(_fill(data))
    there = f"echo $$ > {shlex.quote(str(tmp_path / 'pid'))}; {remote(data).replace('&& ', '&& exec ')}"
    with terminal(client(folder, port, there), {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color"}) as screen:
        screen.wait_for("Nothing waits for you")
        screen.wait_for("live")
        pid = int((tmp_path / "pid").read_text())
        screen.process.kill()
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the screens")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux")
def test_within_tmux(tmp_path: Path, server: tuple[Path, int]) -> None:
    """The client runs in a tmux: the screens open, a card is moved, and tmux has its window back."""
    (folder, port), data = server, tmp_path / "data"
    asyncio.run(_fill(data))
    inner = shlex.join(client(folder, port, remote(data, "screen-256color")))
    words = [
        "tmux",
        "-S",
        str(folder / "tmux"),
        "-f",
        "/dev/null",
        "new-session",
        f"{inner}; echo left with $?; read -r _",
    ]
    with terminal(words, {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}) as screen:
        screen.wait_for("Nothing waits for you")
        screen.press("2")
        screen.wait_for("Claim C-0")
        screen.press("L")
        screen.wait_for("y send")
        screen.press("y")
        screen.wait_for("RECORDED")
        screen.press("q")
        screen.wait_for("left with 0")
        screen.press("\r")
        assert screen.end() == 0
    assert asyncio.run(_moved(data)) == [("HUMAN", "triage", "in_review")]


def test_a_key_that_may_only_review(tmp_path: Path) -> None:
    """On a host set up as the guide says, the key decides name, folder and tags, and gives no shell."""
    folder, data = tmp_path / "ssh", tmp_path / "data"
    folder.mkdir()
    asyncio.run(_fill(data))
    with sshd(folder, line=authorized(data)) as port:
        words = client(folder, port, "sh -c 'echo a shell; id'")
        with terminal(words, {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color"}) as screen:
            screen.wait_for("alice [claims-lead]")
            screen.wait_for("Nothing waits for you")
            assert "a shell" not in screen.text()
            screen.press("q")
            assert screen.end() == 0


def test_a_dumb_terminal_is_talked_to_in_lines(tmp_path: Path, server: tuple[Path, int]) -> None:
    """On TERM=dumb it draws nothing: it asks and answers in plain lines."""
    (folder, port), data = server, make(tmp_path / "data", approvals=1, elicitations=0).data
    with terminal(client(folder, port, remote(data, "dumb")), {"PATH": "/usr/bin:/bin"}) as screen:
        screen.wait_for("Request 1 of 2, approval")
        screen.press("quit\r")
        assert screen.end() == 0
