"""How a request is settled: once, by whoever was first, with answers that its fields take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api_client.commands import Answer, Decide, RequestElicitation, read_command
from api_client.errors import Conflict, InvalidAnswers, InvalidRequest, NotFound
from api_client.models import Outcome, OutcomeType, Receipt
from tests.contract.given import ANSWERS, APPROVAL, FIELDS, Given
from tests.support.backends import World


async def test_a_request_makes_the_task_wait(world: World, given: Given) -> None:
    """A task is WAITING while its request is open, and RUNNING after, whatever the outcome."""
    for outcome in ("APPROVE", "REJECT", "ESCALATE"):
        request = await given.approval()
        assert (await world.agent.task(request.task_id)).task.status == "WAITING"
        await given.decision(request, outcome)
        assert (await world.agent.task(request.task_id)).task.status == "RUNNING"


async def test_a_decision_is_on_the_timeline_with_its_snapshots(world: World, given: Given) -> None:
    """The event says who decided with which tags, what was recommended, and what it answers."""
    request = await given.approval()
    receipt = await given.decision(request, "REJECT", "No proof")
    event = (await world.reviewer.events(task_id=request.task_id)).items[-1]
    assert (event.id, event.event_type, event.source) == (receipt.event_id, "APPROVAL_DECIDED", "HUMAN")
    assert event.in_response_to == request.id
    assert event.transition_to is None
    assert event.payload == {
        "type": "ApprovalDecided",
        "outcome": {"type": "REJECT", "note": "No proof"},
        "authority": {"subject": "alice", "tags": ["claims-lead", "eu"]},
        "recommendationSnapshot": APPROVAL["recommendation"],
    }


@pytest.mark.parametrize("outcome", ["EDIT_AND_APPROVE", "REQUEST_MORE_INFO"])
@pytest.mark.parametrize("note", [None, "", "  \n"])
async def test_some_outcomes_need_a_note(world: World, given: Given, outcome: OutcomeType, note: str | None) -> None:
    """An edit that says nothing, or a question without words, is refused and the request stays open."""
    request = await given.approval()
    with pytest.raises(InvalidRequest) as fault:
        await given.decision(request, outcome, note)
    assert fault.value.code == "NOTE_REQUIRED"
    assert [item.request_id for item in (await world.reviewer.inbox()).items] == [request.id]


async def test_the_second_decision_learns_who_was_first(world: World, given: Given) -> None:
    """A decision on a settled request is a conflict that names the winner and the time."""
    request = await given.approval()
    await given.decision(request)
    decided = (await world.reviewer.events(task_id=request.task_id)).items[-1]
    late = Decide(request_id=request.id, outcome=Outcome(type="REJECT"))
    with pytest.raises(Conflict) as fault:
        await world.other_reviewer.submit(late, key=given.key())
    assert "alice" in fault.value.message
    assert decided.timestamp.strftime("%H:%M") in fault.value.message


async def test_the_second_answer_learns_who_was_first(world: World, given: Given) -> None:
    """An answer to a settled elicitation is a conflict that names the winner."""
    request = await given.elicitation()
    await given.answers(request)
    with pytest.raises(Conflict) as fault:
        await world.other_reviewer.submit(Answer(request_id=request.id, answers=ANSWERS), key=given.key())
    assert "alice" in fault.value.message


async def test_of_two_reviewers_at_once_one_wins(world: World, given: Given) -> None:
    """Two decisions at the same moment: one is recorded, the other is a conflict that names it."""
    request = await given.approval()
    commands = [
        world.reviewer.submit(Decide(request_id=request.id, outcome=Outcome(type="APPROVE")), key="alice-key"),
        world.other_reviewer.submit(Decide(request_id=request.id, outcome=Outcome(type="REJECT")), key="bob-key"),
    ]
    results = await asyncio.gather(*commands, return_exceptions=True)
    (won,) = [result for result in results if isinstance(result, Receipt)]
    (lost,) = [result for result in results if isinstance(result, Conflict)]
    decided = (await world.reviewer.events(types=["APPROVAL_DECIDED"])).items
    assert [event.id for event in decided] == [won.event_id]
    assert decided[0].payload["authority"]["subject"] in lost.message


async def test_a_decision_is_bound_to_what_was_shown(world: World, given: Given) -> None:
    """A decision that carries another request's hash is a conflict; with its own it is taken."""
    request, other = await given.approval(), await given.approval()
    approve = Outcome(type="APPROVE")
    with pytest.raises(Conflict):
        wrong = Decide(request_id=request.id, outcome=approve, request_hash=other.hash)
        await world.reviewer.submit(wrong, key=given.key())
    right = Decide(request_id=request.id, outcome=approve, request_hash=request.hash)
    assert (await world.reviewer.submit(right, key=given.key())).event_id


