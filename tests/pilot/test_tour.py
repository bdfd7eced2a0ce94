"""The demo's tour in the app: a line that goes on as the person does what it says, and is never in the way."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.tour.observer import SHEET, TourObserver
from tests.pilot.stage import Stage

FIELD = {"type": "Text", "id": "name", "label": "Name", "required": True}


async def shop(stage: Stage) -> None:
    await stage.project("Claims")
    await stage.approval("Refund $240", task="Claim C-1", project="claims")
    await stage.approval("Refund $99", task="Claim C-2", project="claims")
    await stage.elicitation("Who was it?", [FIELD], "claims")
    await stage.task("Claim C-4", "claims")


def touring(folder: Path, *, grace: float = 5.0, keymap: dict[str, str] | None = None) -> Stage:
    """Return a stage whose app has the tour."""
    stage = Stage(folder / "data")
    stage.before.append(shop)
    keys = count(1)
    preferences = Preferences(grace_seconds=grace, keymap=keymap or {})
    setup = Setup(
        stage.connect,
        source_label="demo",
        clock=stage.clock,
        new_key=lambda: f"tour-{next(keys)}",
        preferences=preferences,
    )
    stage.app = PumpUpApp(setup, observers=[TourObserver], tour_sheet=SHEET)
    return stage


async def test_a_newcomer_walks_through_it(tmp_path: Path) -> None:
    """Each step is named, and the next one as soon as it is done; the last one is to quit."""
    stage = touring(tmp_path)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Refund $240", "1/11 · j moves to the next request")
        await pilot.press("j")
        await stage.sees(pilot, "2/11 · enter opens it")
        await pilot.press("enter")
        await stage.ready(pilot, "3/11 · a arms an approval")
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE", "3/11 · Armed, not sent. y sends it")
        await pilot.press("y")
        await stage.sees(pilot, "HELD", "4/11 · It is held for a moment: u takes it back.")
        await pilot.press("u")
        await stage.sees(pilot, "5/11 · ", gone=("HELD",))
        assert await stage.decisions() == 0
        await pilot.press("escape", "G")
        await stage.ready(pilot, "5/11 · a opens this one's form")
        await pilot.press("a")
        await stage.sees(pilot, "field 1/1")
        await pilot.press(*"Mei", "ctrl+r")
        await stage.sees(pilot, "y sends, esc goes back")
        await pilot.press("y")
        await stage.sees(pilot, "6/11 · 2 shows the board")
        await pilot.press("2")
        await stage.sees(pilot, "6/11 · enter opens one; H L m move the card", "Claim C-1")
        await pilot.press("L")
        await stage.sees(pilot, "MOVE", "6/11 · y makes the move")
        await pilot.press("y")
        await stage.sees(pilot, "7/11 · 3 shows the timeline")
        await pilot.press("3")
        await stage.sees(pilot, "7/11 · F follows what happens")
        await pilot.press("F")
        await stage.sees(pilot, "8/11 · 4 shows the insights")
        await pilot.press("4")
        await stage.sees(pilot, "9/11 · : finds every command")
        await pilot.press("colon")
        await stage.sees(pilot, "Search for")
        await pilot.press("escape")
        await stage.sees(pilot, "10/11 · ? lists all keys.")
        await pilot.press("question_mark")
        await stage.sees(pilot, "esc closes")
        await pilot.press("escape")
        await stage.sees(pilot, "11/11 · That is all. q quits", "X end tour")


async def test_it_can_be_skipped_and_ended_by_keys_of_choice(tmp_path: Path) -> None:
    """One key for a step, one for all of it; then its line is gone, on every screen."""
    stage = touring(tmp_path, grace=0.0, keymap={"tour.skip": "f9", "tour.end": "f10", "move.down": "J"})
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "1/10 · J moves to the next request", "f9 skip  f10 end tour")
        await pilot.press("f9", "f9")
        await stage.sees(pilot, "3/10 · ")
        await pilot.press("2")
        await stage.sees(pilot, "3/10 · 1 shows the inbox")
        await pilot.press("f10")
        await stage.sees(pilot, "H L m move", gone=("/10 · ", "end tour"))
        await pilot.press("1")
        await stage.ready(pilot, "Refund $240")
        assert "/10 · " not in stage.shown()


async def test_it_is_never_in_the_way_of_a_decision(tmp_path: Path) -> None:
    """Without a look at it one decides as ever: its keys are no key of a decision, and both lines are in view."""
    stage = touring(tmp_path, grace=0.0)
    async with stage.run(40, 24) as pilot:
        await stage.ready(pilot, "Refund $240", "> skip  X end tour")
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE", "y send")
        await pilot.press("X", "y")
        await stage.sees(pilot, "RECORDED")
        assert await stage.decisions() == 1
