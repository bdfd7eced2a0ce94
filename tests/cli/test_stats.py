"""`stats`: how long requests waited, what was decided, how often the agent had recommended just that."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

from pumpup_tui.insights.settled_figures import OUTCOME_WORDS
from tests.cli.conftest import Run
from tests.cli.made import Made, conforms

NUMBER_OR_NONE = {"type": ["number", "null"]}
ROW: dict[str, Any] = {
    "type": "object",
    "required": [
        "name",
        "asked",
        "open",
        "overdue",
        "oldestSeconds",
        "settled",
        "waitSeconds",
        "outcomes",
        "agreement",
    ],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "asked": {"type": ["integer", "null"]},
        "open": {"type": "integer"},
        "overdue": {"type": ["integer", "null"]},
        "oldestSeconds": NUMBER_OR_NONE,
        "settled": {"type": "integer"},
        "waitSeconds": {
            "type": "object",
            "required": ["p50", "p95"],
            "additionalProperties": False,
            "properties": {"p50": NUMBER_OR_NONE, "p95": NUMBER_OR_NONE},
        },
        "outcomes": {"type": "object", "additionalProperties": {"type": "integer"}},
        "agreement": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["band", "decided", "agreed"],
                "additionalProperties": False,
                "properties": {
                    "band": {"type": "string"},
                    "decided": {"type": "integer"},
                    "agreed": {"type": "integer"},
                },
            },
        },
    },
}
ROWS = {"type": "array", "items": ROW}
STATS = {
    "type": "object",
    "required": ["open", "overdue", "all", "days", "projects", "reviewers", "agents"],
    "additionalProperties": False,
    "properties": {
        "open": {"type": "integer"},
        "overdue": {"type": "integer"},
        "all": ROW,
        "days": ROWS,
        "projects": ROWS,
        "reviewers": ROWS,
        "agents": ROWS,
    },
}


def test_the_command_tells_them(on: Run, made: Made) -> None:
    """As a table, as JSON and as CSV; by day, project, reviewer and agent; outcomes in the screens' words and order."""
    for number, (name, who) in enumerate((("approve", "alice"), ("deny", "bob"))):
        assert on(name, made.approvals[number], "--yes", "--reviewer", who).returncode == 0
    assert on("answer", made.elicitations[0], "place=x", "police=no", "--yes", "--reviewer", "bob").returncode == 0
    told = conforms(on("stats", "--json").stdout, STATS)
    assert list(told["all"]["outcomes"]) == list(OUTCOME_WORDS)
    assert {word: count for word, count in told["all"]["outcomes"].items() if count} == {
        "approve": 1,
        "deny": 1,
        "answer": 1,
    }
    asked = len(made.approvals) + len(made.elicitations) + 1
    assert (told["open"], told["all"]["asked"]) == (asked - 3, asked)
    assert [(day["asked"], day["settled"], day["open"]) for day in told["days"]] == [(asked, 3, asked - 3)]
    shown = on("stats", "--project", "claims").stdout
    assert "90-100 %" in shown
    assert "50%" in shown
    assert "By agent" in shown
    by = json.loads(on("stats", "--by", "reviewer", "--json").stdout)
    assert [(row["name"], row["settled"]) for row in by["rows"]][:2] == [("alice", 1), ("bob", 2)]
    rows = list(csv.DictReader(StringIO(on("stats", "--by", "reviewer", "--csv").stdout)))
    assert [(row["reviewer"], row["settled"], row["approve"], row["deny"]) for row in rows][:2] == [
        ("alice", "1", "1", "0"),
        ("bob", "2", "0", "1"),
    ]
    assert {row["asked"] for row in by["rows"]} == {None}  # nobody is asked: who was to decide is not known later
    assert {day["overdue"] for day in told["days"]} == {None}
    week = on("stats", "--by", "day", "--since", "last week").stdout.splitlines()[0]
    assert re.match(r"From \S+ 00:00 until \S+ 00:00; open", week)
    assert on("timeline", "--since", "last week").stdout.strip() == ""
    none = json.loads(on("stats", "--since", "2999-01-01", "--json").stdout)
    assert none["all"]["settled"] == 0
    assert on("stats", "--csv").returncode == 2


def test_an_empty_folder_has_no_figures(run: Run, tmp_path: Path, steps: Path) -> None:
    """Nothing was settled: no figure is made up."""
    run("projects", "create", "Claims", "--steps", steps, "--data", tmp_path / "data")
    (line,) = (line for line in run("stats", "--data", tmp_path / "data").stdout.splitlines() if line.startswith("all"))
    assert line.split() == ["all", "0", "0", "0", "-", "0", "-", "-", "-"]
