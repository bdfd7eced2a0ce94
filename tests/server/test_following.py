"""A follower over a network that comes and goes hears every event once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import cast

import httpx
import pytest
from typing_extensions import override

from api_client.commands import AddNote
from api_client.errors import Unreachable
from api_client.http import HttpBackend
from tests.in_process import InProcess
from tests.server.conftest import Served
from tests.waiting import HANG_SECONDS, until


class Cable(httpx.AsyncBaseTransport):
    """A way to the server that can be pulled out."""

    def __init__(self, served: Served) -> None:
        self.plugged = True
        self.pieces = 0
        """Of answers, as they came through."""
        self.last = 0.0
        """When the last one came, by the loop's clock."""
        self.cuts: Callable[[], bool] = lambda: False
        """Whether it is pulled out while an answer is on its way."""
        self._inner = InProcess(served.app)
        self.asked: list[str] = []

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.plugged:
            raise httpx.ConnectError("pulled out", request=request)
        self.asked.append(request.url.path)
        response = await self._inner.handle_async_request(request)
        if self.cuts():
            self.plugged = False
        response.stream = _Carried(self, cast("httpx.AsyncByteStream", response.stream), request)
        return response


class _Carried(httpx.AsyncByteStream):
    """An answer on its way through a cable: where that is out nothing comes, until the client's patience is over."""

    def __init__(self, cable: Cable, inner: httpx.AsyncByteStream, request: httpx.Request) -> None:
        self._cable, self._inner, self._request = cable, inner, request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            if not self._cable.plugged:
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), self._request.extensions["timeout"]["read"])
                raise httpx.ReadTimeout("pulled out", request=self._request)
            self._cable.pieces += 1
            self._cable.last = asyncio.get_running_loop().time()
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


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


async def _noted(served: Served, task_id: str, message: str, key: str) -> str:
    note = AddNote(project_name="claims", task_id=task_id, message=message)
    return (await served.local.submit(note, key=key)).event_id


async def test_a_follower_hears_by_the_stream(served: Served) -> None:
    """Once it has caught up it asks for no list any more: events come by themselves, whatever text is in them."""
    task_id = (await served.task())["id"]
    cable = Cable(served)
    backend = HttpBackend("http://127.0.0.1", served.reviewer.secret, transport=cable)
    await _noted(served, task_id, "missed", "before")
    changes = backend.changes((await backend.events(limit=1)).next_cursor)
    assert (await anext(changes)).event.payload["message"] == "missed"
    texts = ["plain", "two\nlines\r\n\rdata: x\n\n", "a\u2028\u2029\x85\x0b\x0c", "é😀" * 40_000, ":"]
    for number, text in enumerate(texts):
        coming = asyncio.ensure_future(anext(changes))
        if number == 0:
            while "/api/events/stream" not in cable.asked:  # noqa: ASYNC110 - the other end is what is waited for
                await asyncio.sleep(0.01)
            cable.asked.clear()
        event_id = await _noted(served, task_id, text, f"k-{number}")
        change = await asyncio.wait_for(coming, HANG_SECONDS)
        assert (change.event.id, change.event.payload["message"]) == (event_id, text)
        assert (await served.local.events(cursor=change.cursor)).items == ()
    assert "/api/events" not in cable.asked
    await changes.aclose()  # type: ignore[attr-defined]  # a generator
    await backend.aclose()


async def test_in_a_silent_stream_the_server_is_asked_whether_it_is_there(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing happens, nobody can tell a quiet server from a dead one but by asking."""
    monkeypatch.setattr("api_client.http.ASK", 0.02)
    await served.task()
    cable = Cable(served)
    backend = HttpBackend("http://127.0.0.1", served.reviewer.secret, transport=cable, sleep=_no_wait)
    coming = asyncio.ensure_future(anext(backend.changes()))
    while cable.asked.count("/api/me") < 3:  # noqa: ASYNC110 - the other end is what is waited for
        await asyncio.sleep(0.01)
    assert not coming.done()
    cable.plugged = False
    # An answer that was on its way is waited for, as long as for any.
    with pytest.raises(Unreachable, match=r"pulled out|in time"):
        await asyncio.wait_for(coming, HANG_SECONDS)
    await backend.aclose()


async def test_an_answer_that_never_ends_tells_that_the_server_is_gone(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is gone while it says that it is there is noticed too."""
    monkeypatch.setattr("api_client.http.ASK", 0.02)
    await served.task()
    cable = Cable(served)
    cable.cuts = lambda: cable.asked.count("/api/me") == 3
    backend = HttpBackend("http://127.0.0.1", served.reviewer.secret, transport=cable, sleep=_no_wait)
    with pytest.raises(Unreachable, match="in time"):
        await asyncio.wait_for(anext(backend.changes()), HANG_SECONDS)
    await backend.aclose()


async def test_a_server_that_beats_is_not_asked(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle follower asks for nothing: it does only where the beats stay away, on however slow a machine."""
    monkeypatch.setattr("api_client.http.ASK", 0.2)
    served.app.state.tail._heartbeat = 0.01
    await served.task()
    cable = Cable(served)
    backend = HttpBackend("http://127.0.0.1", served.reviewer.secret, transport=cable)
    silences: list[float] = []

    async def ask() -> None:
        silences.append(asyncio.get_running_loop().time() - cable.last)

    monkeypatch.setattr(backend, "_still_there", ask)
    coming = asyncio.ensure_future(anext(backend.changes()))
    await until(lambda: "/api/events/stream" in cable.asked, "the stream is open")
    beats = cable.pieces
    await until(lambda: cable.pieces > beats + 100, "the stream beats")
    assert not coming.done()
    assert [one for one in silences if one < 0.19] == []
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)
    await backend.aclose()


async def test_a_server_that_stops_ends_its_streams(served: Served) -> None:
    """A stream that ends is a lost connection: whoever follows resumes."""
    await served.task()
    cable = Cable(served)
    backend = HttpBackend("http://127.0.0.1", served.reviewer.secret, transport=cable)
    coming = asyncio.ensure_future(anext(backend.changes()))
    while "/api/events/stream" not in cable.asked:  # noqa: ASYNC110 - the other end is what is waited for
        await asyncio.sleep(0.01)
    served.app.state.stop()
    with pytest.raises(Unreachable, match="ended its stream"):
        await asyncio.wait_for(coming, HANG_SECONDS)
    await backend.aclose()
