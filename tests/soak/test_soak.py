"""The screens for long: memory stays where it was, and no worker is left running.

`make soak` runs it at its full length; without SOAK=full each part is a hundredth of it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.strip import Strip
from textual.worker import WorkerState

from api_client.commands import AddNote
from tests.pilot.stage import Stage
from tests.support.actors import AGENT

FULL = os.environ.get("SOAK") == "full"
SHARE = 1 if FULL else 100
SWITCHES, PUSHES, RESIZES, EVENTS = (count // SHARE for count in (1_000, 1_000, 100, 10_000))
GROWTH = 20.0
"""Megabytes that the memory may grow by."""


def memory() -> float:
    """Return the resident memory in megabytes."""
    gc.collect()
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


async def switches(stage: Stage, pilot: Any, count: int) -> None:
    for number in range(count):
        await pilot.press("123"[number % 3])


async def pushes(stage: Stage, pilot: Any, count: int) -> None:
    for number in range(count):
        await pilot.press(("?", "p")[number % 2], "escape")


async def resizes(stage: Stage, pilot: Any, count: int) -> None:
    for number in range(count):
        await pilot.resize_terminal(*((80, 24), (200, 60), (120, 40))[number % 3])


async def live_events(stage: Stage, pilot: Any, count: int) -> None:
    assert stage.backend is not None
    agent = stage.backend.acting_as(AGENT)
    task = await stage.task("Claim of many notes")
    for number in range(count):
        note = AddNote(project_name="general", task_id=task, message=f"note {number}")
        await agent.submit(note, key=f"note-{number}")
        if number % 100 == 0:
            await pilot.pause()


PARTS: tuple[tuple[Callable[[Stage, Any, int], Awaitable[None]], int], ...] = (
    (switches, SWITCHES),
    (pushes, PUSHES),
    (resizes, RESIZES),
    (live_events, EVENTS),
)


async def test_memory_stays_and_no_worker_is_left(tmp_path: Path) -> None:
    """Each part is done once to warm up, then at its length."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits for you")
        await stage.project()
        for number in range(20):
            await stage.approval(f"Refund ${number}", f"Claim {number}", "claims")
        for part, _ in PARTS[:3]:
            await part(stage, pilot, 9)
        before = memory()
        for part, count in PARTS:
            await part(stage, pilot, count)
            if FULL:
                print(f"{part.__name__:12} {count:6,}: {memory() - before:+6.1f} MB")
        await pilot.press("1")
        await pilot.pause(0.5)
        running = [one.name for one in stage.app.workers if one.state is WorkerState.RUNNING]
        assert sorted(running) == ["authority", "live tail"]
        assert len(stage.app.screen_stack) == 1
        grown = memory() - before
    assert grown <= GROWTH, f"{grown:.1f} MB more than before"
    assert not [one for one in stage.app.workers if one.state is WorkerState.RUNNING]


async def test_lines_of_closed_screens_are_let_go(tmp_path: Path) -> None:
    """However often a screen is opened and closed, no drawn line of it stays."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits for you")

        async def lines_after(count: int) -> int:
            await pushes(stage, pilot, count)
            await pilot.pause(0.2)
            gc.unfreeze()  # what was set aside counts too
            gc.collect()
            return sum(type(one) is Strip for one in gc.get_objects())

        first = await lines_after(6)
        assert await lines_after(20) <= first + 100
