"""Two terminals on one request: one decision is recorded, the other is told whose it is, and keeps its note."""

from __future__ import annotations

import re
from pathlib import Path

from api_client.actor import Actor
from store.folder.local_backend import open_local
from tests.cli.terminal import Terminal
from tests.crash.place import Place, armed, rest
from tests.sdk.serving import run


async def test_two_terminals_on_a_folder(place: Place) -> None:
    """Beside each other on this machine."""
    await _race(place)


async def test_two_terminals_on_a_server(remote: Place) -> None:
    """Through a server, each with a key of its own."""
    remote.keys["bob"] = run("keys", "add", "bob", "--role", "reviewer", "--data", str(remote.folder))
    await remote.seed()
    await _race(remote)


async def _race(place: Place) -> None:
    with place.app() as alice, place.app(reviewer="bob") as bob:
        for shown, note in ((alice, "seen by alice"), (bob, "seen by bob")):
            armed(shown)
            shown.press("n")
            rest(0.2)
            shown.press(note)
            rest(0.2)
            shown.press("\r")
            shown.wait_for(f"note: {note}")
        rest(0.1)
        alice.press("y")
        bob.press("y")
        winner, loser = ("alice", bob) if _won(alice) else ("bob", alice)
        name = "bob" if winner == "alice" else "alice"
        loser.wait_for("LOST")
        loser.wait_for("c puts your note on the task")
        assert re.search(rf"Already decided by {winner} at \d\d:\d\d\.", loser.text())
        assert await place.decided() == ["APPROVE"]
        rest(0.3)
        loser.press("c")
        loser.wait_for("note on Claim 1:")
        rest(0.2)
        loser.press("\r")
        loser.wait_for(f"NOTE as {name} ")
        rest(1.1)
        loser.press("y")
        loser.wait_for("note · Claim 1")
        loser.wait_for("RECORDED")
    assert await _notes(place) == [(f"seen by {name}", name)]
    assert await place.decided() == ["APPROVE"]


def _won(shown: Terminal) -> bool:
    """Return whether this terminal's decision is the one that was recorded, once it knows."""
    while True:
        text = shown.text()
        if "RECORDED" in text:
            return True
        if "LOST" in text:
            return False
        shown.wait_for("approve · Refund $240")
        rest(0.05)
        shown._read(0.1)


async def _notes(place: Place) -> list[tuple[str, str | None]]:
    backend = await open_local(place.folder, Actor("alice", "reviewer"))
    page = await backend.events(types=("NOTE",))
    await backend.aclose()
    return [(str(event.payload["message"]), event.subject) for event in page.items]


async def test_a_note_is_written_in_the_editor(place: Place, tmp_path: Path) -> None:
    """Ctrl+g hands the note to $EDITOR; what it leaves is the armed decision's note, and sends nothing."""
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "%s, and more\\nin two lines\\n" "$(cat "$1")" > "$1"\n')
    editor.chmod(0o755)
    with place.app(EDITOR=str(editor)) as shown:
        armed(shown)
        shown.press("n")
        rest(0.2)
        shown.press("begun")
        rest(0.2)
        shown.press("\x07")
        shown.wait_for("note: begun, and more⏎in two lines")
        assert await place.decided() == []
        rest(0.2)
        shown.press("y")
        shown.wait_for("RECORDED")
    backend = await open_local(place.folder, Actor("alice", "reviewer"))
    result = await backend.approval_result(place.request)
    await backend.aclose()
    assert result is not None
    assert result.outcome.note == "begun, and more\nin two lines"


async def test_the_title_counts_what_waits(place: Place) -> None:
    """The terminal's title holds the count, and the one before comes back at the end."""
    with place.app() as shown:
        shown.wait_for("approval requested")
        rest(0.2)
        shown.press("q")
        assert shown.end() == 0
        assert b"\x1b[22;2t\x1b]2;Pump Up \xc2\xb7 1 waiting\x07" in shown.raw
        assert b"\x1b[23;2t" in shown.raw
