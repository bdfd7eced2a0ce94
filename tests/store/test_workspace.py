"""The generated workspaces: as asked for, sound, and the same for the same seed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from store.demo.workspace import generate
from store.transfer.verifier import verify
from tests.support.small_folders import open_store


@pytest.mark.parametrize(("tasks", "events"), [(1, 1), (50, 1000), (400, 8000), (2, 40)])
def test_a_workspace_has_what_was_asked_for(tmp_path: Path, tasks: int, events: int) -> None:
    """Whatever the sizes, it ends, it is sound, and it has that many events and about that many tasks."""
    generate(tmp_path, tasks=tasks, events=events)
    found = verify(tmp_path)
    assert found.wrong == []
    assert events <= found.position.events <= events + 20
    store = open_store(tmp_path)
    assert store.state.count("tasks") <= tasks
    if events > 1000:
        assert store.state.count("tasks") == tasks
        still_open = [doc for doc in store.state.documents("tasks") if doc["status"] != "CLOSED"]
        assert 0.04 < len(store.state.open_requests) / len(still_open) < 0.2
    store.close()


def test_the_same_seed_makes_the_same_workspace(tmp_path: Path) -> None:
    """Two runs with one seed give the same journal, byte for byte; another seed gives another."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(tmp_path / name, tasks=20, events=300, seed=seed)
    a, b, c = ((tmp_path / name / "journal.jsonl").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_the_generators_command(tmp_path: Path) -> None:
    """`python -m store.demo` fills a new folder, and refuses one that holds something."""
    command = [
        sys.executable,
        "-m",
        "store.demo",
        "--tasks",
        "20",
        "--events",
        "200",
        "--data",
        str(tmp_path / "new"),
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert verify(tmp_path / "new").position.events >= 200
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "already" in again.stderr
