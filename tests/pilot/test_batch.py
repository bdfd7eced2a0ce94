"""Several at once: one outcome and one note, each request its own decision."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from api_client.commands import Decide
from api_client.models import Outcome
from pumpup_tui.inbox.planned_list import PlannedList
from pumpup_tui.inbox.screen import InboxScreen
from tests.pilot.stage import Stage
from tests.support.actors import BOB

AGENT_DENIES = {"outcome": {"type": "REJECT"}, "confidence": 0.62}


async def three(stage: Stage, pilot: Any) -> list[str]:
    """Open an inbox with three approvals, the second of which the agent would deny, and an elicitation."""
    await stage.sees(pilot, "live")
    ids = [
        await stage.approval("Refund $1", "Claim 1"),
        await stage.approval("Refund $2", "Claim 2", recommendation=AGENT_DENIES),
        await stage.approval("Refund $3", "Claim 3"),
    ]
    await stage.elicitation("Which day", [{"type": "Switch", "id": "x", "label": "X", "required": True}])
    await stage.ready(pilot, "Which day")
    return ids


async def test_all_are_decided_with_one_note(tmp_path: Path) -> None:
    """Star selects all approvals; the preview lists each; y settles each under its own key with the note."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        ids = await three(stage, pilot)
        await pilot.press("asterisk")
        await stage.sees(pilot, "3 selected", "1 elicitation left out")
        await pilot.press("a")
        await stage.sees(pilot, "3 requests", "for 1 of them the agent recommends something else", "≠ differs")
        await pilot.press("n", *"fine", "enter")
        await stage.sees(pilot, "note for each: fine")
        assert await stage.decisions() == 0
        await pilot.press("y")
        await stage.sees(pilot, "3 recorded")
        assert stage.backend is not None
        for request in ids:
            result = await stage.backend.approval_result(request)
            assert result is not None
            assert (result.outcome.type, result.outcome.note) == ("APPROVE", "fine")
        keys = {one.key for one in stage.app.context.outbox.desk.sent}
        assert len(keys) == 3
        await pilot.press("escape")
        await stage.sees(pilot, "Which day", "approve 3 at once", gone=("Refund $1",))


async def test_the_first_conflict_stops_nothing(tmp_path: Path) -> None:
    """What someone else settled meanwhile is shown as lost to them; the others are recorded."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        ids = await three(stage, pilot)
        await pilot.press("asterisk", "d")
        await stage.sees(pilot, "3 requests")
        await stage.write(Decide(request_id=ids[0], outcome=Outcome(type="APPROVE")), BOB)
        await pilot.press("y")
        await stage.sees(pilot, "2 recorded", "1 lost", "bob")
        assert [await stage.outcome(one) for one in ids] == ["APPROVE", "REJECT", "REJECT"]


async def test_escape_sends_nothing_and_one_can_be_left_out(tmp_path: Path) -> None:
    """X in the preview leaves the request under the cursor as it is; escape leaves all."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        ids = await three(stage, pilot)
        await pilot.press("x", "j", "x", "a")
        await stage.sees(pilot, "2 requests")
        await pilot.press("escape")
        await stage.sees(pilot, "2 selected")
        await pilot.press("a")
        await stage.sees(pilot, "2 requests")
        await pilot.press("x")
        await stage.sees(pilot, "1 request ·")
        await pilot.press("y")
        await stage.sees(pilot, "1 recorded")
        assert [await stage.outcome(one) for one in ids] == [None, "APPROVE", None]


async def test_a_needed_note_is_asked_for_first(tmp_path: Path) -> None:
    """Asking for more takes a note for all; without it nothing goes."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        ids = await three(stage, pilot)
        await pilot.press("asterisk", "i")
        await stage.sees(pilot, "note for each:")
        await pilot.press("enter", "y")
        await stage.sees(pilot, "it needs a note first")
        await pilot.press("n", *"why", "enter", "y")
        await stage.sees(pilot, "3 recorded")
        assert await stage.outcome(ids[2]) == "REQUEST_MORE_INFO"


async def test_a_held_batch_is_taken_back_as_one(tmp_path: Path) -> None:
    """U takes all of it back, and all are selected again."""
    stage = Stage(tmp_path, grace=5.0)
    async with stage.run() as pilot:
        await three(stage, pilot)
        await pilot.press("asterisk", "a")
        await stage.sees(pilot, "3 requests")
        await pilot.press("y")
        await stage.sees(pilot, "3 held", "take all back")
        await pilot.press("u")
        await stage.sees(pilot, "nothing was sent", gone=("HELD",))
        stage.clock.advance(seconds=60)
        # What is held after it goes out after it.
        await pilot.press("escape")
        await stage.sees(pilot, "● 3 selected")
        await pilot.press("escape", "g", "a", "y")
        await stage.sees(pilot, "HELD 5 s")
        stage.clock.advance(seconds=5)
        await stage.sees(pilot, "RECORDED")
        assert await stage.decisions() == 1


async def test_an_elicitation_is_not_selected(tmp_path: Path) -> None:
    """It says why."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await three(stage, pilot)
        await pilot.press("G", "x")
        await stage.sees(pilot, "can't be decided with others", gone=("selected",))


async def test_what_was_removed_stays_removed(tmp_path: Path) -> None:
    """Rows have the columns of what is left; escape leaves the removed request deselected, and star leaves snoozed."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        contexts = ({"Fee": "1"}, {"Fee": "2"}, {"Fee": "3", "Why": "rain"})
        ids = [await stage.approval(f"Refund {n}", keyValueContext=context) for n, context in enumerate(contexts)]
        await stage.ready(pilot, "Refund 2")
        inbox = stage.app.screen
        assert isinstance(inbox, InboxScreen)
        await pilot.press("asterisk", "a")
        await stage.sees(pilot, "3 requests", "Fee")
        await pilot.press("x")
        await stage.sees(pilot, "2 requests")
        planned = stage.app.screen.query_one(PlannedList)
        columns = planned.columns(planned.size.width - 1)
        for y, row in enumerate(planned.rows):
            drawn = "".join(text for text, _ in planned.draw_row(row, planned.size.width - 1)[0])
            assert drawn in planned.render_line(2 * y).text
        assert columns
        gone = ({*ids} - {row.request_id for row in planned.rows}).pop()
        await pilot.press("escape")
        await stage.sees(pilot, "2 selected")
        assert gone not in inbox.requests.selected
        stage.app.context.snoozes.put_off(ids[0], stage.clock() + timedelta(hours=1), stage.clock)
        await pilot.press("escape", "asterisk")
        assert inbox.requests.selected == {*ids[1:]}
