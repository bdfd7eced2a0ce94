"""`doctor`: what is wrong and what to do."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, environment, run_in, serving
from tests.cli.made import Made, conforms, make
from tests.cli.terminal import terminal

CHECKS = {
    "type": "object",
    "required": ["checks"],
    "additionalProperties": False,
    "properties": {
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["check", "state", "words"],
                "additionalProperties": False,
                "properties": {
                    "check": {"type": "string"},
                    "state": {"enum": ["ok", "note", "wrong"]},
                    "words": {"type": "string"},
                    "remedy": {"type": "string"},
                },
            },
        }
    },
}


def states(run: Run, *options: str | Path, **more: str) -> dict[str, tuple[str, str]]:
    """Return state and words of each check, after looking at the exit code."""
    result = run("doctor", "--json", *options, **more)
    told = conforms(result.stdout, CHECKS)["checks"]
    assert result.returncode == any(one["state"] == "wrong" for one in told), result.stderr
    return {one["check"]: (one["state"], one["words"] + one.get("remedy", "")) for one in told}


def test_all_is_well(on: Run, tmp_path: Path, made: Made) -> None:
    """A sound folder: each thing that was looked at is told, exit code 0."""
    found = states(on)
    assert found["folder"][0] == found["lock"][0] == found["configuration"][0] == "ok"
    assert "events" in found["journal"][1]
    assert found["terminal"][0] == "note"
    with terminal(command("doctor", "--data", made.data), environment(tmp_path), columns=80) as screen:
        assert screen.end() == 0
    assert "80 columns, 30 rows" in screen.text()


def test_a_held_lock_names_who_holds_it(on: Run, made: Made) -> None:
    """Without waiting for it."""
    with (made.data / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state, words = states(on)["lock"]
    assert state == "note"
    assert "held by" in words


def test_a_cut_journal_is_found(run: Run, tmp_path: Path) -> None:
    """By its head, without reading it; the next step is told."""
    data = make(tmp_path / "data", approvals=2, elicitations=0).data
    journal = data / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    state, words = states(run, "--data", data)["journal"]
    assert state == "wrong"
    assert "pumpup-tui verify" in words


def test_a_new_folder_is_no_fault(run: Run, tmp_path: Path) -> None:
    """And looking does not make it."""
    assert states(run, "--data", tmp_path / "new")["folder"][0] == "note"
    assert not (tmp_path / "new").exists()


def test_a_name_with_keys_of_both_roles_is_found(run: Run, tmp_path: Path, steps: Path) -> None:
    """A ring of an older version may hold one: `doctor` and `serve` say which keys are not accepted, and the remedy."""
    data = tmp_path / "two roles"
    assert run("projects", "create", "Claims", "--steps", steps, "--data", data).returncode == 0
    for name, role in (("sam", "agent"), ("tom", "reviewer")):
        assert run("keys", "add", name, "--role", role, "--data", data).returncode == 0
    assert "keys" not in states(run, "--data", data)
    ring = data / "keys.json"
    ring.write_text(ring.read_text().replace('"tom"', '"sam"'))
    found = states(run, "--data", data)["keys"]
    assert found[0] == "wrong"
    assert "keys revoke sam --id ID" in found[1]
    refused = run("serve", "--data", data, "--host", "192.0.2.1", "--port", "0")
    assert "Warning: sam has keys of both roles" in refused.stderr


def test_a_folder_for_all_eyes_is_noted(run: Run, tmp_path: Path) -> None:
    """With what closes it."""
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    state, words = states(run, "--data", tmp_path / "open")["folder"]
    assert state == "note"
    assert "chmod 700" in words


def test_a_server_is_reached_with_a_key_or_not(tmp_path: Path, made: Made) -> None:
    """Whether it answers, whether the key is known, and what it may do."""
    home = tmp_path / "home"
    with serving(tmp_path, made.data) as url:

        def look(key: str) -> dict[str, tuple[str, str]]:
            return states(lambda *a, **more: run_in(home, *a, **more), "--url", url, PUMPUP_API_KEY=key)

        assert look(made.reviewer_key)["key"] == ("ok", "OK, reviewer bob")
        assert look(made.agent_key)["key"][0] in ("note", "wrong")
        wrong = look("pk_wrong")
        assert (wrong["server"][0], wrong["key"][0]) == ("ok", "wrong")
    state, words = states(lambda *a, **m: run_in(home, *a, **m), "--url", url, PUMPUP_API_KEY="k")["server"]
    assert state == "wrong"
    assert "can't be reached" in words
    assert states(lambda *a, **m: run_in(home, *a, **m), "--url", url)["key"][0] == "wrong"


@pytest.mark.parametrize(("name", "value", "check"), [("TERM", "dumb", "terminal"), ("LC_ALL", "C", "characters")])
def test_a_terminal_that_can_not_draw(tmp_path: Path, name: str, value: str, check: str) -> None:
    """What is missing is named, with what to set."""
    settings = environment(tmp_path, **{name: value, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"})
    with terminal(command("doctor", "--json"), settings, columns=200) as screen:
        assert screen.end() == 1
    told = json.loads(screen.raw.decode())["checks"]
    assert next(one for one in told if one["check"] == check)["state"] == "wrong"
