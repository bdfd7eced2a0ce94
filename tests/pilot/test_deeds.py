"""What came of decisions on the screens: beside the decision, as a filter of the timeline, and among the insights."""

from __future__ import annotations

from pathlib import Path

from api_client.commands import Move
from tests.pilot.stage import Stage
from tests.pilot.test_insights import decide, to_pane
from tests.support.actors import BOB


async def decided(stage: Stage) -> None:
    """An approval that was acted on, two that were not, one with an action of no name, and a denial acted on."""
    await stage.project()
    names = ("Done 1", "Undone 2", "Closed 3", "Unlinked 4", "Denied 5")
    requests = {name: await stage.approval(f"Refund for {name}", name, "claims") for name in names}
    for name in names:
        await decide(stage, requests[name], "REJECT" if name == "Denied 5" else "APPROVE")
    assert stage.backend is not None
    for task in await stage.backend.tasks():
        if task.name in ("Done 1", "Denied 5"):
            hostile = f"Paid [@click=app.quit]for[/] \x1b]52;c;eA==\x07{task.name}"
            await stage.act(task.id, hostile, externalTraceId=requests[task.name])
        elif task.name == "Unlinked 4":
            await stage.act(task.id, "Did this and that")
        elif task.name == "Closed 3":
            await stage.write(Move(task_id=task.id, transitions_to="rejected"), BOB)
    stage.clock.advance(minutes=60)


async def test_a_decision_says_what_was_done_in_its_name(tmp_path: Path) -> None:
    """The event's pane lists the actions, foreign text as such, says what was not done, and follows what is done."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(150, 40) as pilot:
        await stage.ready(pilot, "All done")
        await pilot.press("3")
        await stage.sees(pilot, "moved", "Refund for Done 1")
        await pilot.press("}")
        await stage.sees(pilot, "acted on after the denial · 1 action", "12:25  agent-1  Paid [@click=app.quit]for[/]")
        await pilot.press("}")
        await stage.sees(pilot, "no action linked · 1 later action")
        await pilot.press("}")
        await stage.sees(pilot, "nothing done · the task is closed")
        await pilot.press("}")
        await stage.sees(pilot, "nothing done yet · decided 1h ago")
        assert stage.backend is not None
        undone = (await stage.backend.events(types=["APPROVAL_REQUESTED"])).items[1]
        await stage.act(undone.task_id, "Paid after all", externalTraceId=undone.id)
        await stage.sees(pilot, "done · 1 action", "agent-1  Paid after all", gone=("nothing done yet",))


async def test_a_timeline_is_narrowed_to_what_nothing_came_of(tmp_path: Path) -> None:
    """The filter's last choice, on the smallest screen too; it is among the words of what is left out."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "All done")
        await pilot.press("3", "f", *["tab"] * 5)
        await stage.sees(pilot, "approved, nothing done", "denied, acted on")
        await pilot.press("space", "enter")
        await stage.sees(pilot, "approved, nothing done", "Undone 2", "Closed 3", gone=("Done 1", "Denied 5"))


async def test_the_insights_count_what_came_of_decisions(tmp_path: Path) -> None:
    """The counts lead to the timeline and the first of them to their tasks; an action takes its approval out."""
    stage = Stage(tmp_path)
    stage.before.append(decided)
    async with stage.run(120, 48) as pilot:
        await stage.ready(pilot, "All done")
        await pilot.press("4")
        await stage.sees(pilot, "What came of decisions", "task closed · Refund", "1.2h", gone=("counting…",))
        await to_pane(stage, pilot, "deeds")
        await pilot.press("enter")
        await stage.sees(pilot, "▸3 Timeline", "approved, nothing done", "Undone 2", gone=("Denied 5",))
        await pilot.press("escape")
        await stage.sees(pilot, "▸4 Insights")
        await pilot.press("j", "enter")
        await stage.sees(pilot, "Undone 2", "triage", "Timeline, newest first", "nothing done yet")
        await pilot.press("escape")
        await stage.sees(pilot, "▸4 Insights", "Refund for Undone 2")
        await pilot.press("c")
        await stage.sees(pilot, "copied as Markdown")
        assert "- denied, acted on: 1\n" in stage.app.clipboard
        assert stage.backend is not None
        undone = (await stage.backend.events(types=["APPROVAL_REQUESTED"])).items[1]
        await stage.act(undone.task_id, "Paid after all", externalTraceId=undone.id)
        await stage.sees(pilot, "task closed · Refund", gone=("Refund for Undone 2",))
