"""A picture of the demo's tour, while its first decision is armed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.pilot.test_tour import touring


def test_tour(snap_compare: Any, tmp_path: Path) -> None:
    """At 80x24 the line stands between the decision bar and the key hints."""
    stage = touring(tmp_path)

    async def armed(pilot: Any) -> None:
        await stage.ready(pilot, "Refund $240", "1/11 · ")
        await pilot.press("j", "enter")
        await stage.ready(pilot, "3/11 · ")
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE", "Armed, not sent.")

    assert snap_compare(stage.app, terminal_size=(80, 24), run_before=armed)
