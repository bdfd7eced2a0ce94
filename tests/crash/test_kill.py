"""kill -9 of writers at random moments, and two processes that decide the same requests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scale import pick


def zygote(*arguments: object) -> dict[str, Any]:
    """Run the zygote and return what it printed."""
    command = [sys.executable, "-m", "tests.crash.zygote", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_killed_writers_lose_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However often three writers are killed, checkpoints included, each acknowledged note is there, and once."""
    found = zygote("kill", tmp_path / "data", pick(8, 500))
    with capsys.disabled():
        print(f"\nkill -9: {found['killed']} writers, {found['acknowledged']} commits, wrong: {found['wrong']}")
    assert found["wrong"] == []
    assert found["acknowledged"] > 0


def test_of_two_that_decide_at_once_one_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each request that two processes decide at the same time has one winner, whom the other one's conflict names."""
    found = zygote("race", tmp_path / "data", pick(1, 8), pick(100, 1000))
    with capsys.disabled():
        print(f"\nraces: {found['decided']} requests, wins: {found['wins']}, wrong: {found['wrong']}")
    assert found["wrong"] == []
    assert found["decided"] == pick(100, 8000)
