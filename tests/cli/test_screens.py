"""The screens in a real terminal: they open over each place, and leave nothing behind."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, environment, serving
from tests.cli.made import Made
from tests.cli.terminal import terminal

SHOWS_AGAIN = b"\x1b[?1049l"
"""What gives the terminal its own screen back."""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """The folder for temporary files of a demo."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def test_the_demo_opens_and_leaves_nothing(tmp_path: Path, room: Path) -> None:
    """`pumpup-tui demo` shows waiting requests at once, and `q` removes its folder."""
    with terminal(command("demo"), environment(tmp_path / "home", TMPDIR=str(room))) as screen:
        screen.wait_for("Open claim C-1030")
        assert len(list(room.iterdir())) == 1
        screen.press("q")
        assert screen.end() == 0
    assert list(room.iterdir()) == []
    assert SHOWS_AGAIN in screen.raw


def test_the_demo_is_a_tour(tmp_path: Path, room: Path) -> None:
    """A line names what to do next, goes on as it is done, and can be left; a folder of one's own has none."""
    with terminal(command("demo"), environment(tmp_path / "home", TMPDIR=str(room)), columns=80, rows=24) as screen:
        screen.wait_for("Open claim C-1030")
        screen.wait_for("1/11 · j moves to the next request, k back. > skip X end tour")
        screen.press("j")
        screen.wait_for("enter opens it")
        screen.press("\r")
        screen.wait_for("arms an approval")
        screen.rest()
        screen.press("a")
        screen.wait_for("y sends it, esc cancels.")
        screen.press("y")
        screen.wait_for("It is held for a moment: u takes it back.")
        screen.press("u")
        screen.wait_for("goes on: find one marked E")
        screen.press(">")
        screen.wait_for("2 shows the board")
        screen.press("2")
        screen.wait_for("move the card along an exit")
        screen.raw = b""  # the inbox has drawn such a word
        screen.press("\r")
        screen.wait_for("oldest")
        screen.rest()
        screen.press("LL")
        screen.wait_for("makes the move, esc cancels.")
        screen.press("\x1b")
        screen.rest()
        screen.press(">3")
        screen.wait_for("F follows what happens")
        screen.press("F")
        screen.wait_for("4 shows the insights")
        screen.press("4")
        screen.wait_for("finds every command, project, task and request.")
        screen.press(">?")
        screen.wait_for("Keys esc closes")
        screen.wait_for("q quits; nothing of the demo stays.")
        screen.press("q")  # closes the help
        screen.rest()
        screen.press("q")
        assert screen.end() == 0
    assert list(room.iterdir()) == []
    with terminal(command("--data", tmp_path / "data", "--create"), environment(tmp_path / "home")) as screen:
        screen.wait_for("live")
        screen.rest()
        screen.press("q")
        assert screen.end() == 0
    assert "end tour" not in screen.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_lost_connection_ends_the_demo_cleanly(tmp_path: Path, room: Path, number: signal.Signals) -> None:
    """A closed SSH session or a kill leaves no folder, no traceback and no half-drawn terminal."""
    with terminal(command("demo"), environment(tmp_path / "home", TMPDIR=str(room))) as screen:
        screen.wait_for("Open claim C-1030")
        screen.process.send_signal(number)
        screen.end()
    assert list(room.iterdir()) == []
    assert SHOWS_AGAIN in screen.raw
    assert "Traceback" not in screen.text()


def test_a_local_folder_opens_under_a_name(tmp_path: Path) -> None:
    """The header says under which name and tags decisions are recorded."""
    options = ("--data", tmp_path / "data", "--create", "--reviewer", "alice", "--tag", "claims-lead")
    with terminal(command(*options), environment(tmp_path / "home")) as screen:
        screen.wait_for("alice [claims-lead]")
        screen.press("q")
        assert screen.end() == 0


def test_what_was_shown_is_there_again(tmp_path: Path, made: Made) -> None:
    """Another start shows the board's filter and both orders of last time; one key clears the filter for good."""
    whole = command("--data", made.data)
    with terminal(whole, environment(tmp_path / "home")) as screen:
        screen.wait_for("oldest first")
        screen.press("s")
        screen.wait_for("Sort and group")
        screen.press("j\r")
        screen.rest()
        screen.press("3")
        screen.wait_for("enter event")
        screen.press("s")
        screen.rest()
        screen.press("2")
        screen.wait_for("oldest now")
        screen.press("/")
        screen.wait_for("show cards with")
        screen.press("nowhere\r")
        screen.wait_for("FILTER “nowhere”")
        screen.wait_for("no match")
        screen.press("q")
        assert screen.end() == 0
    with terminal(whole, environment(tmp_path / "home")) as screen:
        screen.wait_for("newest first")
        screen.press("3")
        screen.wait_for("oldest first")
        screen.press("2")
        screen.wait_for("FILTER “nowhere”")
        screen.wait_for("esc clears")
        screen.wait_for("no match")
        screen.raw = b""  # the timeline has drawn such words already
        screen.press("\x1b")
        screen.wait_for("◌ approval")  # and until then escape and q would be one key
        screen.press("q")
        assert screen.end() == 0
    with terminal(whole, environment(tmp_path / "home")) as screen:
        screen.wait_for("newest first")
        screen.press("2")
        screen.wait_for("oldest now")
        screen.press("q")
        assert screen.end() == 0
    assert "FILTER" not in screen.text()


