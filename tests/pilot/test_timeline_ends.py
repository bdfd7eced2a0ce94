"""Both ends of a long timeline are one key away, and what lies between is read as it is looked at."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.stage import Stage
from tests.pilot.test_timeline_follow import screen_of


async def many(stage: Stage) -> None:
    for number in range(450):
        await stage.task(f"Task {number:03}")


async def test_the_end_is_one_page_away(tmp_path: Path) -> None:
    """G goes to the very first event, without reading what lies between; g comes back."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 449")
        await pilot.press("G")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 000")
        assert screen_of(stage).timeline.pages.held < 400
        await pilot.press("g")
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 449")


async def test_the_two_ends_meet(tmp_path: Path) -> None:
    """On the way up from the end every event comes by once, in order."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 449")
        await pilot.press("G")
        await stage.sees(pilot, "Task 000")
        timeline = screen_of(stage).timeline
        while not timeline.pages.is_complete:
            await pilot.press("ctrl+u")
        rows = [timeline.pages.row(index) for index in range(timeline.pages.count)]
        names = [row.payload["name"] for row in rows if row is not None]
        assert names == [f"Task {number:03}" for number in range(449, -1, -1)]


async def test_the_mouse_scrolls_and_points(tmp_path: Path) -> None:
    """The wheel moves the view and leaves the cursor; a click puts it where one points."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 449")
        timeline = screen_of(stage).timeline
        before = timeline.pages.cursor_id
        timeline.scroll_to(y=60, animate=False)
        await stage.sees(pilot, "Task 389", gone=("Task 449",))
        assert timeline.pages.cursor_id == before
        await pilot.click(timeline, offset=(10, 2))
        await stage.sees(pilot, "▌12:00 agent-1    + created    Task 389")


async def test_selected_rows_are_marked_and_kept(tmp_path: Path) -> None:
    """What is selected is selected by id: it stays so as events come in above."""
    stage = Stage(tmp_path)
    stage.before.append(many)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("3")
        await stage.sees(pilot, "Task 449")
        timeline = screen_of(stage).timeline
        row = timeline.pages.row(2)
        assert row is not None
        timeline.set_selected([row.id])
        await stage.sees(pilot, "●12:00 agent-1    + created    Task 447")
        await stage.task("Fresh one")
        await stage.sees(pilot, "Fresh one", "●12:00 agent-1    + created    Task 447")
        assert timeline.selected == {row.id}
