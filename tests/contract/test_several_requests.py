"""Several open requests on one task, and what a request keeps of its attachments: CONTRACT.md part 3, Requests."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from api_client.commands import Decide
from api_client.errors import ApiError, Conflict
from api_client.models import Attachment, Outcome
from tests.contract.given import Given
from tests.support.backends import World


async def test_a_task_shows_all_that_is_open_oldest_first(world: World, given: Given) -> None:
    """Three things asked at once stand on the task and in the inbox in the order in which they were asked."""
    task = await given.task()
    first, second, third = await given.approval(task), await given.elicitation(task), await given.approval(task)
    asked = [first.id, second.id, third.id]
    for backend in (world.agent, world.reviewer):
        assert [one.request_id for one in (await backend.task(task.id)).open_requests] == asked
    assert [one.request_id for one in (await world.reviewer.inbox()).items] == asked
    assert [one.request_id for one in (await world.reviewer.inbox(project_id=task.project_id)).items] == asked


async def test_each_request_is_settled_by_itself(world: World, given: Given) -> None:
    """Settled out of order, each result is its own, the others stay, and the task waits until the last one is."""
    task = await given.task()
    first, form, last = await given.approval(task), await given.elicitation(task), await given.approval(task)
    await given.decision(last, "REJECT", "No proof")
    assert [one.request_id for one in (await world.agent.task(task.id)).open_requests] == [first.id, form.id]
    assert await world.agent.approval_result(first.id) is None
    await given.answers(form)
    detail = await world.agent.task(task.id)
    assert (detail.task.status, [one.request_id for one in detail.open_requests]) == ("WAITING", [first.id])
    await given.decision(first)
    detail = await world.agent.task(task.id)
    assert (detail.task.status, detail.open_requests) == ("RUNNING", ())
    results = [await world.agent.approval_result(one.id) for one in (first, last)]
    assert [(one.request_id, one.outcome.type) for one in results if one] == [
        (first.id, "APPROVE"),
        (last.id, "REJECT"),
    ]
    answered = await world.agent.elicitation_result(form.id)
    assert answered is not None
    assert answered.request_id == form.id


async def test_a_settled_request_names_its_own_settler(world: World, given: Given) -> None:
    """A late decision learns who settled that request, whatever else is open or was settled on its task."""
    task = await given.task()
    first, second = await given.approval(task), await given.approval(task)
    decide = Decide(request_id=second.id, outcome=Outcome(type="APPROVE"))
    await world.other_reviewer.submit(decide, key=given.key())
    await given.decision(first)
    with pytest.raises(Conflict) as fault:
        await given.decision(second)
    assert "bob" in fault.value.message


async def test_the_board_counts_tasks_that_wait_and_a_card_its_requests(world: World, given: Given) -> None:
    """A task with several open requests waits once; its card has their number and the oldest."""
    task = await given.task()
    first, second = await given.approval(task), await given.elicitation(task)
    for request, count in ((first, 2), (second, 1)):
        (card,) = (await world.reviewer.cards(task.project_id, "intake")).items
        assert card.open_request is not None
        assert (card.open_request.request_id, card.open_request_count) == (request.id, count)
        assert (await world.reviewer.board(task.project_id)).columns[0].waiting == 1
        await (given.decision(request) if request is first else given.answers(request))
    (card,) = (await world.reviewer.cards(task.project_id, "intake")).items
    assert (card.open_request, card.open_request_count) == (None, 0)
    assert (await world.reviewer.board(task.project_id)).columns[0].waiting == 0


async def test_a_waiting_task_moves_with_all_its_requests(world: World, given: Given) -> None:
    """The counts follow a task to its next step, once; what would close it is refused while anything is open."""
    task = await given.task()
    first, second = await given.approval(task), await given.approval(task)
    await given.action(task, transitions_to="in_review")
    board = await world.reviewer.board(task.project_id)
    assert [column.waiting for column in board.columns] == [0, 1, 0, 0]
    assert [one.step for one in (await world.reviewer.inbox()).items] == ["in_review", "in_review"]
    for request in (second, first):
        with pytest.raises(Conflict) as fault:
            await given.action(task, transitions_to="paid")
        assert fault.value.code == "CONFLICT"
        await given.decision(request)
    await given.action(task, transitions_to="paid")
    assert (await world.agent.task(task.id)).task.status == "CLOSED"


async def test_a_hundred_may_be_open_on_a_task(world: World, given: Given) -> None:
    """The hundred and first is a conflict until one is settled; asked side by side, a hundred are taken."""
    task = await given.task()
    outcomes: list[object] = [await given.approval(task) for _ in range(95)]
    outcomes += await asyncio.gather(*(given.approval(task) for _ in range(8)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert [(type(one), one.code) for one in refused if isinstance(one, ApiError)] == [(Conflict, "CONFLICT")] * 3
    requests = (await world.agent.task(task.id)).open_requests
    assert len(requests) == 100
    with pytest.raises(Conflict):
        await given.elicitation(task)
    await world.reviewer.submit(
        Decide(request_id=requests[40].request_id, outcome=Outcome(type="APPROVE")), key=given.key()
    )
    await given.elicitation(task)


async def test_two_requests_of_a_task_are_decided_at_the_same_time(world: World, given: Given) -> None:
    """Two reviewers at two requests of one task don't meet: both decisions are recorded."""
    task = await given.task()
    first, second = await given.approval(task), await given.approval(task)
    approve = Outcome(type="APPROVE")
    await asyncio.gather(
        world.reviewer.submit(Decide(request_id=first.id, outcome=approve, request_hash=first.hash), key="a"),
        world.other_reviewer.submit(Decide(request_id=second.id, outcome=approve, request_hash=second.hash), key="b"),
    )
    results = [await world.agent.approval_result(one.id) for one in (first, second)]
    assert [one.decided_by for one in results if one] == ["alice", "bob"]
    assert (await world.agent.task(task.id)).task.status == "RUNNING"


async def test_the_inbox_says_who_asked(world: World, given: Given) -> None:
    """An inbox item names the subject of the key that asked."""
    await given.approval()
    (item,) = (await world.reviewer.inbox()).items
    assert item.requested_by == "agent-1"


async def test_a_request_keeps_its_attachments_as_they_were(world: World, given: Given) -> None:
    """Label and content hash are of the request's own record: a later relabelling changes neither them nor the hash."""
    task = await given.task()
    upload = await given.attached(task, "the photo")
    first = await given.approval(task, attachments=[upload])
    await given.action(task, add_attachments=(Attachment(upload_id=upload, label="the invoice"),))
    second = await given.elicitation(task, attachments=[upload])
    hashed = sha256(b"a photo").hexdigest()
    for request, label in ((first, "the photo"), (second, "the invoice")):
        detail = await world.reviewer.request(request.id)
        assert detail.hash == request.hash
        snapshots = [{"uploadId": upload, "label": label, "sha256": hashed}]
        assert detail.event.payload["attachmentSnapshots"] == snapshots
        assert [one.label for one in detail.task.attachments] == ["the invoice"]
    decide = Decide(request_id=first.id, outcome=Outcome(type="APPROVE"), request_hash=first.hash)
    assert (await world.reviewer.submit(decide, key=given.key())).event_id
