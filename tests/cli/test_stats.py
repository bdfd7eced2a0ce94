"""`stats`: how long requests waited, what was decided, how often the agent had recommended just that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api_client.models import Event
from pumpup_tui.commands.decision_counts import DecisionCounts, percentile
from tests.cli.conftest import Run
from tests.cli.made import Made, conforms

GROUP: dict[str, Any] = {
    "type": "object",
    "required": ["settled", "waitSeconds", "outcomes", "agreement"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "settled": {"type": "integer"},
        "waitSeconds": {
            "type": "object",
            "required": ["p50", "p95"],
            "additionalProperties": False,
            "properties": {"p50": {"type": ["number", "null"]}, "p95": {"type": ["number", "null"]}},
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
STATS = {
    "type": "object",
    "required": ["open", "all", "projects", "reviewers"],
    "additionalProperties": False,
    "properties": {
        "open": {"type": "integer"},
        "all": GROUP,
        "projects": {"type": "array", "items": GROUP},
        "reviewers": {"type": "array", "items": GROUP},
    },
}
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def asked(number: int) -> Event:
    return _event(f"evt_{number}", "APPROVAL_REQUESTED", START, {})


def decided(number: int, after: float, outcome: str, recommended: str | None, confidence: Any, who: str) -> Event:
    snapshot = None if recommended is None else {"outcome": {"type": recommended}, "confidence": confidence}
    payload = {"outcome": {"type": outcome}, "authority": {"subject": who}, "recommendationSnapshot": snapshot}
    at = START + timedelta(seconds=after)
    return _event(f"evt_d{number}", "APPROVAL_DECIDED", at, payload, in_response_to=f"evt_{number}")


def _event(name: str, kind: str, at: datetime, payload: dict[str, Any], **more: Any) -> Event:
    return Event(
        id=name,
        task_id="tsk_1",
        project_id="prj_1",
        event_type=kind,
        source="HUMAN",
        owner="HUMAN",
        timestamp=at,
        payload=payload,
        **more,
    )


def test_waits_outcomes_and_agreement_are_counted() -> None:
    """By nearest rank; agreement by the confidence that the agent told; by project and by reviewer."""
    counts = DecisionCounts({"prj_1": "claims"})
    for number in range(6):
        counts.add(asked(number))
    counts.add(decided(0, 10, "APPROVE", "APPROVE", 0.95, "alice"))
    counts.add(decided(1, 20, "REJECT", "APPROVE", 0.9, "alice"))
    counts.add(decided(2, 30, "APPROVE", "APPROVE", 0.89, "bob"))
    counts.add(decided(3, 100, "ESCALATE", "APPROVE", None, "bob"))
    counts.add(decided(4, 1000, "APPROVE", None, None, "bob"))
    told = counts.wire()
    assert told["open"] == 1
    assert told["all"]["waitSeconds"] == {"p50": 30.0, "p95": 1000.0}
    assert told["all"]["outcomes"] == {"APPROVE": 3, "REJECT": 1, "ESCALATE": 1}
    bands = {one["band"]: (one["decided"], one["agreed"]) for one in told["all"]["agreement"]}
    assert bands == {
        "0.90-1.00": (2, 1),
        "0.70-0.89": (1, 1),
        "0.50-0.69": (0, 0),
        "0.00-0.49": (0, 0),
        "not told": (1, 0),
    }
    assert [(one["name"], one["settled"]) for one in told["reviewers"]] == [("alice", 2), ("bob", 3)]
    assert [(one["name"], one["settled"]) for one in told["projects"]] == [("claims", 5)]


@pytest.mark.parametrize(("count", "p50", "p95"), [(0, None, None), (1, 1, 1), (20, 10, 19), (100, 50, 95)])
def test_percentiles_are_of_the_nearest_rank(count: int, p50: float | None, p95: float | None) -> None:
    """A value that was there, none in between."""
    values = [float(number) for number in range(1, count + 1)]
    assert (percentile(values, 50), percentile(values, 95)) == (p50, p95)


def test_a_time_narrows_it_by_when_it_was_settled() -> None:
    """From the first moment on, before the second."""
    counts = DecisionCounts({}, START + timedelta(seconds=20), START + timedelta(seconds=30))
    for number, after in enumerate((10, 20, 30)):
        counts.add(asked(number))
        counts.add(decided(number, after, "APPROVE", None, None, "alice"))
    assert counts.wire()["all"]["settled"] == 1


def test_the_command_tells_them(on: Run, made: Made) -> None:
    """As a table and as JSON; chosen by project and time."""
    for number, (name, who) in enumerate((("approve", "alice"), ("deny", "bob"))):
        assert on(name, made.approvals[number], "--yes", "--reviewer", who).returncode == 0
    assert on("answer", made.elicitations[0], "place=x", "police=no", "--yes", "--reviewer", "bob").returncode == 0
    told = conforms(on("stats", "--json").stdout, STATS)
    assert told["all"]["outcomes"] == {"APPROVE": 1, "REJECT": 1, "ANSWERED": 1}
    assert told["open"] == len(made.approvals) + len(made.elicitations) + 1 - 3
    shown = on("stats", "--project", "claims").stdout
    assert "0.90-1.00" in shown
    assert "50%" in shown
    assert "bob" in shown
    none = json.loads(on("stats", "--since", "2999-01-01", "--json").stdout)
    assert none["all"]["settled"] == 0
    assert on("stats", "--project", "general").returncode == 0


def test_an_empty_folder_has_no_figures(run: Run, tmp_path: Path, steps: Path) -> None:
    """Nothing was settled: no figure is made up."""
    run("projects", "create", "Claims", "--steps", steps, "--data", tmp_path / "data")
    assert "all  0        -    -    -" in run("stats", "--data", tmp_path / "data").stdout
