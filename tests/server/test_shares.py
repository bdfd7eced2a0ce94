"""What one caller may use at a time: what is over it is refused with the time to wait, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pumpup import PumpUp

from store.core.upload_limits import UploadLimits
from store.folder.uploads import PART, sweep_left_over
from store.server.app import create_app
from store.server.shares import RefusalPace, Shares, WriteBucket
from tests.server.conftest import SMALL, Caller, Served
from tests.server.sockets import head, listening
from tests.server.test_bad_input import assert_refused


class Seconds:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def sharing(served: Served, **shares: int) -> Served:
    """Serve the same folder with other shares."""
    app = create_app(served.local, served.keys, limits=replace(SMALL, shares=Shares(**shares)))
    agent, reviewer = Caller(app, served.agent.secret), Caller(app, served.reviewer.secret)
    return replace(served, app=app, agent=agent, reviewer=reviewer)


def test_a_bucket_gives_a_burst_and_then_its_rate() -> None:
    """After the burst one is refused; after the time that it is told, exactly so many are accepted."""
    clock = Seconds()
    bucket = WriteBucket(10, 5, clock)
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    waits = [bucket.take() for _ in range(3)]
    assert waits == pytest.approx([0.1, 0.2, 0.3])
    for _ in range(3):
        clock.now += 0.1001
        assert bucket.take() == 0.0
    assert bucket.take() > 0
    clock.now += 1_000
    assert sum(bucket.take() == 0.0 for _ in range(20)) == 5


def test_refusals_that_come_too_fast_are_held() -> None:
    """The first refusals of a second come at once, the others later and later, none later than a second."""
    clock = Seconds()
    pace = RefusalPace(clock)
    held = [pace.hold() for _ in range(200)]
    assert held[:15] == [0.0] * 15
    assert held == sorted(held)
    assert held[-1] == pytest.approx(1.0)
    clock.now += 5
    assert pace.hold() == 0.0


async def test_writes_over_the_rate_are_429(served: Served) -> None:
    """Over the burst a write is refused with a whole number of seconds, in words too, and nothing is written."""
    served = sharing(served, writes_per_second=1, burst=3)
    statuses = [(await served.agent.post("/api/tasks", {"projectName": "claims", "name": "x"})) for _ in range(4)]
    assert [one.status_code for one in statuses[:3]] == [201] * 3
    assert_refused(statuses[3], 429)
    assert int(statuses[3].headers["retry-after"]) >= 1
    assert "times a second" in statuses[3].json()["error"]
    assert served.journal.count(b'"TASK_CREATED"') == 3
    assert (await served.agent("GET", "/api/projects")).status_code == 200


async def test_what_an_agent_uses_up_is_not_missing_to_a_reviewer(served: Served) -> None:
    """While an agent is over all of its shares, a reviewer decides as ever."""
    task_id = (await served.task())["id"]
    request_id = await served.approval(task_id)
    served = sharing(served, writes_per_second=1, burst=1, calls=2)
    await served.agent.post("/api/tasks", {"projectName": "claims", "name": "x"})
    assert (await served.agent.post("/api/tasks", {"projectName": "claims", "name": "x"})).status_code == 429
    decision = {"outcome": {"type": "APPROVE"}}
    answer = await served.reviewer.post(f"/api/approval-requests/{request_id}/decision", decision)
    assert answer.status_code == 201


async def test_several_keys_of_a_name_have_one_share(served: Served) -> None:
    """A second key gives its caller no second share; another name has its own."""
    served = sharing(served, writes_per_second=1, burst=2)
    second = Caller(served.app, served.keys.add("agent-1", "agent"))
    other = Caller(served.app, served.keys.add("agent-2", "agent"))
    body = {"projectName": "claims", "name": "x"}
    answers = [await one.post("/api/tasks", body) for one in (served.agent, second, second, other)]
    assert [one.status_code for one in answers] == [201, 201, 429, 201]


async def test_calls_in_flight_are_limited(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call beyond the limit is refused while the others go on, and accepted when one of them is over."""
    served = sharing(served, calls=3, reads=2)
    going = asyncio.Event()
    working = most = 0

    async def slow(*_: object, **__: object) -> list[Any]:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await going.wait()
        working -= 1
        return []

    monkeypatch.setattr(type(served.local), "projects", slow)
    calls = [asyncio.ensure_future(served.agent("GET", "/api/projects")) for _ in range(3)]
    while working < 2:  # noqa: ASYNC110 - the calls themselves count
        await asyncio.sleep(0.01)
    refused = await served.agent("GET", "/api/projects")
    assert_refused(refused, 429)
    assert refused.headers["retry-after"] == "1"
    going.set()
    assert [(await call).status_code for call in calls] == [200] * 3
    assert most == 2
    assert (await served.agent("GET", "/api/projects")).status_code == 200


