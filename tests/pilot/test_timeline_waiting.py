"""While the timeline is read slowly it says so, keys go on working, and looking through it can be stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_client.models import Event, Page
from tests.pilot.stage import Stage
from tests.pilot.test_faults import Flaky

if TYPE_CHECKING:
    from api_client.backend import Backend


def held_back(stage: Stage) -> asyncio.Event:
    """Have pages of the timeline come only while the event that is returned is set."""
    gate = asyncio.Event()
    gate.set()

    def wrap(backend: Backend) -> Backend:
        flaky = Flaky(backend)

        async def events(**asked: Any) -> Page[Event]:
            await gate.wait()
            return await backend.events(**asked)

        flaky.__dict__["events"] = events
        return flaky

    stage.wrap = wrap
    return gate


async def many(stage: Stage) -> None:
    for number in range(150):
        await stage.task(f"Task {number:03}")


async def test_a_slow_page_is_told_and_blocks_no_key(tmp_path: Path) -> None:
    """It says that it reads; other screens and keys work meanwhile; then the rows are there."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    gate = held_back(stage)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 149")
        gate.clear()
        await pilot.press("G")
        await stage.sees(pilot, "reading…")
        await pilot.press("g", "j")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 148")
        await pilot.press("G")
        gate.set()
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 000", gone=("reading…",))


async def test_looking_through_can_be_stopped(tmp_path: Path) -> None:
    """With escape it stops and says how far it came; with r it goes on."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    gate = held_back(stage)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 149")
        gate.clear()
        await pilot.press("/", *"task 00", "enter")
        await stage.sees(pilot, "reading…")
        await pilot.press("escape")
        await stage.sees(pilot, "stopped at 0 events, r goes on")
        gate.set()
        await pilot.press("r")
        await stage.sees(pilot, "Task 009", "Task 000", gone=("Task 149", "stopped"))
