"""The insights: figures on the fourth screen, which go on with what happens and lead to the work behind them."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from api_client.commands import Assign, Decide
from api_client.models import Outcome, OutcomeType
from pumpup_tui.insights.figures_view import FiguresView
from tests.pilot.stage import Stage
from tests.support.actors import ALICE, BOB


async def decide(stage: Stage, request_id: str, outcome: OutcomeType, actor: object = BOB) -> None:
    stage.clock.advance(minutes=5)
    await stage.write(Decide(request_id=request_id, outcome=Outcome(type=outcome)), actor)  # type: ignore[arg-type]


async def busy(stage: Stage) -> None:
    """Two decided requests and two open ones, of two projects."""
    await stage.project()
    advice = {"outcome": {"type": "APPROVE"}, "confidence": 0.85}
    for name, outcome in (("Claim 1", "APPROVE"), ("Claim 2", "REJECT")):
        request = await stage.approval("Refund", name, "claims", recommendation=advice)
        await decide(stage, request, outcome)  # type: ignore[arg-type]
    await stage.approval("Refund $240", "Claim 3", "claims")
    task = await stage.task("Other 4")
    await stage.ask(task, "Refund $99")
    await stage.write(Assign(task_id=task, assignee_id="alice"), ALICE)


async def to_pane(stage: Stage, pilot: Pilot[None], key: str) -> None:
    """Put the cursor on the first row of a pane, wherever it is at this width."""
    view = stage.app.screen.query_one(FiguresView)
    wanted = next(at for at, spot in enumerate(view.spots) if spot.pane == key)
    while view.spot != view.spots[wanted]:
        here = view.spot
        assert here is not None
        across = view.spots[wanted].column - here.column
        await pilot.press("l" if across > 0 else "h" if across < 0 else "j" if here.y < view.spots[wanted].y else "k")


async def test_figures_go_on_with_what_happens_and_lead_to_the_work(tmp_path: Path) -> None:
    """Today's figures by hour, outcome, project, reviewer; a new decision is added; enter opens a row's work."""
    stage = Stage(tmp_path)
    stage.before.append(busy)
    async with stage.run(120, 48) as pilot:
        await stage.ready(pilot, "Inbox 2")
        await pilot.press("4")
        await stage.sees(
            pilot, "no task is stuck", "▸7d", "Settled by day", "80-90 %", "50 %", "▼ deny", gone=("counting…",)
        )
        await pilot.press("t")
        await stage.sees(pilot, "▸today", "Settled by hour", "1 of 2 recommendations")
        await stage.sees(pilot, "asked        4  today")
        request = await stage.approval("Refund $7", "Claim 5", "claims")
        await stage.sees(pilot, "asked        5  today", "open         3")
        await decide(stage, request, "ESCALATE")
        await stage.sees(pilot, "settled      3  today", "open         2")
        await pilot.press("l", "enter")  # the first of the projects, with the most open requests
        await stage.sees(pilot, "▸2 Board", "Claims", "esc back")
        await pilot.press("escape")
        await stage.sees(pilot, "▸4 Insights", "all projects")
        await to_pane(stage, pilot, "agents")
        await pilot.press("enter")
        await stage.sees(pilot, "agent agent-1 · ", "esc all agents", gone=("counting…",))
        await pilot.press("escape")
        await stage.sees(pilot, "Load by reviewer", gone=("agent agent-1 · ", "counting…"))
        await to_pane(stage, pilot, "reviewers")
        await pilot.press("j", "enter")  # one's own row is the first
        await stage.sees(pilot, "▸3 Timeline", "bob", "esc back")
        await pilot.press("escape")
        await stage.sees(pilot, "▸4 Insights")
        await pilot.press("3")
        await stage.sees(pilot, "▸3 Timeline", "+ created")  # all events, as before
        task = await stage.task("Lost 6", "claims")
        stage.clock.advance(minutes=60 * 25)
        await pilot.press("4", "r")
        await stage.sees(pilot, "Lost 6", gone=("counting…",))
        await stage.write(Assign(task_id=task, assignee_id="alice"), ALICE)
        await stage.sees(pilot, "Claim 3", gone=("Lost 6",))


async def test_a_range_is_typed_copied_exported_and_left(tmp_path: Path) -> None:
    """A day of a longer range opens as a range of its own and escape leads back; a wrong one says what to write."""
    stage = Stage(tmp_path)
    stage.before.append(busy)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "1 Inbox 2")
        await pilot.press("4", "m")
        await stage.sees(pilot, "▸30d", gone=("counting…",))
        await to_pane(stage, pilot, "periods")
        await pilot.press("enter")
        await stage.sees(pilot, "▸2026-", "Settled by hour", "esc 30d", gone=("counting…",))
        await pilot.press("enter")  # an hour has no smaller parts: its decisions
        await stage.sees(pilot, "▸3", "12:00-13:00", "▼ denied")
        await pilot.press("4", "escape")
        await stage.sees(pilot, "▸30d", gone=("Settled by hour",))
        await pilot.press("f", *"soon", "enter")
        await stage.sees(pilot, "not understood: try 7d", "): soon")
        await pilot.press("escape", "c")
        await stage.sees(pilot, "copied as Markdown")
        assert "| project | open |" in stage.app.clipboard
        assert "| Claims | 1 |" in stage.app.clipboard
        await pilot.press("E", "ctrl+u", *str(tmp_path.parent / "figures.csv"), "enter")
        await stage.sees(pilot, "the figures are written")
        assert (tmp_path.parent / "figures.csv").read_text().startswith("day,asked,open")
