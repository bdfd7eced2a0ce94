"""`?wait=` on result calls: answered when the request is settled, let go with the server or with the caller."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.commands import Decide
from api_client.models import Outcome
from store.folder.local_backend import open_local
from tests.conftest import FixedClock
from tests.server.conftest import Served
from tests.server.sockets import answer, exchange, head, listening
from tests.server.test_bad_input import FIELD, assert_refused

LONG = 60
"""Seconds that no test takes: who waits so long is woken."""
YES = Outcome(type="APPROVE")


def path_of(request_id: str, query: str = f"?wait={LONG}", kind: str = "approval") -> str:
    return f"/api/{kind}-requests/{request_id}/result{query}"


async def until_waiting(served: Served, count: int) -> None:
    """Return when so many calls wait."""
    async with asyncio.timeout(20):
        while len(served.app.state.tail.waits) != count:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("wait", ["-1", "61", "100", "1.5", "1e1", "x", "", "%2B1", "0x1", "\u0664"])
async def test_a_wait_that_is_none_is_refused(served: Served, wait: str) -> None:
    """Whole seconds from 0 to 60, and nothing else; for both kinds of requests."""
    request_id = await served.approval((await served.task())["id"])
    for kind in ("approval", "elicitation"):
        words = assert_refused(await served.agent("GET", path_of(request_id, f"?wait={wait}", kind)), 400)
        assert "from 0 to 60" in words


async def test_without_a_wait_a_pending_result_is_a_204_at_once(served: Served) -> None:
    """Also with `wait=0`, or with parameters that the server does not know."""
    request_id = await served.approval((await served.task())["id"])
    for query in ("", "?wait=0", "?colour=red"):
        assert (await served.agent("GET", path_of(request_id, query))).status_code == 204


async def test_a_wait_that_nobody_ends_is_a_204(served: Served) -> None:
    """At the end of its time."""
    request_id = await served.elicitation((await served.task())["id"], [FIELD])
    answer = await served.agent("GET", path_of(request_id, "?wait=1", "elicitation"))
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_decision_of_another_process_ends_a_wait(served: Served, clock: FixedClock) -> None:
    """A reviewer at the folder itself decides: the agent that waits at the server hears of it."""
    request_id = await served.approval((await served.task())["id"])
    waits = asyncio.create_task(served.agent("GET", path_of(request_id)))
    await until_waiting(served, 1)
    other = await open_local(served.folder, Actor("bob", "reviewer"), clock=clock)
    await other.submit(Decide(request_id=request_id, outcome=YES), key="other")
    await other.aclose()
    told = await asyncio.wait_for(waits, LONG / 2)
    assert (told.status_code, told.json()["decidedBy"]) == (200, "bob")


async def test_a_caller_who_hangs_up_waits_no_more(served: Served) -> None:
    """Nothing is left of it, and the server goes on."""
    request_id = await served.approval((await served.task())["id"])
    async with listening(served) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("GET", path_of(request_id), served.agent))
        await until_waiting(served, 1)
        writer.close()
        await until_waiting(served, 0)
        assert (await exchange(port, head("GET", path_of(request_id, ""), served.agent)))[0] == 204


async def test_the_end_of_the_server_ends_every_wait(served: Served) -> None:
    """Who waits is answered 204 and asks again elsewhere; the server does not wait for a decision."""
    request_id = await served.approval((await served.task())["id"])
    async with listening(served) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("GET", path_of(request_id), served.agent))
        await until_waiting(served, 1)
    assert (await answer(reader))[0] == 204
    writer.close()
    assert (await served.agent("GET", path_of(request_id))).status_code == 204


async def test_thousands_wait_without_a_thread_and_only_the_settled_are_woken(served: Served) -> None:
    """One look serves all who wait: no thread for any, and nothing runs on once nobody waits."""
    tasks = [(await served.task())["id"] for _ in range(2)]
    decided, pending = [await served.approval(task) for task in tasks]
    before: set[Any] = set(asyncio.all_tasks())
    agents = [served.local.acting_as(Actor(f"agent-{n}", "agent")) for n in range(2_000)]
    waits = [asyncio.create_task(agent.approval_result(decided, wait=LONG)) for agent in agents]
    others = [asyncio.create_task(agent.approval_result(pending, wait=LONG)) for agent in agents]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks() - before - {*waits, *others}) == 1
    threads = threading.active_count()
    await served.local.submit(Decide(request_id=decided, outcome=YES), key="one")
    results = await asyncio.wait_for(asyncio.gather(*waits), LONG / 2)
    assert {result.outcome.type for result in results if result is not None} == {"APPROVE"}
    assert None not in results
    assert not any(other.done() for other in others)
    assert threading.active_count() <= threads + 4  # the store's own, which are made as they are needed
    for other in others:
        other.cancel()
    await asyncio.wait(others)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
