"""Keys that are still waiting when the app ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.app import ScreenStackError

from tests.pilot.stage import Stage


async def test_a_key_whose_turn_comes_while_the_app_ends_is_dropped(tmp_path: Path) -> None:
    """Its timer may go off when the screens are gone: that is no crash on the way out."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "Inbox")
        queue = stage.app.key_input.queue
    with pytest.raises(ScreenStackError):
        assert stage.app.screen
    await queue._on_timeout(queue._current)
    await queue._end_turn(queue._current)
    await queue.put(events.Key("a", "a"))
    assert not queue._waiting
