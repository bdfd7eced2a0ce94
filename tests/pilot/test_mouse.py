"""The mouse: what looks like a control is one, and a click is guarded as the key is that it stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.pilot.stage import Stage
from tests.waiting import until


def place_of(stage: Stage, words: str) -> tuple[int, int]:
    """Return the cell at which words stand on the screen, the lowest."""
    for y, text in reversed(list(enumerate(stage.shown().splitlines()))):
        if (x := text.find(words)) >= 0:
            return x, y
    raise AssertionError(f"{words!r} is not on the screen")


async def click(stage: Stage, pilot: Any, words: str) -> tuple[int, int]:
    """Move the mouse to words and click them."""
    x, y = place_of(stage, words)
    await pilot.hover(offset=(0, 3))
    await pilot.hover(offset=(x, y))
    await pilot.click(offset=(x, y))
    return x, y


async def test_what_looks_like_a_control_is_one(tmp_path: Path) -> None:
    """Tabs, the project, the order and the hints do what their keys do; sending takes a mouse that came for it."""
    stage = Stage(tmp_path)
    stage.before.append(lambda stage: stage.approval("Refund $240"))
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        await click(stage, pilot, "3 Timeline")
        await click(stage, pilot, "newest first")
        await stage.sees(pilot, "oldest first")
        await click(stage, pilot, "1 Inbox")
        await stage.ready(pilot, "Request")
        await click(stage, pilot, "all projects ▾")
        await stage.sees(pilot, "enter chooses")
        await click(stage, pilot, "General")
        await stage.sees(pilot, "General ▾", gone=("enter chooses",))
        await click(stage, pilot, "oldest first")
        await stage.sees(pilot, "confidence")
        await pilot.press("escape")
        await stage.sees(pilot, "a approve")

        x, y = await click(stage, pilot, "a approve")
        await stage.sees(pilot, "▲ APPROVE")
        await pilot.click(offset=(x, y))  # on "y send", which stands there by now
        await stage.sees(pilot, "move the mouse")
        assert await stage.decisions() == 0
        await click(stage, pilot, "y send")
        await until(lambda: stage.app.context.outbox.desk.armed is None, "it was sent")
        await stage.sees(pilot, "RECORDED")
        assert await stage.decisions() == 1


async def test_the_edge_between_panes_is_dragged(tmp_path: Path) -> None:
    """It goes where the mouse goes, stays so for the next start, and a double click puts it back."""
    stage = Stage(tmp_path)
    stage.before.append(lambda stage: stage.approval("Refund $240"))
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        requests, detail = stage.app.screen.query_one("#requests"), stage.app.screen.query_one("#detail")
        before, edge = requests.region.width, requests.region.right - 1
        await pilot.mouse_down(offset=(edge, 8))
        await pilot.hover(offset=(edge + 9, 8))
        await pilot.mouse_up(offset=(edge + 9, 8))
        await until(lambda: requests.region.width == before + 9, "the list is wider")
        assert requests.region.right == detail.region.x
        widths = stage.app.context.last_view.recall("widths of inbox")
        assert widths == {"requests detail": [before + 9, 120 - before - 9]}
        await pilot.click(offset=(requests.region.right - 1, 8), times=2)
        await until(lambda: requests.region.width == before, "the list is as wide as before")
