"""Pictures of the form's states and of attachments, at two sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pilot.stage import ALL_FIELDS, Stage
from tests.pilot.test_attachments import open_attachments
from tests.snapshots.test_screens import BIDS
from tests.support.walks import Walk, then

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


async def opened(stage: Stage, pilot: Any) -> None:
    await stage.sees(pilot, "live")
    asks = "Need details on the incident\n\nThe customer left some of it out."
    await stage.elicitation(asks, FIELDS, recommendation=[*BIDS, HOSTILE_BID])
    await stage.ready(pilot, "Need details")
    await pilot.press("a")
    await stage.sees(pilot, "ctrl+r reviews", "E-mail", "agent's suggestion")


area = then(opened, "tab", "backspace", *"wet floor", "enter", *"in the cellar", sees=("in the cellar",))
sealed = then(opened, "tab", sees=("2 hidden",))
slider = then(opened, "tab", "tab", "tab", "up", "up", "up", "up", sees=("●",))
select = then(opened, "tab", "tab", "tab", "tab", "down", "space", sees=("(•) theft", "yours"))
date = then(opened, *["tab"] * 6, "up", "up", sees=("2026-03-03",))
switch = then(opened, *["tab"] * 9, "space", sees=("(•) yes",))
search = then(opened, "shift+tab", *"3", "down", "enter", "down", "enter", sees=("[x] Country 13",))
faults = then(opened, "space", "x", "ctrl+r", sees=("need fixing", "must be an e-mail"))
review = then(slider, "tab", "tab", "tab", "up", *["tab"] * 3, "space", "ctrl+r", sees=("ANSWER", "esc goes back"))
attachments = then(open_attachments, "j", "enter", sees=("▀▀▀",))


STATES: dict[str, Walk] = {
    "opened": opened,
    "area": area,
    "sealed": sealed,
    "slider": slider,
    "select": select,
    "date": date,
    "switch": switch,
    "search": search,
    "faults": faults,
    "review": review,
    "attachments": attachments,
}


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("state", STATES)
def test_form(snap_compare: Any, tmp_path: Path, state: str, size: tuple[int, int]) -> None:
    """Each kind of control, the agent's suggestion and what it hides, faults, the review."""
    stage = Stage(tmp_path)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: STATES[state](stage, pilot))