def test_a_server_opens_with_a_key_file(run: Run, tmp_path: Path) -> None:
    """Over a server the key's owner decides; the key is shown nowhere."""
    home, data, file = tmp_path / "home", tmp_path / "data", tmp_path / "key"
    data.mkdir()
    key = run("keys", "add", "bob", "--role", "reviewer", "--tag", "lead", "--data", data).stdout.strip()
    file.touch(mode=0o600)
    file.write_text(key + "\n", encoding="utf-8")
    with (
        serving(home, data) as url,
        terminal(command("--url", url, "--api-key-file", file), environment(home)) as screen,
    ):
        screen.wait_for("bob")
        screen.press("q")
        assert screen.end() == 0
    assert key not in screen.text()


def test_an_unreachable_server_is_a_banner(tmp_path: Path) -> None:
    """A server that is down is said on the screen, with the key that tries again; the program goes on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with terminal(command("--url", url), environment(tmp_path / "home", PUMPUP_API_KEY="pk_secret")) as screen:
        screen.wait_for("r tries again")
        screen.press("q")
        assert screen.end() == 0
    assert "pk_secret" not in screen.text()
    assert "Traceback" not in screen.text()


def test_a_wrong_key_is_a_banner(run: Run, tmp_path: Path) -> None:
    """A key that the server does not know is said on the screen."""
    home, data = tmp_path / "home", tmp_path / "data"
    with (
        serving(home, data) as url,
        terminal(command("--url", url), environment(home, PUMPUP_API_KEY="pk_wrong")) as screen,
    ):
        screen.wait_for("r tries again")
        screen.press("q")
        assert screen.end() == 0
    assert "key" in screen.text()
    assert "pk_wrong" not in screen.text()


@pytest.mark.parametrize("kind", ["", "unknown"])
def test_a_terminal_that_cannot_draw(tmp_path: Path, kind: str) -> None:
    """On a terminal that names no kind the screens end with a sentence."""
    with terminal(command("--data", tmp_path / "data"), environment(tmp_path / "home", TERM=kind)) as screen:
        assert screen.end() == 1
    assert "TERM" in screen.text()
    assert not (tmp_path / "data").exists()


def test_a_dumb_terminal_is_talked_to_in_lines(tmp_path: Path, made: Made) -> None:
    """Where the terminal moves no cursor, linear mode starts unasked, and sends no control sequence."""
    with terminal(command("--data", made.data), environment(tmp_path / "home", TERM="dumb")) as screen:
        screen.wait_for("What next?")
        screen.press("quit\r")
        assert screen.end() == 0
    assert "Goodbye." in screen.text()
    assert b"\x1b" not in screen.raw


def test_a_folder_that_cannot_be_made_is_told_before_the_screens(tmp_path: Path) -> None:
    """The sentence stands on the shell's own screen, where it stays."""
    file = tmp_path / "file"
    file.touch()
    with terminal(command("--data", file / "data", "--create"), environment(tmp_path / "home")) as screen:
        assert screen.end() == 1
    assert "--data DIR" in screen.text()
    assert b"\x1b[?1049h" not in screen.raw


def test_a_fault_in_the_screens_shows_no_variables(tmp_path: Path) -> None:
    """A fault that no one foresaw ends the screens in one sentence: no traceback, and no key out of a variable."""
    code = (
        "import sys; sys.argv = ['pumpup-tui', '--data', 'data', '--create']\n"
        "from pumpup_tui.app import PumpUpApp\n"
        "def fail(self):\n"
        "    secret = 'pk_' + 'secret'\n"
        "    raise RuntimeError('boom')\n"
        "PumpUpApp.action_help = fail\n"
        "from pumpup_tui.__main__ import main\n"
        "main()"
    )
    home = tmp_path / "home"
    home.mkdir()
    settings = environment(home, PYTHONPATH=str(Path(__file__).parents[2]))
    with terminal([sys.executable, "-c", f"import os; os.chdir({str(home)!r})\n{code}"], settings) as screen:
        screen.wait_for("live")
        screen.press("?")
        assert screen.end() == 1
    after = screen.raw.rpartition(SHOWS_AGAIN)[2].decode()
    assert "unexpected error (RuntimeError)" in after
    assert "Traceback" not in screen.text()
    assert "pk_secret" not in screen.text()
