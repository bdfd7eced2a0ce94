"""The app: help, palette, screens, and leaving."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.stage import Stage


async def test_help_begins_with_the_screen_and_searches(tmp_path: Path) -> None:
    """It opens on the keys of where one is; a search leaves those that match, and escape shows all, then closes."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot)
        await pilot.press("3")
        await stage.sees(pilot, "▸3 Timeline")
        await pilot.press("?")
        await stage.sees(pilot, "Keys   esc closes, / searches", "Timeline  ", "Moving", gone=("Deciding",))
        await pilot.press("ctrl+d")
        await stage.sees(pilot, "export what is shown", "Everywhere", gone=("newest or oldest first",))
        await pilot.press("/", *"attach")
        await stage.sees(pilot, "save the attachment", gone=("half a page down",))
        await pilot.press("enter")
        await stage.sees(pilot, "Matching keys   esc shows all")
        await pilot.press("escape")
        await stage.sees(pilot, "Keys   esc closes, / searches")
        await pilot.press("escape")
        await stage.sees(pilot, "Nothing has happened yet", gone=("esc closes",))


@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_the_palette_runs_a_command(tmp_path: Path, key: str) -> None:
    """Typed words find a command; enter runs it where the reader was."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press(key)
        await stage.sees(pilot, "Search for commands")
        await pilot.press(*"timeline", "enter")
        await stage.sees(pilot, "Nothing has happened yet")


async def test_screens_switch(tmp_path: Path) -> None:
    """The keys 1 2 3 go to the main screens, also from a task."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await stage.task("Claim 1")
        await pilot.press("2")
        await stage.sees(pilot, "in_progress", "Claim 1")
        await pilot.press("enter")
        await stage.sees(pilot, "newest first")
        await pilot.press("3")
        await stage.sees(pilot, "+ created", gone=("Timeline, newest first",))
        await pilot.press("1")
        await stage.sees(pilot, "Nothing waits for you")


async def test_q_quits_and_closes_the_backend(tmp_path: Path) -> None:
    """With nothing held it ends at once, with exit code 0."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press("q")
    assert stage.app.return_code == 0
    assert not stage.app.context.calls.is_open


async def test_the_first_frame_waits_for_nothing(tmp_path: Path) -> None:
    """The shell is painted while the folder is still being opened."""
    import asyncio

    stage = Stage(tmp_path)
    gate = asyncio.Event()

    async def slow(_: Stage) -> None:
        await gate.wait()

    stage.before.append(slow)
    async with stage.run(80, 24) as pilot:
        await stage.sees(pilot, "1 Inbox", "2 Board", "3 Timeline", "4 Insights", "opening…")
        await pilot.press("2", "3", "?", "escape", "1", "a", "y")
        gate.set()
        await stage.ready(pilot, "Nothing waits for you")
