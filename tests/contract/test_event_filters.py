"""Timelines narrowed to a range of times, to a reviewer's decisions, or to an outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api_client import backend as contract
from api_client.errors import InvalidRequest
from api_client.event_filter import EventFilter
from api_client.models import Event, Order, Page
from store.core import timeline_pages
from tests.contract.given import Given
from tests.support.backends import World


async def _ids(world: World, only: EventFilter, order: Order = "asc", limit: int = 2, **scope: str) -> list[str]:
    """Return the ids of all events that pass, read in small pages."""
    found: list[str] = []
    cursor = None
    while True:
        page: Page[Event] = await world.reviewer.events(
            project_id=scope.get("project_id"),
            task_id=scope.get("task_id"),
            order=order,
            cursor=cursor,
            limit=limit,
            only=only,
        )
        found += [event.id for event in page.items]
        cursor = page.next_cursor
        if page.is_last(limit):
            return found


async def test_a_range_of_times_begins_with_since_and_ends_before_until(world: World, given: Given) -> None:
    """The events of a range come in either order, of a task, a project or all, and of ranges that hold none none do."""
    task = await given.task()
    for _ in range(5):
        await given.action(task)
    whole = [*(await world.reviewer.events(limit=500)).items]
    for first, last in ((0, 1), (0, 5), (2, 4), (3, 3), (1, 5)):
        only = EventFilter(whole[first].timestamp, whole[last].timestamp)
        wanted = [event.id for event in whole[first:last]]
        assert await _ids(world, only) == wanted
        assert await _ids(world, only, "desc") == wanted[::-1]
    middle = EventFilter(since=whole[2].timestamp, until=whole[4].timestamp + timedelta(microseconds=1))
    for scope in ({"task_id": task.id}, {"project_id": task.project_id}):
        assert await _ids(world, middle, **scope) == [event.id for event in whole[2:5]]  # type: ignore[arg-type]
    for only in (
        EventFilter(since=datetime(2100, 1, 1, tzinfo=UTC)),
        EventFilter(until=datetime(1990, 1, 1, tzinfo=UTC)),
        EventFilter(since=whole[4].timestamp, until=whole[2].timestamp),
    ):
        assert await _ids(world, only) == await _ids(world, only, "desc") == []


async def test_decisions_by_who_made_them_and_by_outcome(world: World, given: Given) -> None:
    """Decisions and answers of one reviewer, of one outcome, and of both; a cursor of one is none of another's."""
    approved, denied = await given.approval(), await given.approval()
    form = await given.elicitation()
    await given.decision(approved)
    no = (await given.decision(denied, "REJECT", "too late")).event_id
    answered = (await given.answers(form)).event_id
    assert (await _ids(world, EventFilter(decided_by="ALICE")))[1:] == [no, answered]
    assert await _ids(world, EventFilter(outcome="REJECT")) == [no]
    assert await _ids(world, EventFilter(decided_by="alice", outcome="REJECT"), task_id=denied.task_id) == [no]
    for only in (EventFilter(decided_by="bob"), EventFilter(decided_by="alice", outcome="ESCALATE")):
        assert await _ids(world, only) == []
    page = await world.reviewer.events(types=["NOTE"], only=EventFilter(decided_by="alice"))
    assert page.items == ()
    page = await world.reviewer.events(limit=1, only=EventFilter(decided_by="alice"))
    for only in (EventFilter(), EventFilter(decided_by="bob"), EventFilter(decided_by="alice", outcome="APPROVE")):
        with pytest.raises(InvalidRequest):
            await world.reviewer.events(cursor=page.next_cursor, only=only)


async def test_a_call_looks_at_a_bounded_number_of_events(
    world: World, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is rare is found over several calls: each says that there is more, and where to go on."""
    monkeypatch.setattr(timeline_pages, "PAGE_MAX", 3)
    for _ in range(4):
        await given.decision(await given.approval())
    no = (await given.decision(await given.approval(), "REJECT")).event_id
    only = EventFilter(outcome="REJECT")
    first = await world.reviewer.events(only=only)
    assert (first.items, first.more) == ((), True)
    assert await _ids(world, only) == [no]
    assert contract.PAGE_MAX == 500


async def test_an_events_id_is_a_place_in_any_list(world: World, given: Given) -> None:
    """A list goes on from an event that is known by its id, in both directions; a made-up id is refused."""
    task = await given.task()
    for _ in range(3):
        await given.action(task)
    ids = [event.id for event in await given.timeline(task)]
    events = world.reviewer.events
    for scope in ({}, {"task_id": task.id}, {"project_id": task.project_id}):
        after = await events(cursor=ids[1], **scope)  # type: ignore[arg-type]
        before = await events(cursor=ids[2], order="desc", **scope)  # type: ignore[arg-type]
        assert [event.id for event in after.items] == ids[2:]
        assert [event.id for event in before.items] == ids[1::-1]
    for made_up in (f"{ids[1][:-1]}{'0' if ids[1][-1] != '0' else '1'}", "evt_", "evt_0000000000", "evt_ffffffff0000"):
        with pytest.raises(InvalidRequest):
            await events(cursor=made_up)
