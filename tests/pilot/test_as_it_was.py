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
    await stage.write(Decide(request_id=request, outcome=Outcome(type="REJECT", note="too late")), BOB)
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
        await stage.sees(pilot, "▼ denied  by bob")
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


async def test_a_board_as_it_was(tmp_path: Path) -> None:
    """@ on the board takes a time as people type it; the cards are where they were, and enter opens one as it was."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        await pilot.press("2")
        await stage.sees(pilot, "Claim C-1029")
        await pilot.press("@", *"7m ago", "enter")
        await stage.sees(pilot, "Board as it was", "Read-only", "Claim C-1029")
        await pilot.press("enter")
        await stage.sees(pilot, "Task as it was", "open then", "Refund $240")
        await pilot.press("escape", "escape")
        await stage.sees(pilot, "Claim C-1029", gone=("Board as it was",))
