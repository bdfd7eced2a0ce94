"""Servers over one database that are killed, a database that is, and connections that are lost."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import pytest

from tests.crash.database_load import Load, backends_of, compare, follow, load, prepare
from tests.crash.database_servers import servers
from tests.crash.scale import pick
from tests.support.postgres import Cluster
from tests.waiting import wait_until

Show = Callable[[str], None]


def test_a_killed_server_loses_and_doubles_nothing(durable: Cluster, show: Show) -> None:
    """However often one of two servers is killed, each acknowledged note is there, once, and its key still answers."""
    url = durable.create_database("killed")
    task, _ = asyncio.run(prepare(url))
    rng = random.Random(1)
    with load(f"{url} crash", task, "a", "b") as work:
        for number in range(pick(3, 25)):
            name = "ab"[number % 2]
            time.sleep(rng.uniform(0, 0.3))
            work.kill(name)
            work.start(name, f"{url} crash")
            work.advance()
        work.close()
    sound(durable, "killed", work, show)


@pytest.mark.parametrize("end", ["immediate stop", "kill"])
def test_a_database_that_crashes_loses_and_doubles_nothing(durable: Cluster, show: Show, end: str) -> None:
    """Both servers go on by themselves once a crashed database is back, and so does who follows the changes."""
    name = end.replace(" ", "_")
    url = durable.create_database(name)
    task, _ = asyncio.run(prepare(url))
    rng = random.Random(2)
    with follow(f"{url} crash") as followed, load(f"{url} crash", task, "a", "b") as work:
        for _ in range(pick(1, 6)):
            time.sleep(rng.uniform(0, 0.3))
            if end == "kill":
                durable.kill()
            else:
                durable.stop("immediate")
            durable.start()
            work.advance(10)
        work.close()
        sound(durable, name, work, show)
        wait_until(lambda: followed.has_come_to(work), "the last notes come to the follower")
    assert followed.gaps() == []


def test_callers_of_real_servers_lose_and_double_nothing(durable: Cluster, show: Show) -> None:
    """Callers that go from a killed server to another one with the same key are answered once, and so in a crash."""
    url = durable.create_database("served")
    task, _ = asyncio.run(prepare(url))
    rng = random.Random(5)
    with servers(url, 2) as (running, place), load(place, task, "a") as work:
        for number in range(pick(3, 30)):
            time.sleep(rng.uniform(0, 0.3))
            if number % 3 == 2:
                durable.stop("immediate")
                durable.start()
            else:
                running[number % 2].kill()
                running[number % 2].start()
            work.advance(10)
        work.close()
    sound(durable, "served", work, show)


def test_lost_connections_lose_and_double_nothing(durable: Cluster, show: Show) -> None:
    """However often the servers' connections are ended, in the middle of commits too, each note is there once."""
    url = durable.create_database("terminated")
    task, _ = asyncio.run(prepare(url))
    rng = random.Random(3)
    ended = 0
    with load(f"{url} crash", task, "a", "b") as work:
        for _ in range(pick(10, 200)):
            time.sleep(rng.uniform(0, 0.1))
            wait_until(lambda: terminated(durable, "terminated"), "a transaction is under way")
            ended += 1
        work.advance(10)
        work.close()
    show(f"ended the transactions of {ended} moments")
    sound(durable, "terminated", work, show)


def terminated(cluster: Cluster, database: str) -> bool:
    """End the connections that are in a transaction; return whether there was one."""
    pids = backends_of(cluster, f"datname = '{database}' and state <> 'idle'")
    for pid, _ in pids:
        cluster.execute("select pg_terminate_backend(%s)", pid)
    return bool(pids)


def sound(cluster: Cluster, database: str, work: Load, show: Show) -> None:
    """Check that nothing was lost or doubled and that the chain is sound."""
    findings = asyncio.run(compare(cluster, database, work))
    show(f"{findings}; failures {dict(work.failures)}, repeats {work.repeats}")
    assert findings.acknowledged > 0
    assert (findings.lost, findings.doubled, findings.unsound) == ([], [], [])
