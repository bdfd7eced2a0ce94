"""Several reviewers on one login, as over SSH: what each typed, sent and looked at is theirs alone."""

from __future__ import annotations

import hashlib
import json
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, environment, serving
from tests.cli.terminal import terminal
from tests.cli.watched import Watched
from tests.support.record_screens import as_reviewer, imported_record, open_form, screens

TYPED = "2026-02-18"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The README's record, as a data folder."""
    return imported_record(tmp_path / "data")


def leave_draft(home: Path, *place: str | Path) -> None:
    """Type into the form and quit."""
    with screens(home, *place) as (shell, watched):
        open_form(shell, watched)
        shell.press(TYPED)
        watched.sees(TYPED)
        watched.settled()
        shell.press("\x1b")
        watched.sees("a answer")
        watched.settled()
        shell.press("q")
        assert shell.end() == 0


def has_draft(home: Path, *place: str | Path) -> bool:
    """Return whether what was typed stands in the form."""
    with screens(home, *place) as (shell, watched):
        open_form(shell, watched)
        return any(TYPED in line for line in watched.settled())


def state(home: Path, place: str) -> Path:
    """Return the folder of what is kept for a place."""
    folder = home / ".local" / "state" / "pumpup-tui" / hashlib.sha256(place.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_draft_is_its_reviewers(tmp_path: Path, data: Path) -> None:
    """What alice typed stands in no form of carol's; alice finds it as she left it."""
    home = tmp_path / "home"
    leave_draft(home, *as_reviewer(data, "alice"))
    assert not has_draft(home, *as_reviewer(data, "carol"))
    assert has_draft(home, *as_reviewer(data, "alice"))


def test_a_draft_on_a_server_is_its_reviewers(tmp_path: Path, data: Path, run: Run) -> None:
    """The key says whose it is; a new key of the same reviewer finds it again."""
    home = tmp_path / "home"
    keys = {}
    for name, reviewer in (("old", "alice"), ("carol", "carol"), ("new", "alice")):
        keys[name] = tmp_path / f"{name}.key"
        keys[name].write_text(run("keys", "add", reviewer, "--role", "reviewer", "--data", data).stdout)
        keys[name].chmod(0o600)
    with serving(tmp_path / "server", data) as url:
        leave_draft(home, "--url", url, "--api-key-file", keys["old"])
        assert not has_draft(home, "--url", url, "--api-key-file", keys["carol"])
        assert has_draft(home, "--url", url, "--api-key-file", keys["new"])
        assert has_draft(home, "--url", url, "--api-key-file", keys["old"])
    assert not any(key.read_text().strip() in one.read_text() for key in keys.values() for one in home.rglob("*.json"))


def test_what_is_in_flight_is_told_to_who_sent_it(tmp_path: Path, data: Path) -> None:
    """A terminal that was killed with a decision held: carol hears nothing of it, alice does."""
    home = tmp_path / "home"
    with screens(home, *as_reviewer(data, "alice")) as (shell, watched):
        shell.press("a")
        watched.sees("y send")
        watched.settled()
        shell.press("y")
        watched.sees("HELD")
        shell.process.send_signal(signal.SIGKILL)
        shell.process.wait()
    with screens(home, *as_reviewer(data, "carol")) as (_, watched):
        assert not any("this terminal ended" in line for line in watched.settled())
    with terminal(command(*as_reviewer(data, "alice")), environment(home), columns=80, rows=24) as shell:
        Watched(shell).sees("NOT SENT approve")


def test_the_last_view_is_its_reviewers(tmp_path: Path, data: Path) -> None:
    """Carol does not begin in the project that alice chose."""
    home = tmp_path / "home"
    with screens(home, *as_reviewer(data, "alice")) as (shell, watched):
        shell.press("p")
        watched.sees("General")
        watched.settled()
        shell.press("jj\r")
        watched.sees("Claims ▾")
        watched.settled()
        shell.press("q")
        assert shell.end() == 0
    with screens(home, *as_reviewer(data, "carol")) as (_, watched):
        watched.sees("all projects ▾")
    with screens(home, *as_reviewer(data, "alice")) as (_, watched):
        watched.sees("Claims ▾")


def test_what_an_earlier_version_left_is_found_once(tmp_path: Path, data: Path) -> None:
    """A draft without a name goes to the first reviewer who comes, one with a name to that reviewer."""
    home = tmp_path / "home"
    leave_draft(home, *as_reviewer(data, "alice"))
    folder = state(home, str(data))
    (new,) = folder.glob("reviewer-*/draft-*.json")
    for whose in ("", "carol"):
        for kept in folder.glob("reviewer-*/draft-*.json"):
            kept.rename(folder / kept.name)
        if whose:
            (folder / new.name).write_text(
                json.dumps({**json.loads((folder / new.name).read_text()), "reviewer": whose})
            )
            assert not has_draft(home, *as_reviewer(data, "bob"))
        first = whose or "alice"
        assert has_draft(home, *as_reviewer(data, first))
        assert not has_draft(home, *as_reviewer(data, "dora"))
        assert not list(folder.glob("draft-*.json"))
