"""The board: a column a step, moved over with the arrows; a card moves along declared exits, after y."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.pilot.stage import Stage


async def open_board(stage: Stage, pilot: Any, *words: str) -> None:
    await stage.sees(pilot, "live")
    await pilot.press("2")
    await stage.sees(pilot, *words, gone=("reading…", "opening…"))


async def three(stage: Stage) -> None:
    await stage.project()
    for number in range(3):
        await stage.task(f"Claim {number}", "claims")


async def step_of(stage: Stage, name: str) -> str:
    assert stage.backend is not None
    return (await stage.backend.tasks(name=name))[0].current_step


async def test_columns_stand_in_graph_order_with_owner_and_count(tmp_path: Path) -> None:
    """Each step's name, owner and count; terminal steps are marked as final, and narrow but for the cursor's."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0", "■ paid")
        shown = stage.shown()
        assert shown.index("triage") < shown.index("in_review") < shown.index("rejected") < shown.index("paid")
        assert "▶ 3 running" in shown
        await pilot.press("l", "l", "l")
        await stage.sees(pilot, "platform · final")


async def test_a_card_moves_along_an_exit(tmp_path: Path) -> None:
    """L arms the nearest exit to the right, y makes the move, and the card is there."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("j", "L")
        await stage.sees(pilot, "MOVE", "Claim 1 → in_review", "y send")
        assert await step_of(stage, "Claim 1") == "triage"
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await step_of(stage, "Claim 1") == "in_review"
        await pilot.press("l")
        await stage.sees(pilot, "▌ Claim 1")


async def test_moving_the_cursor_takes_an_armed_move_back(tmp_path: Path) -> None:
    """What y would move is always under the cursor."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("L", "j")
        await stage.sees(pilot, "you moved on")
        await pilot.press("y")
        assert await step_of(stage, "Claim 0") == "triage"


async def test_an_exit_can_be_chosen(tmp_path: Path) -> None:
    """Among the step's exits, with m."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("m")
        await stage.sees(pilot, "Move along which exit")
        await pilot.press("j", "enter")
        await stage.sees(pilot, "Claim 0 → rejected", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "■ Claim 0")


async def test_a_refused_move_says_why(tmp_path: Path) -> None:
    """No exit on that side, a closed task, an open request before a final step."""
    stage = Stage(tmp_path)

    async def cards(stage: Stage) -> None:
        await stage.project()
        done = await stage.task("Done one", "claims")
        await stage.move(done, "rejected")
        await stage.approval("Refund $240", "Asked one", "claims")

    stage.before.append(cards)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Asked one", "Done one")
        await pilot.press("H")
        await stage.sees(pilot, "no exit to the left; from triage a task goes to: in_review, rejected")
        await pilot.press("m", "j", "enter")
        await stage.sees(pilot, "would close the task while a request is open")
        await pilot.press("l", "l", "L")
        await stage.sees(pilot, "closed tasks can't be moved")


async def test_others_moves_show_without_losing_the_cursor(tmp_path: Path) -> None:
    """An agent moves a task: the card changes column, the cursor stays on its own."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("G")
        await stage.sees(pilot, "▌ Claim 2")
        assert stage.backend is not None
        first = (await stage.backend.tasks(name="Claim 0"))[0]
        await stage.move(first.id, "rejected")
        await stage.sees(pilot, "■ Claim 0", "▌ Claim 2")


async def test_enter_opens_the_task_and_its_request(tmp_path: Path) -> None:
    """The task's state and timeline; enter again goes to its request in the inbox."""
    stage = Stage(tmp_path)

    async def asked(stage: Stage) -> None:
        await stage.project()
        await stage.approval("Refund $240", "Asked one", "claims")

    stage.before.append(asked)
    async with stage.run(80, 24) as pilot:
        await open_board(stage, pilot, "Asked one")
        await pilot.press("enter")
        await stage.sees(pilot, "Timeline, newest first", "● triage", "→ in_review, rejected")
        await pilot.press("enter")
        await stage.sees(pilot, "Approval · Asked one", "a approve")
        await pilot.press("2")
        await stage.sees(pilot, "triage")


async def test_narrow_terminals_scroll_sideways(tmp_path: Path) -> None:
    """The columns that do not fit come as the cursor goes there; their heads come along."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run(60, 20) as pilot:
        await open_board(stage, pilot, "Claim 0")
        assert "paid" not in stage.shown()
        await pilot.press("l", "l", "l")
        await stage.sees(pilot, "paid", gone=("triage",))


async def test_the_cursor_goes_with_the_last_card_of_a_column(tmp_path: Path) -> None:
    """While others are there it goes on to the next card; with the last one to where that was moved."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        for number, after in enumerate(("▌ Claim 1", "▌ Claim 2", "▌ Claim 2")):
            await pilot.press("L", "y")
            await stage.sees(pilot, "RECORDED", f"Claim {number} → in_review", after)
        await stage.sees(pilot, "▌ in_review")


async def test_compact_cards_take_a_line_each_and_are_remembered(tmp_path: Path) -> None:
    """The key z turns the frames off and on."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0", "╭─")
        await pilot.press("z")
        await stage.sees(pilot, "▌▶ Claim 0", " ▶ Claim 2", gone=("╭─",))
        assert stage.app.context.last_view.recall("board") == {"compact": True}
        await pilot.press("z")
        await stage.sees(pilot, "▌ Claim 0", "╭─")
