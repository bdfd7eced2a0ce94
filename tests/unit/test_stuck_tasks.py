"""The tasks that the insights call stuck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from api_client.commands import Decide
from api_client.models import Outcome
from pumpup_tui.components.task_turn import TaskRules
from pumpup_tui.insights.stuck_tasks import stuck_tasks
from store.folder.local_backend import open_local
from tests.conftest import FixedClock
from tests.support.actors import AGENT, ALICE
from tests.support.world_builder import STEPS, WorldBuilder

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def test_quiet_tasks_and_those_whose_agent_did_nothing_since_are_stuck(tmp_path: Path) -> None:
    """For longest first, with the reason; a task that went on, one just decided and a closed one are not."""
    clock = FixedClock(NOON)
    backend = await open_local(tmp_path, ALICE, clock=clock)
    make = WorldBuilder(backend.acting_as(AGENT), backend, (f"key-{n}" for n in range(99)))
    await make.project("Claims", STEPS)
    quiet, asked, decided, lively, closed = [await make.task(name, "claims") for name in "ABCDE"]
    await make.approval(asked, "Refund", "claims")
    request = await make.approval(decided, "Refund", "claims")
    await make.action(closed, "paid", "claims", transitionsTo="paid")
    clock.advance(minutes=60 * 23)
    await backend.submit(Decide(request_id=request, outcome=Outcome(type="APPROVE")), key="decide")
    await make.action(lively, "went on", "claims")
    clock.advance(minutes=120)
    (project,) = (one for one in await backend.projects() if one.project_name == "claims")
    found = await stuck_tasks(backend, [project], lambda _: TaskRules(clock()))
    assert [(task.task_id, task.why) for task in found.tasks or ()] == [
        (quiet, "nothing happened"),
        (asked, "waiting for a person"),
        (decided, "decided, and its agent did nothing since"),
    ]
    assert [clock() - task.since for task in found.tasks or ()] == [
        *(timedelta(hours=25), timedelta(hours=25), timedelta(hours=2)),
    ]
    assert not found.more
    mine = await stuck_tasks(backend, [project], lambda _: TaskRules(clock()), "another agent")
    assert mine.tasks == []
    await backend.aclose()
