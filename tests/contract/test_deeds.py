"""What was done in the name of a decided approval: with its request, and as a filter of the timeline."""

from __future__ import annotations

import pytest

from api_client.errors import InvalidRequest
from api_client.event_filter import DEED_FILTERS, DeedFilter, EventFilter
from api_client.models import Event, Order, RequestDetail
from store.core import deed_search
from store.postgres import deed_rows
from tests.contract.given import Given
from tests.support.backends import World


async def _with(world: World, deed: DeedFilter, order: Order = "asc", **scope: str) -> list[str]:
    """Return the ids of the requests whose approval has this state of deeds, read in pages of one."""
    found: list[str] = []
    cursor = None
    only = EventFilter(deed=deed)
    while True:
        page = await world.reviewer.events(order=order, cursor=cursor, limit=1, only=only, **scope)
        found += [event.in_response_to or "" for event in page.items]
        cursor = page.next_cursor
        if page.is_last(1):
            return found


async def _read(world: World, request: Event) -> RequestDetail:
    return await world.reviewer.request(request.id)


async def test_a_decided_request_comes_with_its_deeds(world: World, given: Given) -> None:
    """An action that names the request, one that has its trace, and those that don't: all are told apart."""
    assert "deeds" in (await world.reviewer.me()).capabilities
    task = await given.task()
    request = await given.approval(task, externalTraceId="run-7")
    await given.action(task, external_trace_id=request.id)  # before the decision
    assert (await _read(world, request)).deeds is None
    await given.decision(request)
    undone = (await _read(world, request)).deeds
    assert undone is not None
    assert (undone.state, undone.count, undone.others, undone.items) == ("NONE", 0, 0, ())
    first = (await given.action(task, external_trace_id="run-7", transitions_to="paid")).event_id
    done = (await _read(world, request)).deeds
    assert done is not None
    (deed,) = done.items
    assert (done.state, deed.event_id, deed.text, deed.link) == ("DONE", first, "did it", "TRACE")
    assert (deed.transition_to, deed.by, deed.timestamp) == (
        "paid",
        "agent-1",
        (await given.timeline(task))[4].timestamp,
    )


async def test_approvals_are_found_by_what_came_of_them(
    world: World, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing done, no action linked, acted after a denial: in either order, of a task or all, in as many calls."""
    tasks = [await given.task() for _ in range(2)]
    requests = [await given.approval(task, externalTraceId=f"t{n}") for task in tasks for n in range(4)]
    outcomes = ("APPROVE", "REJECT", "APPROVE", "ESCALATE")
    for n, request in enumerate(requests):
        await given.decision(request, outcomes[n % 4])
    for n in (0, 1, 3):
        await given.action(tasks[0], external_trace_id=f"t{n}" if n != 1 else requests[1].id)
    ids = [request.id for request in requests]
    wanted = {"NONE": [ids[4], ids[6]], "UNLINKED": [ids[2]], "AFTER_DENIAL": [ids[1]]}
    for most in (deed_search.LOOKED_MOST, 1):
        monkeypatch.setattr(deed_search, "LOOKED_MOST", most)
        monkeypatch.setattr(deed_rows, "CHECKED_MOST", most)
        whole = await world.reviewer.events(only=EventFilter(deed="AFTER_DENIAL"))
        assert whole.more is (True if most == 1 else None)
        for deed in DEED_FILTERS:
            assert await _with(world, deed) == wanted[deed]
            assert await _with(world, deed, "desc") == wanted[deed][::-1]
            assert await _with(world, deed, task_id=tasks[1].id) == (ids[4::2] if deed == "NONE" else [])
    states = [deeds.state if (deeds := (await _read(world, one)).deeds) else None for one in requests]
    assert states[:4] == ["DONE", "AFTER_DENIAL", "UNLINKED", "NOTHING_PROMISED"]
    assert states[4:] == ["NONE", "NOTHING_PROMISED", "NONE", "NOTHING_PROMISED"]
    page = await world.reviewer.events(only=EventFilter(deed="NONE"), limit=1)
    with pytest.raises(InvalidRequest):
        await world.reviewer.events(cursor=page.next_cursor, only=EventFilter(deed="UNLINKED"))


async def test_what_is_looked_at_for_one_approval_is_bounded(
    world: World, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a bound nothing is claimed: an approval with too many later actions is none of which nothing was done."""
    for module in ("store.core.deed_search", "store.folder.deed_reads", "store.postgres.deed_rows"):
        monkeypatch.setattr(f"{module}.LATER_MOST", 2)
    task = await given.task()
    early, late = await given.approval(task), await given.approval(task)
    await given.decision(early)
    await given.action(task)
    await given.decision(late)
    for _ in range(2):
        await given.action(task)
    await given.action(task, external_trace_id=early.id)
    await given.action(task, external_trace_id=late.id)
    for request, others in ((early, 1), (late, 2)):
        deeds = (await _read(world, request)).deeds
        assert deeds is not None
        assert (deeds.state, deeds.more, deeds.count, deeds.others) == ("UNLINKED", True, 0, others)
    for order in ("asc", "desc"):
        assert sorted(await _with(world, "UNLINKED", order)) == sorted([early.id, late.id])
