"""What the timeline shows can be cut down: by type, source, reviewer and text, to a task and back."""

from __future__ import annotations

from pathlib import Path

from api_client.commands import Decide
from api_client.models import Outcome
from tests.pilot.stage import Stage
from tests.pilot.test_timeline_follow import screen_of
from tests.support.actors import ALICE, BOB


async def decided(stage: Stage) -> None:
    for number, actor in ((1, ALICE), (2, BOB), (3, ALICE)):
        request = await stage.approval(f"Refund ${number}", f"Claim {number}")
        await stage.write(Decide(request_id=request, outcome=Outcome(type="APPROVE", note=f"note {number}")), actor)
    for number in range(120):
        await stage.task(f"Task {number:03}")


async def test_by_the_name_of_a_task(tmp_path: Path) -> None:
    """A search finds all events of the tasks whose names its rows show, within another filter too."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press("3", "/", *"claim 2", "enter")
        await stage.sees(pilot, "“note 2”", "Refund $2", "+ created", "“claim 2”", gone=("note 1", "Task 119"))
        await pilot.press("f", *["j"] * 5, "space", "enter")
        await stage.sees(pilot, "decided · “claim 2”", "“note 2”", gone=("+ created",))


async def test_by_type(tmp_path: Path) -> None:
    """With f, space on a type and enter only events of it are shown; escape shows all."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot)
        await pilot.press("3")
        await stage.sees(pilot, "Task 119")
        await pilot.press("f")
        await stage.sees(pilot, "Show only")
        await pilot.press(*["j"] * 5, "space", "enter")
        await stage.sees(pilot, "newest first · decided", "alice      ▲ approved", "“note 2”", gone=("Task 119",))
        await pilot.press("escape")
        await stage.sees(pilot, "Task 119")


async def test_by_reviewer(tmp_path: Path) -> None:
    """Decisions of one person, out of all events."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot)
        await pilot.press("3")
        await stage.sees(pilot, "Task 119")
        await pilot.press("f", "tab", "tab", *"bob", "enter")
        await stage.sees(pilot, "decided by bob", "“note 2”", gone=("note 3", "Task 119"))
        request = await stage.approval("Refund $9", "Claim 9")
        await stage.write(Decide(request_id=request, outcome=Outcome(type="REJECT", note="note 9")), BOB)
        await stage.sees(pilot, "▼ denied", "“note 9”")


async def test_by_text(tmp_path: Path) -> None:
    """The whole timeline is searched, not what is loaded; where nothing fits, it says so."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot)
        await pilot.press("3")
        await stage.sees(pilot, "Task 119")
        await pilot.press("/", *"claim 1", "enter")
        await stage.sees(pilot, "12:00 agent-1    + created    Claim 1", gone=("Task 119",))
        await pilot.press("/", *" x", "enter")
        await stage.sees(pilot, "No matching events", "esc shows all")
        await pilot.press("escape")
        await stage.sees(pilot, "Task 119")


async def test_decisions_are_a_key_away(tmp_path: Path) -> None:
    """With } to the next decision down the list, with { back up; at the end it says there is none."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot)
        await pilot.press("3")
        await stage.sees(pilot, "Task 119")
        screen = screen_of(stage)
        for key, note in (("}", "note 3"), ("}", "note 2"), ("}", "note 1"), ("{", "note 2")):
            await pilot.press(key)
            await stage.sees(pilot, note)
            while screen.search.is_on:
                await pilot.pause(0.01)
            row = screen.timeline.row
            assert row is not None
            assert row.event.payload["outcome"]["note"] == note
        await pilot.press("{", "{")
        await stage.sees(pilot, "no more decisions that way")
