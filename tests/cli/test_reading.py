"""`inbox`, `show`, `tasks`, `timeline`, `projects`: what is there, as a table or as JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from api_client.models import Event, InboxItem, Page, Project, RequestDetail, Task
from tests.cli.conftest import Run, command, environment, serving
from tests.cli.made import Made, conforms
from tests.cli.terminal import terminal
from tests.waiting import HANG_SECONDS


def test_the_inbox_lists_what_waits(on: Run, made: Made) -> None:
    """A line a request, oldest first, with what the agent would do; piped, nothing is cut."""
    result = on("inbox")
    first = result.stdout.splitlines()[1]
    assert made.approvals[0].startswith(first.split()[0])
    assert "Refund $0 on the claim" in first
    assert "▲ approve 91 %" in first
    assert "Claim C-0000" in first
    assert result.stderr == ""


def test_the_inbox_as_json_is_a_page(on: Run, made: Made) -> None:
    """`--json` is the contract's page of inbox items."""
    told = conforms(on("inbox", "--json").stdout, Page[InboxItem])
    assert [item["requestId"] for item in told["items"]] == [*made.approvals, *made.elicitations, made.hostile]
    few = conforms(on("inbox", "--project", "claims", "--limit", "2", "--json").stdout, Page[InboxItem])
    assert len(few["items"]) == 2
    assert on("inbox", "--project", "general").stdout == ""


def test_a_request_is_shown_whole(on: Run, made: Made) -> None:
    """What is asked, by whom it would be approved, and the hash that a decision is bound to; also by a short id."""
    shown = on("show", made.approvals[0][:12])
    assert "Refund $0 on the claim" in shown.stdout
    assert "▲ approve 91 %" in shown.stdout
    told = conforms(on("show", made.approvals[0], "--json").stdout, RequestDetail)
    assert told["hash"] in shown.stdout
    fields = on("show", made.elicitations[0].removeprefix("evt_")).stdout
    assert "Amount (Number, " in fields
    assert "1 to 500" in fields
    assert "hood / door / roof" in fields


def test_tasks_are_chosen_by_what_they_are(on: Run, made: Made) -> None:
    """By project, name, step and status."""
    told = conforms(on("tasks", "--status", "waiting", "--json").stdout, Page[Task])
    assert {one["id"] for one in told["items"]} == set(made.tasks)
    assert len(on("tasks", "--name", "C-0003", "--project", "Claims").stdout.splitlines()) == 2
    assert on("tasks", "--step", "paid").stderr == "No matching tasks.\n"


