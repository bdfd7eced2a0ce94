"""Large actions and metadata in the screens: memory grows with what is shown, not with what is read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import CLAIMS_STEPS, command, environment
from tests.cli.terminal import Terminal, terminal
from tests.support.world_builder import world_in

ACTIONS = 60
MORE_MOST = 120
"""Megabytes that the screens may take more for large rows than for small ones: 57 MB of JSON, 480 MB when decoded."""
HALF_PAGE = "\x04"


def _rows(size: int) -> dict[str, Any]:
    """Return JSON of about this many bytes, of many small values."""
    return {"rows": [{"id": n, "name": f"row {n}", "ok": True} for n in range(size // 42)]}


async def _make(data: Path, size: int) -> None:
    offer = {"outcome": {"type": "APPROVE"}, "confidence": 0.9, "rationale": "y" * size}
    async with world_in(data) as world:
        await world.project(steps=json.loads(CLAIMS_STEPS))
        for number in range(8):
            patch = {"set": _rows(min(size, 230_000))}
            task = await world.task(f"Task T-{number:02d}", "claims", metadataPatch=patch)
            await world.approval(task, f"Pay {number:02d}", "claims", recommendation=offer)
        for number in range(ACTIONS):
            if number % 2:
                await world.task(f"Beside {number:02d}", "claims")  # three actions in a row are folded into one row
            await world.action(task, f"did {number:02d}", "claims", detail=_rows(size))


def _go_on(screen: Terminal, words: str) -> None:
    """Move down by half pages until `words` have been drawn."""
    screen.raw = b""
    for _ in range(ACTIONS):
        if words in screen.text():
            return
        screen.press(HALF_PAGE)
        screen.rest()
    screen.wait_for(words)


def _peak(tmp_path: Path, size: int) -> float:
    """Return the most megabytes that the screens held while all of them were looked through."""
    data = tmp_path / f"data-{size}"
    asyncio.run(_make(data, size))
    with terminal(command("--data", data), environment(tmp_path / "home"), columns=120) as screen:
        screen.wait_for("Pay 07")
        screen.press("2")
        screen.wait_for("oldest now")
        screen.press("3")
        screen.wait_for(f"did {ACTIONS - 1:02d}")
        _go_on(screen, "did 00")
        screen.press("go")
        screen.wait_for("Timeline, newest first")
        _go_on(screen, "did 00")
        status = Path(f"/proc/{screen.process.pid}/status").read_text()
        screen.press("q")
        assert screen.end() == 0
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_large_rows_take_little_memory(tmp_path: Path) -> None:
    """Inbox, board, timeline and a task's page over rows of 0.95 MB stay near what they take over small ones."""
    small, large = _peak(tmp_path, 100), _peak(tmp_path, 945_000)
    assert large < small + MORE_MOST, f"{large:.0f} MB over large rows, {small:.0f} MB over small ones"