async def test_a_decision_on_no_approval_is_not_found(world: World, given: Given) -> None:
    """A decision needs an approval: an elicitation, a note's event or nothing at all is NotFound."""
    elicitation = await given.elicitation()
    created = (await world.reviewer.events(task_id=elicitation.task_id)).items[0]
    for request_id in (elicitation.id, created.id, "evt_nowhere", "a/b", ".."):
        with pytest.raises(NotFound):
            decide = Decide(request_id=request_id, outcome=Outcome(type="APPROVE"))
            await world.reviewer.submit(decide, key=given.key())


async def test_all_ten_fields_are_kept_as_declared(given: Given) -> None:
    """A request's fields come back as the agent declared them."""
    request = await given.elicitation(
        recommendation=[{"fieldId": "carrier", "value": "UPS", "confidence": 0.5}, {"fieldId": "day", "value": None}]
    )
    assert request.payload["fields"] == FIELDS
    assert request.payload["recommendation"] == [
        {"fieldId": "carrier", "value": "UPS", "confidence": 0.5},
        {"fieldId": "day", "value": None},
    ]


async def test_answers_are_kept_as_the_fields_take_them(world: World, given: Given) -> None:
    """What is not required may be left out, null counts as left out, and 2.0 is the integer 2."""
    request = await given.elicitation()
    await given.answers(request, {"email": "a@b.example", "count": 2.0, "carrier": "UPS", "story": None})
    event = (await world.reviewer.events(task_id=request.task_id)).items[-1]
    assert (event.event_type, event.source, event.in_response_to) == ("ELICITATION_PROVIDED", "HUMAN", request.id)
    assert event.payload == {
        "type": "ElicitationProvided",
        "answers": {"email": "a@b.example", "count": 2, "carrier": "UPS"},
        "answeredBy": "alice",
    }
    assert type(event.payload["answers"]["count"]) is int


BAD_ANSWERS: dict[str, Any] = {
    "email": "nobody",
    "story": "ab",
    "count": True,
    "care": 0.25,
    "carrier": "pigeon",
    "proofs": ["photo", "photo"],
    "day": "2027-01-01",
    "hour": "07:59",
    "at": "2026-02-28T09:30:00Z",
    "insured": "yes",
    "extra": 1,
}


async def test_all_faulty_answers_are_told_at_once(world: World, given: Given) -> None:
    """Every fault is reported in one answer, by field id, and the request stays open."""
    request = await given.elicitation()
    with pytest.raises(InvalidAnswers) as fault:
        await given.answers(request, BAD_ANSWERS)
    assert fault.value.code == "INVALID_ANSWERS"
    assert set(fault.value.fields) == set(BAD_ANSWERS)
    assert all(fault.value.fields.values())
    assert await world.agent.elicitation_result(request.id) is None


async def test_a_required_field_must_be_answered(given: Given) -> None:
    """Answers that leave out what is required say which."""
    request = await given.elicitation()
    with pytest.raises(InvalidAnswers) as fault:
        await given.answers(request, {})
    assert set(fault.value.fields) == {"email", "count", "carrier"}


@pytest.mark.parametrize("key", ["attachments", "recommendation"])
async def test_empty_lists_are_taken(given: Given, key: str) -> None:
    """An agent may say that there is nothing to attach or to recommend."""
    request = await given.elicitation(None, **{key: []})
    assert request.payload.get(key) in ([], None)


async def test_a_field_of_the_wrong_shape_is_refused(given: Given) -> None:
    """A declaration that no answer could satisfy is refused before anyone is asked."""
    task = await given.task()
    for bad in (
        [],
        [FIELDS[0], FIELDS[0]],
        [{"type": "Number", "id": "n", "label": "N", "required": True, "min": 3, "max": 1}],
        [{"type": "Slider", "id": "s", "label": "S", "required": True, "min": 0, "max": 1, "step": 0}],
        [{"type": "Select", "id": "s", "label": "S", "required": True, "options": []}],
        [{"type": "Colour", "id": "c", "label": "C", "required": True}],
    ):
        body = {"projectName": "claims_refund_v1", "taskId": task.id, "summary": "x", "fields": bad}
        with pytest.raises(InvalidRequest) as fault:
            read_command(RequestElicitation, body)
        assert fault.value.code == "INVALID_REQUEST"
