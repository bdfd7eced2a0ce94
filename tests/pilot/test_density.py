"""The density of the screens."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.stage import Stage
from tests.support.idle import until_idle
from tests.waiting import until


async def test_compact_and_roomy_again(tmp_path: Path) -> None:
    """A key has one line a request, and frames of one line; again, two lines, and it is kept for the next start."""
    stage = Stage(tmp_path)
    stage.before.append(lambda stage: stage.approval("Refund $1", "Claim 1"))
    stage.before.append(lambda stage: stage.approval("Refund $2", "Claim 2"))
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $2")

        def rows_between() -> int:
            lines = stage.shown().splitlines()
            first, second = (next(y for y, text in enumerate(lines) if f"Refund ${n}" in text) for n in (1, 2))
            return second - first

        assert rows_between() == 2
        await pilot.press("backslash")
        await until(lambda: rows_between() == 1, "a line a request")
        assert "Refund $1 · Claim 1" in stage.shown()
        await pilot.press("j")
        await until_idle(pilot)
        assert "▌A  Refund $2" in stage.shown()
        assert not {"┃", "│"} & set(stage.shown())
        assert stage.app.context.last_view.recall("density") == {"compact": True}
        await pilot.press("backslash")
        await until(lambda: rows_between() == 2, "two lines a request")
