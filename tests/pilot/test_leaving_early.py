"""The app is left at a bad moment: while it starts, and while a screen is being opened."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events

from pumpup_tui.textual_patches.terminal_app import TerminalHooks
from tests.pilot.stage import Stage
from tests.waiting import until


class Faults(TerminalHooks):
    """Keeps the faults that would end the app with a message."""

    def __init__(self) -> None:
        self.faults: list[Exception] = []

    def failed(self, error: Exception) -> bool:
        """Keep a fault."""
        self.faults.append(error)
        return True


async def _left(stage: Stage, after: str, turns: int) -> list[Exception]:
    """Run the app, leave it so many turns of its loop after a key or its start; return its faults."""
    hooks = Faults()
    stage.app._hooks = hooks
    running = asyncio.create_task(stage.app.run_async(headless=True, size=(120, 40)))
    if after:
        await until(lambda: stage.app.current_mode == "inbox" and stage.app.context.status.connected, "the inbox")
        stage.app.post_message(events.Key(after, after))
    for _ in range(turns):
        await asyncio.sleep(0)
    await stage.app.store_and_exit(143)
    await running
    return hooks.faults


@pytest.mark.parametrize("after", ["", "2", "3", "4"])
async def test_an_app_that_is_left_while_it_opens_a_screen_ends_without_a_fault(tmp_path: Path, after: str) -> None:
    """A signal may come at any moment: what is still to be mounted then is no reason for a message."""
    for turns in (1, 3, 4, 5, 6, 10) if after else (1, 5, 10, 15, 18, 19):
        assert not await _left(Stage(tmp_path / str(turns)), after, turns)
