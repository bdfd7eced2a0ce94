"""Draws the README's pictures into `docs`: the real app over the demo's folder. `make picture` runs it."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC
from pathlib import Path
from random import Random

from api_client.actor import Actor
from api_client.backend import Backend
from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from store.demo.team import Agent, Team, open_shop
from store.folder.local_backend import open_local
from tests.conftest import FixedClock, counting_tokens

DOCS = Path(__file__).parents[1] / "docs"
SCREENS = {"inbox": ("1", "Agent recommends"), "board": ("2", "in step"), "timeline": ("3", "Payload")}
"""Each screen's key, and words that stand on it once all is there."""
SIZE = (120, 34)


async def draw(folder: Path, screen: str) -> str:
    """Return a screen as SVG, the same in each run."""
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
    async with app.run_test(size=SIZE) as pilot:
        for key, words in (SCREENS["inbox"], SCREENS[screen]):
            await pilot.press(key)
            for _ in range(100):
                await pilot.pause(0.05)
                if app.context.status.connected and words in app.export_screenshot().replace("&#160;", " "):
                    break
        await pilot.pause(0.5)
        return without_downloads(app.export_screenshot(title="pumpup-tui"))


def without_downloads(svg: str) -> str:
    """Return the picture without the fonts that a viewer would fetch from elsewhere."""
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def main() -> None:
    """Write the pictures."""
    DOCS.mkdir(exist_ok=True)
    for screen in SCREENS:
        with tempfile.TemporaryDirectory() as folder:
            (DOCS / f"{screen}.svg").write_text(asyncio.run(draw(Path(folder), screen)), encoding="utf-8")


if __name__ == "__main__":
    main()
