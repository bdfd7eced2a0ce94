"""Uploads that no task has: how many a caller may have, and what becomes of them."""

from __future__ import annotations

import os
from typing import Any

import pytest

from store.core.upload_allowance import UploadAllowance
from store.transfer.verifier import verify
from tests.conftest import FixedClock
from tests.server.conftest import Caller, Served


async def send(caller: Caller, content: bytes) -> str:
    """Upload; return the id."""
    answer = await caller("POST", "/api/uploads", files={"file": ("a.txt", content)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def attach(task: dict[str, Any], upload: str) -> dict[str, Any]:
    """Return the body of an action that attaches an upload."""
    added = [{"uploadId": upload, "label": "a"}]
    return {"projectName": "claims", "taskId": task["id"], "description": "got it", "addAttachments": added}


def on_disk(served: Served) -> list[bytes]:
    """Return the content of all uploads that are there."""
    return sorted(path.read_bytes() for path in (served.folder / "uploads").iterdir())


def grow_old(served: Served, clock: FixedClock, **age: float) -> None:
    """Let time pass, for the record and for the files."""
    clock.advance(**age)
    for path in (served.folder / "uploads").iterdir():
        os.utime(path, (0, 0))


async def test_what_a_caller_attaches_to_nothing_is_limited(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over its bytes a caller hears 429 with Retry-After, leaving nothing; attaching makes room; others have theirs."""
    monkeypatch.setattr(
        served.local._folder,
        "allowance",
        UploadAllowance(lambda subject: served.local._store.state.loose.get(subject, 0), 1_000),
    )
    task = await served.task()
    first = await send(served.agent, b"a" * 600)
    refused = await served.agent("POST", "/api/uploads", files={"file": ("b", b"b" * 600)})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Attach" in refused.json()["error"]
    assert on_disk(served) == [b"a" * 600]
    assert (
        await served.agent.post("/api/notes", {"projectName": "claims", "taskId": task["id"], "message": "n"})
    ).is_success
    await send(served.reviewer, b"c" * 600)
    assert (await served.agent.post("/api/agent-actions", attach(task, first))).status_code == 201
    await send(served.agent, b"b" * 600)


async def test_an_upload_that_nothing_attached_is_dropped_after_a_day(served: Served, clock: FixedClock) -> None:
    """Its bytes go, in words: it can't be attached, its content is 404; what a task has, and what is young, stays."""
    task = await served.task()
    attached, loose = await send(served.agent, b"attached"), await send(served.agent, b"loose")
    assert (await served.agent.post("/api/agent-actions", attach(task, attached))).status_code == 201
    grow_old(served, clock, hours=23)
    assert await served.local.sweep() == 0
    grow_old(served, clock, hours=3)
    young = await send(served.agent, b"young")
    assert await served.local.sweep() == 1
    assert on_disk(served) == [b"attached", b"young"]
    refused = await served.agent.post("/api/agent-actions", attach(task, loose))
    assert (refused.status_code, refused.json()["code"]) == (400, "UNKNOWN_UPLOAD")
    assert "dropped" in refused.json()["message"]
    gone = await served.agent("GET", f"/api/uploads/{loose}/content")
    assert gone.status_code == 404
    assert "dropped" in gone.json()["error"]
    assert (await served.agent("GET", f"/api/uploads/{attached}/content")).content == b"attached"
    assert (await served.agent.post("/api/agent-actions", attach(task, young))).status_code == 201
    assert verify(served.folder).wrong == []
    next(path for path in (served.folder / "uploads").iterdir() if path.read_bytes() == b"attached").unlink()
    assert attached in verify(served.folder).wrong[0]


async def test_content_that_is_needed_elsewhere_is_never_dropped(served: Served, clock: FixedClock) -> None:
    """The same bytes, attached under another id or sent again since, stay; sent again after they went they are back."""
    task = await served.task()
    await send(served.agent, b"same")
    twin = await send(served.agent, b"same")
    assert (await served.agent.post("/api/agent-actions", attach(task, twin))).status_code == 201
    await send(served.agent, b"again")
    grow_old(served, clock, hours=30)
    fresh = await send(served.agent, b"again")
    assert await served.local.sweep() == 0
    grow_old(served, clock, hours=30)
    assert await served.local.sweep() == 1
    assert on_disk(served) == [b"same"]
    back = await send(served.agent, b"again")
    assert (await served.agent.post("/api/agent-actions", attach(task, back))).status_code == 201
    assert (await served.agent("GET", f"/api/uploads/{fresh}/content")).content == b"again"


async def test_a_file_that_was_just_written_is_not_swept(served: Served, clock: FixedClock) -> None:
    """Content that arrives again has its name before it is on the record: a sweep at that moment leaves it."""
    await send(served.agent, b"arrives again")
    clock.advance(hours=30)
    (path,) = (served.folder / "uploads").iterdir()
    os.utime(path, (clock().timestamp(), clock().timestamp()))
    assert await served.local.sweep() == 0
    assert on_disk(served) == [b"arrives again"]


async def test_what_a_task_has_had_for_long_can_be_attached_again(served: Served, clock: FixedClock) -> None:
    """A new label, or another task, months later: an attached upload is never dropped."""
    task, other = await served.task(), await served.task()
    upload = await send(served.agent, b"kept")
    assert (await served.agent.post("/api/agent-actions", attach(task, upload))).status_code == 201
    grow_old(served, clock, days=90)
    assert await served.local.sweep() == 0
    assert (await served.agent.post("/api/agent-actions", attach(other, upload))).status_code == 201
