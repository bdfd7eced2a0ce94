"""Pictures of the board, the timeline and a task in each state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from api_client.errors import ServerFault, Unreachable
from tests.pilot.stage import Stage
from tests.pilot.test_faults import Flaky
from tests.snapshots.test_screens import (
    FAULTY,
    NAMES,
    SIZES,
    board,
    inbox,
    seed,
    staged,
    task,
    timeline,
)

READS = {"board": ("board", "cards"), "timeline": ("events",), "task": ("task",)}
"""What a screen reads, by its name."""


class Troubled(Flaky):
    """A backend some calls of which do not answer, or fail."""

    def __init__(self, backend: Any, names: tuple[str, ...], trouble: Callable[[], Any]) -> None:
        super().__init__(backend)
        self.troubled = False
        self._names, self._trouble = names, trouble

    def __getattr__(self, name: str) -> Any:
        real = super().__getattr__(name)
        if name not in self._names:
            return real

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self.troubled:
                await self._trouble()
            return await real(*args, **kwargs)

        return call


class Reading(Flaky):
    """A backend that shows everything and takes nothing."""

    async def me(self) -> Any:
        return replace(await self.backend.me(), capabilities=("board",))


async def silence() -> None:
    await asyncio.Event().wait()


async def failure() -> None:
    raise ServerFault("the server failed: try again later")


async def opened(stage: Stage, pilot: Any, screen: str) -> None:
    """Go to the screen without waiting for what it reads."""
    if screen == "task":
        await board(stage, pilot)
        FAULTY[stage].troubled = True  # type: ignore[attr-defined]
        await pilot.press("l", "enter")
    else:
        await inbox(stage, pilot)
        FAULTY[stage].troubled = True  # type: ignore[attr-defined]
        await pilot.press({"board": "2", "timeline": "3"}[screen])


SHOWN = {"board": board, "timeline": timeline, "task": task}


async def loading(stage: Stage, pilot: Any, screen: str) -> None:
    await opened(stage, pilot, screen)
    await stage.sees(pilot, "eading", "live")
    while screen == "timeline" and stage.shown().count("reading…") < 2:
        await pilot.pause(0.02)  # the line over the list says so a moment later


async def error(stage: Stage, pilot: Any, screen: str) -> None:
    await opened(stage, pilot, screen)
    await stage.sees(pilot, "could not be read: the server failed", "again at once", "could not be read.")


async def offline(stage: Stage, pilot: Any, screen: str) -> None:
    await SHOWN[screen](stage, pilot)
    FAULTY[stage].fault = Unreachable("the server can't be reached: connection refused")
    await stage.sees(pilot, "offline since", "can't be reached")


async def read_only(stage: Stage, pilot: Any, screen: str) -> None:
    await stage.sees(pilot, "1 Inbox 3", "· read-only", "payout", gone=("opening…",))
    if screen == "timeline":
        await pilot.press("3", "j", "j")
        await stage.sees(pilot, "■ closed", "+ created")
        return
    await pilot.press("2")
    await stage.sees(pilot, "in_review", "C-1032", gone=("reading…",))
    if screen == "task":
        await pilot.press("l", "enter")
        await stage.sees(pilot, "Timeline, newest first")
    await pilot.press("m")
    await stage.sees(pilot, "tasks can't be moved here")


async def filtered(stage: Stage, pilot: Any, screen: str) -> None:
    await SHOWN[screen](stage, pilot)
    await pilot.press("/", *("1031" if screen == "board" else "payout"), "enter")
    await stage.sees(pilot, "1031" if screen == "board" else "$4,100", gone=("C-1032", "task closed"))


async def empty(stage: Stage, pilot: Any, screen: str) -> None:
    await stage.ready(pilot, "Nothing waits for you")
    await pilot.press({"board": "2", "timeline": "3"}[screen])
    await stage.sees(pilot, {"board": "no tasks", "timeline": "Nothing has happened yet"}[screen])


STATES = {act.__name__: act for act in (loading, error, offline, read_only, filtered, empty)}
CASES = [
    (screen, state)
    for screen in SHOWN
    for state in STATES
    if (screen, state) not in (("task", "filtered"), ("task", "empty"))
]
TROUBLE = {"loading": silence, "error": failure}


@pytest.mark.parametrize("size", SIZES[:1], ids=NAMES[:1])
@pytest.mark.parametrize(("screen", "state"), CASES)
def test_state_of(snap_compare: Any, tmp_path: Path, screen: str, state: str, size: tuple[int, int]) -> None:
    """The screen while it reads, after what went wrong, without the right to write, filtered, and with nothing."""
    stage = staged(tmp_path, *(() if state == "empty" else (seed,)))

    def wrap(backend: Any) -> Any:
        trouble = TROUBLE.get(state)
        kind = Reading if state == "read_only" else Flaky
        FAULTY[stage] = Troubled(backend, READS[screen], trouble) if trouble else kind(backend)
        return FAULTY[stage]

    stage.wrap = wrap
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: STATES[state](stage, pilot, screen))
