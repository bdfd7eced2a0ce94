"""A follower over a network that comes and goes hears every event once."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from typing_extensions import override

from api_client.commands import AddNote
from api_client.errors import Unreachable
from api_client.http import HttpBackend
from tests.server.conftest import Served


class Cable(httpx.AsyncBaseTransport):
    """A way to the server that can be pulled out."""

    def __init__(self, served: Served) -> None:
        self.plugged = True
        self._inner = httpx.ASGITransport(served.app)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.plugged:
            raise httpx.ConnectError("pulled out", request=request)
        return await self._inner.handle_async_request(request)


async def _no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


async def test_a_follower_resumes_without_gap_or_repeat(served: Served) -> None:
    """Cut off at any moment, also within a page, a follower goes on after the last event that it heard."""
    task_id = (await served.task())["id"]
    cable = Cable(served)
    backend = HttpBackend("http://127.0.0.1", served.reviewer.secret, transport=cable, sleep=_no_wait)
    cursor = (await backend.events()).next_cursor
    written: list[str] = []
    heard: list[str] = []
    for round_ in range(6):
        for number in range(round_ + 1):
            note = AddNote(project_name="claims", task_id=task_id, message="x")
            written.append((await served.local.submit(note, key=f"{round_}-{number}")).event_id)
        changes = backend.changes(cursor)
        for _ in range(max(1, round_)):
            change = await anext(changes)
            cursor = change.cursor
            heard.append(change.event.id)
        cable.plugged = False
        with pytest.raises(Unreachable):
            while True:
                change = await anext(changes)
                cursor = change.cursor
                heard.append(change.event.id)
        cable.plugged = True
    changes = backend.changes(cursor)
    while len(heard) < len(written):
        heard.append((await anext(changes)).event.id)
    await changes.aclose()  # type: ignore[attr-defined]  # a generator
    assert heard == written
    await backend.aclose()
