"""Linear mode's queue: in the order and with the marks of the screens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from api_client.commands import Assign
from pumpup_tui.linear.line_queue import LineQueue
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.snoozes import Snoozes
from store.folder.local_backend import open_local
from tests.conftest import FixedClock
from tests.support.actors import AGENT, ALICE
from tests.support.world_builder import WorldBuilder


async def test_snoozed_requests_and_those_of_others_come_last(tmp_path: Path) -> None:
    """In sections, the oldest first in each; a snoozed one is marked, and back when its time has come."""
    clock = FixedClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    backend = await open_local(tmp_path / "data", ALICE, clock=clock)
    world = WorldBuilder(backend.acting_as(AGENT), backend, (f"key-{n}" for n in range(99)))
    tasks = [await world.task(name) for name in "ABCD"]
    marias, snoozed, mine, free = [await world.approval(task, "Refund") for task in tasks]
    await backend.submit(Assign(task_id=tasks[0], assignee_id="maria"), key="to maria")
    await backend.submit(Assign(task_id=tasks[2], assignee_id="alice"), key="to alice")
    snoozes = Snoozes(DocumentStore(tmp_path / "state"), lambda write: None)
    snoozes.put_off(snoozed, clock() + timedelta(hours=1), clock)
    queue = LineQueue(backend, await backend.me(), clock, snoozes)
    await queue.load()
    assert [item.request_id for item in queue.items] == [mine, free, marias, snoozed]
    assert [queue.section(item) for item in queue.items] == ["mine", "you may decide", "others", "snoozed"]
    assert [queue.mark(item, UTC) for item in queue.items] == ["", "", "", ", snoozed until 13:00"]
    clock.advance(minutes=60)
    await queue.load()
    assert [item.request_id for item in queue.items] == [mine, snoozed, free, marias]
    await backend.aclose()
