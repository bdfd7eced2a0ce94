"""Expiry of requests and the ends of grants (CONTRACT.md part 4), as a process that has a record open fires them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from api_client.commands import Comment, Pause, Resume
from api_client.errors import NotFound
from api_client.models import Event
from api_client.times import wire_time
from store.folder import expiries
from store.folder.expiries import Expiries
from store.folder.local_backend import LocalBackend
from store.postgres import due_expiries
from store.postgres.postgres_backend import PostgresBackend
from store.server.call_context import Served
from tests.contract.given_authority import BIG, GivenAuthority
from tests.support.backends import World

pytestmark = pytest.mark.parametrize("world", ["local"], indirect=True)
Sweep = Callable[[], Awaitable[None]]
MINUTE = {"afterSeconds": 60}


def sweeps(backend: Served) -> Sweep:
    """Return what fires all that is due over an open record."""
    if isinstance(backend, LocalBackend):
        over_folder = Expiries(backend._store)

        async def sweep() -> bool:
            return await asyncio.to_thread(over_folder.sweep)
    else:
        assert isinstance(backend, PostgresBackend)
        sweep = backend._workspace._timeouts.sweep

    async def fire_all() -> None:
        while await sweep():
            pass

    return fire_all


@pytest.fixture
def fire(world: World) -> Sweep:
    """Fires all that is due."""
    return sweeps(world.local)


def later(world: World, seconds: float) -> None:
    world.clock.now += timedelta(seconds=seconds)


async def outcomes(world: World, requests: list[Event]) -> list[str | None]:
    """Return the outcome of each approval, None while it is open."""
    results = [await world.agent.approval_result(request.id) for request in requests]
    return [result.outcome.type if result else None for result in results]


async def test_what_nobody_decides_in_time(world: World, authority: GivenAuthority, fire: Sweep) -> None:
    """An approval is escalated or rejected and a form withdrawn, once, at its time and by the platform."""
    large, huge = ({"kind": "approval", "context": {"Amount": {"atLeast": least}}} for least in (1000, 9000))
    reject = {"name": "huge", "when": huge, "expire": {**MINUTE, "outcome": "REJECT"}}
    form = {"name": "forms", "when": {"kind": "elicitation"}, "expire": {"afterSeconds": 90}}
    await authority.policy(reject, {"name": "big", "when": large, "expire": MINUTE}, form, escalate=["cfo"])
    requests = [await authority.ask(amount) for amount in ("$9,100", "$4,100", "$41")]
    asked = await authority.elicitation(authority.task_of)
    later(world, 59)
    await fire()
    assert await outcomes(world, requests) == [None, None, None]
    later(world, 2)
    for _ in range(2):
        await fire()
    assert await outcomes(world, requests) == ["REJECT", "ESCALATE", None]
    assert await world.agent.elicitation_result(asked.id) is None
    (listed,) = (await world.reviewer.authority()).escalated
    assert (listed.request_id, listed.by, listed.tags) == (requests[1].id, "platform", ("cfo",))
    last = (await authority.timeline(authority.task_of))[-1]
    assert (last.source, last.payload["outcome"]["reasonCode"]) == ("PLATFORM", "EXPIRED")
    assert "the policy's rule 'big'" in last.payload["outcome"]["note"]
    later(world, 30)
    await fire()
    with pytest.raises(NotFound, match=r"withdrawn by platform at .*: Expired: undecided for 90 seconds"):
        await world.agent.elicitation_result(asked.id)
    later(world, 10**6)
    before = len(await authority.timeline(authority.task_of))
    await fire()
    assert len(await authority.timeline(authority.task_of)) == before


async def test_a_policy_that_is_replaced(world: World, authority: GivenAuthority, fire: Sweep) -> None:
    """What is open expires by the policy in force: earlier than it would have, later, or never."""
    requests = [await authority.ask() for _ in range(2)]
    await authority.policy({"name": "all", "when": {}, "expire": {"afterSeconds": 3600}})
    later(world, 100)
    await fire()
    await authority.policy({"name": "all", "when": {}, "expire": {"afterSeconds": 200}})
    await fire()
    assert await outcomes(world, requests) == [None, None]
    await authority.policy({"name": "all", "when": {}})
    later(world, 200)
    await fire()
    assert await outcomes(world, requests) == [None, None]
    await authority.policy({"name": "all", "when": {}, "expire": MINUTE})
    await fire()
    assert await outcomes(world, requests) == ["ESCALATE", "ESCALATE"]


async def test_a_task_that_moves(world: World, authority: GivenAuthority, fire: Sweep) -> None:
    """A rule for a step holds in the step that the task is in, also where it moves long after it was asked."""
    await authority.policy({"name": "review", "when": {"steps": ["in_review"]}, "expire": MINUTE})
    other = await authority.task("other")
    stays, moves = await authority.ask(), await authority.approval(other)
    later(world, 1000)
    await fire()
    await authority.action(other, transitions_to="in_review")
    await authority.action(other, transitions_to="intake")
    await fire()
    assert await outcomes(world, [stays, moves]) == [None, None]
    await authority.action(other, transitions_to="in_review")
    await fire()
    assert await outcomes(world, [stays, moves]) == [None, "ESCALATE"]


async def test_while_paused_and_what_is_decided_in_time(world: World, authority: GivenAuthority, fire: Sweep) -> None:
    """Nothing expires while paused; what was decided before its time stays as it was decided."""
    await authority.policy({"name": "all", "when": {}, "expire": MINUTE})
    decided, waits = await authority.ask(), await authority.ask()
    later(world, 30)
    await fire()
    await authority.decide(world.reviewer, decided)
    await world.reviewer.submit(Pause(project_id=authority.project_of.id, reason="stop"), key=authority.key())
    later(world, 100)
    await fire()
    assert await outcomes(world, [decided, waits]) == ["APPROVE", None]
    await world.reviewer.submit(Resume(project_id=authority.project_of.id), key=authority.key())
    await fire()
    assert await outcomes(world, [decided, waits]) == ["APPROVE", "ESCALATE"]


async def test_a_grant_whose_time_is_over(world: World, authority: GivenAuthority, fire: Sweep) -> None:
    """It ends by itself, though nothing is asked."""
    grants = [
        await authority.grant(name=f"g{hours}", until=wire_time(world.clock.now + timedelta(hours=hours)))
        for hours in (1, 3)
    ]
    await fire()
    later(world, 7200)
    for _ in range(2):
        await fire()
    ended = [(await authority.grant_now(grant)).ended for grant in grants]
    assert ended[0] is not None
    assert (ended[0].reason, ended[0].by, ended[1]) == ("TIME", "platform", None)
    assert (await world.reviewer.authority()).grants == 1


async def test_two_that_watch_fire_once(
    world: World, authority: GivenAuthority, fire: Sweep, tokens: Callable[[], str]
) -> None:
    """Two processes find the same at the same time, and each request expires once."""
    await authority.policy({"name": "all", "when": {}, "expire": MINUTE})
    requests = [await authority.ask() for _ in range(40)]
    later(world, 61)
    from store.core.command_limits import CommandLimits

    other = await world.place.open(world.clock, tokens, CommandLimits())
    try:
        await asyncio.gather(fire(), sweeps(other)())
    finally:
        await other.aclose()
    assert await outcomes(world, requests) == ["ESCALATE"] * 40
    events = await authority.timeline(authority.task_of)
    assert sum(event.event_type == "APPROVAL_DECIDED" for event in events) == 40


async def test_looks_in_pieces_and_at_rest(
    world: World, authority: GivenAuthority, fire: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many are looked at in small steps; after that a look reads no request, whatever is open and whatever is noted."""
    for module in (expiries, due_expiries):
        monkeypatch.setattr(module, "_LOOKED_AT", 3)
    await authority.policy({"name": "review", "when": {"steps": ["in_review"]}, "expire": MINUTE})
    requests = [await authority.ask() for _ in range(8)]
    await authority.policy({**BIG, "expire": MINUTE}, {"name": "review", "when": {"steps": ["in_review"]}})
    requests += [await authority.ask("$4,100") for _ in range(8)]
    later(world, 61)
    await fire()
    assert await outcomes(world, requests) == [None] * 8 + ["ESCALATE"] * 8
    await world.reviewer.submit(Comment(task_id=authority.task_of.id, message="n"), key=authority.key())
    await fire()
    read: list[Any] = []
    if isinstance(world.local, LocalBackend):
        events = world.local._store.events
        at = events.at
        monkeypatch.setattr(events, "at", lambda seq: at(read.append(seq) or seq))  # type: ignore[func-returns-value]
        most = 0
    else:
        assert isinstance(world.local, PostgresBackend)
        pool = world.local._workspace.pool
        ask = pool.ask
        monkeypatch.setattr(pool, "ask", lambda *asked: ask(*(read.append(asked) or asked)))  # type: ignore[func-returns-value]
        most = 2  # what is due, and the head: nothing was added that could have moved a task
    await fire()
    assert len(read) <= most
