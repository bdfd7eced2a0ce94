"""HttpBackend over the agent API alone: all can be seen, nothing written, and rest costs little."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api_client.backend import Backend
from api_client.commands import Decide
from api_client.errors import InvalidRequest, NotAllowed, NotFound, UnexpectedAnswer, Unreachable
from api_client.event_filter import DEED_FILTERS, EventFilter
from api_client.http import HttpBackend
from api_client.models import Change, Outcome
from api_client.settled import SettledQuery
from tests.contract.given import Given
from tests.hosted.service import KEY, Service, busy_service
from tests.support.backends import FolderPlace, StepClock, open_world
from tests.waiting import HANG_SECONDS


class Line(httpx.AsyncBaseTransport):
    """The way to the service; it can be cut after so many calls."""

    def __init__(self, service: Service) -> None:
        self._inner = httpx.ASGITransport(service.app())
        self.calls_left: int | None = None
        self.under_way = 0
        self.most_under_way = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise httpx.ConnectError("cut", request=request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            return await self._inner.handle_async_request(request)
        finally:
            self.under_way -= 1


@pytest.fixture
def service() -> Service:
    return busy_service()


@pytest.fixture
def line(service: Service) -> Line:
    return Line(service)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look looks."""
    monkeypatch.setattr("api_client.hosted_tasks.FRESH", 0.0)


@pytest.fixture
async def backend(line: Line) -> AsyncIterator[HttpBackend]:
    async def short(_seconds: float) -> None:
        await asyncio.sleep(0.001)

    backend = HttpBackend("https://hosted.example", KEY, transport=line, sleep=short)
    yield backend
    await backend.aclose()


async def test_the_inbox_is_what_waits(backend: Backend) -> None:
    """Each open request of each task, oldest first, with what its event tells; of unknown kinds too."""
    items = (await backend.inbox()).items
    assert [(item.event_type, item.summary) for item in items] == [
        ("APPROVAL_REQUESTED", "Refund $240 on claim C-1029"),
        ("ELICITATION_REQUESTED", "Need details on the incident"),
        ("VOTE_REQUESTED", "Vote on the new tariff"),
    ]
    first = items[0]
    assert (first.task_name, first.project_name, first.step) == ("Claim C-1029", "Claims", "in_review")
    assert first.recommendation["confidence"] == 0.91
    assert items[1].field_count == 2
    assert first.key_value_context is None
    assert (await backend.inbox(context=True)).items[0].key_value_context == {"Amount": "$240"}


async def test_the_inbox_comes_in_pages(backend: Backend, service: Service) -> None:
    """A cursor goes on after its request, also when that has been settled since."""
    first = await backend.inbox(limit=2)
    service.settle(first.items[1].request_id)
    rest = await backend.inbox(cursor=first.next_cursor)
    assert [item.event_type for item in rest.items] == ["VOTE_REQUESTED"]
    assert (await backend.inbox(cursor=rest.next_cursor)).items == ()
    assert (await backend.inbox(project_id="prj_2")).items == ()
    with pytest.raises(InvalidRequest):
        await backend.inbox(cursor="card:1 x")


async def test_rest_costs_one_call_a_waiting_task(backend: Backend, service: Service) -> None:
    """Where nothing happens a look is the list, and one call for each of the tasks that wait or may wait."""
    await backend.inbox()
    service.calls.clear()
    for _ in range(3):
        await backend.inbox()
    assert service.calls == {"tasks": 3, "events": 3 * 4}
    service.settle((await backend.inbox()).items[0].request_id)
    await backend.inbox()
    service.calls.clear()
    await backend.inbox()
    assert service.calls == {"tasks": 1, "events": 3}


async def test_many_waiting_tasks_are_asked_few_at_a_time(backend: Backend, line: Line, service: Service) -> None:
    """However many wait, four calls are under way at the most."""
    for number in range(40):
        service.ask(service.task(f"Claim {number}"), summary="x")
    assert len((await backend.inbox()).items) == 43
    assert line.most_under_way == 4


async def test_a_request_is_shown_whole(backend: Backend) -> None:
    """Event, task and project of each open request; an unknown one is none."""
    for item in (await backend.inbox()).items:
        detail = await backend.request(item.request_id)
        assert (detail.event.id, detail.task.id, detail.project.name) == (item.request_id, item.task_id, "Claims")
        assert detail.result is None
    with pytest.raises(NotFound):
        await backend.request("evt_nowhere")


async def test_a_settled_request_says_how(backend: Backend, service: Service) -> None:
    """An outcome that nobody here knows is told as it is."""
    request_id = (await backend.inbox()).items[0].request_id
    service.settle(request_id)
    result = (await backend.request(request_id)).result
    assert result is not None
    assert result["outcome"] == {"type": "DEFER_TO_BOARD", "votes": 3}


