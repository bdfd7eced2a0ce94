"""Pictures of pauses, escalated tasks, the trial of a grant and the list of grants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_client.authority import Policy
from api_client.commands import Decide, EndGrant, GiveGrant, Pause, SetPolicy
from api_client.models import Outcome, OutcomeType
from tests.pilot.stage import Stage
from tests.snapshots.test_screens import NAMES, SIZES, seed, staged
from tests.support.actors import ALICE, BOB
from tests.support.walks import Walk

APPROVE = {"outcome": {"type": "APPROVE"}, "confidence": 0.93}


async def governed(stage: Stage) -> None:
    """The usual project with decisions of the past, two grants, an escalated task and a pause."""
    await seed(stage)
    assert stage.backend is not None
    project = (await stage.backend.projects(name="Claims"))[0].id
    await stage.write(SetPolicy.of(Policy(rules=(), escalate=("claims-lead",)), project), BOB)
    outcomes: tuple[OutcomeType, ...] = ("APPROVE", "REJECT", "APPROVE", "APPROVE", "ESCALATE")
    for number, outcome in enumerate(outcomes):
        task = await stage.task(f"Claim C-{1010 + number}", "claims")
        amount = {"Amount": f"${40 * number + 120}.00"}
        request = await stage.ask(
            task, f"Refund {amount['Amount']}", "claims", keyValueContext=amount, recommendation=APPROVE
        )
        note = "over my limit: please look at the photos" if outcome == "ESCALATE" else None
        await stage.write(Decide(request_id=request, outcome=Outcome(type=outcome, note=note)), BOB)
        stage.clock.advance(minutes=1)
    for name in ("tiny refunds", "small refunds"):
        give = GiveGrant(
            project_id=project,
            name=name,
            filter="context.Amount<500",
            until="2026-03-09T12:00:00Z",
            most=200,
            sample=0.05,
        )
        given = await stage.write(give, ALICE)
        if name == "tiny refunds":
            await stage.write(EndGrant(grant_id=given["id"]), BOB)
    await stage.write(Pause(project_id=project, reason="refunds were paid twice since 11:40"), BOB)


async def paused(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 3", "PAUSED", "Escalated to you")


async def trial(stage: Stage, pilot: Any) -> None:
    await paused(stage, pilot)
    await pilot.press("/", *"agent:approve", "enter")
    await stage.ready(pilot, "only agent:approve")
    await pilot.press("+")
    await stage.sees(pilot, "Decided otherwise by people", "agreed", "denied")


async def grants(stage: Stage, pilot: Any) -> None:
    await trial(stage, pilot)
    await pilot.press("o")
    await stage.sees(pilot, "in force until", "ended by bob")
    await pilot.press("x")
    await stage.sees(pilot, "END GRANT")


WALKS: dict[str, Walk] = {"paused": paused, "trial": trial, "grants": grants}


@pytest.mark.parametrize("size", SIZES[:2], ids=NAMES[:2])
@pytest.mark.parametrize("screen", WALKS)
def test_authority(snap_compare: Any, tmp_path: Path, screen: str, size: tuple[int, int]) -> None:
    """What holds for all, over the same folder, clock and ids."""
    stage = staged(tmp_path, governed)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: WALKS[screen](stage, pilot))
