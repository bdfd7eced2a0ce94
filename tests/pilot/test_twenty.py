"""A morning's work, twenty requests of both kinds: by keys alone, and by mouse alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.pilot.stage import Stage
from tests.waiting import HANG_SECONDS

FORM: list[dict[str, Any]] = [
    {"type": "Select", "id": "cause", "label": "Cause", "required": True, "options": ["fire", "water", "theft"]},
    {"type": "Switch", "id": "police", "label": "Police called", "required": True},
]
VERBS = ("approve", "deny", "escalate")
KEY_OF = {"approve": "a", "deny": "d", "escalate": "!"}
WIRE = {"approve": "APPROVE", "deny": "REJECT", "escalate": "ESCALATE"}


async def seed(stage: Stage) -> None:
    """Fifteen approvals and five forms, from the oldest to the newest."""
    for number in range(20):
        stage.clock.advance(minutes=1)
        if number % 4 == 3:
            await stage.elicitation(f"Details {number:02}", FORM)
        else:
            await stage.approval(f"Refund {number:02}", f"Claim {number:02}")


def place(stage: Stage, words: str, *, last: bool = False) -> tuple[int, int]:
    """Return where words stand on the screen, in cells."""
    rows = [(y, line) for y, line in enumerate(stage.shown().splitlines()) if words in line]
    y, line = rows[-1 if last else 0]
    return cell_len(line[: line.index(words)]), y


async def click(stage: Stage, pilot: Any, words: str, *, last: bool = False) -> None:
    """Click the middle of words that stand on the screen."""
    await stage.sees(pilot, words)
    x, y = place(stage, words, last=last)
    await pilot.hover(offset=(x + len(words) // 2, y))  # what appeared under a still mouse takes no click
    await pilot.click(offset=(x + len(words) // 2, y))


async def recorded(stage: Stage, pilot: Any, count: int) -> None:
    """Wait until so many decisions are on the record."""
    end = asyncio.get_running_loop().time() + HANG_SECONDS
    while await stage.decisions() < count:
        assert asyncio.get_running_loop().time() < end, stage.shown()
        await pilot.pause(0.02)


async def fills_by_keys(stage: Stage, pilot: Any) -> None:
    await pilot.press("a")
    await stage.sees(pilot, "Police called")
    await pilot.press("space", "tab", "left", "ctrl+r")
    await stage.sees(pilot, "y send")
    await pilot.press("y")


async def fills_by_mouse(stage: Stage, pilot: Any) -> None:
    await click(stage, pilot, "answer", last=True)
    await stage.sees(pilot, "Police called")
    await click(stage, pilot, "water")
    await click(stage, pilot, "Police called")
    await click(stage, pilot, "yes")
    await click(stage, pilot, "review", last=True)
    await stage.sees(pilot, "back to the form")
    await click(stage, pilot, "y send", last=True)


async def decides_by_keys(stage: Stage, pilot: Any, verb: str) -> None:
    await pilot.press(KEY_OF[verb])
    await stage.sees(pilot, "y send")
    await pilot.press("y")


async def decides_by_mouse(stage: Stage, pilot: Any, verb: str) -> None:
    await click(stage, pilot, verb, last=True)
    await click(stage, pilot, "y send")


@pytest.mark.parametrize("hand", ["keys", "mouse"])
async def test_twenty_requests_are_decided(tmp_path: Path, hand: str) -> None:
    """Each gets the outcome that was meant for it, and nothing is decided twice."""
    decides, fills = {"keys": (decides_by_keys, fills_by_keys), "mouse": (decides_by_mouse, fills_by_mouse)}[hand]
    stage = Stage(tmp_path)
    stage.before.append(seed)
    async with stage.run() as pilot:
        meant: list[str] = []
        for number in range(20):
            title = f"{'Details' if number % 4 == 3 else 'Refund'} {number:02}"
            await stage.ready(pilot, title)
            if number % 4 == 3:
                await fills(stage, pilot)
            else:
                meant.append(WIRE[VERBS[number % 3]])
                await decides(stage, pilot, VERBS[number % 3])
            await recorded(stage, pilot, number + 1)
        assert stage.backend is not None
        page = await stage.backend.events(types=("APPROVAL_DECIDED",))
        assert sorted(event.payload["outcome"]["type"] for event in page.items) == sorted(meant)
        assert await stage.decisions() == 20