async def test_several_requests_of_one_task_are_seen(backend: Backend, service: Service) -> None:
    """All that is open on a task is listed and can be read; each leaves by itself, and its card counts them."""
    first = (await backend.inbox()).items[0]
    second = service.ask(first.task_id, summary="And the delivery fee?")
    third = service.ask(first.task_id, "ELICITATION_REQUESTED", summary="Which parcel?", fields=[])
    mine = [one.request_id for one in (await backend.inbox()).items if one.task_id == first.task_id]
    assert mine == [first.request_id, second, third]
    assert [one.request_id for one in (await backend.task(first.task_id)).open_requests] == mine
    for settled, left in ((second, [first.request_id, third]), (first.request_id, [third]), (third, [])):
        service.settle(settled)
        items = (await backend.inbox()).items
        assert [one.request_id for one in items if one.task_id == first.task_id] == left
        (card,) = (await backend.cards(first.project_id, "in_review")).items
        oldest = card.open_request.request_id if card.open_request else None
        assert (card.open_request_count, oldest) == (len(left), left[0] if left else None)
        waiting = {column.step: column.waiting for column in (await backend.board(first.project_id)).columns}
        assert waiting["in_review"] == bool(left)
    assert (await backend.request(second)).result is not None


async def test_the_board_counts_the_tasks(backend: Backend) -> None:
    """A column for each step, and one more for a step that the project does not name."""
    columns = (await backend.board("prj_1")).columns
    assert [(one.step, one.count, one.waiting) for one in columns] == [
        ("triage", 2, 2),
        ("in_review", 1, 1),
        ("paid", 1, 0),
        ("quarantine", 1, 0),
    ]
    (card,) = (await backend.cards("prj_1", "quarantine")).items
    assert (card.name, card.status, card.step_entered_at is None) == ("Claim C-1060", "PAUSED_BY_LEGAL", False)
    with pytest.raises(NotFound):
        await backend.board("prj_nowhere")
    with pytest.raises(NotFound):
        await backend.cards("prj_1", "nowhere")


async def test_a_column_comes_in_pages(backend: Backend, service: Service) -> None:
    """No card is passed over, where one that was shown has left too."""
    made = [service.task(f"Claim {number}", step="paid", status="CLOSED") for number in range(5)]
    first = await backend.cards("prj_1", "paid", limit=3)
    rest = await backend.cards("prj_1", "paid", cursor=first.next_cursor, limit=500)
    assert [card.id for card in rest.items] == made[2:]
    service.move(first.items[-1].id, "triage")
    again = await backend.cards("prj_1", "paid", cursor=first.next_cursor)
    assert [card.id for card in again.items] == made[2:]


@pytest.mark.parametrize("scope", [{}, {"project_id": "prj_1"}, {"task_id": "task_1"}, {"task_id": "task_5"}])
async def test_a_timeline_reads_the_same_both_ways(backend: Backend, scope: dict[str, str]) -> None:
    """Page by page from either end: all events, each once, in one order, by the same cursors."""
    whole = [event.id for event in (await backend.events(**scope, limit=500)).items]  # type: ignore[arg-type]
    assert len(whole) == {"task_1": 4, "task_5": 121}.get(scope.get("task_id", ""), 130)
    for order, expected in (("asc", whole), ("desc", whole[::-1])):
        found: list[str] = []
        cursor = None
        while (page := await backend.events(**scope, order=order, cursor=cursor, limit=7)).items:  # type: ignore[arg-type]
            found += [event.id for event in page.items]
            cursor = page.next_cursor
        assert found == expected
        assert page.next_cursor == cursor
    middle = await backend.events(**scope, cursor=whole[1], limit=1)  # type: ignore[arg-type]
    back = await backend.events(**scope, cursor=middle.next_cursor, order="desc", limit=1)  # type: ignore[arg-type]
    assert (middle.items[0].id, back.items[0].id) == (whole[2], whole[1])


async def test_types_are_filtered_and_unknown_ones_kept(backend: Backend) -> None:
    """An event type that nobody here knows is listed like any other."""
    (scored,) = (await backend.events(types=["SENTIMENT_SCORED"])).items
    assert scored.payload["score"] == 0.2
    with pytest.raises(InvalidRequest):
        await backend.events(cursor="nonsense")
    with pytest.raises(NotFound):
        await backend.events(task_id="task_nowhere")


async def test_news_are_told_once_and_in_order(backend: Backend, line: Line, service: Service) -> None:
    """New requests, moves, settlements and tasks are heard, over a connection that is lost at every call in turn."""
    await backend.inbox()
    expected: list[str] = []
    heard: list[str] = []
    cursor: str | None = None
    running = service.task("Claim, not known to wait yet")
    changes = backend.changes(None)
    waiting = asyncio.ensure_future(anext(changes))
    expected += [service._events[running][0]["id"]]
    for number in range(12):
        expected.append(service.ask(running, summary=f"request {number}"))
        line.calls_left = number
        with pytest.raises(Unreachable):
            while True:
                change: Change = await waiting
                cursor = change.cursor
                heard.append(change.event.id)
                waiting = asyncio.ensure_future(anext(changes))
        line.calls_left = None
        service.settle(expected[-1])
        expected.append(service._events[running][-1]["id"])
        changes = backend.changes(cursor)
        waiting = asyncio.ensure_future(anext(changes))
    while len(heard) < len(expected):
        heard.append((await asyncio.wait_for(waiting, HANG_SECONDS)).event.id)
        waiting = asyncio.ensure_future(anext(changes))
    waiting.cancel()
    assert heard == expected


