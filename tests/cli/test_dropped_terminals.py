"""A terminal that goes away, or takes nothing any more: the process ends, and what was begun is there again."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pumpup_tui.commands.shutdown import FORCED_SECONDS, ORDERLY_SECONDS
from pumpup_tui.textual_patches.terminal_output import CLOGGED
from tests.cli.conftest import command, environment, serving
from tests.cli.made import Made, make
from tests.cli.terminal import Terminal, terminal
from tests.cli.watched import Watched
from tests.support.record_screens import imported_record
from tests.waiting import wait_until

WAYS = {
    "the inbox": [("", "Refund $240")],
    "an armed decision": [("a", "y send")],
    "a note that is typed": [("a", "y send"), ("n", "note:")],
    "a request": [("\r", "Timeline")],
    "a form": [("]", "Pay $610"), ("]", "Day of the accident"), ("a", "field 1/3")],
    "the board": [("2", "enter task")],
    "a task": [("2", "enter task"), ("\r", "esc back")],
    "the timeline": [("3", "enter event")],
    "the help": [("?", "Keys esc closes")],
    "the palette": [(":", "Search for commands")],
    "the projects": [("p", "esc leaves")],
}
"""By screen: keys, each with a word of what comes."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's record."""
    return imported_record(tmp_path_factory.mktemp("dropped") / "data")


def opened(data: Path) -> list[str]:
    return command("--data", data, "--reviewer", "alice")


def begun(screen: Terminal, word: str = "Refund $240") -> None:
    screen.wait_for(word)
    screen.wait_for("live")
    screen.rest()


@pytest.mark.parametrize("where", WAYS)
def test_a_dropped_terminal_ends_the_process(tmp_path: Path, data: Path, where: str) -> None:
    """From every screen, with the exit code of a hang-up, and with no report of a fault."""
    home = tmp_path / "home"
    with terminal(opened(data), environment(home), controlling=True) as screen:
        begun(screen)
        for keys, word in WAYS[where]:
            screen.raw = b""
            screen.press(keys)
            if keys:
                screen.wait_for(word)
        screen.drop()
        assert screen.gone() == 128 + signal.SIGHUP
    assert list(home.rglob("fault-*")) == []


def ignore_hangups() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.parametrize("controlling", [True, False], ids=["ignored, as under nohup", "sent to nobody"])
def test_without_the_signal_too(tmp_path: Path, data: Path, *, controlling: bool) -> None:
    """Where no signal tells of it, the terminal's own silence does."""
    with terminal(opened(data), environment(tmp_path), controlling=controlling, before=ignore_hangups) as screen:
        begun(screen)
        screen.drop()
        assert screen.gone() == 128 + signal.SIGHUP


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda one: one.name)
def test_a_terminal_that_takes_nothing(tmp_path: Path, data: Path, number: signal.Signals) -> None:
    """A stalled line holds up no signal, however much there is to draw."""
    with terminal(opened(data), environment(tmp_path)) as screen:
        begun(screen)
        full(screen)
        screen.process.send_signal(number)
        assert screen.gone() == 128 + number


def test_a_stalled_terminal_ends_on_the_quit_key(tmp_path: Path, data: Path) -> None:
    """Leaving by a key waits for no answer either."""
    with terminal(opened(data), environment(tmp_path)) as screen:
        begun(screen)
        full(screen)
        screen.press("q")
        assert screen.gone() == 0


REDRAW = "\x0c"


def full(screen: Terminal) -> None:
    """Have more drawn than the terminal takes, without reading any of it."""
    for _ in range(100):
        screen.press(REDRAW)
        screen.pause()


def test_all_is_drawn_once_a_stalled_terminal_takes_it(tmp_path: Path, data: Path) -> None:
    """What was left out while the line stood still is made up for: the picture is whole."""
    with terminal(opened(data), environment(tmp_path), columns=80, rows=24) as screen:
        watched = Watched(screen)
        watched.sees("Refund $240", "live")
        screen.press("3")
        watched.sees("enter event")
        wanted = watched.settled()
        screen.press("1")
        watched.sees("Refund $240")
        watched.settled()
        full(screen)
        before = len(screen.raw)
        screen.press("3")
        watched.becomes(wanted)
        assert len(screen.raw) - before < 2 * CLOGGED  # not all of it came late
        screen.press("q")
        assert screen.end() == 0


def test_a_draft_outlives_its_terminal(tmp_path: Path, data: Path) -> None:
    """What was typed into a form an instant ago stands there at the next start."""
    with terminal(opened(data), environment(tmp_path), controlling=True) as screen:
        begun(screen)
        for keys, word in WAYS["a form"]:
            screen.raw = b""  # the list has drawn what is under the cursor then
            screen.press(keys)
            screen.wait_for(word)
        screen.rest()
        screen.press("2031-12-24")
        screen.wait_for("2031-12-24")
        screen.drop()
        assert screen.gone() == 128 + signal.SIGHUP
    with terminal(opened(data), environment(tmp_path)) as screen:
        begun(screen)
        for keys, word in WAYS["a form"]:
            screen.raw = b""  # the list has drawn what is under the cursor then
            screen.press(keys)
            screen.wait_for(word)
        screen.wait_for("2031-12-24")


