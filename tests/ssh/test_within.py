"""The screens within `tmux`, `screen` and `mosh`: what stands on the terminal is what stands there without them."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.terminal import terminal
from tests.cli.watched import Watched
from tests.ssh.server import authorized, client, missing, sshd
from tests.ssh.test_over_ssh import remote
from tests.support.record_screens import imported_record

HERE = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
KEYS = (
    ("", "Refund $240"),
    ("j", "Pay $610"),
    ("2", "Claim C-1032"),
    ("L", "y send"),
    ("\x1b", "cancelled"),
    ("3", "The shop is asked"),
    ("1", "Refund $240"),
)
"""What is pressed, and a word of what comes."""
Seen = list[list[str]]


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed: apt-get install {name}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose requests are too old for their age to change meanwhile."""
    return imported_record(tmp_path_factory.mktemp("within") / "data")


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name, for a socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="w") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def plain(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What stands on a terminal with nothing between it and the screens."""
    seen: Seen = []
    home = tmp_path_factory.mktemp("home")
    with terminal(["sh", "-c", remote(data)], {**HERE, "HOME": str(home)}, columns=80, rows=24) as shell:
        watched = Watched(shell)
        watched.sees("Refund $240", "live")
        watched.begun()
        for key, word in KEYS:
            shell.press(key)
            watched.sees(word, "live")
            seen.append(watched.settled())
        shell.press("q")
        assert shell.end() == 0
    return seen


def browse(words: Sequence[str], home: Path, plain: Seen) -> list[str]:
    """Press the same keys within something, see the same, and quit; return what stands there then."""
    environment = {**HERE, "HOME": str(home), "SCREENDIR": str(home)}
    with terminal(words, environment, columns=80, rows=24) as shell:
        watched = Watched(shell)
        watched.sees("Refund $240", "live")
        watched.begun()
        for (key, _), wanted in zip(KEYS, plain, strict=True):
            shell.press(key)
            watched.becomes(wanted)
        shell.press("q")
        assert shell.end() == 0
        return watched.lines()


def within_tmux(folder: Path, inner: str) -> list[str]:
    # Its last line is the screens' too; and nothing of it stays where a test fails.
    alone = f"tmux set status off \\; set destroy-unattached on; {inner}"
    return ["tmux", "-S", str(folder / "t"), "-f", "/dev/null", "new-session", f"sh -c {shlex.quote(alone)}"]


def within_screen(folder: Path, inner: str) -> list[str]:
    (folder / "rc").write_text("autodetach off\n", encoding="utf-8")  # nothing of it stays where a test fails
    return ["screen", "-U", "-c", str(folder / "rc"), "sh", "-c", inner]


@pytest.mark.parametrize(
    "within",
    [pytest.param(within_tmux, marks=needs("tmux")), pytest.param(within_screen, marks=needs("screen"))],
)
def test_within(short: Path, data: Path, plain: Seen, within: Callable[[Path, str], list[str]]) -> None:
    """On this machine: each screen whole, and escape heard at once."""
    browse(within(short, remote(data)), short, plain)


@needs("screen")
def test_nothing_stays_where_there_is_no_second_screen(short: Path, data: Path) -> None:
    """The shell within `screen` goes on where no picture of ours is."""
    inner = f"{remote(data)}; echo the shell; read -r _"
    environment = {**HERE, "HOME": str(short), "SCREENDIR": str(short)}
    with terminal(within_screen(short, inner), environment, columns=80, rows=24) as shell:
        watched = Watched(shell)
        watched.sees("Refund $240", "live")
        shell.press("q")
        watched.becomes(["the shell", *[""] * 23])
        shell.press("\r")
        assert shell.end() == 0


@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
@needs("screen")
def test_over_ssh_out_of_screen(short: Path, data: Path, plain: Seen) -> None:
    """Where the SSH client runs in `screen`, the host sees it by its TERM alone."""
    (short / "ssh").mkdir()
    with sshd(short / "ssh") as port:
        inner = shlex.join(client(short / "ssh", port, remote(data)))
        browse(within_screen(short, inner), short, plain)


@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
@needs("mosh")
def test_over_mosh(short: Path, data: Path, plain: Seen) -> None:
    """Over UDP, with only what changed on its way, and with a key that may do no more, as the guide says."""
    (short / "ssh").mkdir()
    line = authorized(data, before="mosh-server new -s -l LANG=C.UTF-8 -- ")
    with sshd(short / "ssh", line=line.replace(" --tag claims-lead", "")) as port:
        *ssh, who, _ = client(short / "ssh", port, "")
        how = shlex.join(word for word in ssh if word != "-tt")
        after = browse(["mosh", "--predict=never", f"--ssh={how}", who], short, plain)
    assert "[mosh is exiting.]" in "\n".join(after)
