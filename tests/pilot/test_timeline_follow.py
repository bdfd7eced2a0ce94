"""Following the timeline: the cursor goes to each new event until one moves away, then it says how many are new."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from pumpup_tui.backend.messages import EventsPage
from pumpup_tui.backend.page_requests import PageResult
from pumpup_tui.timeline.screen import TimelineScreen
from tests.pilot.stage import Stage


def screen_of(stage: Stage) -> TimelineScreen:
    assert isinstance(stage.app.screen, TimelineScreen)
    return stage.app.screen


async def many(stage: Stage) -> None:
    for number in range(60):
        await stage.task(f"Task {number:03}")


async def to_timeline(stage: Stage, pilot: Pilot[None]) -> None:
    """Go to the timeline, which has the newest event first."""
    await stage.ready(pilot, "Nothing waits")
    await pilot.press("3")
    await stage.sees(pilot, "Task 059")


async def test_the_cursor_goes_to_each_new_event(tmp_path: Path) -> None:
    """With F the newest event is under the cursor and beside the list, as it comes."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await to_timeline(stage, pilot)
        await pilot.press("F")
        await stage.sees(pilot, "▼ following")
        await stage.task("Fresh one")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Fresh one")


async def test_moving_away_stops_it_and_counts_what_is_new(tmp_path: Path) -> None:
    """The row under the cursor stays there, and the line above tells how many came since; g shows them."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await to_timeline(stage, pilot)
        await pilot.press("F")
        await stage.sees(pilot, "▼ following")
        await pilot.press(*["j"] * 30)
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 029", gone=("▼ following",))
        for number in range(3):
            await stage.task(f"Fresh {number}")
        await stage.sees(pilot, "3 new", "▌12:00 agent-1    + created    Task 029", gone=("Fresh 2",))
        await pilot.press("g")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Fresh 2", gone=("3 new",))


async def test_a_page_that_comes_right_after_a_key_leaves_the_cursor_where_the_key_put_it(tmp_path: Path) -> None:
    """The page may be there before the screen has heard of the move: following is over all the same."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await to_timeline(stage, pilot)
        await pilot.press("F")
        await stage.sees(pilot, "▼ following")
        timeline = screen_of(stage).timeline
        timeline.pages.has_news(above=True)
        (want,) = timeline.pages.wants(0, timeline.size.height)
        timeline.action_move(3)
        screen_of(stage).post_message(EventsPage(want, PageResult([], None, more=False), 0))
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 056", gone=("▼ following",))


@pytest.mark.parametrize("then", ["stays", "leaves"])
async def test_the_first_row_is_the_one_that_is_just_being_read(tmp_path: Path, then: str) -> None:
    """The key g means the newest, also where it is on its way; a key that moves away after it holds."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await to_timeline(stage, pilot)
        timeline = screen_of(stage).timeline
        newest = timeline.pages.row(0)
        assert newest is not None
        await pilot.press(*["j"] * 30)
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 029")
        timeline.pages.has_news(above=True)
        (want,) = timeline.pages.wants(0, timeline.size.height)
        await pilot.press("g", *(["j"] if then == "leaves" else []))
        fresh = replace(newest, id="evt_ffffffff00", timestamp=newest.timestamp + timedelta(minutes=7))
        screen_of(stage).post_message(EventsPage(want, PageResult([fresh], None, more=False), 0))
        at = "▌12:07 agent-1    + created    Task 059" if then == "stays" else "▌12:00 agent-1    + created    Task 058"
        await stage.sees(pilot, at, "12:07 agent-1")


async def test_oldest_first_follows_at_the_bottom(tmp_path: Path) -> None:
    """With s the oldest is first; new events come in below."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3", "s")
        await stage.sees(pilot, "oldest first", "▌12:00 agent-1    + created    Task 000")
        await pilot.press("F")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 059")
        await stage.task("Fresh one")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Fresh one", "▼ following")


async def test_a_burst_leaves_keys_alone(tmp_path: Path) -> None:
    """Hundreds of events at once are counted, and a key goes where it went before."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await to_timeline(stage, pilot)
        await pilot.press(*["j"] * 30)
        before = screen_of(stage).timeline.pages.cursor_id
        for number in range(300):
            await stage.task(f"Fresh {number}")
        await stage.sees(pilot, "300 new")
        assert screen_of(stage).timeline.pages.cursor_id == before
        await pilot.press("j")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 028")
