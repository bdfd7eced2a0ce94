"""Keys that come in one piece, as a slow line brings them: each does what it would have done alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import command, environment
from tests.cli.terminal import Terminal, terminal
from tests.cli.watched import Watched
from tests.sample import FILE


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[tuple[Terminal, Watched]]:
    """The inbox of the README's record."""
    data, home = tmp_path / "data", tmp_path / "home"
    subprocess.run(command("import", FILE, "--data", data), check=True, capture_output=True)
    with terminal(command("--data", data, "--reviewer", "alice"), environment(home), columns=80, rows=24) as shell:
        watched = Watched(shell)
        watched.sees("Refund $240", "live")
        watched.settled()
        yield shell, watched


def test_a_search_is_typed_and_not_done(screen: tuple[Terminal, Watched]) -> None:
    """What follows the key that opens a search is its text, not keys of the list that approve, deny or move."""
    shell, watched = screen
    shell.press("/Pay\r")
    watched.sees("only Pay", "1 of 3")
    lines = watched.settled()
    assert "Pay $610" in "".join(lines)
    assert not any(word in "".join(lines) for word in ("y send", "cancelled", "nothing was sent"))


def test_a_form_is_filled_in_as_it_is_typed(screen: tuple[Terminal, Watched]) -> None:
    """A backspace deletes what came before it, and behind a tab one types into the next field."""
    shell, watched = screen
    for _ in range(2):
        shell.press("]")
        watched.settled()
    shell.press("a")
    watched.sees("field 1 of 3")
    shell.press("2026-02-20\x7f\x7f19\t, B\x7fLyon\t \x12")
    watched.sees("ANSWER")
    lines = [line.strip() for line in watched.settled()]
    assert [lines[lines.index(label) + 1] for label in ("Day of the accident", "Where?", "Police called?")] == [
        "2026-02-19",
        "Junction of A7 and Mill Road, Lyon",
        "yes",
    ]


def test_a_y_that_comes_with_another_key_sends_nothing(screen: tuple[Terminal, Watched]) -> None:
    """Approve and send in one piece is no press of two keys: it stays armed, and says why."""
    shell, watched = screen
    shell.press("ay")
    watched.sees("APPROVE", "too fast for a key press")
    shell.press("\x1b")
    watched.sees("cancelled: nothing was sent")
