"""Several open requests on one task, from the command line: none of them is ever picked unseen."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from api_client.models import InboxItem, Page
from api_client.wire import read
from tests.cli.conftest import Run
from tests.cli.made import EVENT_ID, conforms
from tests.support.world_builder import world_in

TWO, ONE = "Conversation with Ann", "Conversation with Bob"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a task that has two open requests, and one that has a single one."""
    asyncio.run(_fill(tmp_path / "data"))
    return tmp_path / "data"


async def _fill(data: Path) -> None:
    async with world_in(data) as world:
        for name, questions in ((TWO, ("Refund $240?", "Send a voucher?")), (ONE, ("Close the account?",))):
            task = await world.task(name)
            for question in questions:
                await world.approval(task, question)


def waiting(run: Run, data: Path) -> list[InboxItem]:
    """Return what the inbox holds, as its JSON tells it."""
    told = run("inbox", "--json", "--data", data).stdout
    conforms(told, Page[InboxItem])
    return [read(InboxItem, item) for item in json.loads(told)["items"]]


def test_the_inbox_lists_every_request_of_a_task(run: Run, data: Path) -> None:
    """Each has a line of its own, also as JSON, which says who asked; the task waits once."""
    items = waiting(run, data)
    assert [(one.task_name, one.summary) for one in items] == [
        (TWO, "Refund $240?"),
        (TWO, "Send a voucher?"),
        (ONE, "Close the account?"),
    ]
    assert {one.requested_by for one in items} == {"agent-1"}
    tasks = json.loads(run("tasks", "--status", "waiting", "--json", "--data", data).stdout)["items"]
    assert [task["name"] for task in tasks] == [TWO, ONE]


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("words", [("show",), ("approve", "--yes"), ("deny", "--yes", "--note", "no")])
def test_of_several_none_is_picked(run: Run, data: Path, by: str, words: tuple[str, ...]) -> None:
    """Named by its task, by id or by name, a request of several is refused: all are named, and nothing is written."""
    items = waiting(run, data)
    command, *options = words
    done = run(command, items[0].task_id if by == "id" else TWO.lower(), *options, "--data", data)
    assert done.returncode == 2
    for item in items[:2]:
        assert item.request_id in done.stderr
        assert item.summary in done.stderr
    assert items[2].request_id not in done.stderr
    assert waiting(run, data) == items


def test_a_task_stands_for_its_only_request_where_it_is_seen(run: Run, data: Path) -> None:
    """`show` takes it, and with the hash that was shown it is decided; unseen, with `--yes` alone, it is not."""
    item = waiting(run, data)[-1]
    shown = json.loads(run("show", ONE, "--json", "--data", data).stdout)
    assert shown["event"]["id"] == item.request_id
    refused = run("approve", item.task_id, "--yes", "--data", data)
    assert refused.returncode == 2
    assert item.request_id in refused.stderr
    assert len(waiting(run, data)) == 3
    wrong = run("approve", item.task_id, "--yes", "--hash", "0" * 64, "--data", data)
    assert wrong.returncode == 4
    done = run("approve", item.task_id, "--yes", "--hash", shown["hash"], "--json", "--data", data)
    conforms(done.stdout, EVENT_ID)
    assert len(waiting(run, data)) == 2


def test_each_is_decided_by_its_own_id(run: Run, data: Path) -> None:
    """Deciding the second of two leaves the first open, for which its task then stands again."""
    first, second, _ = waiting(run, data)
    assert run("deny", second.request_id, "--yes", "--data", data).returncode == 0
    assert waiting(run, data)[0].request_id == first.request_id
    shown = json.loads(run("show", TWO, "--json", "--data", data).stdout)
    assert shown["event"]["id"] == first.request_id
    again = run("approve", second.request_id, "--yes", "--data", data)
    assert again.returncode == 4


def test_show_names_attachments_as_they_were(run: Run, data: Path, tmp_path: Path) -> None:
    """The label of the moment of asking, with what it was called since; what was not asked about is not named."""
    request = asyncio.run(_relabel(data))
    told = " ".join(run("show", request, "--data", data).stdout.split())
    assert "the invoice (⚠ relabelled since: “a thank-you card”)" in told
    assert "unrelated" not in told


async def _relabel(data: Path) -> str:
    async with world_in(data) as world:
        task = next(task.id for task in await world.agent.tasks() if task.name == ONE)
        uploads = [await world.upload(b"x", name) for name in ("a.txt", "b.txt")]

        async def attach(upload: str, label: str) -> None:
            await world.action(task, "attached", addAttachments=[{"uploadId": upload, "label": label}])

        await attach(uploads[0], "the invoice")
        await attach(uploads[1], "unrelated")
        request = await world.approval(task, attachments=uploads[:1])
        await attach(uploads[0], "a thank-you card")
        return request
