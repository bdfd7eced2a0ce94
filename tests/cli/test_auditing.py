"""`verify`, `export` and `compact` through their real process."""

from __future__ import annotations

import csv
import hashlib
import subprocess
from io import StringIO
from pathlib import Path

import orjson
import pytest

from store.demo.workspace import generate
from store.transfer.verifier import verify
from tests.cli.conftest import Run, command, environment


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a few hundred events."""
    generate(tmp_path / "data", tasks=20, events=300)
    return tmp_path / "data"


def test_verify_tells_count_and_head(run: Run, data: Path) -> None:
    """A sound folder: the count, the head's hash, that the chain is intact, exit code 0."""
    result = run("verify", "--data", data)
    head = verify(data).position
    assert result.returncode == 0
    assert f"events   {head.events}\n" in result.stdout
    assert f"head     {head.hash}\n" in result.stdout
    assert result.stdout.endswith("OK: chain intact\n")
    assert run("verify", "--expect", head.hash, "--data", data).returncode == 0


def test_verify_says_what_is_wrong_where_and_exits_with_1(run: Run, data: Path) -> None:
    """A changed line is named with its number; a hash that isn't the head's is told."""
    result = run("verify", "--expect", "0" * 64, "--data", data)
    assert result.returncode == 1
    assert "expected" in result.stdout
    journal = data / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[41] = lines[41].replace(b'"owner"', b'"0wner"')
    journal.write_bytes(b"".join(lines))
    result = run("verify", "--data", data)
    assert result.returncode == 1
    assert "Line 42" in result.stdout


@pytest.mark.parametrize("name", ["verify", "export"])
def test_a_folder_that_is_none_is_told_and_not_made(run: Run, tmp_path: Path, name: str) -> None:
    """Looking at a folder that isn't there fails with a sentence and makes nothing."""
    result = run(name, "--data", tmp_path / "nothing")
    assert result.returncode == 3
    assert "not a data folder" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_full_export_carries_the_chain(run: Run, data: Path, tmp_path: Path) -> None:
    """The JSON lines of a full export hash up to the head that `verify` tells."""
    assert run("export", "-o", tmp_path / "all.jsonl", "--data", data).stderr == "Exported 300 events.\n"
    previous = "0" * 64
    for line in (tmp_path / "all.jsonl").read_bytes().splitlines():
        previous = hashlib.sha256(previous.encode() + line[9:-75]).hexdigest()
        assert line[-66:-2].decode() == previous
    assert previous == verify(data).position.hash


def test_an_export_can_be_narrowed(run: Run, data: Path) -> None:
    """Types, project and times narrow it; on stdout there is nothing but the events."""
    lines = run("export", "--types", "note, action", "--project", "claims", "--data", data).stdout.splitlines()
    events = [orjson.loads(line)["event"] for line in lines]
    assert {event["eventType"] for event in events} == {"NOTE", "ACTION"}
    assert len({event["projectId"] for event in events}) == 1
    assert run("export", "--since", "2999-01-01", "--data", data).stdout == ""
    rows = list(
        csv.DictReader(StringIO(run("export", "--format", "csv", "--until", "2999-01-01", "--data", data).stdout))
    )
    assert len(rows) > 280
    decided = run("export", "--format", "csv", "--types", "APPROVAL_DECIDED", "--data", data).stdout
    rows = list(csv.DictReader(StringIO(decided)))
    assert rows
    assert all(row["task"] and row["project"] and row["request"] and row["decided_by"] for row in rows)
    assert {row["outcome"] for row in rows} <= {"approve", "deny", "edit", "ask", "escalate"}
    assert all(float(row["seconds_waited"]) >= 0 for row in rows)


@pytest.mark.parametrize(
    ("option", "words"),
    [(["--since", "soon"], "no date"), (["--task", "tsk_x"], "no task"), (["--project", "x"], "no project")],
)
def test_what_can_not_be_chosen_is_told(run: Run, data: Path, option: list[str], words: str) -> None:
    """A time that is none, a task or project that does not exist: a sentence, no traceback, exit code not 0."""
    result = run("export", *option, "--data", data)
    assert result.returncode != 0
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_an_export_into_a_closed_pipe_ends_quietly(data: Path, tmp_path: Path) -> None:
    """`pumpup-tui export | head -1` prints one line and no complaint."""
    shell = " ".join(f"'{part}'" for part in command("export", "--data", data)) + " | head -1"
    result = subprocess.run(shell, shell=True, env=environment(tmp_path), capture_output=True, text=True, check=True)
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == ""


def test_an_export_that_can_not_be_written_is_told(run: Run, data: Path, tmp_path: Path) -> None:
    """A file in a folder that isn't there is one sentence."""
    result = run("export", "-o", tmp_path / "no" / "file", "--data", data)
    assert result.returncode == 1
    assert "can't be written" in result.stderr


def test_compact_writes_the_checkpoint(run: Run, data: Path) -> None:
    """After `compact` the checkpoint is there again and the folder is sound."""
    (data / "state.json").unlink()
    result = run("compact", "--data", data)
    assert result.returncode == 0
    assert (data / "state.json").is_file()
    assert run("verify", "--data", data).returncode == 0


def test_an_export_goes_over_nothing_unasked(run: Run, data: Path, tmp_path: Path) -> None:
    """A file that is there stays, unless `--yes` says otherwise; a symlink always does; what is made is mode 600."""
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    result = run("export", "-o", tmp_path / "out", "--data", data)
    assert result.returncode == 1
    assert "--yes" in result.stderr
    result = run("export", "--yes", "-o", tmp_path / "link", "--data", data)
    assert result.returncode == 1
    assert "symlink" in result.stderr
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
    assert run("export", "--yes", "-o", tmp_path / "out", "--data", data).returncode == 0
    assert len((tmp_path / "out").read_bytes().splitlines()) == 300
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_an_export_to_a_dash_goes_to_stdout(run: Run, data: Path) -> None:
    """`-o -` is stdout, and no file of that name is made."""
    result = run("export", "-o", "-", "--data", data)
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == 300
    assert not Path("-").exists()