def test_a_timeline_is_lines_of_events(on: Run, made: Made) -> None:
    """As JSON, one event a line, oldest first; of one task, of some types, the last few."""
    lines = on("timeline", "--json").stdout.splitlines()
    events = [conforms(line, Event) for line in lines]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    of_one = on("timeline", made.tasks[0], "--types", "approval_requested", "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in of_one] == [made.approvals[0]]
    assert len(on("timeline", "--limit", "3").stdout.splitlines()) == 3


def test_a_filter_without_a_match_says_so(on: Run, made: Made) -> None:
    """On stderr, with the reviewer who may have been meant; a range that ends before it begins is told as that."""
    assert on("deny", made.approvals[3], "--note", "too late", "--yes", "--reviewer", "maria").returncode == 0
    row = on("timeline", "--outcome", "deny").stdout
    assert all(words in row for words in ("▼ denied", "“too late”", "Claim C-0003")), row
    assert "deny by" not in row
    for words in (("timeline",), ("export",)):
        result = on(*words, "--decided-by", "mraia")
        assert (result.returncode, result.stdout) == (0, "")
        assert "No matching events. Did you mean maria?" in result.stderr
        assert "No matching events: the range ends" in on(*words, "--since", "1d", "--until", "3d").stderr
    assert on("timeline", "--types", "TIMEOUT").stderr == "No matching events.\n"


def test_projects_are_listed_and_shown(on: Run) -> None:
    """The names that agents use, and each step with its exits."""
    told = conforms(on("projects", "list", "--json").stdout, Page[Project])
    assert {one["projectName"] for one in told["items"]} == {"general", "claims"}
    assert "claims" in on("projects", "list").stdout
    conforms(on("projects", "show", "claims", "--json").stdout, Project)
    shown = on("projects", "show", "Claims").stdout
    assert "in_review  HUMAN" in shown
    assert "none: closes the task" in shown


READING = [("inbox",), ("tasks",), ("timeline",), ("projects", "list"), ("projects", "show", "claims"), ("stats",)]


@pytest.mark.parametrize("words", [*READING, ("show", "ID")], ids="-".join)
def test_no_foreign_text_acts_on_a_terminal(tmp_path: Path, made: Made, words: tuple[str, ...]) -> None:
    """In 40 columns each line fits, and what an agent wrote steers nothing; NO_COLOR takes the colours off."""
    words = tuple(made.hostile if word == "ID" else word for word in words)
    settings = environment(tmp_path, NO_COLOR="1")
    with terminal(command(*words, "--data", made.data), settings, columns=40) as screen:
        assert screen.end() == 0
    told = screen.raw.decode()
    assert told
    assert not [char for char in told if char not in "\r\n" and (char < " " or char in "\x7f\x9b\u202e\u2066")]
    from rich.cells import cell_len

    assert [line for line in told.splitlines() if cell_len(line) > 40] == []


def test_colours_are_for_terminals(tmp_path: Path, made: Made, on: Run) -> None:
    """A terminal gets colours; a pipe gets none."""
    with terminal(command("inbox", "--data", made.data), environment(tmp_path), columns=80) as screen:
        assert screen.end() == 0
    assert b"\x1b[36m" in screen.raw
    assert "\x1b" not in on("inbox").stdout + on("show", made.hostile).stdout


CLOSED = [
    *READING,
    ("inbox", "--json"),
    ("timeline", "--json"),
    ("verify",),
    ("config", "--json"),
    ("doctor",),
    ("export",),
]


@pytest.mark.parametrize("words", CLOSED, ids="-".join)
def test_a_closed_pipe_ends_quietly(tmp_path: Path, made: Made, words: tuple[str, ...]) -> None:
    """A reader that has had enough is no fault: no complaint, exit code 0."""
    process = subprocess.Popen(
        command(*words, "--data", made.data), env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=HANG_SECONDS) == 0


def test_following_tells_each_new_event_once(tmp_path: Path, made: Made, on: Run) -> None:
    """`timeline --follow` goes on with what others write, and ends with the reader."""
    process = subprocess.Popen(
        command("timeline", made.tasks[0], "--follow", "--json", "--data", made.data),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        before = [json.loads(process.stdout.readline())["eventType"] for _ in range(2)]
        assert before == ["TASK_CREATED", "APPROVAL_REQUESTED"]
        assert on("note", made.tasks[1], "on another task").returncode == 0
        assert on("note", made.tasks[0], "first").returncode == 0
        assert on("note", made.tasks[0], "second").returncode == 0
        told = [conforms(process.stdout.readline(), Event)["payload"]["message"] for _ in range(2)]
        assert told == ["first", "second"]
    finally:
        process.send_signal(2)
        process.wait(timeout=HANG_SECONDS)
        process.stdout.close()
    assert process.returncode == 130


def test_following_goes_on_after_an_outage(tmp_path: Path, made: Made, on: Run) -> None:
    """A server that goes and comes back: what was written meanwhile is told, and nothing twice."""
    words = ("timeline", made.tasks[2], "--follow", "--json", "--limit", "1")
    with serving(tmp_path / "server", made.data) as url:
        process = subprocess.Popen(
            command(*words, "--url", url),
            env=environment(tmp_path, PUMPUP_API_KEY=made.reviewer_key),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["eventType"] == "APPROVAL_REQUESTED"
    try:
        assert "trying again" in process.stderr.readline()
        assert on("note", made.tasks[2], "meanwhile").returncode == 0
        with serving(tmp_path / "server", made.data, "--port", url.rpartition(":")[2]):
            assert json.loads(process.stdout.readline())["payload"]["message"] == "meanwhile"
            assert on("note", made.tasks[2], "after").returncode == 0
            assert json.loads(process.stdout.readline())["payload"]["message"] == "after"
    finally:
        process.kill()
        process.communicate()


def test_a_terminal_of_another_coding_is_no_fault(on: Run, made: Made) -> None:
    """What it can't show is told by its number."""
    result = on("inbox", PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\u25b2 approve 91 %" in result.stdout
