"""A server and the screens that are open on it, where nothing happens."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import httpx

from tests.cli.conftest import command, environment
from tests.cli.made import Made
from tests.cli.terminal import terminal
from tests.waiting import HANG_SECONDS, wait_until

BEATS = 12
"""Half a second each: in that time a client that asked after each 0.8 s of silence asked seven times."""
FEW = 4
"""Calls of one start, and one for each time that the machine itself stood still for so long."""


def test_an_idle_client_asks_the_server_nothing(made: Made, tmp_path: Path) -> None:
    """The beats of the stream say that the server is there: the access log stays as it is, and the screen is live."""
    log, home = tmp_path / "log", tmp_path / "home"
    words = command("serve", "--data", made.data, "--port", "0")
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=environment(home), stdin=subprocess.DEVNULL, stderr=file)
    try:
        wait_until(lambda: b" at http://" in log.read_bytes(), "it serves")
        url = log.read_text().split(" at ")[1].split()[0]
        headers = {"Authorization": f"Bearer {made.reviewer_key}"}
        where = environment(home, PUMPUP_API_KEY=made.reviewer_key)
        with terminal(command("--url", url), where) as screen:
            screen.wait_for("Refund $0 on the claim")
            screen.wait_for("live")
            with httpx.stream("GET", f"{url}/api/events/stream", headers=headers, timeout=HANG_SECONDS) as stream:
                beats = 0
                for piece in stream.iter_bytes():
                    beats += piece.count(b":\n\n")
                    if beats > BEATS:
                        break
            screen.press("2")
            screen.wait_for("oldest now")
            assert "offline" not in screen.text()
            screen.press("q")
            assert screen.end() == 0
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(HANG_SECONDS)
    asked = [line for line in log.read_text().splitlines() if " GET /api/me " in line]
    assert 1 <= len(asked) <= FEW, "\n".join(asked)
