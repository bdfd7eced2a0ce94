"""Draws the pictures in `docs`: the real app over the demo's folder. `make picture` runs it."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from random import Random
from typing import NamedTuple

from textual.pilot import Pilot

from api_client.actor import Actor
from api_client.backend import Backend
from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from store.demo.team import Agent, Team, open_shop
from store.folder.local_backend import open_local
from tests.conftest import FixedClock, counting_tokens

DOCS = Path(__file__).parents[1] / "docs"
SCREENS = DOCS / "screens"
SIZES = ((80, 24), (120, 40), (200, 60))


class Picture(NamedTuple):
    """A picture, and the way to it from the one before."""

    name: str
    keys: Sequence[str]
    words: str
    """Words that stand on it once all is there."""


WALK = (
    Picture("inbox", ("1",), "Open claim"),
    Picture("deciding", ("enter", "a"), "send"),
    Picture("form", ("escape", "escape", "slash", *"profile", "enter", "enter", "a"), "review"),
    Picture("batch", ("escape", "escape", "escape", "escape", "g", "x", "j", "x", "a"), "2 "),
    Picture("projects", ("escape", "escape", "escape", "2"), "All projects"),
    Picture("board", ("enter",), "C-1042"),
    Picture("task", ("enter",), "intake"),
    Picture("timeline", ("escape", "3", "home"), "C-10"),
    Picture("insights", ("4",), "open"),
    Picture("help", ("question_mark",), ""),
    Picture("palette", ("escape", ":"), ""),
)
"""One way through all screens."""


@asynccontextmanager
async def shop(folder: Path, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Run the app over a shop with a history, the same in each run."""
    clock, tokens = FixedClock(), counting_tokens()

    async def connect() -> Backend:
        backend = await open_local(folder, Actor("alice", "reviewer", ("claims-lead",)), clock=clock, tokens=tokens)
        agent = Agent(
            backend.acting_as(Actor("demo-agent", "agent")),
            rng=Random(1),
            clock=clock,
            new_key=tokens,
            before_write=lambda: clock.advance(seconds=15),
        )
        team = Team(backend.acting_as(Actor("maria", "reviewer")), rng=Random(1), new_key=tokens)
        await open_shop(agent, team, before_each=lambda: clock.advance(minutes=2))
        return backend

    app = PumpUpApp(Setup(connect, source_label="local", clock=clock, new_key=tokens, zone=UTC))
    async with app.run_test(size=size) as pilot:
        await settled(pilot, "Open claim")
        yield pilot


async def settled(pilot: Pilot[None], words: str) -> str:
    """Return the screen as SVG, once these words stand on it and it changes no more."""
    before = ""
    for _ in range(200):
        await pilot.pause(0.1)
        drawn = pilot.app.export_screenshot(title="pumpup-tui")
        if drawn == before and words in drawn.replace("&#160;", " "):
            return without_downloads(drawn)
        before = drawn
    raise TimeoutError(f"{words!r} never stood on a screen at rest")


async def walk(folder: Path, size: tuple[int, int]) -> AsyncIterator[tuple[str, str]]:
    """Yield the name of each picture and its SVG."""
    async with shop(folder, size) as pilot:
        for picture in WALK:
            for key in picture.keys:
                await pilot.press(key)
            yield picture.name, await settled(pilot, picture.words)


def without_downloads(svg: str) -> str:
    """Return the picture without the fonts that a viewer would fetch from elsewhere."""
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


async def draw() -> None:
    """Write the pictures of all screens at all sizes."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            async for name, svg in walk(Path(folder), size):
                place(name, size).write_text(svg, encoding="utf-8")


def place(name: str, size: tuple[int, int]) -> Path:
    """Return the file of a picture."""
    return SCREENS / f"{name}-{size[0]}x{size[1]}.svg"


if __name__ == "__main__":
    asyncio.run(draw())
