"""Pictures of the inbox's states: the queue in its orders, and what a decision opens, at two sizes.

The decision bar in each of its states is in the gallery's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api_client.commands import Decide
from api_client.models import Outcome
from api_client.wire import read
from pumpup_tui.components.dialogs import ChoiceList
from pumpup_tui.decisions.desk import Confirmed, Intent, Phase
from pumpup_tui.decisions.in_flight import Interrupted
from pumpup_tui.decisions.recovery import Fate, Recovered
from pumpup_tui.inbox.recovery_screen import RecoveryScreen
from pumpup_tui.inbox.screen import InboxScreen
from tests.pilot.stage import Stage
from tests.snapshots.test_screens import seed, staged
from tests.support.actors import BOB
from tests.support.idle import until_idle

Act = Callable[[Stage, Any], Awaitable[None]]

STORY = "The parcel was handed in on 12 February and was last seen in Leipzig. " * 6
SUMMARY = "Release **$1,900** for the water damage:\n\n- photos checked\n- estimate within limits"


async def more(stage: Stage) -> None:
    """The work of the other pictures, four decisions made before, and two more requests."""
    await seed(stage)
    for number, (kind, note, code) in enumerate(
        (
            ("REJECT", "No receipt", "no-proof"),
            ("APPROVE", "Receipt came later", None),
            ("REJECT", None, "no-proof"),
            ("ESCALATE", "Over my limit", "limit"),
        )
    ):
        task = await stage.task(f"Claim C-09{number}0", "claims")
        recommended = {"outcome": {"type": "REJECT"}, "confidence": 0.6}
        asked = await stage.ask(task, "Release payout", "claims", recommendation=recommended)
        outcome = read(Outcome, {"type": kind, "note": note, "reasonCode": code})
        await stage.write(Decide(request_id=asked, outcome=outcome), BOB)
        stage.clock.advance(minutes=1)
    fifth = await stage.task("Claim C-1050 · Li Wei", "claims")
    await stage.ask(
        fifth,
        SUMMARY,
        "claims",
        keyValueContext={"Story": STORY, "Amount": "$1,900", "Payee": "p\u0430ypal\u200b"},
        recommendation={"outcome": {"type": "REJECT"}, "confidence": 0.74, "rationale": "Water damage is excluded"},
    )
    await stage.approval("Close the account", "Account 77", recommendation={"outcome": {"type": "APPROVE"}})


async def opened(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 5")


async def looked_back(stage: Stage, pilot: Any) -> None:
    """Wait until all that is known of the request under the cursor is there, its precedents too."""
    screen = stage.app.screen
    assert isinstance(screen, InboxScreen)
    while screen.pane.loaded is None or not screen.pane.is_read or screen.precedents.is_pending:
        await pilot.pause(0.02)


async def _chosen(stage: Stage, pilot: Any, words: str) -> None:
    await opened(stage, pilot)
    await pilot.press("s")
    await stage.sees(pilot, "Sort and group")
    choices: ChoiceList[Any] = stage.app.screen.query_one(ChoiceList)
    choices.select(next(choices.row_id(row) for row in choices.rows if row[1].label.endswith(words)))
    await pilot.press("enter")
    await pilot.press("g")
    await stage.ready(pilot)
    await looked_back(stage, pilot)


async def queue_sorted(stage: Stage, pilot: Any) -> None:
    await _chosen(stage, pilot, "least confident first")
    await stage.ready(pilot, "least confident first")


async def queue_grouped(stage: Stage, pilot: Any) -> None:
    await _chosen(stage, pilot, "grouped by project")
    await stage.ready(pilot, "grouped by project", "claims · 4")


async def queue_filtered(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("slash", *"type:approval confidence<.8", "enter")
    await stage.ready(pilot, "2 of 5", "only type:approval")
    await looked_back(stage, pilot)


async def queue_orders(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("s")
    await stage.sees(pilot, "Sort and group", "most overdue first")


async def queue_filters(stage: Stage, pilot: Any) -> None:
    await queue_filtered(stage, pilot)
    await pilot.press("f")
    await stage.sees(pilot, "unassigned   is:free", "under a name")


async def detail(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("j", "j")
    await stage.ready(pilot)
    await pilot.press("enter")
    await stage.sees(pilot, "like something else")
    await looked_back(stage, pilot)  # they may stand below what is in view


async def detail_unfolded(stage: Stage, pilot: Any) -> None:
    await detail(stage, pilot)
    await pilot.press("z")
    await stage.sees(pilot, "Leipzig", gone=("z unfolds",))


async def detail_raw(stage: Stage, pilot: Any) -> None:
    await detail(stage, pilot)
    await pilot.press("v")
    await stage.sees(pilot, "v goes back")


async def armed_with_reason(stage: Stage, pilot: Any) -> None:
    await detail(stage, pilot)
    await pilot.press("d", "n", *"Not covered", "enter", "w")
    await stage.sees(pilot, "Reason code", "no-proof")
    await pilot.press("enter")
    await stage.sees(pilot, "reason code: no-proof", "n note")


async def reason_codes(stage: Stage, pilot: Any) -> None:
    await detail(stage, pilot)
    await pilot.press("d", "w")
    await stage.sees(pilot, "Reason code", "no-proof", "limit", "another…")


async def armed_and_new(stage: Stage, pilot: Any) -> None:
    await detail(stage, pilot)
    await pilot.press("a")
    await stage.sees(pilot, "n note")
    for number in (1, 2):
        await stage.approval(f"Refund ${number}", f"Claim {number}")
    await stage.sees(pilot, "2 new")


async def batch_preview(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    await pilot.press("asterisk", "a")
    await stage.sees(pilot, "4 requests")
    await pilot.press("n", *"Checked by hand", "enter")
    await stage.sees(pilot, "note for each: Checked by hand")


async def batch_results(stage: Stage, pilot: Any) -> None:
    stage.app.context.outbox.grace = 0.0
    await batch_preview(stage, pilot)
    assert stage.backend is not None
    third = (await stage.backend.inbox()).items[2]
    await stage.write(Decide(request_id=third.request_id, outcome=Outcome(type="REJECT")), BOB)
    await pilot.press("y")
    await stage.sees(pilot, "3 recorded", "1 lost")
    await until_idle(pilot)


async def left_behind(stage: Stage, pilot: Any) -> None:
    await opened(stage, pilot)
    now = stage.clock()
    act = Intent("APPROVE", "evt_1", "Refund $240 on claim C-1029", request_hash="h")
    sent = Confirmed(act, "k1", Phase.SENDING, now)
    fates = (
        (Fate.RECORDED, "", now),
        (Fate.NOT_SENT, "it was still held when you left: decide again", None),
        (Fate.NOT_RECORDED, "still open: decide again", None),
        (Fate.LOST, "bob was first", now),
    )
    became = [
        Recovered(Interrupted(replace(sent, key=f"k{n}"), "on-way.x"), fate, words, at)
        for n, (fate, words, at) in enumerate(fates)
    ]
    await stage.app.push_screen(RecoveryScreen(stage.app.context, became))
    await stage.sees(pilot, "bob was first")


STATES: dict[str, Act] = {
    act.__name__: act
    for act in (
        queue_sorted,
        queue_grouped,
        queue_filtered,
        queue_orders,
        queue_filters,
        detail,
        detail_unfolded,
        detail_raw,
        armed_with_reason,
        reason_codes,
        armed_and_new,
        batch_preview,
        batch_results,
        left_behind,
    )
}
SIZES = ((80, 24), (120, 40))


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("state", STATES)
def test_state(snap_compare: Any, tmp_path: Path, state: str, size: tuple[int, int]) -> None:
    """Each state over the same folder, clock and ids."""
    stage = staged(tmp_path, more)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: STATES[state](stage, pilot))
