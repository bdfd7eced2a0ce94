"""Starting again: where it was left, with the theme and keys that were chosen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from api_client.event_filter import EventFilter
from pumpup_tui.app import PumpUpApp
from pumpup_tui.backend.timeline_query import Query
from pumpup_tui.board.filter import NOBODY, BoardFilter
from pumpup_tui.context import Setup
from pumpup_tui.inbox.order import Order
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.timeline.screen import TimelineScreen
from tests.pilot.stage import Stage
from tests.waiting import HANG_SECONDS


def again(stage: Stage, kept: Path, preferences: Preferences | None = None) -> PumpUpApp:
    """Give the stage another start of the app."""
    stage.app = PumpUpApp(
        Setup(
            stage.connect,
            source_label="local",
            clock=stage.clock,
            new_key=lambda: next(stage.keys),
            preferences=preferences or Preferences(grace_seconds=0.0),
            documents=DocumentStore(kept),
        )
    )
    return stage.app


def is_armed(stage: Stage) -> bool:
    return stage.app.context.outbox.desk.armed is not None


async def two_projects(stage: Stage) -> None:
    await stage.project("Claims")
    await stage.project("Refunds")
    await stage.approval("Refund $240", project="claims")
    await stage.approval("Pay the vendor", project="refunds")


async def test_the_project_is_the_one_of_last_time(tmp_path: Path) -> None:
    """Who left on one project begins on it, and sees only its requests."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240", "Pay the vendor", "all projects")
        project = next(one for one in stage.app.context.status.projects if one.name == "Refunds")
        stage.app.context.status_model.choose_project(project)
        await stage.sees(pilot, "Pay the vendor", "Refunds ▾", gone=("Refund $240",))
    stage.before.clear()
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "Pay the vendor", "Refunds ▾", gone=("Refund $240",))


async def test_a_project_that_is_no_more_is_let_go(tmp_path: Path) -> None:
    """In another folder's place the screens show all projects."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    kept = DocumentStore(tmp_path / "kept")
    steps = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": []}]}
    project = {"id": "prj_gone", "name": "Gone", "projectName": "gone", "steps": steps}
    await kept.write("shown", {"project": project})
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240", "Pay the vendor", "all projects")


async def test_the_theme_is_configured_or_picked(tmp_path: Path) -> None:
    """The configured theme is there with the first frame; a picked one with that of the next start."""
    stage = Stage(tmp_path / "data")
    again(stage, tmp_path / "kept", Preferences(theme="nord"))
    async with stage.run() as pilot:
        await stage.sees(pilot, "Nothing waits")
        assert stage.app.theme == "nord"
        stage.app.theme = "dracula"
        await pilot.pause()
        async with asyncio.timeout(HANG_SECONDS):
            while '"dracula"' not in str(DocumentStore(tmp_path / "kept").read_now("shown")).replace("'", '"'):
                await pilot.pause(0.02)
    again(stage, tmp_path / "kept", Preferences(theme="nord"))
    assert stage.app.theme == "dracula"


async def test_a_rebound_key_acts_and_stands_in_the_help(tmp_path: Path) -> None:
    """The new key approves, the old one does nothing, `?` and the hints name the new one."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    again(stage, tmp_path / "kept", Preferences(grace_seconds=0.0, keymap={"decide.approve": "A", "decide.send": "Y"}))
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240", "approval requested")
        await pilot.press("a")
        await pilot.pause()
        assert not is_armed(stage)
        await stage.sees(pilot, "A approve", gone=("a approve",))
        await pilot.press("question_mark")
        await stage.sees(pilot, "approve; answer an")
        line = next(row for row in stage.shown().splitlines() if "approve; answer an" in row)
        assert "A  " in line
        await pilot.press("escape")
        await pilot.press("A")
        await stage.sees(pilot, "APPROVE", "Y send", "esc cancel")
        await pilot.press("y")
        await pilot.pause()
        assert is_armed(stage)
        await pilot.press("Y")
        await stage.sees(pilot, "RECORDED")


