"""The screens within `tmux`, `screen` and `mosh`: what stands on the terminal is what stands there without them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import command
from tests.cli.terminal import terminal
from tests.sample import FILE
from tests.ssh.server import client, missing, sshd
from tests.ssh.test_over_ssh import remote
from tests.ssh.watched import Watched

HERE = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
PATIENCE = "MOSH_SERVER_NETWORK_TMOUT=30"
"""Ends a mosh-server whose client is gone."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose requests are too old for their age to change meanwhile."""
    folder = tmp_path_factory.mktemp("within") / "data"
    subprocess.run(command("import", FILE, "--data", folder), check=True, capture_output=True)
    return folder


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name, for a socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="w") as folder:
        yield Path(folder)


def browse(words: Sequence[str], home: Path, **more: str) -> tuple[list[list[str]], list[str]]:
    """Open the screens, go through them and quit; return what stood there after each key, and after the end."""
    with terminal(words, {**HERE, "HOME": str(home), **more}, columns=80, rows=24) as shell:
        seen: list[list[str]] = []
        watched = Watched(shell)
        for key, told in (
            ("", "Refund $240"),
            ("j", "Pay $610"),
            ("2", "Claim C-1032"),
            ("L", "y send"),
            ("\x1b", "cancelled"),
            ("3", "The shop is asked"),
            ("1", "Refund $240"),
        ):
            shell.press(key)
            watched.sees(told, "live")
            seen.append(watched.settled())
        shell.press("q")
        assert shell.end() == 0
        return seen, watched.lines()


def plainly(data: Path, home: Path) -> list[list[str]]:
    return browse(["sh", "-c", remote(data, "xterm-256color")], home)[0]


def within_tmux(folder: Path, inner: str) -> list[str]:
    alone = f"tmux set status off; {inner}"  # its last line is the screens' too
    return ["tmux", "-S", str(folder / "t"), "-f", "/dev/null", "new-session", f"sh -c {shlex.quote(alone)}"]


def within_screen(_folder: Path, inner: str) -> list[str]:
    return ["screen", "-U", "-c", "/dev/null", "sh", "-c", inner]


@pytest.mark.parametrize("within", [within_tmux, within_screen], ids=["tmux", "screen"])
def test_within(short: Path, data: Path, within: Callable[[Path, str], list[str]]) -> None:
    """With nothing configured, also where the program runs on this machine: each screen whole, escape at once."""
    name = within(short, "")[0]
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed: apt-get install {name}")
    seen, _ = browse(within(short, remote(data)), short, SCREENDIR=str(short))
    assert seen == plainly(data, short)


@pytest.mark.skipif(shutil.which("screen") is None, reason="screen is not installed: apt-get install screen")
def test_nothing_stays_in_a_screen_without_a_second_screen(short: Path, data: Path) -> None:
    """The shell within `screen` goes on where no picture of ours is."""
    inner = f"{remote(data, '').replace('TERM= ', '')}; echo the shell; read -r _"
    with terminal(
        within_screen(short, inner), {**HERE, "HOME": str(short), "SCREENDIR": str(short)}, columns=80, rows=24
    ) as shell:
        watched = Watched(shell)
        watched.sees("Refund $240", "live")
        shell.press("q")
        watched.sees("the shell")
        assert [line for line in watched.settled() if line] == ["the shell"]
        shell.press("\r")
        assert shell.end() == 0


@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
@pytest.mark.skipif(shutil.which("screen") is None, reason="screen is not installed: apt-get install screen")
def test_over_ssh_out_of_screen(short: Path, data: Path) -> None:
    """Where the SSH client runs in `screen`, the host sees it by its TERM alone."""
    (short / "ssh").mkdir()
    with sshd(short / "ssh") as port:
        inner = shlex.join(client(short / "ssh", port, remote(data)))
        seen, _ = browse(within_screen(short, inner), short, SCREENDIR=str(short))
    assert seen == plainly(data, short)


@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
@pytest.mark.skipif(shutil.which("mosh") is None, reason="mosh is not installed: apt-get install mosh")
def test_over_mosh(short: Path, data: Path) -> None:
    """Over UDP, with only what changed on its way: the same screens, and the terminal is given back."""
    (short / "ssh").mkdir()
    with sshd(short / "ssh") as port:
        *ssh, who, _ = client(short / "ssh", port, "")
        how = shlex.join(word for word in ssh if word != "-tt")
        server = f"--server=env {PATIENCE} LC_ALL=C.UTF-8 mosh-server"
        words = ["mosh", "--predict=never", server, f"--ssh={how}", who, "--", "sh", "-c", remote(data, HERE["TERM"])]
        seen, after = browse(words, short)
    assert seen == plainly(data, short)
    assert "[mosh is exiting.]" in "\n".join(after)
