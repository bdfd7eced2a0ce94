"""What a server's answer may grow to in the client: gzip bombs, endless bodies, other packings."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import repeat
from typing import Any

import pytest

from api_client.commands import Comment
from api_client.errors import ApiError, ServerFault, Unavailable, UnexpectedAnswer
from api_client.http import HttpBackend
from api_client.response_limits import ANSWER_MOST, MEGABYTE
from tests.server.scripted import Answer, bomb, head, plain, scripted

GZIP, DEFLATE, RAW = 31, 15, -15
TASK = {"id": "tsk_1", "projectId": "p", "name": "n", "currentStep": "a", "status": "RUNNING", "metadata": {}}
DETAIL = {"task": {**TASK, "attachments": []}, "openRequests": []}
ME = {"subject": "a", "role": "reviewer", "tags": [], "capabilities": ["stream", "decide"]}
UPLOAD = {"id": "up_1", "contentType": "text/plain", "size": 1000, "url": "", "fileName": "a"}
NOTE = Comment(task_id="tsk_1", message="x")

CHILD = """
import asyncio, sys
from api_client.errors import ApiError
from api_client.http import HttpBackend

async def ask(backend, what):
    if what == "task":
        await backend.task("tsk_1")
    elif what == "download":
        async for _ in backend.download("up_1"):
            pass
    elif what == "changes":
        async for _ in backend.changes("c"):
            pass

async def main():
    backend = HttpBackend(sys.argv[1], "k", sleep=lambda _: asyncio.sleep(0))
    try:
        await ask(backend, sys.argv[2])
        print("fine")
    except ApiError as fault:
        print(type(fault).__name__)
    finally:
        await backend.aclose()

