"""The queue on the screen: all of a long one, in any order, and only what is wanted of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from tests.pilot.stage import Stage

MANY = 130
"""More than the pages that the eye waits for."""


async def many(stage: Stage) -> None:
    """130 requests in two projects; the last one is unlike the others."""
    await stage.project()
    for number in range(MANY - 1):
        await stage.approval(f"Refund ${number}", f"Claim {number}", "claims" if number % 2 else "general")
    await stage.approval(
        "Payout of pears",
        "Claim last",
        "claims",
        recommendation={"outcome": {"type": "REJECT"}, "confidence": 0.12},
        keyValueContext={"Amount": "$9,000"},
    )


def inbox(stage: Stage) -> InboxScreen:
    assert isinstance(stage.app.screen, InboxScreen)
    return stage.app.screen


async def test_search_looks_through_the_whole_queue(tmp_path: Path) -> None:
    """What is not read yet is found all the same, as one types; escape shows all again."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+", "Refund $0")
        await pilot.press("slash", *"pears")
        await stage.sees(pilot, "Payout of pears", f"1 of {MANY}", "only pears", gone=("Refund $0",))
        await pilot.press("enter", "escape")
        await stage.sees(pilot, "Refund $128", f"Inbox {MANY}", gone=("only pears",))
        assert await stage.decisions() == 0


async def test_sorting_reads_all_and_keeps_the_cursor(tmp_path: Path) -> None:
    """Least confident first puts the last request on top; the cursor stays on its own."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        before = inbox(stage).requests.queue.cursor_id
        await pilot.press("s")
        await stage.sees(pilot, "Sort and group", "● oldest first", "grouped by project")
        await pilot.press("j", "j", "j", "enter")
        await stage.sees(pilot, "least confident first", f"Inbox {MANY}")
        assert inbox(stage).requests.queue.cursor_id == before
        await pilot.press("g")
        await stage.sees(pilot, "Payout of pears")


async def test_groups_have_headings_with_counts(tmp_path: Path) -> None:
    """Grouped by project, each group says how many are in it; the keys step over its heading."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        await pilot.press("s", *["j"] * 9, "enter")
        await stage.sees(pilot, "grouped by project", f"Inbox {MANY}")
        await pilot.press("g")
        await stage.sees(pilot, "claims · 65")
        await pilot.press("k", "k")
        assert inbox(stage).requests.row is not None


async def test_filters_have_names_that_are_kept(tmp_path: Path) -> None:
    """One of the configuration, and one that a reader keeps: both are there after a restart."""

    def stage_of(name: str) -> Stage:
        stage = Stage(tmp_path / name)
        stage.app.context.preferences = Preferences(
            filters={"doubtful": "confidence<.5", "large": "context.Amount>500"}
        )
        stage.app.context.documents = DocumentStore(tmp_path / "state")
        stage.before.append(many)
        return stage

    stage = stage_of("one")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        await pilot.press("f")
        await stage.sees(pilot, "doubtful   confidence<.5", "unassigned   is:free")
        await pilot.press("escape", "slash", *"$12", "enter", "f")
        await stage.sees(pilot, "save “$12” under a name…")
        await pilot.press("G", "enter", *"quarter", "enter", "f")
        await stage.sees(pilot, "quarter   $12")
    stage = stage_of("two")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        await pilot.press("f")
        await stage.sees(pilot, "quarter   $12", "delete quarter")
        await pilot.press("j", "j", "j", "j", "enter")
        await stage.sees(pilot, "▸doubtful", "Payout of pears", gone=("Refund $0",))
        await pilot.press("f", "j", "enter")
        await stage.sees(pilot, "▸large", "Payout of pears", gone=("Refund $0",))


async def test_mine_and_unassigned(tmp_path: Path) -> None:
    """M goes from all to what is one's own, to what is no one's, and back."""
    from api_client.commands import Assign
    from tests.support.actors import ALICE

    stage = Stage(tmp_path)

    async def two(stage: Stage) -> None:
        mine = await stage.task("Claim mine")
        await stage.ask(mine, "Refund mine")
        await stage.write(Assign(task_id=mine, assignee_id="alice"), ALICE)
        await stage.approval("Refund free")

    stage.before.append(two)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund mine", "Refund free")
        await pilot.press("m")
        await stage.sees(pilot, "▸mine", "Refund mine", gone=("Refund free",))
        await pilot.press("m")
        await stage.sees(pilot, "▸unassigned", "Refund free", gone=("Refund mine",))
        await pilot.press("m")
        await stage.sees(pilot, "Refund mine", "Refund free", gone=("▸mine", "▸unassigned"))


async def test_what_is_overdue_is_told_in_words(tmp_path: Path) -> None:
    """A line says how many and for how long, not by its colour alone."""
    stage = Stage(tmp_path)

    async def late(stage: Stage) -> None:
        await stage.project()
        task = await stage.task("Claim late", "claims")
        await stage.move(task, "in_review")
        await stage.ask(task, "Refund late", "claims")
        stage.clock.advance(minutes=25)

    stage.before.append(late)
    async with stage.run() as pilot:
        await stage.ready(pilot, "◷ 1 is overdue, the longest by 15m", "◷ overdue")


async def test_a_filter_for_what_is_overdue_finds_it_as_time_passes(tmp_path: Path) -> None:
    """A request that becomes overdue is listed with the next minute, however short its filter is typed."""
    stage = Stage(tmp_path)

    async def soon_late(stage: Stage) -> None:
        await stage.project()
        task = await stage.task("Claim late", "claims")
        await stage.move(task, "in_review")
        await stage.ask(task, "Refund late", "claims")
        stage.clock.advance(minutes=5)

    stage.before.append(soon_late)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund late")
        await pilot.press("/", *"is:o", "enter")
        await stage.sees(pilot, "No matching requests", gone=("Refund late",))
        stage.clock.advance(minutes=20)
        stage.app.context.minute.publish(None)
        await stage.sees(pilot, "Refund late", "◷ overdue", gone=("No matching requests",))


async def test_nothing_moves_while_a_decision_is_armed(tmp_path: Path) -> None:
    """With another order, what comes would go first: it is counted, and shown once nothing is armed."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Refund $1", "Claim 1")
        await stage.ready(pilot, "Refund $1")
        await pilot.press("s", "j", "enter")
        await stage.sees(pilot, "newest first")
        await stage.ready(pilot)
        await pilot.press("a")
        await stage.sees(pilot, "y send")
        before = _rows(stage)
        stage.clock.advance(minutes=1)
        for number in (2, 3, 4):
            await stage.approval(f"Refund ${number}", f"Claim {number}")
        await stage.sees(pilot, "3 new", "y send", gone=("Refund $4",))
        assert _rows(stage) == before
        await pilot.press("escape")
        await stage.sees(pilot, "Refund $4", gone=("3 new",))


def _rows(stage: Stage) -> Any:
    return [row.request_id for row in inbox(stage).requests.rows]


async def test_reading_again_far_down_does_not_call_a_request_settled(tmp_path: Path) -> None:
    """What the first page does not hold may be further down: it is not said to be settled."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        await pilot.press("G")
        await stage.sees(pilot, f"Inbox {MANY}", "▌A  Payout of pears")
        await pilot.press("r")
        await stage.sees(pilot, "decided, or further down")
