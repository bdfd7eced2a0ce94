"""One bad caller at a time: honest ones are served as ever, and the server stays small, quiet and easy to stop.

In short: counts and orders, which no slow machine changes. With ATTACK=full each goes on for longer, and the time
that honest callers wait is held against their own undisturbed time of the same run.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.bad import ATTACKS, Attack
from tests.attacks.honest import Seen, together
from tests.attacks.place import Place, attacked, new_task, served
from tests.support.backends import RecordPlace

FULL = os.environ.get("ATTACK") == "full"
ROUNDS = 60 if FULL else 4
"""Rounds of five calls that each honest caller works, undisturbed and beside the attack."""
BEGIN_SECONDS = 2.0 if FULL else 0.5
"""An attack goes on for so long before honest callers are looked at."""
SLOWER = 5.0
"""Times that an honest caller's p95 may be its undisturbed self."""
LEAST_SECONDS = 0.02
"""An undisturbed p95 below this is taken for this: below, what is measured is the machine's own scheduling."""
MEMORY_MB = 300
"""The attackers' server stays below; a server at rest holds about 60."""
LOG_BYTES = 200_000 if FULL else 60_000
"""What may be written of the attack itself, honest calls not counted."""


def _until(rounds: int) -> Callable[[int], bool]:
    return lambda done: done >= rounds


async def _attacked(place: Place, attack: Attack) -> tuple[Seen, Seen]:
    """Return what honest callers saw before the attack, and beside it."""
    tasks = [await asyncio.to_thread(new_task, place, place.agent, f"task {number}") for number in range(2)]
    await together(place, tasks, _until(1))  # what is loaded with the first call
    alone = await together(place, tasks, _until(ROUNDS))
    with attacked(place, attack.__name__):
        await asyncio.sleep(BEGIN_SECONDS)
        beside = await together(place, tasks, _until(ROUNDS))
    return alone, beside


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_honest_callers_are_served(tmp_path: Path, record: RecordPlace, attack: Attack) -> None:
    """All honest calls are answered, no 500 is, and the server is bounded in memory and log and hears its stop."""
    with served(tmp_path, record) as place:
        alone, beside = await _attacked(place, attack)
        peak = place.peak()
        start = time.monotonic()
        assert place.stop() == 0
        stopped = time.monotonic() - start
    lines = place.log.read_text().splitlines()
    attackers = [line for line in lines if " honest " not in line and " alice " not in line]
    assert set(alone.statuses) == set(beside.statuses) == {200, 201, 204}
    assert not [line for line in lines if " 500 " in line or "Traceback" in line]
    assert peak < MEMORY_MB
    if attack.__name__ not in SERVED_AS_THEY_ASK:
        assert sum(map(len, attackers)) < LOG_BYTES
    if FULL:
        print(
            f"{attack.__name__}: p95 {alone.p95 * 1e3:.1f} -> {beside.p95 * 1e3:.1f} ms, {peak:.0f} MB, {stopped:.1f} s"
        )
        assert beside.p95 <= SLOWER * max(alone.p95, LEAST_SECONDS)


SERVED_AS_THEY_ASK = ("polls_without_end", "reads_large_lists", "floods_writes", "uploads_much", "sends_large_forms")
"""Attacks whose calls are answered as calls are: each is a line of the access log, as an honest one's."""
