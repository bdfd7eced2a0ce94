"""`approve`, `deny`, `edit`, `ask`, `escalate`, `answer`, `move`, `assign`, `note`: each is recorded once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, command, environment
from tests.cli.made import EVENT_ID, Made, conforms
from tests.cli.terminal import terminal

Fresh = Callable[[], str]


@pytest.fixture(scope="module")
def approval(made: Made) -> Fresh:
    """Give a request that no test has decided yet."""
    left = iter(made.approvals)
    return lambda: next(left)


@pytest.fixture(scope="module")
def elicitation(made: Made) -> Fresh:
    """Give a request that no test has answered yet."""
    left = iter(made.elicitations)
    return lambda: next(left)


@pytest.fixture(scope="module")
def result(on: Run) -> Callable[[str], Any]:
    """Read what became of a request."""
    return lambda request: json.loads(on("show", request, "--json").stdout).get("result")


@pytest.mark.parametrize(
    ("name", "outcome", "note"),
    [
        ("approve", "APPROVE", ()),
        ("deny", "REJECT", ("--note", "twice", "--reason-code", "doubled")),
        ("reject", "REJECT", ()),
        ("edit", "EDIT_AND_APPROVE", ("--note", "only $120")),
        ("ask", "REQUEST_MORE_INFO", ("--note", "photos?")),
        ("escalate", "ESCALATE", ()),
    ],
)
def test_each_outcome_is_recorded(
    on: Run, approval: Fresh, result: Callable[[str], Any], name: str, outcome: str, note: tuple[str, ...]
) -> None:
    """With `--yes` it is sent at once; its note, its reviewer and tags stand on the record."""
    request = approval()
    done = on(name, request, "--yes", "--json", "--reviewer", "alice", "--tag", "lead", *note)
    assert (done.returncode, done.stderr) == (0, "")
    conforms(done.stdout, EVENT_ID)
    recorded = result(request)
    assert recorded["outcome"]["type"] == outcome
    assert recorded["outcome"].get("note") == dict(zip(note[::2], note[1::2], strict=True)).get("--note")
    assert recorded["authoritySnapshot"] == {"subject": "alice", "tags": ["lead"]}


def test_a_second_decision_is_a_conflict(on: Run, approval: Fresh) -> None:
    """Exit code 4, with who was first."""
    request = approval()
    assert on("approve", request, "--yes", "--reviewer", "alice").returncode == 0
    second = on("reject", request, "--yes", "--reviewer", "bob")
    assert second.returncode == 4
    assert "alice" in second.stderr


def test_nothing_is_sent_where_no_one_can_be_asked(on: Run, approval: Fresh, result: Callable[[str], Any]) -> None:
    """On a pipe a decision needs `--yes`, also where 'y' stands in the pipe."""
    request = approval()
    refused = on("approve", request, given="y\n")
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert result(request) is None


@pytest.mark.parametrize(("key", "code", "recorded"), [("y", 0, True), ("n", 1, False), ("\r", 1, False)])
def test_a_terminal_is_asked_once(
    tmp_path: Path, made: Made, approval: Fresh, result: Callable[[str], Any], key: str, code: int, recorded: bool
) -> None:
    """It shows the request and asks; yes sends it, no and enter do not."""
    request = approval()
    words = command("approve", request, "--data", made.data, "--reviewer", "alice", "--tag", "lead")
    with terminal(words, environment(tmp_path, NO_COLOR="1"), columns=40) as screen:
        screen.wait_for("Approve this as alice [lead]?")
        assert "Refund $" in screen.text()
        assert "Within policy." in screen.text()
        screen.press(f"{key}\r" if key != "\r" else key)
        assert screen.end() == code
    assert b"\x1b[3" not in screen.raw
    assert (result(request) is not None) is recorded
    assert ("recorded evt_" in screen.text()) is recorded
    assert ("Nothing was sent" in screen.text()) is not recorded


def test_a_decision_is_bound_to_what_was_shown(on: Run, made: Made, result: Callable[[str], Any]) -> None:
    """With the hash that `show` told it is sent; with another nothing is, and the exit code is 4."""
    shown = json.loads(on("show", made.hostile, "--json").stdout)["hash"]
    refused = on("approve", made.hostile, "--yes", "--hash", "0" * 64)
    assert refused.returncode == 4
    assert result(made.hostile) is None
    assert on("approve", made.hostile, "--yes", "--hash", shown).returncode == 0
    settled = json.loads(on("timeline", "--types", "APPROVAL_DECIDED", "--json").stdout.splitlines()[-1])
    assert settled["inResponseTo"] == made.hostile


def test_the_same_key_never_decides_twice(on: Run, made: Made, elicitation: Fresh) -> None:
    """What may have been recorded is asked again under its key: one event, told as what it is."""
    request = elicitation()
    words = ("answer", request, "place=Berlin", "police=no", "--yes", "--key", "k-1")
    first, second = on(*words), on(*words)
    assert (first.returncode, second.returncode) == (0, 0)
    assert second.stdout.startswith(first.stdout.strip())
    assert "nothing was written twice" in second.stdout


def test_answers_are_typed_as_their_fields_need(on: Run, elicitation: Fresh, result: Callable[[str], Any]) -> None:
    """Numbers, switches and several options out of plain words."""
    request = elicitation()
    pairs = ("place=At home = here", "amount=120", "police=Yes", "parts=hood,roof")
    conforms(on("answer", request, *pairs, "--yes", "--json").stdout, EVENT_ID)
    assert result(request)["fields"] == {
        "place": "At home = here",
        "amount": 120,
        "police": True,
        "parts": ["hood", "roof"],
    }


def test_answers_come_from_a_file(on: Run, tmp_path: Path, elicitation: Fresh, result: Callable[[str], Any]) -> None:
    """As JSON by field id; what is none is told with its line, what a field refuses by its name."""
    request, file = elicitation(), tmp_path / "answers.json"
    file.write_text('{"place": "Berlin",\n "police": }', encoding="utf-8")
    assert "line 2" in on("answer", request, "--file", file, "--yes").stderr
    file.write_text('{"place": "Berlin", "police": "maybe", "colour": 1}', encoding="utf-8")
    refused = on("answer", request, "--file", file, "--yes")
    assert refused.returncode == 1
    assert "police: must be yes or no" in refused.stderr
    assert "colour: is not a field" in refused.stderr
    assert result(request) is None
    file.write_text('{"place": "Berlin", "police": false}', encoding="utf-8")
    assert on("answer", request, "--file", file, "--yes").returncode == 0
    assert result(request)["fields"] == {"place": "Berlin", "police": False}


def test_all_faults_of_answers_are_told_at_once(on: Run, elicitation: Fresh) -> None:
    """By field id, and nothing is sent."""
    refused = on("answer", elicitation(), "amount=x", "police=perhaps", "colour=red", "--yes")
    assert refused.returncode == 1
    for words in ("place: is required", "amount: must be", "police: must be yes or no", "colour: is not a field"):
        assert words in refused.stderr


def test_the_wrong_command_names_the_right_one(on: Run, made: Made) -> None:
    """An elicitation is not approved, an approval not answered."""
    assert "pumpup-tui answer" in on("approve", made.elicitations[-1], "--yes").stderr
    assert "pumpup-tui approve" in on("answer", made.approvals[-1], "a=b", "--yes").stderr


def test_a_task_is_moved_given_and_noted(on: Run, made: Made) -> None:
    """Each is one event on its timeline."""
    task = made.tasks[-2]
    for words in (("move", task[:12], "in_review", "--note", "ready"), ("assign", task, "alice"), ("note", task, "hi")):
        conforms(on(*words, "--json", "--reviewer", "bob").stdout, EVENT_ID)
    lines = on("timeline", task, "--limit", "3", "--json").stdout.splitlines()
    assert [json.loads(line)["eventType"] for line in lines] == ["ACTION", "ASSIGNMENT", "NOTE"]
    assert {json.loads(line)["subject"] for line in lines} == {"bob"}
    refused = on("move", task, "nowhere")
    assert refused.returncode == 1
    assert "paid" in refused.stderr
