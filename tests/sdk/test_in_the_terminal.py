"""The main job, end to end: the SDK asks, a person decides by keys in the terminal, the SDK reads the decision."""

from __future__ import annotations

import asyncio

import pytest
from pumpup import PumpUp

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.http import HttpBackend
from tests.sdk.agent import Agent
from tests.sdk.reviewer import Connect, at_the_terminal
from tests.sdk.serving import ServedRecord


@pytest.fixture(params=["at the record", "over the network"])
def connect(request: pytest.FixtureRequest, served: ServedRecord) -> Connect:
    """Both ways in which a reviewer's terminal reaches the work: beside the server on its record, and through it."""

    async def at_the_record() -> Backend:
        return await served.place.backend(Actor("alice", "reviewer", ("claims-lead",)))

    async def over_the_network() -> Backend:
        return HttpBackend(served.url, served.reviewer_key)

    return at_the_record if request.param == "at the record" else over_the_network


async def test_an_approval_is_decided_by_keys(connect: Connect, client: PumpUp) -> None:
    """`a` then `y`: the agent that polls reads APPROVE, by whom and with which tags."""
    agent = await asyncio.to_thread(Agent, client, "Claim C-2001")
    photo = await asyncio.to_thread(agent.attach_photo)
    request_id = await asyncio.to_thread(agent.ask_approval, [photo])
    waiting = asyncio.create_task(asyncio.to_thread(agent.wait_for_decision, request_id))
    async with at_the_terminal(connect) as reviewer:
        await reviewer.go_to(request_id)
        await reviewer.arm("a", request_id)
        await reviewer.press("y")
        await reviewer.recorded(request_id)
        decision = await waiting
    assert decision.outcome.type == "APPROVE"
    assert decision.authority_snapshot is not None
    assert (decision.authority_snapshot.subject, decision.authority_snapshot.tags) == ("alice", ["claims-lead"])
    assert decision.recommendation_snapshot is not None
    timeline = await asyncio.to_thread(agent.timeline)
    assert [event.event_type for event in timeline] == [
        "TASK_CREATED",
        "ACTION",
        "APPROVAL_REQUESTED",
        "APPROVAL_DECIDED",
    ]


async def test_a_question_is_asked_by_keys(connect: Connect, client: PumpUp) -> None:
    """`i`, a note, then `y`: the agent reads REQUEST_MORE_INFO and the words, and may ask again."""
    agent = await asyncio.to_thread(Agent, client, "Claim C-2002")
    request_id = await asyncio.to_thread(agent.ask_approval, [])
    async with at_the_terminal(connect) as reviewer:
        await reviewer.go_to(request_id)
        await reviewer.arm("i", request_id)
        await reviewer.press(*"Which day", "enter", "y")
        await reviewer.recorded(request_id)
        decision = await asyncio.to_thread(agent.wait_for_decision, request_id)
        assert (decision.outcome.type, decision.outcome.note) == ("REQUEST_MORE_INFO", "Which day")
        again = await asyncio.to_thread(agent.ask_approval, [])
        await reviewer.go_to(again)
        await reviewer.arm("d", again)
        await reviewer.press("y")
        await reviewer.recorded(again)
    assert (await asyncio.to_thread(agent.wait_for_decision, again)).outcome.type == "REJECT"


TYPED = (
    "right",  # begins in the first field: what decides, as `a` does, is not typed into a form that just opened
    *"a@b.eu", "tab",
    *"It", "enter", *"fell", "tab",
    "tab",  # the agent's bid of 2 parcels stands
    "up", "up", "up", "up", "tab",
    "j", "space", "tab",
    "space", "j", "space", "tab",
    *"2026-02-28", "tab",
    *"09:30", "tab",
    *"2026-02-28T09:30", "tab",
    "j",
)  # fmt: skip
"""The keys that fill in the form, field by field."""

ANSWERED = {
    "email": "a@b.eu",
    "story": "It\nfell",
    "count": 2,
    "care": 0.3,
    "carrier": "UPS",
    "proofs": ["photo", "scan"],
    "day": "2026-02-28",
    "hour": "09:30",
    "at": "2026-02-28T09:30",
    "insured": False,
}


@pytest.mark.slow
async def test_all_ten_fields_are_answered_by_keys(connect: Connect, client: PumpUp) -> None:
    """`a`, the form, `ctrl+r`, `y`: the agent reads ten answers, each in its own type."""
    agent = await asyncio.to_thread(Agent, client, "Claim C-2003")
    request_id = await asyncio.to_thread(agent.ask_details)
    waiting = asyncio.create_task(asyncio.to_thread(agent.wait_for_answers, request_id, 60))
    async with at_the_terminal(connect) as reviewer:
        await reviewer.go_to(request_id)
        await reviewer.open_form()
        await reviewer.press(*TYPED)
        await reviewer.press("ctrl+r", "y")
        await reviewer.recorded(request_id)
        result = await waiting
    assert (result.fields, result.answered_by) == (ANSWERED, "alice")
    last = (await asyncio.to_thread(agent.timeline))[-1]
    assert (last.event_type, last.in_response_to) == ("ELICITATION_PROVIDED", request_id)
