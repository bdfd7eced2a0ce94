"""The command palette finds all there is: every key's action by its words, and what stands far down a long list."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from api_client.commands import CreateProject, read_command
from pumpup_tui.keys.key_commands import commands_of
from pumpup_tui.keys.table import BY_ID
from pumpup_tui.shell.palette import PaletteScreen
from pumpup_tui.shell.palette_actions import command_entry
from pumpup_tui.shell.palette_entries import ranked, read_query
from pumpup_tui.shell.palette_search import MOST
from pumpup_tui.task.screen import TaskScreen
from tests.pilot.stage import STEPS, Stage
from tests.support.actors import ALICE
from tests.waiting import HANG_SECONDS

MANY = 230
"""More than two pages of the inbox."""


async def few(stage: Stage) -> None:
    await stage.project("Claims")
    await stage.approval("Refund $240", project="claims")
    await stage.approval("Refund $99", task="Claim C-1030", project="claims")


@pytest.mark.parametrize(
    ("keys", "sees", "at_least"),
    [
        ((), "approval requested", 28),
        (("2",), "H L m move", 16),
        (("2", "enter"), "── Timeline", 14),
        (("3",), "{ } decisions", 18),
        (("3", "enter"), "esc list", 18),
    ],
    ids=["inbox", "board", "task", "timeline", "event"],
)
async def test_every_key_of_a_screen_is_found_by_its_words(
    tmp_path: Path, keys: tuple[str, ...], sees: str, at_least: int
) -> None:
    """By all that the help says of it, by each long word of that, and by what the hints call it."""
    stage = Stage(tmp_path)
    stage.before.append(few)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        for key in keys:
            await pilot.press(key)
            await stage.sees(pilot, "▸" if key == "2" else "live")
        await stage.found(pilot, sees)
        commands = [command_entry(one) for one in commands_of(stage.app.screen, stage.app.key_names)]
        assert len(commands) >= at_least
        for command in commands:
            row = BY_ID[command.id]
            words = (row.tooltip, row.word, *(word for word in row.tooltip.split() if len(word) > 4))
            for query in filter(None, words):
                assert command in ranked(commands, read_query(query), {}), f"{row.id} is not found by {query!r}"


async def test_what_is_found_is_done_where_one_was(tmp_path: Path) -> None:
    """An action of the list or the board that lies below the palette acts on it."""
    stage = Stage(tmp_path)
    stage.before.append(few)
    async with stage.run() as pilot:
        await stage.ready(pilot, "▌A  Refund $240")
        await take(stage, pilot, "sort and group", "Sort and group")
        await stage.sees(pilot, "most overdue first")
        await pilot.press("escape")
        await pilot.press("2")
        await stage.sees(pilot, "▌ triage")
        await take(stage, pilot, "filter by status", "Filter by status")
        await stage.sees(pilot, "Show cards by")
        await pilot.press("escape")
        await take(stage, pilot, "the timeline", "The timeline")
        await stage.sees(pilot, "▸3 Timeline", "◌ requests")


async def take(stage: Stage, pilot: Pilot[None], query: str, sees: str) -> None:
    """Type into the palette, wait for the hit, take the first."""
    await pilot.press("colon")
    await stage.sees(pilot, "Search for commands")
    await pilot.press(*("space" if char == " " else char for char in query))
    await stage.sees(pilot, sees)
    await pilot.press("enter")
    async with asyncio.timeout(HANG_SECONDS):
        while isinstance(stage.app.screen, PaletteScreen):
            await pilot.pause(0.02)


async def long_lists(stage: Stage) -> None:
    for number in range(60):
        steps = {"name": f"Project {number:02}", "steps": STEPS}
        await stage.write(read_command(CreateProject, steps), ALICE)
    task_id = await stage.task("Asked", "project_00")
    for number in range(MANY):
        task_id = await stage.task(f"Claim 7{number:03}", "project_00")
        await stage.ask(task_id, f"Refund 5{number:03}", "project_00")
    for number in range(30):
        await stage.task(f"Parcel 12{number:02}", "project_59")
    await stage.task("Parcel 12", "project_59")
    await stage.approval("Refund 5", task="Last of all", project="project_59")


async def test_what_stands_far_down_is_found(tmp_path: Path) -> None:
    """A project among many, a task whose name begins many others, and a request behind pages that are not read yet."""
    stage = Stage(tmp_path)
    stage.before.append(long_lists)
    async with stage.run() as pilot:
        await stage.ready(pilot, "▌A  Refund 5000")
        assert f"{MANY + 1}" not in stage.shown()
        await take(stage, pilot, "Project 59", "Project  Project 59")
        await stage.sees(pilot, "Project 59 ▾", "Refund 5", gone=("Refund 5000",))
        assert MOST < 30
        await take(stage, pilot, "Parcel 12", "Task  Parcel 12  ")
        await stage.sees(pilot, "Parcel 12", "── Timeline")
        await stage.sees(pilot, "▌▎Parcel 12", "running · Project 59")
        assert isinstance(stage.app.screen, TaskScreen)
        await pilot.press("1")
        await stage.ready(pilot, "Refund 5")
        await take(stage, pilot, f"Refund 5{MANY - 1}", f"Request  Refund 5{MANY - 1}")
        await stage.sees(pilot, "all projects ▾", f"▌A  Refund 5{MANY - 1}", f"Approval · Claim 7{MANY - 1}")
        await take(stage, pilot, "Refund 5", "Request  Refund 5  Last of all")
        await stage.sees(pilot, "▌A  Refund 5  ", "Approval · Last of all")
