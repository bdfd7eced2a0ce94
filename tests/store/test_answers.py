"""What became of a command reaches whoever gave it, and nobody else, whatever happens on the way."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from typing_extensions import override

from api_client.commands import AddNote, CreateTask
from api_client.errors import NotFound, StoreFault
from store.folder.files import Files
from store.folder.local_backend import LocalBackend, open_local
from tests.support.actors import AGENT
from tests.waiting import HANG_SECONDS, until


class Held(Files):
    """A disk that syncs when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.reached = threading.Event()
        """Set while a sync waits for leave, and after."""

    @override
    def sync(self, fd: int) -> None:
        """Wait for leave, then sync."""
        self.reached.set()
        assert self.go.wait(HANG_SECONDS)
        super().sync(fd)


@pytest.fixture
def disk() -> Held:
    return Held()


async def opened(folder: Path, disk: Held) -> tuple[LocalBackend, str]:
    """Open a folder with one task."""
    backend = await open_local(folder, AGENT, files=disk)
    made = await backend.submit(CreateTask(project_name="general", name="T"), key="task")
    return backend, str(made.answer["id"])


async def test_each_of_many_gets_its_own_answer(tmp_path: Path, disk: Held) -> None:
    """Answers that share a sync, refusals among them, go to those who asked."""
    backend, task_id = await opened(tmp_path, disk)

    async def one(number: int) -> None:
        note = AddNote(project_name="general", task_id=task_id if number % 3 else "none", message=f"n{number}")
        if number % 3:
            written = (await backend.submit(note, key=f"k{number}")).event_id
            page = await backend.events(task_id=task_id, limit=500)
            assert next(event for event in page.items if event.id == written).payload["message"] == f"n{number}"
        else:
            with pytest.raises(NotFound):
                await backend.submit(note, key=f"k{number}")

    await asyncio.gather(*map(one, range(200)))
    await backend.aclose()


async def test_a_caller_who_gave_up_takes_what_still_waits_back(tmp_path: Path, disk: Held) -> None:
    """A command that is cancelled in line is never written; one that is being written is, and disturbs nobody."""
    backend, task_id = await opened(tmp_path, disk)
    disk.go.clear()
    disk.reached.clear()
    notes = [AddNote(project_name="general", task_id=task_id, message=f"n{number}") for number in range(4)]
    first = asyncio.ensure_future(backend.submit(notes[0], key="0"))
    await until(disk.reached.is_set, "the first is at the sync")
    others = [asyncio.ensure_future(backend.submit(note, key=note.message)) for note in notes[1:]]
    await until(lambda: len(backend._store._writer) == 3, "the others are in line")
    first.cancel()
    others[1].cancel()
    await asyncio.sleep(0)
    disk.go.set()
    assert [bool((await other).event_id) for other in (others[0], others[2])] == [True, True]
    kept = [event.payload.get("message") for event in (await backend.events(task_id=task_id)).items]
    assert kept == [None, "n0", "n1", "n3"]
    await backend.aclose()


async def test_a_command_after_the_end_is_told_at_once(tmp_path: Path, disk: Held) -> None:
    """A closed folder refuses, and does not leave its caller waiting."""
    backend, task_id = await opened(tmp_path, disk)
    await backend.aclose()
    async with asyncio.timeout(HANG_SECONDS):
        with pytest.raises(StoreFault):
            await backend.submit(AddNote(project_name="general", task_id=task_id, message="late"), key="late")


def test_two_loops_over_one_store_each_get_their_own(tmp_path: Path, disk: Held) -> None:
    """Two event loops, each in a thread of its own, share an open folder and hear of their own commands."""
    with asyncio.Runner() as main:
        backend, task_id = main.run(opened(tmp_path, disk))

        async def write(name: str) -> int:
            notes = (AddNote(project_name="general", task_id=task_id, message=f"{name}{n}") for n in range(100))
            return len({(await backend.submit(note, key=note.message)).event_id for note in notes})

        found: list[int] = []
        other = threading.Thread(target=lambda: found.append(asyncio.run(write("other"))))
        other.start()
        assert main.run(write("mine")) == 100
        other.join(20)
        assert found == [100]
        main.run(backend.aclose())
