"""Tasks and boards as of earlier moments: what was read then is read again, word for word."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from api_client.commands import Assign, Comment, Move
from api_client.errors import InvalidRequest, NotFound
from api_client.models import Board, Card, MetadataPatch, TaskDetail
from api_client.times import wire_time
from tests.contract.given import Given
from tests.support.backends import World

STEPS = ("intake", "in_review", "paid", "refused")


async def _cards(world: World, project_id: str, at: str | None = None) -> dict[str, list[Card]]:
    """Return the cards of each step, read in pages of one."""
    found: dict[str, list[Card]] = {}
    for column in (await world.reviewer.board(project_id, at=at)).columns:
        cards: list[Card] = []
        cursor = None
        while (page := await world.reviewer.cards(project_id, column.step, cursor=cursor, limit=1, at=at)).items:
            cards += page.items
            cursor = page.next_cursor
        found[column.step] = cards
    return found


async def _life(world: World, given: Given, seen: list[tuple[str, Any]]) -> str:
    """Lead two tasks through all kinds of events; note what is read after each."""
    first = await given.task("Claim C-1")
    project_id = first.project_id
    second = await given.task("Claim C-2")

    async def note(_: object) -> None:
        event_id = (await world.reviewer.events(order="desc", limit=1)).items[0].id  # a move that closes makes two
        details = [await world.reviewer.task(task.id) for task in (first, second)]
        board = await world.reviewer.board(project_id)
        board = replace(board, columns=tuple(replace(column, overdue=None) for column in board.columns))
        seen.append((event_id, (details, board, await _cards(world, project_id))))

    submit = world.reviewer.submit
    upload_id = await given.attached(first)
    await note(upload_id)
    request = await given.approval(first, attachments=[upload_id])
    await note(request)
    await note(await submit(Assign(task_id=first.id, assignee_id="bob"), key=given.key()))
    await note(await given.decision(request, "REQUEST_MORE_INFO", "Which day?"))
    patch = MetadataPatch(set={"transitionTo": "paid", "day": {"transitionTo": "refused"}})
    await note(await given.action(first, metadata_patch=patch))
    await note(await submit(Move(task_id=second.id, transitions_to="in_review"), key=given.key()))
    form = await given.elicitation(first)
    await note(form)
    await note(await submit(Comment(task_id=second.id, message="hm"), key=given.key()))
    await note(await given.answers(form))
    await note(await submit(Move(task_id=first.id, transitions_to="in_review"), key=given.key()))
    await note(await submit(Move(task_id=second.id, transitions_to="paid"), key=given.key()))
    return project_id


async def test_what_was_read_then_is_read_again(world: World, given: Given) -> None:
    """After each event of two tasks' lives the task, the board and its cards were noted: later they read the same."""
    seen: list[tuple[str, tuple[list[TaskDetail], Board, dict[str, list[Card]]]]] = []
    project_id = await _life(world, given, seen)
    times = {event.id: event.timestamp for event in (await world.reviewer.events(limit=500)).items}
    for event_id, (details, board, cards) in seen:
        for detail in details:
            assert await world.reviewer.task(detail.task.id, at=event_id) == detail
        assert await world.reviewer.board(project_id, at=event_id) == board
        assert await _cards(world, project_id, event_id) == cards
        assert await world.reviewer.board(project_id, at=wire_time(times[event_id])) == board
    counts = Counter(len(cards["in_review"]) for _, (_, _, cards) in seen)
    assert len(counts) > 1, "the lives led to boards that differ"


async def test_before_a_task_there_was_none(world: World, given: Given) -> None:
    """A reviewer is told that history can be read; before a task the board is empty, and there was no such task."""
    assert "history" in (await world.reviewer.me()).capabilities
    task = await given.task()
    created = (await given.timeline(task))[0].timestamp
    before = wire_time(created - timedelta(microseconds=1))
    assert [column.count for column in (await world.reviewer.board(task.project_id, at=before)).columns] == [0] * 4
    with pytest.raises(NotFound):
        await world.reviewer.task(task.id, at=before)
    assert (await world.reviewer.task(task.id, at=wire_time(created))).task.name == task.name


async def test_what_is_no_moment_is_refused(world: World, given: Given) -> None:
    """A made-up event is not found, other words are refused, and another moment's cursor is none of this one's."""
    task = await given.task()
    await given.task()
    event = (await given.timeline(task))[0]
    reviewer = world.reviewer
    made_up = f"{event.id[:-1]}{'0' if event.id[-1] != '0' else '1'}"
    for at, fault in ((made_up, NotFound), ("evt_ffffffff0000", NotFound), ("yesterday", InvalidRequest)):
        for read in (reviewer.task(task.id, at=at), reviewer.board(task.project_id, at=at)):
            with pytest.raises(fault):
                await read
    page = await reviewer.cards(task.project_id, "intake", limit=1, at=event.id)
    with pytest.raises(InvalidRequest):
        await reviewer.cards(task.project_id, "intake", cursor=page.next_cursor)
    with pytest.raises(NotFound):
        await reviewer.cards(task.project_id, "nowhere", at=event.id)
