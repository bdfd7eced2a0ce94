"""A task and a board as they were: from an event or a time, and on through the events; nothing can be changed there."""

from __future__ import annotations

from pathlib import Path

from api_client.commands import Assign, Decide, Move
from api_client.models import Outcome
from tests.pilot.stage import Stage
from tests.support.actors import ALICE, BOB


async def decided(stage: Stage) -> None:
    await stage.project()
    context = {"Amount": "$240", "Claim": "C-1029"}
    request = await stage.approval("Refund $240", "Claim C-1029", "claims", keyValueContext=context)
    stage.clock.advance(minutes=5)
    await stage.write(
        Decide(request_id=request, outcome=Outcome(type="REJECT", note="too late", reason_code="DEADLINE")), BOB
    )
    assert stage.backend is not None
    task = (await stage.backend.request(request)).task.id
    stage.clock.advance(minutes=5)
    await stage.write(Move(task_id=task, transitions_to="in_review"), ALICE)
    await stage.write(Assign(task_id=task, assignee_id="alice"), ALICE)


async def test_a_task_as_its_decider_saw_it(tmp_path: Path) -> None:
    """@ on a decision shows the task then and the request as it was shown; < goes before it, esc returns to now."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press("3", "}")
        await stage.sees(pilot, "▼ denied  by bob", "reason      DEADLINE")
        await pilot.press("@")
        await stage.sees(pilot, "Task as it was", "after bob ▼ denied", "as bob saw it", "Amount  $240", "unassigned")
        await pilot.press("<")
        await stage.sees(pilot, "approval requested", "open then", "Read-only", gone=("as bob saw it",))
        await pilot.press("<", "<")
        await stage.sees(pilot, "no event further that way")
        await pilot.press(">", ">", ">")
        await stage.sees(pilot, "after alice", gone=("open then",))
        await pilot.press("escape")
        await stage.sees(pilot, "▼ denied  by bob", gone=("Task as it was",))


async def test_it_is_shown_whole_at_any_width(tmp_path: Path) -> None:
    """Text is wrapped within the frame, whose right edge is in view."""
    stage = Stage(tmp_path)

    async def long(stage: Stage) -> None:
        await stage.project()
        await stage.approval(f"{'refund ' * 27}AT-ONCE", "Claim C-1029", "claims")

    stage.before.append(long)
    async with stage.run(width=80) as pilot:
        await stage.ready(pilot)
        await pilot.press("3")
        await stage.sees(pilot, "requests")
        await pilot.press("@")
        for width in (80, 120, 200):
            await pilot.resize_terminal(width, 40)
            await stage.sees(pilot, "Task as it was", "open then", "AT-ONCE", "━┛", gone=("opens it",))
            assert stage.app.screen.query_one("#task").region.right == width


async def test_a_board_as_it_was(tmp_path: Path) -> None:
    """@ on the board takes a time as people type it; the cards are where they were, and enter opens one as it was."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press("2")
        await stage.sees(pilot, "Claim C-1029")
        await pilot.press("@", *"7x ago", "enter")
        await stage.sees(pilot, "as it was at (not understood", "7x ago")
        await pilot.press(*["backspace"] * 5, *"m ago", "enter")
        await stage.sees(pilot, "Board as it was · Claims · ", "Read-only", "Claim C-1029", "Claims ▾")
        await pilot.press("enter")
        await stage.sees(pilot, "Task as it was", "open then", "Refund $240", "Claims ▾", gone=("opens it",))
        await pilot.press("escape", "escape")
        await stage.sees(pilot, "Claim C-1029", gone=("Board as it was",))
