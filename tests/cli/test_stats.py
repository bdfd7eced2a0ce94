"""`stats`: how long requests waited, what was decided, how often the agent had recommended just that."""

from __future__ import annotations

import asyncio
import csv
import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from api_client.authority import Policy
from api_client.commands import GiveGrant, SetPolicy
from api_client.times import utc_now, wire_time
from api_client.wire import read
from pumpup_tui.insights.settled_figures import OUTCOME_WORDS
from store.folder.local_backend import open_local
from tests.cli.conftest import Run
from tests.cli.made import RECOMMENDED, Made, conforms
from tests.support.actors import AGENT, ALICE
from tests.support.world_builder import WorldBuilder, decide

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
PEOPLE = {"type": "array", "items": ROW}
BLIND_REVIEW = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["recommendation", "decided", "agreed"],
        "additionalProperties": False,
        "properties": {
            "recommendation": {"enum": ["shown", "hidden"]},
            "decided": {"type": "integer"},
            "agreed": {"type": "integer"},
        },
    },
}
ALL: dict[str, Any] = {
    **ROW,
    "required": [*ROW["required"], "granted", "expired", "blindReview"],
    "properties": {
        **ROW["properties"],
        "granted": {"type": "integer"},
        "expired": {"type": "integer"},
        "blindReview": BLIND_REVIEW,
    },
}
ROWS = {"type": "array", "items": ALL}
DECISION = {
    "type": "object",
    "required": ["requestId", "taskId", "taskName", "summary", "decidedAt", "taskClosed"],
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string"} for name in ("requestId", "taskId", "taskName", "summary")},
        "decidedAt": {"type": "string", "format": "date-time"},
        "taskClosed": {"type": "boolean"},
    },
}
DECISIONS = {
    "type": "object",
    "required": ["count", "more", "first"],
    "additionalProperties": False,
    "properties": {
        "count": {"type": "integer"},
        "more": {"type": "boolean"},
        "first": {"type": "array", "items": DECISION},
    },
}
DEEDS = ("approvedNothingDone", "approvedNoActionLinked", "deniedActedOn")
STATS = {
    "type": "object",
    "required": ["open", "overdue", "all", "days", "projects", "reviewers", "agents", "deeds"],
    "additionalProperties": False,
    "properties": {
        "open": {"type": "integer"},
        "overdue": {"type": "integer"},
        "all": ALL,
        "days": ROWS,
        "projects": ROWS,
        "reviewers": PEOPLE,
        "agents": ROWS,
        "deeds": {
            "type": "object",
            "required": list(DEEDS),
            "additionalProperties": False,
            "properties": dict.fromkeys(DEEDS, DECISIONS),
        },
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
    undone = told["deeds"]["approvedNothingDone"]
    assert (undone["count"], undone["first"][0]["requestId"]) == (1, made.approvals[0])
    assert re.search(r"approved, nothing done +1\n", on("stats").stdout)
    assert on("timeline", "--deed", "none", "--json").stdout.count(made.approvals[0]) == 1
    assert on("timeline", "--deed", "after-denial").stdout.strip() == ""
    assert on("timeline", "--deed", "none", "--follow").returncode == 2
    assert "nothing done yet · decided" in on("show", made.approvals[0]).stdout
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


def test_grants_and_hidden_recommendations_are_counted_apart(run: Run, tmp_path: Path) -> None:
    """What a grant decided is no person's decision; agreement is told for hidden and shown, and of no person alone."""
    data = tmp_path / "data"

    async def make() -> None:
        backend = await open_local(data, ALICE)
        world = WorldBuilder(backend.acting_as(AGENT), backend)
        task = await world.task()
        requests = [await world.approval(task, f"Refund {n}", recommendation=RECOMMENDED) for n in range(3)]
        policy = read(Policy, {"rules": [], "blind": 1.0})
        await world.submit(SetPolicy.of(policy, "prj_general"))
        for request, outcome, blind in zip(requests, ("APPROVE", "APPROVE", "REJECT"), (None, True, True), strict=True):
            await world.submit(decide(request, outcome, blind=blind))
        until = wire_time(utc_now() + timedelta(days=1))
        terms = {"projectId": "prj_general", "name": "all", "filter": "type:approval", "until": until, "most": 50}
        await world.submit(read(GiveGrant, {**terms, "sample": 0.05}))
        for number in range(9):
            await world.approval(task, f"Small {number}", recommendation=RECOMMENDED)
        await backend.aclose()

    asyncio.run(make())
    figures = conforms(run("stats", "--json", "--data", data).stdout, STATS)["all"]
    assert figures["settled"] == 3
    assert 0 < figures["granted"] <= 9
    assert [(one["recommendation"], one["decided"], one["agreed"]) for one in figures["blindReview"]] == [
        ("shown", 1, 1),
        ("hidden", 2, 1),
    ]
    told = run("stats", "--data", data).stdout
    assert f"{figures['granted']} decided by grants" in told
    assert re.search(r"hidden +2 +1 +50%", told)
    assert "BY GRANTS" in told
    tables = {table.split()[0]: table.split("OUTCOMES")[0] for table in told.split("\nBy ")[1:]}
    assert {by: "AGREED" in heads for by, heads in tables.items()} == {
        **dict.fromkeys(("day", "project", "agent"), True),
        "reviewer": False,
    }
    people = run("stats", "--by", "reviewer", "--csv", "--data", data).stdout
    assert {row.split(",")[0] for row in people.splitlines()} - {"unassigned"} == {"reviewer", "alice"}
    assert "blind" not in people
    (agents,) = csv.DictReader(StringIO(run("stats", "--by", "agent", "--csv", "--data", data).stdout))
    assert (agents["granted"], agents["blind_recommended"], agents["blind_followed"]) == (
        str(figures["granted"]),
        "2",
        "1",
    )
    rows = list(csv.DictReader(StringIO(run("export", "--format", "csv", "--data", data).stdout)))
    assert [row["blind"] for row in rows if row["decided_by"] and not row["grant"]] == ["", "yes", "yes"]
    assert sum(row["grant"].startswith("grt_") for row in rows) == figures["granted"]