async def test_slow_bodies_keep_no_turn(served: Served) -> None:
    """Callers who send their bodies slowly, under the same key, delay nobody else of it."""
    served = sharing(served, at_once=1, reads=1, bodies=1, large=1)
    async with listening(served) as port:
        slow = []
        for length in (100, 9_000):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head("POST", "/api/tasks", served.agent, "Idempotency-Key: k", f"Content-Length: {length}"))
            await writer.drain()
            slow.append(writer)
        assert (await served.agent("GET", "/api/tasks")).status_code == 200
        assert (await served.agent.post("/api/tasks", {"projectName": "claims", "name": "x"})).status_code == 201
        for writer in slow:
            writer.close()


async def test_who_waits_is_limited_too(served: Served) -> None:
    """Streams are no calls in flight, and have a limit of their own."""
    served = sharing(served, calls=1, waiting=1)
    async with listening(served) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("GET", "/api/events/stream", served.reviewer))
        assert b"200" in await reader.readuntil(b":\n\n")
        assert (await served.reviewer("GET", "/api/projects")).status_code == 200
        assert_refused(await served.reviewer("GET", "/api/events/stream"), 429)
        writer.close()


async def test_a_revoked_key_is_not_answered_after_its_wait(served: Served) -> None:
    """A call that waits for a decision is 401 where its key was revoked meanwhile."""
    request_id = await served.approval((await served.task())["id"])
    waiting = asyncio.ensure_future(served.agent("GET", f"/api/approval-requests/{request_id}/result?wait=60"))
    await asyncio.wait([waiting], timeout=0.1)
    served.keys.revoke("agent-1")
    decision = {"outcome": {"type": "APPROVE"}}
    await served.reviewer.post(f"/api/approval-requests/{request_id}/decision", decision)
    assert (await waiting).status_code == 401


async def test_uploads_leave_room_for_the_journal(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that is nearly full an upload is refused in words and leaves nothing; other writes are recorded."""
    monkeypatch.setattr(served.local._folder, "upload_limits", UploadLimits(keep_free=1_000))
    free = 500
    monkeypatch.setattr(type(served.local._store.files), "free", lambda *_: free)
    refused = await served.agent("POST", "/api/uploads", files={"file": ("a", b"a")})
    assert_refused(refused, 500)
    assert "nearly full" in refused.json()["error"]
    assert list((served.folder / "uploads").iterdir()) == []
    assert (await served.task())["id"]
    free = 1_500
    assert (await served.agent("POST", "/api/uploads", files={"file": ("a", b"a" * 600)})).status_code == 500
    assert list((served.folder / "uploads").iterdir()) == []
    assert (await served.agent("POST", "/api/uploads", files={"file": ("a", b"a" * 400)})).status_code == 201


def test_parts_of_killed_processes_are_swept(tmp_path: Path) -> None:
    """What nothing was added to for an hour goes; a part that still grows, and whole uploads, stay."""
    for name in ("old.1.part", "new.2.part", "a" * 64):
        (tmp_path / name).write_bytes(b"x")
    for name in ("old.1.part", "a" * 64):
        os.utime(tmp_path / name, (0, 0))
    assert sweep_left_over(tmp_path, PART, time.time()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a" * 64, "new.2.part"]


async def test_the_sdk_waits_as_it_is_told(served: Served) -> None:
    """A burst over the limit, by the official SDK from several threads, ends with each write recorded once."""
    served = sharing(served, writes_per_second=8, burst=8)
    task_id = (await served.task())["id"]
    async with listening(served) as port:
        connections = await asyncio.to_thread(httpx.Client, timeout=60)
        client = PumpUp(base_url=f"http://127.0.0.1:{port}", api_key=served.agent.secret, httpx_client=connections)

        def write(number: int) -> None:
            words = f"burst {number}."
            client.events.note(project_name="claims", task_id=task_id, message=words, idempotency_key=words)

        await asyncio.gather(*(asyncio.to_thread(write, number) for number in range(16)))
        connections.close()
    assert [served.journal.count(b'"message":"burst %d."' % number) for number in range(16)] == [1] * 16
