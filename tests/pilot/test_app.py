"""The app: help, palette, screens, and leaving."""

from __future__ import annotations

from pathlib import Path

import pytest

from pumpup_tui.components.dialogs import HelpScreen
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.keys.table import TABLE, TOUR_KEYS
from tests.pilot.stage import Stage


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_help_lists_every_binding(tmp_path: Path, size: tuple[int, int]) -> None:
    """What can be pressed is in the help, with words."""
    stage = Stage(tmp_path)
    async with stage.run(*size) as pilot:
        await stage.ready(pilot)
        await pilot.press("?")
        await stage.sees(pilot, "esc closes")
        assert isinstance(stage.app.screen, HelpScreen)
        told = "\n".join("".join(run for run, _ in row.runs) for row in stage.app.screen.query_one(Document)._source)
        assert all(row.tooltip in told for row in TABLE if row.id not in TOUR_KEYS)
        assert "in the demo" not in told  # those keys do nothing here
        await pilot.press("escape")
        await stage.sees(pilot, "Nothing waits", gone=("esc closes",))


@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_the_palette_runs_a_command(tmp_path: Path, key: str) -> None:
    """Typed words find a command; enter runs it where the reader was."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press(key)
        await stage.sees(pilot, "Search for")
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
        await stage.sees(pilot, "task created", gone=("Timeline, newest first",))
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
