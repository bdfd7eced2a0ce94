"""Servers that decide the same requests, and one that stands still while the others want to go on."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.crash.database_load import (
    ROOT,
    backends_of,
    chain_faults,
    compare,
    events_of,
    load,
    more_requests,
    named,
    opened,
    prepare,
    worker_command,
)
from tests.crash.scale import pick
from tests.support.actors import AGENT
from tests.support.postgres import Cluster
from tests.support.world_builder import WorldBuilder
from tests.waiting import wait_until

Show = Callable[[str], None]


@pytest.mark.parametrize("names", [("ann", "ben"), ("ann", "ben", "cat")], ids=["two", "three"])
def test_of_those_that_decide_at_once_one_wins(durable: Cluster, show: Show, names: tuple[str, ...]) -> None:
    """Each request that several servers decide at once has one winner, whom the others' conflicts name."""
    database = f"race_of_{len(names)}"
    url = durable.create_database(database)
    asyncio.run(prepare(url))
    wins, wrong = Counter[str](), list[str]()
    for _ in range(pick(1, 4)):
        requests = asyncio.run(_requests(url, pick(100, 500)))
        heard = race(f"{url} crash", requests, names)
        for number, request in enumerate(requests):
            said = {name: heard[name][number] for name in names}
            winners = [name for name, text in said.items() if not text]
            wins.update(winners)
            losers = [text for text in said.values() if text]
            if len(winners) != 1 or not all(f"by {winners[0]} at" in text for text in losers):
                wrong.append(f"{request}: {said}")
    show(f"{sum(wins.values())} decided, wins {dict(wins)}, wrong {wrong[:5]}")
    assert wrong == []
    assert sum(wins.values()) == pick(100, 2000)
    assert len(asyncio.run(events_of(url, "APPROVAL_DECIDED"))) == sum(wins.values())
    assert chain_faults(durable, database) == [], "the rules let something through to the unique indexes"


def race(place: str, requests: list[str], names: tuple[str, ...]) -> dict[str, list[str]]:
    """Let as many processes as there are names decide the requests; return what each decision came to."""
    racers = {}
    for name in names:
        words = worker_command("race", place, name, *requests)
        racers[name] = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        for racer in racers.values():
            assert racer.stdout is not None
            assert racer.stdout.readline() == b"ready\n"
        start = f"{time.time() + 0.1}\n".encode()
        for racer in racers.values():
            assert racer.stdin is not None
            racer.stdin.write(start)
            racer.stdin.flush()
        return {name: json.loads(racer.communicate()[0]) for name, racer in racers.items()}
    finally:
        for racer in racers.values():
            racer.kill()
            racer.wait()


async def _requests(url: str, count: int) -> list[str]:
    async with opened(url) as backend:
        return await more_requests(WorldBuilder(backend.acting_as(AGENT), backend), count)


def test_a_server_that_stands_still_does_not_hold_up_the_others(durable: Cluster, show: Show) -> None:
    """A server that stops while it has the chain's lock loses the lock and its transaction, and nothing else."""
    url = durable.create_database("stands_still")
    task, _ = asyncio.run(prepare(url))
    before = len(durable.log)
    with load(f"{named(url, 'still')} crash", task, "a") as work:
        work.start("b", f"{named(url, 'others')} crash")
        work.advance(5)
        wait_until(lambda: _stopped_with_the_lock(work.signal, durable), "a server stands still with the lock")
        began, reached = time.monotonic(), work.count("a")
        work.advance(5, "b")
        waited = time.monotonic() - began
        assert work.count("a") == reached
        work.signal("a", signal.SIGCONT)
        work.advance(5, "a", "b")
        work.close()
    findings = asyncio.run(compare(durable, "stands_still", work))
    show(f"the others waited {waited:.1f} s; {findings}; failures {dict(work.failures)}")
    assert "terminating connection due to idle-in-transaction timeout" in durable.log[before:]
    assert (findings.lost, findings.doubled, findings.unsound) == ([], [], [])


def _stopped_with_the_lock(send: Callable[[str, signal.Signals], None], cluster: Cluster) -> bool:
    """Stop the server; where it turns out that it had not the lock, let it go on and return False."""
    send("a", signal.SIGSTOP)
    its_own = "application_name = 'still' and datname = 'stands_still' and state"
    wait_until(lambda: not backends_of(cluster, f"{its_own} = 'active'"), "what it asked for is answered")
    if backends_of(cluster, f"{its_own} = 'idle in transaction'"):
        return True
    send("a", signal.SIGCONT)
    return False
