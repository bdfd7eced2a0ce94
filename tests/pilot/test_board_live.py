"""What others do shows within a second, and what the cursor is on is never lost in silence."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from api_client.commands import Move
from tests.pilot.stage import Stage
from tests.pilot.test_board import open_board, three
from tests.support.actors import BOB
from tests.waiting import until


async def task_id(stage: Stage, name: str) -> str:
    assert stage.backend is not None
    return (await stage.backend.tasks(name=name))[0].id


async def test_the_selected_task_is_followed_by_words_when_it_leaves(tmp_path: Path) -> None:
    """The cursor stays in the column, on the neighbour, and a line says where the task went."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("j")
        await stage.sees(pilot, "▌ Claim 1")
        await stage.move(await task_id(stage, "Claim 1"), "rejected")
        await stage.sees(pilot, "Claim 1 went to rejected (agent)", "▌ Claim 2")


async def test_a_move_armed_on_a_task_that_leaves_is_taken_back(tmp_path: Path) -> None:
    """Someone else was faster: y sends nothing."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await pilot.press("L")
        await stage.sees(pilot, "Claim 0 → in_review", "y send")
        await stage.write(Move(task_id=await task_id(stage, "Claim 0"), transitions_to="rejected"), BOB)
        await stage.sees(pilot, "Claim 0 went to rejected (human)", gone=("y send",))
        await pilot.press("y")
        await stage.sees(pilot, "▌ Claim 1")
        assert stage.backend is not None
        steps = [one.current_step for one in await stage.backend.tasks(name="Claim")]
        assert sorted(steps) == ["rejected", "triage", "triage"]


class Late:
    """A backend that tells nothing of changes: what is shown is old."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def changes(self, cursor: str | None = None) -> Any:
        await asyncio.Event().wait()
        yield None


async def test_a_move_that_came_too_late_says_why(tmp_path: Path) -> None:
    """The board did not know yet; the record did: nothing is written, and the reason is told."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    stage.wrap = Late
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        await stage.write(Move(task_id=await task_id(stage, "Claim 0"), transitions_to="rejected"), BOB)
        await pilot.press("L")
        await stage.sees(pilot, "Claim 0 → in_review", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "LOST", "closed")


async def test_a_thousand_events_hold_up_no_key(tmp_path: Path) -> None:
    """While agents write as fast as they can, the cursor goes where the keys say."""
    stage = Stage(tmp_path)
    stage.before.append(three)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 0")
        busy = await task_id(stage, "Claim 2")

        for batch in range(20):
            writing = asyncio.gather(*(stage.act(busy, f"step {batch}.{n}") for n in range(50)))
            for key, words in (("j", "▌ Claim 1"), ("k", "▌ Claim 0")):
                await pilot.press(key)
                await stage.sees(pilot, words)
            await writing


async def test_all_projects_are_rows_of_counts_that_open_their_boards(tmp_path: Path) -> None:
    """Steps as counts, what is overdue, stuck and oldest; enter opens a board, escape goes back; p lists them too."""
    stage = Stage(tmp_path)

    async def two(stage: Stage) -> None:
        await three(stage)
        late = await stage.task("Late one", "claims")
        await stage.move(late, "in_review")
        stage.clock.advance(hours=30)
        await stage.project("Refunds")
        await stage.approval("Refund $240", "Asked one", "refunds")

    stage.before.append(two)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await pilot.press("2")
        await stage.sees(pilot, "All projects", "4 open tasks", "◷ 1 overdue", "○ 4 stuck", "oldest 1d", "1 open task")
        await stage.sees(pilot, "triage 3 ▸ in_review 1 ▸ ■ rejected 0", " all projects ▾")
        await pilot.press("enter")
        await stage.sees(pilot, " Claims ▾", "Claim 0", "○ stuck 1d", "◷ overdue 1d", gone=("all projects",))
        await pilot.press("escape")
        await stage.sees(pilot, "All projects", gone=("Claim 0",))
        await pilot.press("p")
        await stage.sees(pilot, "all projects", "◌ 1 waiting        5 open", "4 open", "◌ 1 waiting        1 open")
        await pilot.press("G", "enter")
        await stage.sees(pilot, " Refunds ▾", "Asked one", gone=("Claim 0",))


async def test_a_narrow_terminal_shows_where_a_move_goes(tmp_path: Path) -> None:
    """At 40 columns the target stands whole, the keys below it."""
    stage = Stage(tmp_path)

    async def long_name(stage: Stage) -> None:
        await stage.project()
        await stage.task("A claim with a name that goes on and on", "claims")

    stage.before.append(long_name)
    async with stage.run(40, 24) as pilot:
        await open_board(stage, pilot, "A claim")
        await pilot.press("L")
        await stage.sees(pilot, "MOVE", "→ in_review", "y send", "esc cancel")


async def test_a_project_that_is_new_is_there_without_a_refresh(tmp_path: Path) -> None:
    """The first task in a project that was made while the screens were open brings it to the board."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot, "live")
        await stage.project()
        await stage.task("Claim C-1029", "claims")
        await until(lambda: len(stage.app.context.status.projects) == 2, "the new project is known")
        await pilot.press("2")
        await stage.sees(pilot, "Claims", "triage", "Claim C-1029")
