"""Pages are bounded in bytes as well as by count, and nothing is lost between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from api_client.backend import Backend
from api_client.commands import CreateProject, CreateTask, RecordAction, RequestApproval, read_command
from api_client.models import Page
from store.core import paging
from tests.support.backends import World
from tests.support.world_builder import STEPS

LARGE = "x" * 6_000


@pytest.fixture
async def project_id(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A project with ten tasks that hold 6 kB each, where a page holds 20 kB."""
    monkeypatch.setattr(paging, "PAGE_BYTES", 20_000)
    made = await world.reviewer.submit(read_command(CreateProject, {"name": "Claims", "steps": STEPS}), key="p")
    for number in range(10):
        patch: dict[str, Any] = {"set": {"text": LARGE}}
        task = read_command(CreateTask, {"projectName": "claims", "name": f"T {number}", "metadataPatch": patch})
        task_id = (await world.agent.submit(task, key=f"t {number}")).answer["id"]
        on_task = {"projectName": "claims", "taskId": task_id}
        action = {**on_task, "description": "d", "metadataPatch": patch}
        await world.agent.submit(read_command(RecordAction, action), key=f"a {number}")
        asked = {**on_task, "summary": LARGE}
        await world.agent.submit(read_command(RequestApproval, asked), key=f"r {number}")
    yield str(made.answer["id"])


async def pages_of(call: Callable[[str | None], Awaitable[Page[Any]]], limit: int) -> list[int]:
    """Read to the end; return how many items each page held."""
    counts, cursor = [], None
    while True:
        page = await call(cursor)
        counts.append(len(page.items))
        cursor = page.next_cursor
        if page.is_last(limit):
            return counts


async def test_a_page_of_large_items_ends_early(world: World, project_id: str) -> None:
    """Inbox, cards and events: each page holds what fits, says that there is more, and all of it comes once."""
    backend: Backend = world.reviewer
    step = str(STEPS["initialStep"])
    lists: dict[str, tuple[Callable[[str | None], Awaitable[Page[Any]]], int]] = {
        "inbox": (lambda cursor: backend.inbox(cursor=cursor, limit=50), 10),
        "cards": (lambda cursor: backend.cards(project_id, step, cursor=cursor, limit=50), 10),
        "events": (lambda cursor: backend.events(project_id=project_id, cursor=cursor, limit=50), 30),
    }
    for name, (call, total) in lists.items():
        counts = await pages_of(call, 50)
        assert sum(counts) == total, name
        assert len(counts) > total / 5, name
        assert 0 not in counts[:-1]


async def test_an_item_larger_than_a_page_comes_alone(
    world: World, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over a page's bytes by itself is a page of one."""
    monkeypatch.setattr(paging, "PAGE_BYTES", 100)
    assert (await pages_of(lambda cursor: world.reviewer.inbox(cursor=cursor, limit=50), 50))[:10] == [1] * 10


async def test_all_tasks_come_however_large_they_are(world: World, project_id: str) -> None:
    """The list without pages is whole, and the same as its parts."""
    tasks = await world.agent.tasks(project_id=project_id)
    assert [task.name for task in tasks] == [f"T {number}" for number in range(10)]
    assert {task.metadata["text"] for task in tasks} == {LARGE}
    assert [task.name for task in await world.agent.tasks(name="t 7")] == ["T 7"]
    assert not await world.agent.tasks(name="nothing")
