"""Deciding by keys, as it is felt: from `y` to "recorded" with the next request shown, where 10,000 wait."""

from __future__ import annotations

import time
from pathlib import Path

from api_client.commands import Command, CreateTask, RequestApproval
from api_client.errors import ApiError
from api_client.models import ApprovalRecommendation, Outcome, Receipt
from api_client.times import utc_now
from store.core.batch import Job
from store.core.event_ids import random_token
from store.folder.engine import Store
from tests.benchmarks.rows import Row, Table, median, p95
from tests.benchmarks.terminals import Measured, measured
from tests.support.actors import AGENT

OPEN, AT_ONCE = 10_000, 500
DECISIONS = 100
LIMIT = 60.0
"""Milliseconds, p95."""
PAUSE = 0.03
"""Seconds between a key and the next: two that come closer than 5 ms are taken for pasted text."""


def fill(folder: Path, count: int = OPEN) -> None:
    """Make a folder in which `count` approvals wait, each with an order number that only its detail shows."""
    store = Store(folder, clock=utc_now, tokens=random_token)
    try:
        for first in range(0, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            tasks = _carry_out(store, [CreateTask(project_name="general", name=f"Claim {n:05d}") for n in numbers])
            _carry_out(store, [_ask(n, str(task.answer["id"])) for n, task in zip(numbers, tasks, strict=True)])
    finally:
        store.close()


def _ask(number: int, task_id: str) -> Command:
    return RequestApproval(
        project_name="general",
        task_id=task_id,
        summary=f"Refund ${20 + number % 900}",
        key_value_context={"Order": _order(number), "Reason": "Lost parcel", "Carrier": "confirmed the loss"},
        recommendation=ApprovalRecommendation(outcome=Outcome(type="APPROVE"), confidence=0.91, rationale="In limits"),
    )


def _order(number: int) -> str:
    return f"ORD-{number:05d}"


def _carry_out(store: Store, commands: list[Command]) -> list[Receipt]:
    receipts: list[Receipt] = []
    for receipt in store.carry_out([Job(command, AGENT, None) for command in commands]):
        if isinstance(receipt, ApiError):
            raise receipt
        receipts.append(receipt)
    return receipts


def decide(app: Measured, number: int) -> float:
    """Approve the request that is shown; return the milliseconds from `y` to "recorded" with the next one shown."""
    app.answered(b"a", b"y send")
    time.sleep(PAUSE)
    took = app.answered(b"y", b"RECORDED", _order(number + 1).encode())
    time.sleep(PAUSE)
    return took


def run(table: Table, folder: Path) -> None:
    """Decide a hundred, one after the other."""
    place, state = folder / "deciding", folder / "deciding-state"
    if not place.exists():
        fill(place)
    with measured("tests.benchmarks.beside", "deciding", place, state) as app:
        app.shows(_order(0).encode())
        app.rest(1.5)
        times = [decide(app, number) for number in range(DECISIONS)]
        app.rest(0.5)
    what = f"{DECISIONS} decisions by keys, {OPEN:,} open: y to recorded and the next shown"
    table.add(Row(f"{what}, median", median(times), "ms"))
    table.add(Row(f"{what}, p95", p95(times), "ms", limit=LIMIT))
    assert not list(state.glob("on-way*.json")), "what is recorded is on its way no more"