async def test_a_timelines_filter_is_that_of_last_time(tmp_path: Path) -> None:
    """Types, sources, reviewer and order come back; what was searched does not."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240")
        await pilot.press("3")
        await stage.sees(pilot, "+ created", "◌ requests")
        screen = stage.app.screen
        assert isinstance(screen, TimelineScreen)
        screen.show(replace(screen.scope.query, types=("TASK_CREATED",), newest_first=False, text="Claim"))
        await stage.sees(pilot, "+ created", "oldest first", gone=("◌ requests",))
    stage.before.clear()
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "Refund $240")
        await pilot.press("3")
        await stage.sees(pilot, "+ created", "oldest first", gone=("◌ requests", "“Claim”"))


async def choose(stage: Stage, pilot: Pilot[None], name: str) -> None:
    """Choose a project by its name."""
    await pilot.press("p")
    await stage.sees(pilot, "enter chooses", name)
    await pilot.press("g")
    await stage.press_until(pilot, "j", f"▌{name}")
    await pilot.press("enter")


async def test_a_boards_filter_is_that_of_last_time(tmp_path: Path) -> None:
    """Each project has its own, told over the board; esc shows all cards, also at the next start."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        await pilot.press("2")
        await stage.sees(pilot, "All projects")
        await pilot.press("enter")
        await stage.sees(pilot, "Claims ▾", "Refund $240")
        await pilot.press("slash", *"nowhere", "enter")
        await stage.sees(pilot, "FILTER  “nowhere”", "0 of 1", gone=("Refund $240",))
        await choose(stage, pilot, "Refunds")
        await stage.sees(pilot, "Refunds ▾", "Pay the vendor", gone=("FILTER",))
    stage.before.clear()
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Pay the vendor")
        await pilot.press("2")
        await stage.sees(pilot, "Refunds ▾", "Pay the vendor", gone=("FILTER",))
        await choose(stage, pilot, "Claims")
        await stage.sees(pilot, "Claims ▾", "FILTER  “nowhere”", "0 of 1", "esc clears", gone=("Refund $240",))
        await pilot.press("escape")
        await stage.sees(pilot, "Refund $240", gone=("FILTER",))
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        await pilot.press("2")
        await stage.sees(pilot, "Claims ▾", "Refund $240", gone=("FILTER",))


async def test_the_inboxs_order_is_that_of_last_time(tmp_path: Path) -> None:
    """Sort and groups come back, and stand over the list."""
    stage = Stage(tmp_path / "data")
    stage.before.append(two_projects)
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        await pilot.press("s", "j", "enter")
        await stage.sees(pilot, "newest first")
        await pilot.press("s", "G", "k", "k", "k", "k", "enter")
        await stage.sees(pilot, "newest first, grouped by project")
    stage.before.clear()
    again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.ready(pilot, "newest first, grouped by project", "Pay the vendor")


@pytest.mark.parametrize(
    "kept", [None, 3, {"status": 3, "step": "gone"}, {"status": "ODD", "request": "what", "x": "y"}]
)
def test_a_filter_that_can_not_be_read_shows_all_cards(kept: object) -> None:
    """Another version's, a damaged one, or one for a step that is no more."""
    assert BoardFilter.restored(kept, ["triage"]) == BoardFilter()
    whole = BoardFilter(text="a", status="CLOSED", assignee=NOBODY, request="none", step="triage")
    assert BoardFilter.restored(whole.lasting(), ["triage"]) == whole


def test_an_order_that_can_not_be_read_is_the_built_in_one() -> None:
    assert Order.restored({"sort": "colour", "group": 3}) == Order()
    assert Order.restored(Order("newest", "type").lasting()) == Order("newest", "type")


def test_a_query_that_can_not_be_read_asks_for_nothing() -> None:
    """Another version's, or a damaged one."""
    assert Query.restored({"types": 3, "sources": "AGENT", "reviewer": [], "newestFirst": "x"}) == Query()
    asked = Query(types=("NOTE",), sources=("HUMAN",), only=EventFilter(decided_by="alice"), newest_first=False)
    assert Query.restored(asked.lasting()) == asked
