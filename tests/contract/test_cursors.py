"""Pages and the cursors between them (CONTRACT.md part 3, Cursors), and the live tail that shares them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from api_client.commands import Comment
from api_client.errors import InvalidRequest
from api_client.models import Change, Event, Page, Task
from tests.contract.given import Given
from tests.support.backends import World
from tests.waiting import HANG_SECONDS


async def _notes(world: World, given: Given, task: Task, count: int) -> list[str]:
    notes = [Comment(task_id=task.id, message=f"note {number}") for number in range(count)]
    return [(await world.reviewer.submit(note, key=given.key())).event_id for note in notes]


async def _all(page: Callable[[str | None], Awaitable[Page[Any]]]) -> list[Any]:
    """Return the items of all pages, going on until one is empty."""
    items: list[Any] = []
    cursor: str | None = None
    while (one := await page(cursor)).items:
        items.extend(one.items)
        assert one.next_cursor is not None, "a page with items names where it stopped"
        cursor = one.next_cursor
    assert one.next_cursor == cursor, "an empty page gives the cursor back"
    return items


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
async def test_pages_add_up_to_the_timeline(world: World, given: Given, limit: int) -> None:
    """Page by page in either order, each event comes once and in its place."""
    task = await given.task()
    await _notes(world, given, task, 5)
    events = world.reviewer.events
    whole = [event.seq for event in (await events(task_id=task.id)).items]
    assert whole == sorted(whole, key=lambda seq: seq or 0)
    assert len(whole) == 6
    up = await _all(lambda cursor: events(task_id=task.id, cursor=cursor, limit=limit))
    down = await _all(lambda cursor: events(task_id=task.id, cursor=cursor, limit=limit, order="desc"))
    assert [event.seq for event in up] == whole
    assert [event.seq for event in down] == whole[::-1]


async def test_a_reader_resumes_where_it_stopped(world: World, given: Given) -> None:
    """The last page's cursor leads to what is written later, and only to that."""
    task = await given.task()
    last = await world.reviewer.events(task_id=task.id)
    empty = await world.reviewer.events(task_id=task.id, cursor=last.next_cursor)
    assert (empty.items, empty.next_cursor) == ((), last.next_cursor)
    written = await _notes(world, given, task, 2)
    later = await world.reviewer.events(task_id=task.id, cursor=empty.next_cursor)
    assert [event.id for event in later.items] == written


async def test_a_cursor_goes_in_both_directions(world: World, given: Given) -> None:
    """From one place in the list a reader may go on, or turn back."""
    task = await given.task()
    await _notes(world, given, task, 4)
    events = world.reviewer.events
    middle = await events(task_id=task.id, limit=3)
    back = await events(task_id=task.id, cursor=middle.next_cursor, order="desc")
    assert [event.id for event in back.items] == [event.id for event in middle.items[-2::-1]]


async def test_an_empty_list_has_no_cursor(world: World) -> None:
    """Where nothing was ever read there is nothing to resume from."""
    page = await world.reviewer.events()
    assert (page.items, page.next_cursor) == ((), None)


async def test_another_lists_cursor_is_refused(world: World, given: Given) -> None:
    """A cursor is good for its own list and filter only; made-up ones are good for nothing."""
    one, two = await given.approval(), await given.approval()
    reviewer = world.reviewer
    of_one = (await reviewer.events(task_id=one.task_id, limit=1)).next_cursor
    of_inbox = (await reviewer.inbox(limit=1)).next_cursor
    of_cards = (await reviewer.cards(one.project_id, "intake", limit=1)).next_cursor
    assert None not in (of_one, of_inbox, of_cards)
    made_up = ("", "0", "-1", "abc", "1", "\x00", "é" * 300)
    foreign: list[Callable[[], Awaitable[object]]] = [
        lambda: reviewer.events(task_id=two.task_id, cursor=of_one),
        lambda: reviewer.events(cursor=of_one),
        lambda: reviewer.events(task_id=one.task_id, types=["NOTE"], cursor=of_one),
        lambda: reviewer.events(task_id=one.task_id, cursor=of_inbox),
        lambda: reviewer.inbox(cursor=of_one),
        lambda: reviewer.inbox(project_id=one.project_id, cursor=of_inbox),
        lambda: reviewer.inbox(cursor=of_cards),
        lambda: reviewer.cards(one.project_id, "in_review", cursor=of_cards),
        *(partial(reviewer.events, cursor=text) for text in made_up),
    ]
    for number, read in enumerate(foreign):
        with pytest.raises(InvalidRequest) as fault:
            await read()
        assert fault.value.code == "INVALID_REQUEST", number


