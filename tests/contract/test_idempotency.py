"""One key, one write: whatever is repeated, lost or sent again after a restart (CONTRACT.md part 3, Idempotency)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from api_client.commands import AddNote, Comment, CreateTask, Decide, Move
from api_client.errors import Conflict, InvalidRequest
from api_client.models import Outcome
from tests.contract.given import Given
from tests.support.actors import AGENT
from tests.support.backends import Kind, RecordPlace, StepClock, World, open_world


async def _count(world: World) -> int:
    return len((await world.reviewer.events(limit=500)).items)


async def test_a_repeat_answers_what_the_first_answered(world: World, given: Given) -> None:
    """The same key on the same call writes once; the second answer says that it is a repeat."""
    await given.task()
    command = CreateTask(project_name="general", name="once")
    first = await world.agent.submit(command, key="k")
    before = await _count(world)
    second = await world.agent.submit(command, key="k")
    assert (second.answer, first.replayed, second.replayed) == (first.answer, False, True)
    assert await _count(world) == before


async def test_a_repeat_with_another_body_is_still_the_first(world: World) -> None:
    """Agents rely on it: one key for "the task of this session"."""
    first = await world.agent.submit(CreateTask(project_name="general", name="one"), key="session-1")
    second = await world.agent.submit(CreateTask(project_name="nowhere", name=""), key="session-1")
    assert second.answer == first.answer


async def test_a_repeat_answers_as_the_task_was_then(world: World, given: Given) -> None:
    """A repeated creation shows the task as it was made, even when it has moved on since."""
    await given.project()
    command = CreateTask(project_name="claims_refund_v1", name="moves")
    first = await world.agent.submit(command, key="k")
    await world.reviewer.submit(Move(task_id=first.answer["id"], transitions_to="paid"), key=given.key())
    assert (await world.agent.submit(command, key="k")).answer == first.answer


async def test_a_key_is_good_for_one_caller(world: World, given: Given) -> None:
    """Two reviewers may use the same key without hearing each other's answers."""
    task = await given.task()
    command = Comment(task_id=task.id, message="mine")
    first = await world.reviewer.submit(command, key="k")
    second = await world.other_reviewer.submit(command, key="k")
    assert first.event_id != second.event_id
    assert not second.replayed


async def test_a_key_is_good_for_one_path(world: World, given: Given) -> None:
    """The same key on another task's call is another write."""
    one, two = await given.task(), await given.task()
    answers = [await world.reviewer.submit(Comment(task_id=task.id, message="x"), key="k") for task in (one, two, one)]
    assert answers[0].event_id == answers[2].event_id != answers[1].event_id


async def test_a_failed_call_is_not_remembered(world: World, given: Given) -> None:
    """After a refusal the same key may carry the mended command."""
    task = await given.task()
    with pytest.raises(InvalidRequest):
        await world.reviewer.submit(Move(task_id=task.id, transitions_to="refused"), key="k")
    mended = await world.reviewer.submit(Move(task_id=task.id, transitions_to="in_review"), key="k")
    assert not mended.replayed


async def test_a_conflict_is_not_remembered(world: World, given: Given) -> None:
    """A request that met a conflict may be sent again under its key once the way is free."""
    request = await given.approval()
    task = (await world.agent.task(request.task_id)).task
    move = Move(task_id=task.id, transitions_to="paid")
    with pytest.raises(Conflict):
        await world.reviewer.submit(move, key="k")
    await given.decision(request)
    assert not (await world.reviewer.submit(move, key="k")).replayed


async def test_a_replay_comes_before_a_conflict(world: World, given: Given) -> None:
    """A decision whose answer was lost is told as recorded, not as already decided."""
    request = await given.approval()
    decide = Decide(request_id=request.id, outcome=Outcome(type="APPROVE"))
    first = await world.reviewer.submit(decide, key="k")
    assert (await world.reviewer.submit(decide, key="k")).answer == first.answer
    with pytest.raises(Conflict):
        await world.reviewer.submit(decide, key="another")


async def test_the_same_key_at_once_writes_once(world: World, given: Given) -> None:
    """Ten tries of one write at the same time are one event, and all hear the same."""
    task = await given.task()
    before = await _count(world)
    command = Comment(task_id=task.id, message="x")
    receipts = await asyncio.gather(*(world.reviewer.submit(command, key="k") for _ in range(10)))
    assert len({receipt.event_id for receipt in receipts}) == 1
    assert await _count(world) == before + 1


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_1_to_255_characters(world: World, given: Given, key: str) -> None:
    """A missing or endless key is refused, and nothing is written."""
    task = await given.task()
    before = await _count(world)
    with pytest.raises(InvalidRequest) as fault:
        await world.reviewer.submit(Comment(task_id=task.id, message="x"), key=key)
    assert fault.value.code == "INVALID_REQUEST"
    assert await _count(world) == before


@pytest.mark.parametrize("key", ["x" * 255, "ü/é ✓", '"quoted" key', "\u00e9"])
async def test_any_text_may_be_a_key(world: World, given: Given, key: str) -> None:
    """A key is any string: its spelling decides, in whatever script."""
    task = await given.task()
    command = AddNote(project_name="claims_refund_v1", task_id=task.id, message="x")
    first = await world.agent.submit(command, key=key)
    assert (await world.agent.submit(command, key=key)).event_id == first.event_id
    assert (await world.local.acting_as(AGENT).submit(command, key=key)).event_id == first.event_id


@pytest.mark.parametrize("kind", ["local", "http"])
async def test_a_key_survives_a_restart(kind: Kind, place: RecordPlace, tokens: Callable[[], str]) -> None:
    """What was answered before the store was closed is answered again after, also under a new API key."""
    clock, command = StepClock(), CreateTask(project_name="general", name="before")
    async with open_world(kind, place, clock, tokens) as world:
        first = await world.agent.submit(command, key="k")
    async with open_world(kind, place, clock, tokens) as world:
        second = await world.agent.submit(command, key="k")
        assert (second.answer, second.replayed) == (first.answer, True)
        assert await _count(world) == 1


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20])
async def test_a_cancelled_write_is_whole_or_not_there(world: World, given: Given, turns: int) -> None:
    """Whoever gives up waiting may ask again under the same key: the write is there once, never half."""
    task = await given.task()
    before = await _count(world)
    command = Move(task_id=task.id, transitions_to="paid")
    waiting = asyncio.ensure_future(world.reviewer.submit(command, key="k"))
    for _ in range(turns):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    receipt = await world.reviewer.submit(command, key="k")
    events = (await world.reviewer.events(task_id=task.id)).items
    assert [event.event_type for event in events] == ["TASK_CREATED", "ACTION", "TASK_CLOSED"]
    assert receipt.event_id == events[1].id
    assert await _count(world) == before + 2
