"""What can be done with a row of the inbox without deciding it: snooze it, assign it, go to the overdue ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from api_client.commands import Assign
from pumpup_tui.local_state.document_store import DocumentStore
from tests.pilot.stage import ALL_FIELDS, Stage
from tests.support.actors import ALICE


async def queue(stage: Stage) -> None:
    """One that is overdue, one of mine, two that anyone may decide, one of bob's."""
    await stage.project()
    late = await stage.task("Claim late", "claims")
    await stage.move(late, "in_review")
    await stage.ask(late, "Refund late", "claims")
    stage.clock.advance(minutes=25)
    for name, assignee in (("mine", "alice"), ("bob's", "bob"), ("one", ""), ("two", "")):
        task = await stage.task(f"Claim {name}", "claims")
        await stage.ask(task, f"Refund {name}", "claims")
        if assignee:
            await stage.write(Assign(task_id=task, assignee_id=assignee), ALICE)


async def open_queue(stage: Stage, pilot: Pilot[None]) -> None:
    await stage.ready(pilot, "overdue · 1", "mine · 1", "you may decide · 2", "others · 1", "▌A  Refund late")


async def test_a_snoozed_request_comes_back_by_itself(tmp_path: Path) -> None:
    """It goes to the end, says until when and that it is local, outlives a restart, and is back when it is time."""
    documents = DocumentStore(tmp_path / "state")
    stage = Stage(tmp_path / "data", documents=documents)
    stage.before.append(queue)
    async with stage.run() as pilot:
        await open_queue(stage, pilot)
        await pilot.press("comma")
        await stage.sees(pilot, "Snooze this request, for you on this machine", "1 hour, until")
        await pilot.press("enter")
        await stage.sees(pilot, "snoozed · 1, 1 of them overdue", "▌A  Refund mine", "snoozed until 13:25")
        await stage.sees(pilot, "on this machine only", "it is overdue, and still counted so", gone=("overdue · 1 ",))
        await pilot.press("]", "comma", "end", "enter", *"blue moon", "enter")
        await stage.sees(pilot, "snooze until (not understood", gone=("on this machine only",))
        await pilot.press("ctrl+u", *"2h", "enter")
        await stage.sees(pilot, "snoozed · 2, 1 of them overdue", "you may decide · 1")
    clock = stage.clock
    stage = Stage(tmp_path / "data", documents=DocumentStore(tmp_path / "state"), clock=clock)
    async with stage.run() as pilot:
        await stage.ready(pilot, "snoozed · 2", "▌A  Refund mine")
        clock.advance(minutes=61)
        stage.app.context.minute.publish(None)
        await stage.sees(pilot, "snoozed · 1", "overdue · 1 ", "▌A  Refund mine", gone=("of them overdue",))
        await pilot.press("G", "comma", "enter")
        await stage.sees(pilot, "back in the list", "you may decide · 2", gone=("snoozed · 1",))
        assert await stage.decisions() == 0


async def test_a_task_is_assigned_to_anyone(tmp_path: Path) -> None:
    """People who are known are offered; it arms, and y assigns; what is someone else's goes to their section."""
    stage = Stage(tmp_path)
    stage.before.append(queue)
    async with stage.run() as pilot:
        await open_queue(stage, pilot)
        await pilot.press("]", "]")
        await stage.ready(pilot, "▌A  Refund one")
        await pilot.press("@")
        await stage.sees(pilot, "Assign this task", "to me (alice)", "to bob", "to a name…")
        await pilot.press("down", "enter")
        await stage.sees(pilot, "ASSIGN", "@bob", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "others · 2", "▌A  Refund one")
        await pilot.press("@", "end", "enter")
        await stage.sees(pilot, "→ unassigned", "y send")
        await pilot.press("escape")
        await stage.sees(pilot, "others · 2", gone=("y send",))


async def test_overdue_ones_matches_and_tabs_have_keys(tmp_path: Path) -> None:
    """The key for the next overdue one goes round; n and N go through what a search lists; braces through the tabs."""
    stage = Stage(tmp_path)
    stage.before.append(queue)
    async with stage.run() as pilot:
        await open_queue(stage, pilot)
        await pilot.press(")")
        await stage.sees(pilot, "no other request is overdue")
        await pilot.press("G", ")")
        await stage.sees(pilot, "▌A  Refund late", gone=("no other request",))
        await pilot.press("n")
        await stage.sees(pilot, "/ searches")
        await pilot.press("slash", *"claim", "enter", "n", "n")
        await stage.sees(pilot, "only claim", "5 of 5", "▌A  Refund one")
        await pilot.press("N")
        await stage.sees(pilot, "▌A  Refund mine", "esc clear filter: claim")
        await pilot.press("}")
        await stage.sees(pilot, "▸mine", "1 of 5", gone=("Refund one",))
        await pilot.press("{", "{")
        await stage.sees(pilot, "▸overdue", "Refund late", gone=("Refund mine",))
        assert await stage.decisions() == 0


async def test_rows_show_a_draft_and_a_wide_screen_the_task(tmp_path: Path) -> None:
    """A form that was left half done is marked, after a restart too; from 160 columns the task stands beside it."""

    async def asked(stage: Stage) -> None:
        await stage.elicitation("Need details", ALL_FIELDS)

    def stage_of(*before: Callable[[Stage], Awaitable[None]]) -> Stage:
        stage = Stage(tmp_path / "data", documents=DocumentStore(tmp_path / "state"))
        stage.before.extend(before)
        return stage

    stage = stage_of(asked)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Need details", "10 fields")
        await pilot.press("a")
        await stage.sees(pilot, "E-mail")
        await pilot.press("tab", "shift+tab", *"x@y.org", "escape")
        await stage.sees(pilot, "✎ draft 1/10", gone=("─ Task ",))
        await pilot.resize_terminal(170, 40)
        await stage.sees(pilot, "─ Task ", "waiting · General · unassigned", "No attachments")
        await pilot.resize_terminal(120, 40)
        await stage.sees(pilot, "Need details", gone=("─ Task ",))
    stage = stage_of()
    async with stage.run(170, 40) as pilot:
        await stage.ready(pilot, "✎ draft 1/10", "─ Task ", "unassigned")
