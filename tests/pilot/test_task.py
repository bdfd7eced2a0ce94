"""A task's page: where it is in its graph, all that is known of it, and what can be done with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from api_client.models import Me
from tests.pilot.stage import Stage
from tests.pilot.test_board import open_board, step_of

METADATA = {"amount": 240, "[red]tag[/x]": "\x1b[31mred", "address": {"city": "Łódź", "lines": ["a", "b"]}}


async def claim(stage: Stage) -> None:
    await stage.project()
    task_id = await stage.task("Claim 1", "claims", metadataPatch={"set": METADATA})
    await stage.move(task_id, "in_review")


async def open_task(stage: Stage, pilot: Any) -> None:
    await open_board(stage, pilot, "Claim 1")
    if "▌ Claim 1" not in stage.shown():
        await pilot.press("l")
    await stage.sees(pilot, "▌ Claim 1")
    await pilot.press("enter")
    await stage.sees(pilot, "Timeline, newest first")


async def test_the_graph_marks_where_the_task_is(tmp_path: Path) -> None:
    """All steps in a line, the present one's owner, and where it goes on to and back to; final ones are marked."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    async with stage.run(80, 24) as pilot:
        await open_task(stage, pilot)
        await stage.sees(pilot, "triage ▸ ● in_review ▸ ■ rejected │ ■ paid", "step owner: human", "→ paid, rejected")
        await stage.sees(pilot, "↺ triage", "in step for < 1 min")


async def test_metadata_is_a_tree(tmp_path: Path) -> None:
    """Nested values open with space and close again; what an agent wrote stays text."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    async with stage.run() as pilot:
        await open_task(stage, pilot)
        await stage.sees(pilot, "[red]tag[/x]", "␛[31mred", "▸ address  2 keys", gone=("Łódź",))
        await pilot.press("tab")
        await stage.press_until(pilot, "j", "▌▎▸ address")
        await pilot.press("space")
        await stage.sees(pilot, "▾ address", "city  Łódź", "▸ lines  2 values")
        await pilot.press("h")
        await stage.sees(pilot, "▌▎▸ address", gone=("Łódź",))


async def test_a_task_is_given_and_given_back(tmp_path: Path) -> None:
    """T chooses whom, y makes it so; to oneself, to a name, to no one."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    async with stage.run(80, 24) as pilot:
        await open_task(stage, pilot)
        await stage.sees(pilot, "unassigned")
        await pilot.press("t", "enter")
        await stage.sees(pilot, "ASSIGN", "Claim 1 → @alice", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "assigned to @alice")
        await pilot.press("t", *"maria", "enter", "enter")
        await stage.sees(pilot, "Claim 1 → @maria", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "assigned to @maria")
        await pilot.press("t")
        await stage.press_until(pilot, "down", "▌unassigned")
        await pilot.press("enter", "escape")
        await stage.sees(pilot, "cancelled: nothing was sent", "assigned to @maria")
        await pilot.press("t")
        await stage.press_until(pilot, "down", "▌unassigned")
        await pilot.press("enter")
        await stage.sees(pilot, "→ unassigned", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "unassigned")


async def test_a_note_goes_on_the_timeline_after_y(tmp_path: Path) -> None:
    """The key c writes it, enter only ends typing."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    async with stage.run() as pilot:
        await open_task(stage, pilot)
        await pilot.press("c", *"called", "enter")
        await stage.sees(pilot, "NOTE", "note: called", "y send", gone=("¶ note",))
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "¶ note")


async def test_a_task_moves_from_its_page(tmp_path: Path) -> None:
    """As on the board, with H, L and m; the graph's mark goes along."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    async with stage.run() as pilot:
        await open_task(stage, pilot)
        await pilot.press("H")
        await stage.sees(pilot, "MOVE", "Claim 1 → triage", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "● triage")
        assert await step_of(stage, "Claim 1") == "triage"


async def test_a_move_is_taken_back_when_the_task_moves_meanwhile(tmp_path: Path) -> None:
    """What was armed was another move than it would be now."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    async with stage.run() as pilot:
        await open_task(stage, pilot)
        await pilot.press("L")
        await stage.sees(pilot, "MOVE", "y send")
        assert stage.backend is not None
        await stage.move((await stage.backend.tasks(name="Claim 1"))[0].id, "triage")
        await stage.sees(pilot, "the task went to triage meanwhile: nothing was sent", gone=("y send",))


class Looking:
    """A backend that lets its caller look only."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def me(self) -> Me:
        me: Me = await self._backend.me()
        return replace(me, capabilities=("board", "stream"))


async def test_what_one_may_not_do_is_not_offered_and_says_why(tmp_path: Path) -> None:
    """The key line leaves it out; the key says the reason."""
    stage = Stage(tmp_path)
    stage.before.append(claim)
    stage.wrap = Looking
    async with stage.run() as pilot:
        await stage.sees(pilot, "read-only")
        await pilot.press("2")
        await stage.sees(pilot, "▌ Claim 1", gone=("reading…", "opening…", "H L m"))
        await pilot.press("L")
        await stage.sees(pilot, "tasks can't be moved here")
        await pilot.press("enter")
        await stage.sees(pilot, "Timeline, newest first", gone=("t assign", "c note"))
        await pilot.press("t")
        await stage.sees(pilot, "tasks can't be assigned here")
        await pilot.press("c")
        await stage.sees(pilot, "notes can't be written here")
