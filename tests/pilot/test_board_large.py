"""A column of hundreds of cards: read in pages, gone through with the same keys, and told of truly."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from api_client.models import Card, Page
from tests.pilot.stage import Stage
from tests.pilot.test_board import open_board


async def many(stage: Stage) -> None:
    await stage.project()
    for start in range(0, 330, 30):
        await asyncio.gather(*(stage.task(f"Claim {number:03}", "claims") for number in range(start, start + 30)))


class Slow:
    """A backend whose further pages wait until they are let out."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.open = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def cards(self, project_id: str, step: str, *, cursor: str | None = None, **more: Any) -> Page[Card]:
        if cursor is not None:
            await self.open.wait()
        page: Page[Card] = await self._backend.cards(project_id, step, cursor=cursor, **more)
        return page


async def test_the_last_card_is_one_key_away_and_the_first_too(tmp_path: Path) -> None:
    """G reads on to the column's end; g is back at its first card."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "330")
        column = stage.app.screen.query_one("#board").columns.here  # type: ignore[attr-defined]
        await pilot.press("G")
        await stage.sees(pilot, "▌ Claim 329")
        assert column.complete
        await pilot.press("k")
        await stage.sees(pilot, "▌ Claim 328")
        await pilot.press("g")
        await stage.sees(pilot, "▌ Claim 000")


async def test_a_page_that_is_on_its_way_holds_up_no_key(tmp_path: Path) -> None:
    """The cursor goes on over what is there, the column says that more is being read, then it is there."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    slow: list[Slow] = []

    def wrap(backend: Any) -> Any:
        slow.append(Slow(backend))
        return slow[0]

    stage.wrap = wrap
    async with stage.run(120, 42) as pilot:
        await open_board(stage, pilot, "330")
        await pilot.press(*["ctrl+d"] * 30)
        await stage.sees(pilot, "▌ Claim 099", "reading more…")
        await pilot.press("k")
        await stage.sees(pilot, "▌ Claim 098")
        slow[0].open.set()
        await stage.sees(pilot, "Claim 100", "▌ Claim 098", gone=("reading more…",))


async def test_any_key_stops_the_way_to_the_end(tmp_path: Path) -> None:
    """The cursor goes where the keys say, not where a late answer would put it."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    slow: list[Slow] = []

    def wrap(backend: Any) -> Any:
        slow.append(Slow(backend))
        return slow[0]

    stage.wrap = wrap
    async with stage.run(120, 42) as pilot:
        await open_board(stage, pilot, "330")
        await pilot.press("G")
        await stage.sees(pilot, "▌ Claim 099")
        await pilot.press("k")
        slow[0].open.set()
        await stage.sees(pilot, "▌ Claim 098", "Claim 100", gone=("reading more…",))