def test_what_was_held_is_told_at_the_next_start(tmp_path: Path, data: Path) -> None:
    """A decision in its grace time when the terminal went was not sent, and the next start says so."""
    with terminal(opened(data), environment(tmp_path), controlling=True) as screen:
        begun(screen)
        screen.press("a")
        screen.wait_for("y send")
        screen.rest()
        screen.press("y")
        screen.wait_for("HELD")
        screen.drop()
        assert screen.gone() == 128 + signal.SIGHUP
    with terminal(opened(data), environment(tmp_path)) as screen:
        screen.wait_for("NOT SENT")


@contextmanager
def relay(port: int, standing_still: threading.Event) -> Iterator[int]:
    """Pass bytes on to a server, or none while it stands still; give the port to call."""
    listener = socket.create_server(("127.0.0.1", 0))
    opened = [listener]

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while (piece := source.recv(65536)) and not standing_still.is_set():
                target.sendall(piece)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                opened.extend((near, far))
                for way in ((near, far), (far, near)):
                    threading.Thread(target=pass_on, args=way, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def test_what_was_in_flight_is_told_at_the_next_start(tmp_path: Path) -> None:
    """A decision that a server never answered holds no terminal up, and the next start tells what became of it."""
    made: Made = make(tmp_path / "data", approvals=1, elicitations=0)
    standing_still = threading.Event()
    with (
        serving(tmp_path / "server", made.data) as url,
        relay(int(url.rpartition(":")[2]), standing_still) as port,
    ):
        words = command("--url", f"http://127.0.0.1:{port}")
        settings = environment(tmp_path, PUMPUP_API_KEY=made.reviewer_key, PUMPUP_GRACE_SECONDS="0")
        with terminal(words, settings, controlling=True) as screen:
            begun(screen, "Refund $0")
            screen.press("a")
            screen.wait_for("y send")
            screen.rest()
            standing_still.set()
            screen.press("y")
            screen.wait_for("SENDING")
            screen.drop()
            assert screen.gone() == 128 + signal.SIGHUP
        standing_still.clear()
        with terminal(words, settings) as screen:
            screen.wait_for("NOT RECORDED")


@pytest.mark.parametrize("heeds", [True, False], ids=["an editor", "an editor that heeds no signal"])
@pytest.mark.parametrize("dropped", [True, False], ids=["dropped", "killed"])
def test_with_an_editor_open(tmp_path: Path, data: Path, *, heeds: bool, dropped: bool) -> None:
    """While an editor has the terminal, the process ends as it does without one."""
    opens, pid = tmp_path / "open", tmp_path / "pid"
    editor = tmp_path / "editor"
    trap = "" if heeds else "trap '' HUP TERM; "
    # Of its own it would wait for ever: the fifo has no writer.
    os.mkfifo(opens)
    editor.write_text(f"#!/bin/sh\n{trap}echo $$ > {pid}; echo editing; read -r _ < {opens}\n", encoding="utf-8")
    editor.chmod(0o700)
    with terminal(opened(data), environment(tmp_path, EDITOR=str(editor)), controlling=True) as screen:
        begun(screen)
        screen.press("a")
        screen.wait_for("y send")
        screen.press("n")
        screen.wait_for("note:")
        screen.press("\x07")
        screen.wait_for("editing")
        if dropped:
            screen.drop()
        else:
            screen.process.terminate()
        assert screen.gone() == 128 + (signal.SIGHUP if dropped else signal.SIGTERM)
    with suppress(ProcessLookupError):
        os.kill(int(pid.read_text()), signal.SIGKILL)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux")
def test_a_tmux_session_that_is_killed(tmp_path: Path, data: Path) -> None:
    """`tmux kill-session` leaves no process behind."""
    with tempfile.TemporaryDirectory(prefix="d") as short:
        tmux = ["tmux", "-S", f"{short}/t", "-f", "/dev/null"]
        inner = f"echo $$ > {tmp_path / 'pid'}; exec {shlex.join(opened(data))}"
        with terminal([*tmux, "new-session", "-s", "review", inner], environment(tmp_path, LANG="C.UTF-8")) as screen:
            begun(screen)
            pid = int((tmp_path / "pid").read_text())
            subprocess.run([*tmux, "kill-session", "-t", "review"], check=True, capture_output=True)
            wait_until(lambda: not is_running(pid), "the end of the screens")


def test_a_server_ends_in_order_with_its_terminal(tmp_path: Path) -> None:
    """A hang-up stops `serve` as ctrl+c does, and the exit code says so."""
    words = command("serve", "--data", tmp_path / "data", "--port", "0")
    with terminal(words, environment(tmp_path), controlling=True) as screen:
        screen.wait_for("Serving")
        screen.drop()
        assert screen.gone() == 0


def test_a_server_under_nohup_serves_on(tmp_path: Path) -> None:
    """Where hang-ups are ignored, the terminal goes and the server stays, until it is asked to stop."""
    words = command("serve", "--data", tmp_path / "data", "--port", "0")
    with terminal(words, environment(tmp_path), controlling=True, before=ignore_hangups) as screen:
        screen.wait_for("(ctrl+c stops)")
        port = int(screen.text().partition("http://127.0.0.1:")[2].split()[0])
        screen.drop()
        screen.process.send_signal(signal.SIGHUP)
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b"GET /api/me HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert caller.recv(100).startswith(b"HTTP/1.1 401")
        screen.process.terminate()
        assert screen.gone() == 0


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_limits_are_within_two_seconds() -> None:
    """The orderly end and the forced one after it, together."""
    assert ORDERLY_SECONDS + FORCED_SECONDS <= 1.8
