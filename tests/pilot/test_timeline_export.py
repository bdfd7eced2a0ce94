"""What the timeline shows is written to a file: all of it, safely, and over nothing unasked."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

from api_client.commands import Decide
from api_client.models import Outcome
from tests.pilot.stage import Stage
from tests.pilot.test_timeline_follow import screen_of
from tests.support.actors import ALICE


async def many(stage: Stage) -> None:
    for number in range(230):
        await stage.task(f"Task {number:03}")
    await stage.task("=cmd|' /C calc'!A0")


async def export(stage: Stage, pilot: object, path: Path) -> None:
    from textual.pilot import Pilot
    from textual.widgets import Input

    assert isinstance(pilot, Pilot)
    await pilot.press("E")
    await stage.sees(pilot, "write to", "timeline-all-")
    screen_of(stage).query_one(Input).value = str(path)
    await pilot.press("enter")


async def test_json_lines(tmp_path: Path) -> None:
    """Every event that is shown is a line, loaded or not, in the order shown."""
    stage = Stage(tmp_path / "data")
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 229")
        await export(stage, pilot, tmp_path / "out.jsonl")
        await stage.sees(pilot, "231 events written")
    events = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [event["seq"] for event in events] == sorted((event["seq"] for event in events), reverse=True)
    assert len(events) == 231
    assert events[0]["timestamp"].endswith("Z")


async def test_csv_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    """A name that is a formula is a text in the table; only what is filtered is there."""
    stage = Stage(tmp_path / "data")
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 229")
        await pilot.press("/", *"calc", "enter")
        await stage.sees(pilot, "“calc”", gone=("Task 229",))
        await export(stage, pilot, tmp_path / "out.csv")
        await stage.sees(pilot, "1 event written")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1
    assert "calc" in rows[0]["payload"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in rows[0].values())


async def test_its_csv_has_the_columns_of_the_command(tmp_path: Path) -> None:
    """An auditor puts both side by side: the same columns, and the same person in them."""
    stage = Stage(tmp_path / "data")

    async def decided(stage: Stage) -> None:
        request = await stage.approval("Refund $240")
        assert stage.backend is not None
        hash_ = (await stage.backend.request(request)).hash
        await stage.write(Decide(request_id=request, outcome=Outcome(type="APPROVE"), request_hash=hash_), ALICE)

    stage.before.append(decided)
    async with stage.run() as pilot:
        await stage.ready(pilot, "New requests appear here")
        await pilot.press("3")
        await stage.sees(pilot, "Refund $240", "newest first")
        await export(stage, pilot, tmp_path / "screen.csv")
        await stage.sees(pilot, "3 events written")
        await pilot.press("/", *"approve by", "enter")
        await stage.sees(pilot, "“approve by”", gone=("requests",))
        await export(stage, pilot, tmp_path / "searched.csv")
        await stage.sees(pilot, "1 event written")
    command = [sys.executable, "-m", "pumpup_tui", "export", "--format", "csv"]
    subprocess.run([*command, "-o", tmp_path / "command.csv", "--data", tmp_path / "data"], check=True)  # noqa: ASYNC221 - the app is gone
    tables = []
    for name in ("screen", "searched", "command"):
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        tables.append([{key: row[key] for key in row if key != "payload"} for row in rows if row["taskId"]])
    assert tables[0][::-1] == tables[2]
    assert tables[1] == tables[2][-1:]
    assert tables[1][0]["request"] == "Refund $240"
    assert tables[1][0]["seconds_waited"] == "0.000"
    assert {row["subject"] for row in tables[0]} == {"alice", "agent-1"}


async def test_a_file_that_is_there_is_asked_about(tmp_path: Path) -> None:
    """Only the word `over` writes over it; anything else leaves it as it was."""
    stage = Stage(tmp_path / "data")
    stage.before.append(many)
    there = tmp_path / "out.jsonl"
    there.write_text("mine")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 229")
        await export(stage, pilot, there)
        await stage.sees(pilot, "out.jsonl already exists")
        await pilot.press("enter")
        await stage.sees(pilot, "nothing was written")
        assert there.read_text() == "mine"
        await export(stage, pilot, there)
        await stage.sees(pilot, "out.jsonl already exists")
        await pilot.press(*"over", "enter")
        await stage.sees(pilot, "231 events written")
    assert len(there.read_text().splitlines()) == 231


async def test_a_symlink_is_not_written_through(tmp_path: Path) -> None:
    """What it points to stays as it was, and the screen says what to name instead."""
    stage = Stage(tmp_path / "data")
    stage.before.append(many)
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "out.jsonl").symlink_to(tmp_path / "mine")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 229")
        await export(stage, pilot, tmp_path / "out.jsonl")
        await stage.sees(pilot, "nothing was written")
    assert (tmp_path / "mine").read_text() == "mine"


async def test_a_place_that_takes_nothing_says_why(tmp_path: Path) -> None:
    """A folder that is not there is told, and nothing else happens."""
    stage = Stage(tmp_path / "data")
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 229")
        await export(stage, pilot, tmp_path / "nowhere" / "out.jsonl")
        await stage.sees(pilot, "nothing was written", "No such file")