async def test_no_decision_is_sent(backend: Backend, service: Service) -> None:
    """Even where one is tried, the answer is that there is no such call."""
    item = (await backend.inbox()).items[0]
    with pytest.raises(NotFound):
        await backend.submit(Decide(request_id=item.request_id, outcome=Outcome(type="APPROVE")), key="k")
    assert service.open_on(item.task_id)


async def test_content_is_had_from_where_the_service_says(backend: Backend, service: Service) -> None:
    """An attachment comes from its own address; the key goes along, for it is the same server."""
    content = b"".join([piece async for piece in backend.download("up_1")])
    assert content == service.content
    assert service.keys_seen == [f"Bearer {KEY}"]


async def test_the_key_is_shown_to_no_other_server(backend: Backend, service: Service) -> None:
    """Where content is kept elsewhere it is asked for without the key, and only where nobody can listen."""
    service.files_at = "https://files.example/"
    assert b"".join([piece async for piece in backend.download("up_1")]) == service.content
    assert service.keys_seen == [None]
    for unsafe in ("http://files.example/", "file:///etc/passwd?", "nowhere", "http://["):
        service.files_at = unsafe
        with pytest.raises(UnexpectedAnswer):
            await anext(backend.download("up_1"))


async def test_an_agents_key_browses_our_own_server(tmp_path: Path, tokens: Callable[[], str]) -> None:
    """A key that may not review sees what waits, the board and the timeline, and is refused a decision."""
    async with open_world("http", FolderPlace(tmp_path / "data"), StepClock(), tokens) as world:
        given = Given(world)
        task = await given.task()
        upload_id = await given.attached(task)
        request = await given.approval(task)
        agent = world.agent
        assert (await agent.me()).capabilities == ("board", "deeds")
        assert [item.request_id for item in (await agent.inbox()).items] == [request.id]
        assert (await agent.request(request.id)).hash == (await world.reviewer.request(request.id)).hash
        assert [one.count for one in (await agent.board(task.project_id)).columns] == [1, 0, 0, 0]
        assert (await agent.events(limit=500)).items == (await world.reviewer.events(limit=500)).items
        assert b"".join([piece async for piece in agent.download(upload_id)]) == b"a photo"
        with pytest.raises(NotAllowed):
            await agent.submit(Decide(request_id=request.id, outcome=Outcome(type="APPROVE")), key="k")


async def test_what_came_of_decisions_is_found_without_a_reviewers_part(
    tmp_path: Path, tokens: Callable[[], str]
) -> None:
    """From the timelines that were read: the same states, deeds and filter as at the server's own reviewer part."""
    async with open_world("http", FolderPlace(tmp_path / "data"), StepClock(), tokens) as world:
        given = Given(world)
        task = await given.task()
        requests = [await given.approval(task, externalTraceId=f"t{n}") for n in range(3)]
        for request, outcome in zip(requests, ("APPROVE", "APPROVE", "REJECT"), strict=True):
            await given.decision(request, outcome)
        await given.action(task, external_trace_id="t0")
        await given.action(task, external_trace_id=requests[2].id)
        states = []
        await world.agent.events()
        for request in requests:
            hosted, own = await world.agent.request(request.id), await world.reviewer.request(request.id)
            assert hosted.deeds == own.deeds
            states.append(own.deeds.state if own.deeds else "")
        assert states == ["DONE", "UNLINKED", "AFTER_DENIAL"]
        for deed in DEED_FILTERS:
            only = EventFilter(deed=deed)
            found = [(await one.events(only=only)).items for one in (world.agent, world.reviewer)]
            assert found[0] == found[1]


async def test_settled_requests_are_paired_with_what_settled_them(backend: Backend, service: Service) -> None:
    """From the tasks' timelines, with outcomes that nobody here has heard of as they are; the newest one first."""
    first, second, _ = (await backend.inbox()).items
    service.settle(first.request_id)
    service.settle(second.request_id)
    query = SettledQuery(order="desc", limit=1)
    newest = await backend.settled(query)
    older = await backend.settled(query._replace(cursor=newest.next_cursor))
    assert [row.request_id for row in (*newest.items, *older.items)] == [second.request_id, first.request_id]
    assert (older.items[0].outcome, older.items[0].requested_at) == ("DEFER_TO_BOARD", first.requested_at)
    later = SettledQuery(since=newest.items[0].settled_at + timedelta(seconds=1))
    assert (await backend.settled(later)).items == ()
