"""Commands whose output nobody reads, or that has no room: what was recorded stays recorded, and is told so."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, environment
from tests.cli.made import Made
from tests.waiting import HANG_SECONDS

GONE = [">&-", "| true", ">&- 2>&-", ">&- 2>&- <&-"]
"""Where nobody reads stdout: closed before, closed meanwhile, and with the other streams closed too."""
FULL = "> /dev/full"

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")  # noqa: PTH110


def shell(home: Path, words: tuple[str | Path, ...], ending: str) -> subprocess.CompletedProcess[str]:
    """Run a command with its streams redirected; return its own exit code, whatever reads behind it."""
    line = " ".join(map(shlex.quote, command(*words)))
    return subprocess.run(
        ["bash", "-c", f"{line} {ending}; exit ${{PIPESTATUS[0]}}"],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )


def is_plain(result: subprocess.CompletedProcess[str]) -> bool:
    """Return whether no fault was met that nobody foresaw."""
    return not any(word in result.stderr for word in ("unexpected error", "Traceback", "Exception ignored"))


def notes_of(on: Run, task: str) -> list[str]:
    """Return the notes on a task."""
    lines = on("timeline", task, "--types", "NOTE", "--json").stdout.splitlines()
    return [json.loads(line)["payload"]["message"] for line in lines]


@pytest.mark.parametrize("ending", GONE)
def test_a_write_that_nobody_hears_of_is_recorded_once_and_ends_well(
    made: Made, on: Run, tmp_path: Path, ending: str
) -> None:
    """A cron job without a stdout writes its note, and has no reason to write it again."""
    result = shell(tmp_path, ("note", made.tasks[0], f"with {ending}", "--data", made.data), ending)
    assert (result.returncode, result.stderr) == (0, "")
    assert notes_of(on, made.tasks[0]).count(f"with {ending}") == 1
    assert on("verify").returncode == 0


WRITES: list[tuple[str, ...]] = [
    ("note", "{task}", "to the full disk"),
    ("note", "{task}", "to the full disk, as JSON", "--json"),
    ("move", "{task}", "in_review"),
    ("assign", "{task}", "carol"),
    ("approve", "{approval}", "--yes"),
    ("answer", "{elicitation}", "place=Berlin", "police=no", "--yes"),
    ("projects", "create", "Full", "--steps", "{steps}"),
]


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_a_write_that_has_no_room_to_be_told_says_that_it_is_recorded(
    made: Made, on: Run, tmp_path: Path, steps: Path, words: tuple[str, ...]
) -> None:
    """Where the output is full, stderr says what was recorded, and the exit code is that of a recorded write."""
    names = {
        "task": made.tasks[1],
        "approval": made.approvals[2],
        "elicitation": made.elicitations[0],
        "steps": str(steps),
    }
    before = json.loads(on("verify", "--json").stdout)["events"]
    named = tuple(word.format(**names) for word in words)
    result = shell(tmp_path, (*named, "--data", made.data), FULL)
    assert result.returncode == 0
    assert "recorded, but could not be printed: no space left on device (" in result.stderr
    assert is_plain(result)
    assert json.loads(on("verify", "--json").stdout)["events"] == before + 1


READS: list[tuple[str, ...]] = [
    ("inbox",),
    ("inbox", "--json"),
    ("show", "{approval}"),
    ("tasks",),
    ("timeline",),
    ("timeline", "--json", "--follow"),
    ("stats",),
    ("projects", "list"),
    ("verify",),
    ("export",),
    ("keys", "list"),
    ("config", "--json"),
    ("config", "--example"),
    ("doctor",),
    ("inbox", "--help"),
    ("completion", "bash"),
    ("--help",),
    ("--version",),
]
WITHOUT_PLACE = ("completion", "--help", "--version")


def _read(made: Made, home: Path, words: tuple[str, ...], ending: str) -> subprocess.CompletedProcess[str]:
    named = tuple(word.format(approval=made.approvals[0]) for word in words)
    return shell(home, named if named[0] in WITHOUT_PLACE else (*named, "--data", made.data), ending)


@pytest.mark.parametrize("ending", [">&-", "| true"])
@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading_ends_quietly_where_nobody_reads(
    made: Made, tmp_path: Path, words: tuple[str, ...], ending: str
) -> None:
    """Whoever closed the output is told nothing, not even by the exit code; a follower ends too."""
    result = _read(made, tmp_path, words, ending)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading_into_a_full_disk_is_one_sentence(made: Made, tmp_path: Path, words: tuple[str, ...]) -> None:
    """What asked for the output must learn that it is not whole: one sentence, exit code 1, no report of a fault."""
    result = _read(made, tmp_path, words, FULL)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "no space left on device" in result.stderr
    assert is_plain(result)


@pytest.mark.parametrize("ending", ["2>&-", "2> /dev/full", "> /dev/full 2>&1", "| true", ">&- 2>&-"])
def test_a_failure_keeps_its_exit_code_where_nobody_hears_the_words(made: Made, tmp_path: Path, ending: str) -> None:
    """A script tells what kind of failure it was by the code alone."""
    assert shell(tmp_path, ("show", "evt_nothing", "--data", made.data), ending).returncode == 3
    assert shell(tmp_path, ("nonsense",), ending).returncode == 2


@pytest.mark.parametrize("ending", [">&-", "| true"])
def test_a_damaged_record_is_told_by_the_exit_code_alone(made: Made, tmp_path: Path, ending: str) -> None:
    """`verify` exits with 1 on what is wrong, whether or not somebody reads what it is."""
    result = shell(tmp_path, ("verify", "--expect", "0" * 64, "--data", made.data), ending)
    assert result.returncode == 1


@pytest.mark.parametrize("ending", [*GONE, FULL])
def test_a_key_that_nobody_was_shown_is_no_key(made: Made, on: Run, tmp_path: Path, ending: str) -> None:
    """A key is shown once: where it could not be, none is left behind, and the exit code says so."""
    before = on("keys", "list").stdout
    result = shell(tmp_path, ("keys", "add", "unseen", "--role", "agent", "--data", made.data), ending)
    assert result.returncode == 1
    assert is_plain(result)
    assert on("keys", "list").stdout == before
