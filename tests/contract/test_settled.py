"""The settled requests, one row each, that figures are made of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api_client.errors import InvalidRequest, NotFound
from api_client.settled import SettledQuery, SettledRequest
from tests.contract.given import Given
from tests.support.backends import World


async def _rows(world: World, query: SettledQuery = SettledQuery()) -> list[SettledRequest]:  # noqa: B008 - frozen
    """Return the rows of all pages, asked for one or two at a time as well as all at once."""
    whole = list((await world.reviewer.settled(query)).items)
    for limit in (1, 2):
        rows: list[SettledRequest] = []
        paged = query._replace(limit=limit)
        while (page := await world.reviewer.settled(paged)).items:
            rows += page.items
            paged = paged._replace(cursor=page.next_cursor)
        assert rows == whole
        assert page.next_cursor == paged.cursor, "an empty page gives the cursor back"
    return whole


async def test_a_row_says_who_asked_who_settled_and_what_the_agent_had_suggested(world: World, given: Given) -> None:
    """A decision with its recommendation; answers without an outcome; what is open is no row."""
    first = await given.approval()
    second = await given.elicitation()
    await given.approval()
    await given.decision(first, "REJECT")
    await given.answers(second)
    decided, answered = await _rows(world)
    assert (decided.request_id, decided.task_id, decided.project_id) == (first.id, first.task_id, first.project_id)
    assert (decided.requested_at, decided.requested_by) == (first.timestamp, first.subject or "")
    assert (decided.outcome, decided.settled_by) == ("REJECT", "alice")
    assert (decided.recommended, decided.confidence) == ("APPROVE", 0.91)
    assert decided.settled_at > decided.requested_at
    assert decided.seconds_waited == (decided.settled_at - decided.requested_at).total_seconds()
    assert (answered.request_id, answered.outcome, answered.recommended) == (second.id, None, None)


async def test_times_a_project_and_an_order_narrow_it(world: World, given: Given) -> None:
    """From the first moment on, before the second, in either order, of one project."""
    requests = [await given.approval() for _ in range(3)]
    other = await given.approval(await given.task("Elsewhere", slug="general"))
    for request in (*requests, other):
        await given.decision(request)
    times = [row.settled_at for row in await _rows(world)]
    assert times == sorted(times)
    assert len(times) == 4
    for order in ("asc", "desc"):
        rows = await _rows(world, SettledQuery(since=times[1], until=times[3], order=order))
        assert [row.settled_at for row in rows] == (times[1:3] if order == "asc" else times[1:3][::-1])
        ours = await _rows(world, SettledQuery(project_id=requests[0].project_id, order=order))
        assert sorted(row.settled_at for row in ours) == times[:3]
        assert await _rows(world, SettledQuery(since=times[3] + timedelta(microseconds=1), order=order)) == []
        assert await _rows(world, SettledQuery(until=times[0], order=order)) == []


async def test_a_cursor_leads_to_what_is_settled_later(world: World, given: Given) -> None:
    """The newest row's cursor, of a list that goes back, goes on with the new ones in the other direction."""
    requests = [await given.approval() for _ in range(3)]
    await given.decision(requests[0])
    newest = await world.reviewer.settled(SettledQuery(order="desc", limit=1))
    await given.decision(requests[2])
    await given.decision(requests[1])
    later = await world.reviewer.settled(SettledQuery(cursor=newest.next_cursor))
    assert [row.request_id for row in later.items] == [requests[2].id, requests[1].id]


async def test_what_is_not_there_is_refused(world: World, given: Given) -> None:
    """A project that there is not, and a cursor of another list."""
    request = await given.approval()
    await given.decision(request)
    with pytest.raises(NotFound):
        await world.reviewer.settled(SettledQuery(project_id="prj_nowhere"))
    cursor = (await world.reviewer.events()).next_cursor
    for project_id in (None, request.project_id):
        with pytest.raises(InvalidRequest):
            await world.reviewer.settled(SettledQuery(project_id=project_id, cursor=cursor))