async def test_a_limit_under_1_is_refused(world: World, given: Given) -> None:
    """A page of nothing, or of less, is refused in every list."""
    task = await given.task()
    for limit in (0, -1):
        for read in (
            partial(world.reviewer.events, limit=limit),
            partial(world.reviewer.inbox, limit=limit),
            partial(world.reviewer.cards, task.project_id, "intake", limit=limit),
        ):
            with pytest.raises(InvalidRequest):
                await read()


async def test_a_page_holds_100_and_500_at_the_most(world: World, given: Given) -> None:
    """No limit is 100, and more than 500 is taken as 500."""
    task = await given.task(slug="general")
    author = world.local
    await asyncio.gather(
        *(author.submit(Comment(task_id=task.id, message="x"), key=f"many-{number}") for number in range(510))
    )
    assert len((await world.reviewer.events(task_id=task.id)).items) == 100
    assert len((await world.reviewer.events(task_id=task.id, limit=9_999_999_999)).items) == 500


async def test_events_by_type_and_project(world: World, given: Given) -> None:
    """A timeline narrows to types, to a project, and to both."""
    request = await given.approval()
    await given.decision(request)
    other = await given.task(slug="general")
    events = world.reviewer.events
    types = ["APPROVAL_DECIDED", "TASK_CREATED"]
    found = [(event.event_type, event.project_id) for event in (await events(types=types)).items]
    assert found == [
        ("TASK_CREATED", request.project_id),
        ("APPROVAL_DECIDED", request.project_id),
        ("TASK_CREATED", other.project_id),
    ]
    narrowed = await events(types=types, project_id=other.project_id)
    assert [event.task_id for event in narrowed.items] == [other.id]
    assert (await events(types=["NEVER_HEARD_OF"])).items == ()


async def test_the_inbox_is_paged(world: World, given: Given) -> None:
    """The inbox comes whole through its pages, and a settled request does not upset the next one."""
    requests = [await given.approval() for _ in range(4)]
    first = await world.reviewer.inbox(limit=2)
    await given.decision(requests[1])
    second = await world.reviewer.inbox(limit=2, cursor=first.next_cursor)
    assert [item.request_id for item in (*first.items, *second.items)] == [request.id for request in requests]


# -- the live tail


async def _take(changes: AsyncIterator[Change], count: int) -> list[Change]:
    async with asyncio.timeout(HANG_SECONDS):
        return [await anext(changes) for _ in range(count)]


async def _close(changes: AsyncIterator[Change]) -> None:
    await changes.aclose()  # type: ignore[attr-defined]  # every backend's is a generator


async def _following(world: World, given: Given, task: Task) -> AsyncIterator[Change]:
    """Return a follower that has surely begun, and has heard all that was written until now."""
    changes = world.reviewer.changes()
    first = asyncio.ensure_future(_take(changes, 1))
    written: list[str] = []
    while not first.done():
        written += await _notes(world, given, task, 1)
        await asyncio.sleep(0.02)
    heard = [change.event.id for change in await first]
    heard += [change.event.id for change in await _take(changes, len(written) - written.index(heard[0]) - 1)]
    assert heard == written[-len(heard) :]
    return changes


async def test_changes_begin_with_now(world: World, given: Given) -> None:
    """Without a cursor a follower hears what comes, each event once and in order, and nothing of before."""
    task = await given.task()
    changes = await _following(world, given, task)
    written = await _notes(world, given, task, 3)
    assert [change.event.id for change in await _take(changes, 3)] == written
    await _close(changes)


async def test_changes_resume_after_any_change(world: World, given: Given) -> None:
    """Whoever stops after any one change goes on with the next, without a gap and without a repeat."""
    task = await given.task()
    start = (await world.reviewer.events()).next_cursor
    written = await _notes(world, given, task, 4)
    changes = world.reviewer.changes(start)
    heard = await _take(changes, 4)
    await _close(changes)
    assert [change.event.id for change in heard] == written
    for number, change in enumerate(heard[:-1]):
        resumed = world.reviewer.changes(change.cursor)
        assert [one.event.id for one in await _take(resumed, 3 - number)] == written[number + 1 :]
        await _close(resumed)
        page = await world.reviewer.events(cursor=change.cursor)
        assert [event.id for event in page.items] == written[number + 1 :]


async def test_changes_tell_what_others_write(world: World, given: Given) -> None:
    """What another caller writes is heard by itself, with the event as the timeline has it."""
    task = await given.task()
    changes = await _following(world, given, task)
    receipt = await given.action(task)
    async with asyncio.timeout(HANG_SECONDS):
        change = await anext(changes)
    await _close(changes)
    stored: Event = (await world.reviewer.events(task_id=task.id)).items[-1]
    assert change.event == stored
    assert change.event.id == receipt.event_id
    assert (await world.reviewer.events(cursor=change.cursor)).items == ()
