"""Waiting for a result: answered when the request is settled, None at the end, through every backend."""

from __future__ import annotations

import asyncio

import pytest

from api_client.errors import NotFound
from api_client.models import Event
from tests.contract.given import ANSWERS, Given
from tests.support.backends import World

LONG = 60.0
"""Seconds that no test takes: who waits so long is woken."""


async def _settled_beside(world: World, given: Given, other: Event) -> None:
    """Settle another request, and return once the wait for that one, which began later, has ended."""
    async with asyncio.timeout(LONG / 2):
        _, result = await asyncio.gather(given.decision(other), world.agent.approval_result(other.id, wait=LONG))
    assert result is not None


async def test_a_wait_ends_with_the_decision(world: World, given: Given) -> None:
    """An agent that waits is answered as soon as a person has decided."""
    request, other = await given.approval(), await given.approval(await given.task("Other"))
    waits = asyncio.create_task(world.agent.approval_result(request.id, wait=LONG))
    await _settled_beside(world, given, other)
    assert not waits.done()
    await given.decision(request)
    async with asyncio.timeout(LONG / 2):
        result = await waits
    assert result is not None
    assert result.outcome.type == "APPROVE"


async def test_a_wait_ends_with_the_answers(world: World, given: Given) -> None:
    """The same for a form; another request that is settled meanwhile ends no wait."""
    request, other = await given.elicitation(), await given.approval(await given.task("Other"))
    waits = asyncio.create_task(world.agent.elicitation_result(request.id, wait=LONG))
    await _settled_beside(world, given, other)
    assert not waits.done()
    await given.answers(request, ANSWERS)
    async with asyncio.timeout(LONG / 2):
        result = await waits
    assert result is not None
    assert result.fields["carrier"] == "DHL"


async def test_a_wait_for_what_stays_pending_ends_with_its_time(world: World, given: Given) -> None:
    """Nothing comes of a wait in which nobody decided."""
    request = await given.approval()
    assert await world.agent.approval_result(request.id, wait=1) is None


async def test_what_is_settled_or_unknown_is_answered_at_once(world: World, given: Given) -> None:
    """There is nothing to wait for."""
    request = await given.approval()
    await given.decision(request)
    async with asyncio.timeout(LONG / 2):
        assert await world.agent.approval_result(request.id, wait=LONG) is not None
        with pytest.raises(NotFound):
            await world.agent.approval_result("evt_nowhere", wait=LONG)
        with pytest.raises(NotFound):
            await world.agent.elicitation_result(request.id, wait=LONG)
