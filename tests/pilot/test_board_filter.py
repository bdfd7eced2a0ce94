"""The board shows what one looks for: by text, status, assignee, open request and step, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api_client.commands import Assign
from tests.pilot.stage import Stage
from tests.pilot.test_board import open_board
from tests.support.actors import ALICE


async def mixed(stage: Stage) -> None:
    await stage.project()
    for number in range(4):
        await stage.task(f"Claim {number}", "claims")
    await stage.approval("Refund the washing machine", "Asked one", "claims")
    given = await stage.task("Given one", "claims")
    await stage.write(Assign(task_id=given, assignee_id="maria"), ALICE)
    done = await stage.task("Done one", "claims")
    await stage.move(done, "rejected")


async def pick(stage: Stage, pilot: Any, words: str) -> None:
    """Choose in the filter's picker."""
    await pilot.press("f")
    await stage.sees(pilot, "Show cards by")
    await stage.press_until(pilot, "j", f"▌○ {words}")
    await pilot.press("enter")
    await stage.sees(pilot, gone=("Show cards by",))


async def test_text_filters_as_one_types(tmp_path: Path) -> None:
    """Cards with the text in their name or request stay, with a count of how many of all; esc shows all again."""
    stage = Stage(tmp_path)
    stage.before.append(mixed)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0", "Done one")
        await pilot.press("/", *"wash", "enter")
        await stage.sees(pilot, "“wash”", "1 of 7", "esc clears", "Asked one", "1 of 6", gone=("Claim 0", "Done one"))
        await pilot.press("escape")
        await stage.sees(pilot, "Claim 0", "Done one", gone=("FILTER",))


async def test_parts_of_a_filter_add_up(tmp_path: Path) -> None:
    """Status, assignee, open request and step, each from the picker; the line above says all that is on."""
    stage = Stage(tmp_path)
    stage.before.append(mixed)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0", "Done one")
        await pick(stage, pilot, "assigned to maria")
        await stage.sees(pilot, "assigned to @maria", "1 of 7", "Given one", gone=("Claim 0",))
        await pick(stage, pilot, "status: ■ closed")
        await stage.sees(pilot, "■ closed · assigned to @maria", "0 of 7", "no match", gone=("Given one",))
        await pilot.press("escape")
        await pick(stage, pilot, "open request: an approval")
        await stage.sees(pilot, "open request: an approval", "1 of 7", "Asked one", gone=("Claim 0",))
        await pilot.press("escape")
        await pick(stage, pilot, "step: rejected")
        await stage.sees(pilot, "step rejected", "1 of 7", "Done one", gone=("Claim 0",))


async def test_a_filtered_board_stays_live(tmp_path: Path) -> None:
    """A task that begins to match appears, one that moves changes its column, the cursor keeps its card."""
    stage = Stage(tmp_path)
    stage.before.append(mixed)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("/", *"claim", "enter")
        await stage.sees(pilot, "4 of 7", gone=("Asked one",))
        await pilot.press("j")
        await stage.sees(pilot, "▌ Claim 1")
        await stage.task("Claim late", "claims")
        await stage.sees(pilot, "Claim late", "5 of 8", "▌ Claim 1")
        assert stage.backend is not None
        first = (await stage.backend.tasks(name="Claim 0"))[0]
        await stage.move(first.id, "rejected")
        await stage.sees(pilot, "4 of 6", "1 of 2", "▌ Claim 1")


async def test_the_filter_line_fits_a_narrow_terminal(tmp_path: Path) -> None:
    """At 40 columns what is filtered, the count and the way out are all there."""
    stage = Stage(tmp_path)
    stage.before.append(mixed)
    async with stage.run(40, 24) as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("/", *"claim", "enter")
        await stage.sees(pilot, "“claim”", "4 of 7", "esc clears")
