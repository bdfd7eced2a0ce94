"""Whatever becomes of the connection, a decision that a person sent is on the record once, and the screen says so."""

from __future__ import annotations

import os
import random

import pytest

from pumpup_tui.decisions.desk import Phase
from tests.chaos.proxy import Fault
from tests.chaos.scene import Scene, Terminal

PASSING = [fault for fault in Fault if fault not in (Fault.NONE, Fault.HANG, Fault.BAD_TLS)]
"""What can happen to one request alone; of a hanging one there is a test of its own."""
SEEDS, ROUNDS = (10, 10) if os.environ.get("CHAOS") == "full" else (1, 5)


async def _decide(terminal: Terminal, request_id: str) -> None:
    await terminal.reviewer.go_to(request_id)
    await terminal.reviewer.arm("a", request_id)
    await terminal.reviewer.press("y")


@pytest.mark.parametrize("fault", [*PASSING, Fault.HANG], ids=lambda fault: fault.name)
async def test_a_decision_whose_answer_was_lost_is_recorded_once(scene: Scene, fault: Fault) -> None:
    """The write fails in one way and is asked for again, under its key, until it is known."""
    request_id, _ = await scene.ask()
    async with scene.terminal() as terminal:
        scene.proxy.of_writes.append(fault)
        await _decide(terminal, request_id)
        sent = await terminal.reviewer.recorded(request_id)
    (decision,) = await scene.decisions(request_id)
    assert (decision.id, decision.payload["outcome"]["type"]) == (sent.detail, "APPROVE")
    assert scene.proxy.writes == [fault, Fault.NONE]


async def test_a_long_outage_leaves_one_decision(scene: Scene) -> None:
    """Written, and its answer lost more often than one call is tried: the screen says unknown, then recorded."""
    request_id, _ = await scene.ask()
    async with scene.terminal() as terminal:
        scene.proxy.of_writes.extend([Fault.CUT_BEFORE_THE_ANSWER] * 4)
        await _decide(terminal, request_id)
        await terminal.sees("UNKNOWN")
        await terminal.reviewer.recorded(request_id)
    assert len(await scene.decisions(request_id)) == 1


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BROKEN, Fault.RESET], ids=lambda fault: fault.name)
async def test_in_doubt_no_answer_before_the_key_counts(scene: Scene, fault: Fault) -> None:
    """Once a write may have arrived, a 429, a 500 or a refused connection does not make it "not sent"."""
    request_id, _ = await scene.ask()
    async with scene.terminal() as terminal:
        scene.proxy.of_writes.extend([Fault.CUT_BEFORE_THE_ANSWER] * 3 + [fault] * 3)
        await _decide(terminal, request_id)
        await terminal.reviewer.recorded(request_id)
    assert len(await scene.decisions(request_id)) == 1
    assert len(scene.proxy.writes) == 7


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_order_of_faults_doubles_a_decision(scene: Scene, seed: int) -> None:
    """Decisions whose writes fail up to three times by chance: what the screen says of each is on the record."""
    rng = random.Random(seed)
    ends: dict[str, Phase] = {}
    requests = [(await scene.ask())[0] for _ in range(ROUNDS)]
    async with scene.terminal() as terminal:
        desk = terminal.reviewer.inbox.context.outbox
        for request_id in requests:
            scene.proxy.of_writes.clear()
            scene.proxy.of_writes.extend(rng.choices(PASSING, k=rng.randint(0, 3)))
            await _decide(terminal, request_id)
            await terminal.reviewer.until("it is known", lambda: not desk.desk.unfinished())
            ends[request_id] = desk.desk.sent[-1].phase
    for request_id, phase in ends.items():
        assert len(await scene.decisions(request_id)) == {Phase.RECORDED: 1, Phase.REFUSED: 0}[phase]
    assert list(ends.values()).count(Phase.RECORDED) > len(ends) / 2
