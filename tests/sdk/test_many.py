"""A thousand approvals that wait at once, each polled by the SDK: every agent reads its own decision."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx
from pumpup import AsyncPumpUp

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.commands import Command, CreateTask, Decide, RequestApproval
from api_client.models import Outcome, Receipt
from store.server.call_context import Served
from tests.sdk.serving import ServedRecord
from tests.waiting import HANG_SECONDS

MANY = 1_000


async def _all(backend: Backend, commands: list[Command]) -> list[Receipt]:
    """Write many at once, as many agents do: they share their syncs."""
    return list(await asyncio.gather(*(backend.submit(one, key=f"m-{n}") for n, one in enumerate(commands))))


async def test_a_thousand_approvals_are_polled_at_once(served: ServedRecord) -> None:
    """First none is decided, then each is what its reviewer said: polled all at the same time, twice."""
    async with AsyncExitStack() as stack:
        local = await served.place.backend(Actor("many", "reviewer"))
        stack.push_async_callback(local.aclose)
        await _decided_one_by_one(served, local)


async def _decided_one_by_one(served: ServedRecord, local: Served) -> None:
    agent = local.acting_as(Actor("many-agents", "agent"))
    tasks = await _all(agent, [CreateTask(project_name="claims", name=f"Claim {n}") for n in range(MANY)])
    asked = await _all(
        agent,
        [RequestApproval(project_name="claims", task_id=one.answer["id"], summary="Refund?") for one in tasks],
    )
    ids = [receipt.event_id for receipt in asked]
    # All wait at once, on few connections: with a hundred of them httpx itself takes half a minute to share them out.
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=HANG_SECONDS, limits=limits) as connections:
        client = AsyncPumpUp(base_url=served.url, api_key=served.agent_key, httpx_client=connections)

        async def polled() -> list[Any]:
            return await asyncio.gather(*map(client.approvals.get_result, ids))

        assert await polled() == [None] * MANY
        decisions: list[Command] = [
            Decide(request_id=one, outcome=Outcome(type="REJECT" if n % 3 else "APPROVE", note=f"note {n}"))
            for n, one in enumerate(ids)
        ]
        await _all(local, decisions)
        results = await polled()
        async with asyncio.timeout(HANG_SECONDS):
            while None in results:  # another process wrote them: the server hears of it at its next look
                results = await polled()
    for number, (request_id, result) in enumerate(zip(ids, results, strict=True)):
        assert (result.request_id, result.outcome.note) == (request_id, f"note {number}")
        assert result.outcome.type == ("REJECT" if number % 3 else "APPROVE")
