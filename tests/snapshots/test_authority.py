"""Pictures of the inbox under a policy: whose a request is, what y will do, a batch, and blind review, at two sizes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.commands import Decide
from api_client.models import Outcome
from tests.pilot.stage import Stage
from tests.snapshots.test_screens import staged
from tests.support.actors import ALICE
from tests.support.policies import FINANCE, FOUR_EYES, SHORT, set_policy

Act = Callable[[Stage, Any], Awaitable[None]]
CAROL = Actor("carol", "reviewer", ("claims-lead",))
RECOMMENDED = {"outcome": {"type": "APPROVE"}, "confidence": 0.91, "rationale": "Photos and estimate agree"}


async def governed(stage: Stage, **more: Any) -> None:
    """Requests of which one needs a second lead, one has the reader's agreement, one is finance's, one is anyone's."""
    assert stage.backend is not None
    await stage.project()
    project = next(one for one in await stage.backend.projects() if one.project_name == "claims")
    await stage.write(set_policy(project.id, FINANCE, FOUR_EYES, SHORT, **more), ALICE)
    asked = []
    for number, (summary, amount, payout, short) in enumerate(
        (
            ("Pay out $20 to the repair shop", "$20", "yes", "no"),
            ("Refund $4,100 for the water damage", "$4,100", "no", "no"),
            ("Refund $2,300 for the stolen bike", "$2,300", "no", "no"),
            ("Refund $18 for the late parcel", "$18", "no", "yes"),
        )
    ):
        task = await stage.task(f"Claim C-10{number}0", "claims")
        context = {"Amount": amount, "Payout": payout, "Short": short}
        asked.append(await stage.ask(task, summary, "claims", keyValueContext=context, recommendation=RECOMMENDED))
        stage.clock.advance(minutes=7)
    for request_id, by in ((asked[1], CAROL), (asked[2], ALICE)):
        await stage.write(Decide(request_id=request_id, outcome=Outcome(type="APPROVE")), by)
        stage.clock.advance(minutes=2)


async def blindly(stage: Stage) -> None:
    """The same, all of it under blind review."""
    await governed(stage, blind=1.0)


async def others_decide(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 4", "others must decide · 2")
    await pilot.press("G")
    await stage.press_until(pilot, "k", "▌A  Pay out $20")
    await pilot.press("enter")
    await stage.sees(pilot, "⊘ you may not decide this")
    await pilot.press("a")
    await stage.sees(pilot, "does not have that tag.\n")


async def agreed(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 4")
    await pilot.press("G", "enter")
    await stage.sees(pilot, "◇ you agreed")
    await pilot.press("a")
    await stage.sees(pilot, "needs 1 more of claims-lead")


async def armed_second(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 4")
    await pilot.press("a")
    await stage.sees(pilot, "APPROVE (decides)", "carol agreed")


async def batch(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 4")
    await pilot.press("asterisk", "e")
    await stage.sees(pilot, "note for each")
    await pilot.press(*"as agreed", "enter")
    await stage.sees(pilot, "only agreed to", "left out", "$4,100")


async def blind(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 4", "hidden (blind)")
    await pilot.press("enter")
    await stage.sees(pilot, "hidden until you decide (blind review)")


STATES: dict[str, Act] = {act.__name__: act for act in (others_decide, agreed, armed_second, batch, blind)}
SIZES = ((80, 24), (120, 40))


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("state", STATES)
def test_authority(snap_compare: Any, tmp_path: Path, state: str, size: tuple[int, int]) -> None:
    """Each state over the same folder, clock and ids."""
    stage = staged(tmp_path, blindly if state == "blind" else governed)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: STATES[state](stage, pilot))
