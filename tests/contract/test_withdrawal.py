"""Withdrawal of a request (CONTRACT.md part 3): by who asked, or by a reviewer, with a reason."""

from __future__ import annotations

import pytest

from api_client.commands import Answer, Withdraw
from api_client.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from tests.contract.given import ANSWERS, Given
from tests.support.backends import World


async def test_a_reviewer_declines_a_form(world: World, given: Given) -> None:
    """It leaves the inbox, its task goes on, and the result call says who withdrew it, when and why."""
    asked = await given.elicitation()
    receipt = await world.reviewer.submit(Withdraw(request_id=asked.id, reason="Not ours to say"), key=given.key())
    assert (await world.reviewer.inbox()).items == ()
    assert (await world.agent.task(asked.task_id)).task.status == "RUNNING"
    with pytest.raises(NotFound, match=r"withdrawn by alice at .*: Not ours to say"):
        await world.agent.elicitation_result(asked.id)
    event = (await world.agent.events(task_id=asked.task_id, order="desc", limit=1)).items[0]
    assert (event.id, event.event_type, event.in_response_to) == (receipt.event_id, "REQUEST_WITHDRAWN", asked.id)
    assert event.payload == {"type": "Note", "message": "Not ours to say"}
    detail = await world.reviewer.request(asked.id)
    assert detail.result is not None
    assert (detail.result["withdrawnBy"], detail.result["reason"]) == ("alice", "Not ours to say")


async def test_it_settles_once(world: World, given: Given) -> None:
    """What is withdrawn takes no answers, and what is settled is not withdrawn."""
    asked, decided = await given.elicitation(), await given.approval()
    await world.reviewer.submit(Withdraw(request_id=asked.id, reason="no"), key=given.key())
    with pytest.raises(Conflict, match="Already withdrawn by alice"):
        await world.other_reviewer.submit(Answer(request_id=asked.id, answers=ANSWERS), key=given.key())
    await given.decision(decided)
    with pytest.raises(Conflict, match="Already decided by alice"):
        await world.other_reviewer.submit(Withdraw(request_id=decided.id, reason="late"), key=given.key())


async def test_who_may(world: World, given: Given) -> None:
    """The agent that asked, too; with a reason; and only what is there."""
    asked = await given.approval()
    with pytest.raises((InvalidRequest, ValueError)):
        await world.agent.submit(Withdraw(request_id=asked.id, reason=" "), key=given.key())
    await world.agent.submit(Withdraw(request_id=asked.id, reason="solved"), key=given.key())
    with pytest.raises(NotFound):
        await world.reviewer.submit(Withdraw(request_id="evt_none", reason="x"), key=given.key())
    if world.kind == "local":
        from api_client.actor import Actor

        other = await given.approval()
        stranger = world.local.acting_as(Actor("agent-2", "agent"))
        with pytest.raises(NotAllowed, match="who asked"):
            await stranger.submit(Withdraw(request_id=other.id, reason="mine"), key=given.key())
