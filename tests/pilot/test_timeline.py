"""The timeline: who did what, newest first, of everything, a project or one task."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.stage import Stage


async def some(stage: Stage) -> None:
    await stage.project()
    await stage.approval("Refund $240", "Claim 1", "claims")
    await stage.approval("Refund $99", "Other 2")


async def test_newest_first_with_the_event_beside(tmp_path: Path) -> None:
    """One line an event; beside the list it is told in words, and with v as JSON with its hash."""
    stage = Stage(tmp_path)
    stage.before.append(some)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 2")
        await pilot.press("3")
        await stage.sees(pilot, "◌ requests", "◌ requests  by agent-1", "task        Other 2", "Refund $99")
        await pilot.press("v")
        await stage.sees(pilot, "Payload", "hash", '"summary": "Refund')
        shown = stage.shown()
        assert shown.index("Refund $99") < shown.index("Refund $240")


async def test_new_events_come_in_above(tmp_path: Path) -> None:
    """They appear by themselves and the cursor stays on its event."""
    stage = Stage(tmp_path)
    stage.before.append(some)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 2")
        await pilot.press("3", "j")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Other 2")
        await stage.task("Fresh 3")
        await stage.sees(pilot, "Fresh 3", "▌12:00 agent-1    + created    Other 2")


async def test_one_task_and_back(tmp_path: Path) -> None:
    """Only the task of the event under the cursor with t; with t again, all."""
    stage = Stage(tmp_path)
    stage.before.append(some)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 2")
        await pilot.press("3")
        await stage.sees(pilot, "Refund $240")
        await pilot.press("t")
        await stage.sees(pilot, "Refund $99", "all tasks", gone=("Refund $240",))
        await pilot.press("t")
        await stage.sees(pilot, "Refund $240")


async def test_older_pages_are_read_on_the_way_down(tmp_path: Path) -> None:
    """The end of what is loaded is not the end."""
    stage = Stage(tmp_path)

    async def many(stage: Stage) -> None:
        for number in range(150):
            await stage.task(f"Task {number:03}")

    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 149")
        while "Task 000" not in stage.shown():
            await pilot.press("G")
            await pilot.pause(0.05)


async def test_the_task_of_an_event_opens(tmp_path: Path) -> None:
    """With o; escape comes back."""
    stage = Stage(tmp_path)
    stage.before.append(some)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Inbox 2")
        await pilot.press("3")
        await stage.sees(pilot, "Refund $99")
        await pilot.press("o")
        await stage.sees(pilot, "Timeline, newest first", "Other 2")
        await pilot.press("escape")
        await stage.sees(pilot, "Refund $240", gone=("Timeline, newest first",))
