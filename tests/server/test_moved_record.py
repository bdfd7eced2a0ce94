"""A record that is moved away under a server: nothing is acknowledged that would be lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.conftest import Served

NOTE = {"projectName": "claims", "message": "n"}


def removed(path: Path) -> None:
    """As `rm` does."""
    path.unlink()


def moved(path: Path) -> None:
    """As logrotate does."""
    path.rename(path.with_name(f"{path.name}.1"))


def exchanged(path: Path) -> None:
    """As an editor does, or a backup that is put back."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("name", ["journal.jsonl", "head"])
@pytest.mark.parametrize("harm", [removed, moved, exchanged], ids=lambda case: case.__name__)
async def test_a_write_into_a_record_that_is_gone_is_refused(
    served: Served, name: str, harm: Callable[[Path], None]
) -> None:
    """With its file removed, moved or replaced a POST answers 500 and health fails; put back, both are well again."""
    task = await served.task()
    path = served.folder / name
    kept = served.folder / "kept"
    kept.hardlink_to(path)
    before = path.read_bytes()
    harm(path)
    refused = await served.agent.post("/api/notes", {**NOTE, "taskId": task["id"]})
    assert refused.status_code == 500
    assert str(served.folder) not in refused.text
    assert (await served.agent("GET", "/healthz")).status_code == 503
    assert (await served.agent("GET", f"/api/tasks/{task['id']}")).status_code == 200
    assert kept.read_bytes() == before
    kept.replace(path)
    assert (await served.agent.post("/api/notes", {**NOTE, "taskId": task["id"]})).status_code == 201
    assert (await served.agent("GET", "/healthz")).status_code == 200


async def test_a_removed_lock_locks_nobody_out_and_nobody_in(served: Served) -> None:
    """Where the lock's file is removed, the next writer makes it anew and both sides use that one."""
    task = await served.task()
    (served.folder / "lock").unlink()
    assert (await served.agent.post("/api/notes", {**NOTE, "taskId": task["id"]})).status_code == 201
    assert (served.folder / "lock").exists()


async def test_a_folder_that_is_moved_is_noticed(served: Served) -> None:
    """With the whole folder moved away, keys and all, nobody gets in and the server's health fails."""
    task = await served.task()
    before = served.journal
    served.folder.rename(served.folder.with_name("elsewhere"))
    assert (await served.agent.post("/api/notes", {**NOTE, "taskId": task["id"]})).status_code == 401
    assert (await served.agent("GET", "/healthz")).status_code == 503
    served.folder.with_name("elsewhere").rename(served.folder)
    assert served.journal == before
