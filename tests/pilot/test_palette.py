"""The command palette finds what has a name; the first start says where to begin."""

from __future__ import annotations

from pathlib import Path

from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.task.screen import TaskScreen
from tests.pilot.stage import Stage
from tests.pilot.test_coming_back import again, two_projects

HOSTILE = "Zebra [@click=app.quit]free[/] [/x] \x1b]0;owned\x07 \u202emoney"


async def hostile(stage: Stage) -> None:
    await two_projects(stage)
    await stage.approval(HOSTILE, task=f"Task of {HOSTILE}", project="claims")


async def test_a_request_is_found_and_shown(tmp_path: Path) -> None:
    """By its summary, also where that would be markup or steer the terminal: it is text, cleaned."""
    stage = Stage(tmp_path / "data")
    stage.before.append(hostile)
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240")
        await pilot.press("colon", *"zebra")
        await stage.sees(pilot, "Request  Zebra [@click=app.quit]free[/] [/x] ␛]0;owned␇ ⟨U+202E⟩money")
        await stage.found(pilot, "Task  Task of Zebra")
        await pilot.press("enter")
        await stage.sees(pilot, "▌A  Zebra", gone=("Search for commands",))


async def test_a_task_is_found_and_opened(tmp_path: Path) -> None:
    """Its screen opens over the board."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240")
        await pilot.press("colon", *"C-1029")
        await stage.found(pilot, "Task  Claim C-1029")
        await pilot.press("down", "down", "enter")
        await stage.sees(pilot, "Claim C-1029", "Timeline, newest first", gone=("Request  ",))
        assert isinstance(stage.app.screen, TaskScreen)


async def test_a_project_is_found_and_chosen(tmp_path: Path) -> None:
    """All screens show it then."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240", "Pay the vendor")
        await pilot.press("colon", *"Refunds")
        await stage.found(pilot, "Project  Refunds")
        await pilot.press("down", "enter")
        await stage.sees(pilot, "Refunds ▾", gone=("Refund $240",))


async def test_the_first_start_says_where_to_begin(tmp_path: Path) -> None:
    """Once, with the keys as they are; the next start does not."""
    stage = Stage(tmp_path / "data")
    again(stage, tmp_path / "kept", Preferences(keymap={"screens.help": "f1"}))
    async with stage.run() as pilot:
        await stage.sees(pilot, "new here?  f1 lists the keys")
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "Nothing waits", "live", gone=("new here?",))


async def test_commands_take_a_name(tmp_path: Path) -> None:
    """A command with a name behind it goes there at once, however soon enter comes; what is found is of that kind."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240")
        await pilot.press("colon", *"task", "space", *"c-1029", "enter")
        await stage.sees(pilot, "Timeline, newest first", gone=("Search for commands",))
        assert isinstance(stage.app.screen, TaskScreen)
        await pilot.press("colon", *"board", "space", *"refu")
        await stage.sees(pilot, "▌Project  Refunds", gone=("Task  ", "Request  "))
        await pilot.press("enter")
        await stage.sees(pilot, "Refunds ▾", "▸2 Board")
        await pilot.press("colon", *"proj", "tab", *"claims", "enter")
        await stage.sees(pilot, "Claims ▾", "▸2 Board")
        await pilot.press("colon", *"timeline", "space", *"C-1029", "enter")
        await stage.sees(pilot, "▸3 Timeline", "+ created")


async def test_the_most_used_command_comes_first(tmp_path: Path) -> None:
    """What was chosen before stands at the top next time, one line with its key."""
    stage = Stage(tmp_path / "data")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("colon", *"filters", "enter")
        await stage.sees(pilot, "is:free", gone=("Search for commands",))
        await pilot.press("escape", "colon")
        await stage.sees(pilot, "▌Filters by name", "Search for commands")
