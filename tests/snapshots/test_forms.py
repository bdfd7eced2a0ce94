"""Pictures of the form's states and of attachments, at two sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pilot.stage import ALL_FIELDS, Stage
from tests.pilot.test_attachments import open_attachments
from tests.snapshots.test_screens import BIDS

MANY = {
    "type": "Multiselect",
    "id": "countries",
    "label": "Countries",
    "description": "Where the parcel has been, as far as the carrier's list tells.",
    "required": False,
    "options": [f"Country {number}" for number in range(1, 40)],
}
FIELDS = [*ALL_FIELDS, MANY]
HOSTILE_BID = {
    "fieldId": "story",
    "value": "fell\u202e off the v\u200ban",
    "confidence": 0.4,
    "rationale": "p\u0430yp\u0430l says",
}
SIZES = ((80, 24), (120, 40))
Act = Callable[[Stage, Any], Awaitable[None]]


async def opened(stage: Stage, pilot: Any) -> None:
    await stage.sees(pilot, "live")
    asks = "Need details on the incident\n\nThe customer left some of it out."
    await stage.elicitation(asks, FIELDS, recommendation=[*BIDS, HOSTILE_BID])
    await stage.ready(pilot, "Need details")
    await pilot.press("a")
    await stage.sees(pilot, "ctrl+r reviews", "E-mail", "the agent's bid, untouched")


async def area(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("tab", "backspace", *"wet floor", "enter", *"in the cellar")
    await stage.sees(pilot, "in the cellar")


async def sealed(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("tab")
    await stage.sees(pilot, "2 hidden")


async def slider(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("tab", "tab", "tab", "up", "up", "up", "up")
    await stage.sees(pilot, "●")


async def select(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("tab", "tab", "tab", "tab", "down", "space")
    await stage.sees(pilot, "(•) theft", "yours")


async def date(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press(*["tab"] * 6, "up", "up")
    await stage.sees(pilot, "2026-03-03")


async def switch(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press(*["tab"] * 9, "space")
    await stage.sees(pilot, "(•) yes")


async def search(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("shift+tab", *"3", "down", "enter", "down", "enter")
    await stage.sees(pilot, "[x] Country 13")


async def faults(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("x", "space", "ctrl+r")
    await stage.sees(pilot, "can't be taken", "must be an e-mail")


async def review(stage: Stage, pilot: Any) -> None:
    await slider(stage, pilot)
    await pilot.press("tab", "tab", "tab", "up", *["tab"] * 3, "space", "ctrl+r")
    await stage.sees(pilot, "ANSWER", "y sends")


async def attachments(stage: Stage, pilot: Any) -> None:
    await open_attachments(stage, pilot)
    await pilot.press("j", "enter")
    await stage.sees(pilot, "▀▀▀")


STATES: dict[str, Act] = {
    act.__name__: act
    for act in (opened, area, sealed, slider, select, date, switch, search, faults, review, attachments)
}


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("state", STATES)
def test_form(snap_compare: Any, tmp_path: Path, state: str, size: tuple[int, int]) -> None:
    """Each kind of control, the agent's bid and what it hides, faults, the review."""
    stage = Stage(tmp_path)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: STATES[state](stage, pilot))