asyncio.run(main())
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(url: str, what: str) -> tuple[str, int]:
    """Return how a call ended in a process of its own, and the most megabytes that it ever held."""
    done = subprocess.run([sys.executable, "-c", CHILD, url, what], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ended, kilobytes = done.stdout.split()
    return ended, int(kilobytes) * 1024 // MEGABYTE


def chunked(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Yield pieces as a chunked body that never ends."""
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)


def behind(*first: Any, then: Answer) -> dict[str, Answer]:
    """Return the answers of a server whose `then` comes behind calls that are all right."""
    return {
        "/api/me": lambda: plain(200, ME),
        "/api/events": lambda: plain(200, {"items": [], "nextCursor": "c"}),
        "/api/uploads/up_1": lambda: plain(200, UPLOAD),
        **dict.fromkeys(first, then),
    }


@pytest.fixture(scope="module")
def small() -> int:
    """Megabytes that a small answer takes."""
    with scripted({"*": lambda: plain(200, DETAIL)}) as (url, _):
        ended, megabytes = peak(url, "task")
    assert ended == "fine"
    return megabytes


HUGE = 2_000
"""Megabytes that each bomb would unpack to."""


@pytest.mark.parametrize(
    ("what", "answers", "ended", "more"),
    [
        (
            "task",
            {"*": lambda: [head(200, Content_Encoding="gzip"), *bomb(GZIP, HUGE)]},
            "UnexpectedAnswer",
            3 * ANSWER_MOST // MEGABYTE,
        ),
        (
            "task",
            {"*": lambda: [head(200, Content_Encoding="deflate"), *bomb(RAW, HUGE)]},
            "UnexpectedAnswer",
            3 * ANSWER_MOST // MEGABYTE,
        ),
        ("task", {"*": lambda: [head(500, Content_Encoding="gzip"), *bomb(GZIP, HUGE)]}, "ServerFault", 30),
        (
            "download",
            behind(
                "/api/uploads/up_1/content",
                then=lambda: [head(200, Content_Encoding="gzip"), *bomb(GZIP, HUGE)],
            ),
            "UnexpectedAnswer",
            30,
        ),
        (
            "changes",
            behind(
                "/api/events/stream",
                then=lambda: [
                    head(200, Content_Type="text/event-stream", Content_Encoding="gzip"),
                    *bomb(GZIP, HUGE),
                ],
            ),
            "UnexpectedAnswer",
            150,
        ),
    ],
    ids=["json gzip", "json deflate", "error", "download", "stream"],
)
def test_a_bomb_is_given_up_before_it_has_grown(
    small: int, what: str, answers: dict[str, Answer], ended: str, more: int
) -> None:
    """Two gigabytes in two megabytes of gzip end as an error, and take no more memory than their limit allows."""
    with scripted(answers) as (url, _):
        found, megabytes = peak(url, what)
    assert found == ended
    assert megabytes - small < more


async def read(answer: Answer) -> object:
    """Return what a client makes of an answer."""
    with scripted({"*": answer}) as (url, _):
        backend = HttpBackend(url, "k", sleep=_no_wait)
        try:
            return await backend.task("tsk_1")
        finally:
            await backend.aclose()


async def _no_wait(_seconds: float) -> None:
    return


def packed(how: str, body: bytes) -> Answer:
    return lambda: [head(200, Content_Type="application/json", Content_Encoding=how), body]


WHOLE = json.dumps(DETAIL).encode()
_raw = zlib.compressobj(9, zlib.DEFLATED, RAW)
BARE = _raw.compress(WHOLE) + _raw.flush()


@pytest.mark.parametrize(
    ("how", "body"),
    [
        ("gzip", gzip.compress(WHOLE)),
        ("x-gzip", gzip.compress(WHOLE)),
        ("GZIP", gzip.compress(WHOLE)),
        ("deflate", zlib.compress(WHOLE)),
        ("deflate", BARE),
        ("identity", WHOLE),
    ],
    ids=["gzip", "x-gzip", "uppercase", "deflate", "deflate without its frame", "identity"],
)
async def test_what_is_asked_for_is_unpacked(how: str, body: bytes) -> None:
    """An answer that is packed as the client asked, or not at all, is read."""
    assert await read(packed(how, body))


@pytest.mark.parametrize("how", ["br", "zstd", "gzip, gzip", "compress", "nonsense"])
async def test_other_packings_are_refused_in_words(how: str) -> None:
    """What was not asked for, and packings of packings, end in a sentence that names them."""
    with pytest.raises(UnexpectedAnswer, match="not asked for") as fault:
        await read(packed(how, gzip.compress(gzip.compress(WHOLE))))
    assert how in fault.value.message


@pytest.mark.parametrize("body", [gzip.compress(WHOLE)[:-20], b"no gzip", gzip.compress(WHOLE)[:4]], ids=len)
async def test_a_damaged_packing_is_no_answer(body: bytes) -> None:
    """What is cut off or is no gzip is told as such."""
    with pytest.raises(UnexpectedAnswer, match="can't be unpacked"):
        await read(packed("gzip", body))


@pytest.mark.parametrize("status", [500, 503])
async def test_a_status_counts_whatever_its_body_is(status: int) -> None:
    """The body of an error can't hide which error it is."""
    with pytest.raises(ServerFault) as fault:
        await read(lambda: [head(status, Content_Encoding="br"), b"x"])
    assert isinstance(fault.value, Unavailable) is (status == 503)


async def test_an_endless_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces without an end, and packed ones that hold nothing, stop at the limit."""
    monkeypatch.setattr("api_client.connection.ANSWER_MOST", MEGABYTE)
    monkeypatch.setattr("api_client.http.LIST_MOST", MEGABYTE)
    empty = b"\x00\x00\x00\xff\xff" * 20_000
    start = zlib.compressobj(9, zlib.DEFLATED, GZIP).flush(zlib.Z_FULL_FLUSH)[:10]
    endless: dict[str, Answer] = {
        "/api/tasks": lambda: [head(200, Transfer_Encoding="chunked"), *chunked([b" " * 60_000] * 40)],
        "/api/projects": lambda: [head(200, Content_Encoding="gzip"), start, *[empty] * 40],
        "/api/tasks/tsk_1/notes": lambda: [head(201, Transfer_Encoding="chunked"), *chunked([b" " * 60_000] * 1200)],
    }
    with scripted(endless) as (url, _):
        backend = HttpBackend(url, "k", sleep=_no_wait)
        calls: list[Callable[[], Any]] = [backend.tasks, backend.projects, lambda: backend.submit(NOTE, key="k")]
        for call in calls:
            with pytest.raises(UnexpectedAnswer, match="longer than"):
                await call()
        await backend.aclose()


async def _changes(body: Answer) -> AsyncIterator[Any]:
    with scripted(behind("/api/events/stream", then=body)) as (url, _):
        backend = HttpBackend(url, "k", sleep=_no_wait)
        try:
            async for change in backend.changes("c"):
                yield change
        finally:
            await backend.aclose()


EVENT = {
    "id": "evt_1",
    "taskId": "t",
    "projectId": "p",
    "eventType": "NOTE",
    "source": "AGENT",
    "owner": "AGENT",
    "timestamp": "2026-03-02T12:00:00Z",
    "payload": {"type": "Note", "message": "x" * 1000},
}


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
async def test_a_stream_may_go_on_for_ever_but_not_one_event(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit holds from one blank line to the next: events come past it in sum, and none is longer."""
    monkeypatch.setattr("api_client.response_limits.EventLimit.__init__.__defaults__", (200_000,))
    one = f"data: {json.dumps(EVENT)}{end}".encode()
    stream = head(200, Content_Type="text/event-stream; charset=zlib")
    seen = 0
    with pytest.raises(UnexpectedAnswer, match="an event that are read"):
        async for _ in _changes(lambda: [stream, *[one] * 20, *repeat(b"data: x\n", 50_000)]):
            seen += 1
    assert seen == 20


@pytest.mark.parametrize("size", [999, 1001])
async def test_a_download_is_as_long_as_the_upload(size: int) -> None:
    """Content that ends early or does not end is not handed out as the whole."""
    content = behind("/api/uploads/up_1/content", then=lambda: [head(200), b"x" * size])
    with scripted(content) as (url, _):
        backend = HttpBackend(url, "k", sleep=_no_wait)
        with pytest.raises(UnexpectedAnswer):
            _ = [piece async for piece in backend.download("up_1")]
        await backend.aclose()


async def test_a_redirect_is_not_followed() -> None:
    """The key goes to the address that was named, and nowhere else."""
    with scripted({"/there": lambda: plain(200, DETAIL)}) as (there, seen), pytest.raises(ApiError, match="302"):
        await read(lambda: [head(302, Location=f"{there}/there", Content_Length="0")])
    assert seen == []
