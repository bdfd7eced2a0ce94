"""What HttpBackend does when the network or the server fails: few tries, one key, plain errors."""

from __future__ import annotations

import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api_client.authority import GrantTerms
from api_client.commands import Comment, ReceiveUpload
from api_client.errors import (
    ApiError,
    Conflict,
    HeadersTooLarge,
    InvalidAnswers,
    InvalidRequest,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServerFault,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from api_client.http import HttpBackend
from tests.conftest import FixedClock, counting_tokens
from tests.contract.given import Given
from tests.support.backends import FolderPlace, StepClock, open_world

SECRET = "pk_canary-0123456789"
NOTE = Comment(task_id="tsk_1", message="x")
Reply = httpx.Response | Exception


class Stage:
    """A server that answers by a script, and notes what it was asked and how long the client waited."""

    def __init__(self, *replies: Reply) -> None:
        self.clock = FixedClock()
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []
        self._replies: Iterator[Reply] = iter(replies)

    def backend(self) -> HttpBackend:
        transport = httpx.MockTransport(self._answer)
        return HttpBackend(
            "https://pump.example", SECRET, transport=transport, clock=self.clock, sleep=self._sleep, jitter=lambda: 0.0
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


def untrusted() -> httpx.ConnectError:
    """Return what httpx raises where a certificate is refused."""
    refused = ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED")
    refused.verify_message = "self-signed certificate"
    fault = httpx.ConnectError("no TLS")
    fault.__cause__ = refused
    return fault


def ok() -> httpx.Response:
    return httpx.Response(200, json={"items": []})


def made() -> httpx.Response:
    return httpx.Response(201, json={"eventId": "evt_1"})


async def test_every_call_carries_key_and_version() -> None:
    """The contract's headers go with every call."""
    stage = Stage(ok())
    await stage.backend().projects()
    (request,) = stage.asked
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["x-api-version"] == "0"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_read_is_tried_again(status: int) -> None:
    """A passing fault of the server is not the caller's: the read is sent again after a growing pause."""
    stage = Stage(httpx.Response(status), httpx.Response(status), ok())
    assert await stage.backend().projects() == ()
    assert stage.waited == [0.25, 0.5]


async def test_tries_come_to_an_end() -> None:
    """After three tries the caller hears what is wrong."""
    stage = Stage(*(httpx.Response(503, json={"error": "asleep"}) for _ in range(9)))
    with pytest.raises(ServerFault, match="asleep"):
        await stage.backend().projects()
    assert len(stage.asked) == 3


async def test_a_lost_write_is_sent_again_under_its_key() -> None:
    """A write whose answer was lost carries the same key and body the second time."""
    stage = Stage(httpx.ReadError("reset"), made())
    receipt = await stage.backend().submit(NOTE, key="k-1")
    assert receipt.event_id == "evt_1"
    first, second = stage.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "k-1"
    assert first.content == second.content


@pytest.mark.parametrize(
    ("fault", "maybe_done"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout(""), False),
        (httpx.PoolTimeout(""), False),
        (httpx.ReadTimeout(""), True),
        (httpx.WriteError("broken pipe"), True),
        (httpx.RemoteProtocolError("closed"), True),
    ],
)
async def test_unreachable_says_whether_the_write_may_have_happened(fault: Exception, maybe_done: bool) -> None:
    """A write that never left can't have happened; one that left may have."""
    with pytest.raises(Unreachable) as lost:
        await Stage(*[fault] * 3).backend().submit(NOTE, key="k")
    assert lost.value.maybe_done is maybe_done
    with pytest.raises(Unreachable) as read:
        await Stage(*[fault] * 3).backend().projects()
    assert read.value.maybe_done is False


@pytest.mark.parametrize(
    ("fault", "reads", "writes"),
    [
        (httpx.ConnectError("refused"), 3, 3),
        (httpx.ReadError("reset"), 3, 3),
        (httpx.ConnectTimeout(""), 1, 1),
        (httpx.PoolTimeout(""), 1, 1),
        (httpx.ReadTimeout(""), 1, 3),
        (httpx.WriteTimeout(""), 1, 3),
        (ssl.SSLError("bad record"), 3, 3),
        (untrusted(), 1, 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_silence_is_not_asked_twice(fault: Exception, reads: int, writes: int) -> None:
    """A slip is tried again; silence is told at once, but for a write that may have arrived: only its key can tell."""
    stage = Stage(*[fault] * 9)
    with pytest.raises(Unreachable):
        await stage.backend().projects()
    assert len(stage.asked) == reads
    with pytest.raises(Unreachable):
        await stage.backend().submit(NOTE, key="k")
    assert len(stage.asked) == reads + writes


async def test_a_trial_is_a_read() -> None:
    """It is no GET, and writes nothing all the same: silence is told at once, and nothing may have been done."""
    me = httpx.Response(200, json={"subject": "a", "role": "reviewer", "capabilities": ["authority"]})
    stage = Stage(me, *[httpx.ReadTimeout("")] * 3)
    terms = GrantTerms(project_id="p", name="n", filter="x", until="2026-03-20T00:00:00Z", most=1, sample=1)
    with pytest.raises(Unreachable) as lost:
        await stage.backend().grant_trial(terms)
    assert [request.method for request in stage.asked] == ["GET", "POST"]
    assert lost.value.maybe_done is False


async def test_a_certificate_that_is_not_trusted_is_told_as_such() -> None:
    """The words say why, and what to do where the server has a CA of its own."""
    with pytest.raises(Unreachable, match=r"self-signed.*--ca-file") as fault:
        await Stage(untrusted()).backend().submit(NOTE, key="k")
    assert fault.value.maybe_done is False


async def test_who_asks_whether_a_server_is_there_waits_for_two_seconds() -> None:
    """Each phase of a call has its limit; a person who waits for the first answer has the shortest."""
    stage = Stage(httpx.Response(200, json={"subject": "a", "role": "reviewer"}), ok(), made())
    backend = stage.backend()
    await backend.me()
    await backend.projects()
    await backend.submit(NOTE, key="k")
    limits = [request.extensions["timeout"] for request in stage.asked]
    assert [one["read"] for one in limits] == [2.0, 10.0, 5.0]
    assert all(one["connect"] == 2.0 and one["write"] and one["pool"] for one in limits)


async def test_a_write_lost_once_stays_in_doubt() -> None:
    """A first try that may have arrived is not forgotten when the next ones never leave."""
    stage = Stage(httpx.ReadTimeout(""), httpx.ConnectError("refused"), httpx.ConnectError("refused"))
    with pytest.raises(Unreachable) as lost:
        await stage.backend().submit(NOTE, key="k")
    assert lost.value.maybe_done is True


@pytest.mark.parametrize("status", [401, 403, 413, 429, 431, 500])
@pytest.mark.parametrize("first", [httpx.ReadError("reset"), httpx.Response(500)], ids=["lost", "500"])
async def test_an_answer_before_the_key_settles_no_doubt(first: Reply, status: int) -> None:
    """A first try may have been written: an answer that is given before its key is looked for does not deny it."""
    stage = Stage(first, httpx.Response(status), httpx.Response(status))
    with pytest.raises(Unreachable) as fault:
        await stage.backend().submit(NOTE, key="k")
    assert fault.value.maybe_done is True


@pytest.mark.parametrize(("status", "kind"), [(400, InvalidRequest), (404, NotFound), (409, Conflict)])
async def test_an_answer_after_the_key_settles_the_doubt(status: int, kind: type[ApiError]) -> None:
    """The server looked for the key first and did not find it: the earlier try never happened."""
    with pytest.raises(kind):
        await Stage(httpx.ReadError("reset"), httpx.Response(status)).backend().submit(NOTE, key="k")


async def test_a_conflict_is_never_tried_again() -> None:
    """Someone was first: sending it again helps nobody."""
    stage = Stage(httpx.Response(409, json={"error": "Already decided by bob"}))
    with pytest.raises(Conflict, match="bob"):
        await stage.backend().submit(NOTE, key="k")
    assert (len(stage.asked), stage.waited) == (1, [])


async def test_an_upload_is_sent_once() -> None:
    """A stream can't be sent again, and an upload has no key: the caller hears that it is in doubt."""
    stage = Stage(httpx.ReadTimeout(""))

    async def content() -> AsyncIterator[bytes]:
        yield b"x"

    with pytest.raises(Unreachable) as lost:
        await stage.backend().submit(ReceiveUpload(file_name="a"), key="k", content=content())
    assert (len(stage.asked), lost.value.maybe_done) == (1, True)


async def test_retry_after_is_honoured() -> None:
    """A server that names its pause, in seconds or as a date, is not asked before."""
    stage = Stage()
    date = (stage.clock() + timedelta(seconds=7)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    replies = [httpx.Response(429, headers={"Retry-After": text}) for text in ("3", date)]
    stage._replies = iter([*replies, ok()])
    await stage.backend().projects()
    assert stage.waited == [3.0, 7.0]


async def test_too_long_a_pause_is_left_to_the_caller() -> None:
    """A pause of minutes is not waited out in silence."""
    stage = Stage(httpx.Response(429, headers={"Retry-After": "300"}, json={"error": "slow down"}))
    with pytest.raises(TooManyRequests) as fault:
        await stage.backend().projects()
    assert (fault.value.retry_after, stage.waited) == (300.0, [])


async def test_who_asks_whether_a_server_is_there_waits_for_no_long_pause() -> None:
    """A server that is busy for longer than a moment is told as such at once."""
    stage = Stage(*(httpx.Response(429, headers={"Retry-After": "1"}) for _ in range(3)))
    with pytest.raises(TooManyRequests):
        await stage.backend().me()
    assert stage.waited == [1.0]


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, {"code": "INVALID_TRANSITION", "message": "no exit"}, InvalidRequest, "INVALID_TRANSITION"),
        (400, {"code": "INVALID_ANSWERS", "message": "x", "fields": {"a": "b"}}, InvalidAnswers, "INVALID_ANSWERS"),
        (400, {}, InvalidRequest, "INVALID_REQUEST"),
        (401, {"error": "x"}, NotAuthenticated, "NOT_AUTHENTICATED"),
        (403, {"error": "x"}, NotAllowed, "NOT_ALLOWED"),
        (404, {"error": "x"}, NotFound, "NOT_FOUND"),
        (409, {"error": "x"}, Conflict, "CONFLICT"),
        (413, {"error": "x"}, TooLarge, "TOO_LARGE"),
        (431, {"error": "x"}, HeadersTooLarge, "HEADERS_TOO_LARGE"),
        (500, {"error": "x"}, ServerFault, "SERVER_FAULT"),
        (502, {"error": "x"}, Unavailable, "UNAVAILABLE"),
        (503, {"error": "x"}, Unavailable, "UNAVAILABLE"),
        (504, {"error": "x"}, Unavailable, "UNAVAILABLE"),
        (408, {"error": "x"}, Unavailable, "UNAVAILABLE"),
        (418, {"error": "x"}, UnexpectedAnswer, "UNEXPECTED_ANSWER"),
        (302, {}, UnexpectedAnswer, "UNEXPECTED_ANSWER"),
    ],
)
async def test_each_status_is_one_class(status: int, body: object, kind: type[ApiError], code: str) -> None:
    """A caller may branch on class and code, whatever the words are."""
    with pytest.raises(ApiError) as fault:
        await Stage(*(httpx.Response(status, json=body) for _ in range(3))).backend().task("tsk_1")
    assert (type(fault.value), fault.value.code) == (kind, code)


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b"null", b"[]", b'{"items":7}', b"\xff"])
async def test_what_is_not_the_contract_is_unexpected(body: bytes) -> None:
    """A captive portal, or another service at that address, is told as such."""
    with pytest.raises(UnexpectedAnswer):
        await Stage(httpx.Response(200, content=body)).backend().task("tsk_1")
    with pytest.raises(UnexpectedAnswer):
        await (
            Stage(httpx.Response(201, content=body if body != b'{"items":7}' else b"7")).backend().submit(NOTE, key="k")
        )


async def test_a_html_error_page_is_still_its_status() -> None:
    """A proxy's page for a 404 or 502 is that status, in words that a person can read."""
    with pytest.raises(NotFound):
        await Stage(httpx.Response(404, html="<h1>nope</h1>")).backend().task("tsk_1")
    with pytest.raises(ServerFault, match="502"):
        await Stage(*(httpx.Response(502, html="<h1>nope</h1>") for _ in range(3))).backend().task("tsk_1")


@pytest.mark.parametrize("status", [403, 404])
async def test_without_the_reviewers_part_no_write_is_offered(status: int) -> None:
    """A server without `me`, or an agent's key, makes every screen read-only: there is a board to look at, no more."""
    me = await Stage(httpx.Response(status, json={"error": "x"}), ok()).backend().me()
    assert (me.subject, me.role, me.capabilities) == ("", "agent", ("board", "deeds"))


@pytest.mark.parametrize(
    "answers",
    [
        (httpx.Response(404, html="<h1>not here</h1>"), httpx.Response(404, html="<h1>not here</h1>")),
        (httpx.Response(404, html="<h1>not here</h1>"), httpx.Response(200, html="<h1>welcome</h1>")),
        (httpx.Response(403, html="<h1>no</h1>"), httpx.Response(404, html="<h1>no</h1>")),
    ],
)
async def test_where_no_agent_api_is_either_it_is_no_server_of_ours(answers: tuple[httpx.Response, ...]) -> None:
    """A web server at a wrong address is not taken for one that keeps its reviewer part to itself."""
    stage = Stage(*answers, *answers)
    backend = stage.backend()
    for _ in range(2):
        with pytest.raises(UnexpectedAnswer, match="no Pump Up API"):
            await backend.me()
    assert [request.url.path for request in stage.asked] == ["/api/me", "/api/projects"] * 2


async def test_a_burst_with_retry_after_ends_recorded_once(tmp_path: Path) -> None:
    """A write that is turned away twice with a pause is sent on under its key, and stands on the record once."""
    async with open_world("http", FolderPlace(tmp_path / "data"), StepClock(), counting_tokens()) as world:
        task = await Given(world).task()
        waited: list[float] = []
        inner = world.reviewer._connection._client._transport  # type: ignore[attr-defined]  # the way to the app
        turned_away = iter([httpx.Response(429, headers={"Retry-After": "1"}) for _ in range(2)])

        class Busy(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                await request.aread()
                return next(turned_away, None) or await inner.handle_async_request(request)

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        key = world.reviewer._connection._client.headers["Authorization"].split()[1]  # type: ignore[attr-defined]
        backend = HttpBackend("http://127.0.0.1", key, transport=Busy(), sleep=sleep, jitter=lambda: 0.0)
        await backend.submit(Comment(task_id=task.id, message="once"), key="k-1")
        events = (await world.reviewer.events(task_id=task.id)).items
        assert waited == [1.0, 1.0]
        assert [event.payload.get("message") for event in events].count("once") == 1


async def test_a_wrong_key_is_told_by_me() -> None:
    """A key that the server does not know is an error, not a read-only screen."""
    with pytest.raises(NotAuthenticated):
        await Stage(httpx.Response(401, json={"error": "x"})).backend().me()


async def test_keys_that_a_hosted_server_adds_are_ignored() -> None:
    """Unknown keys at any depth, and unknown types and statuses, are no fault."""
    steps = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": [], "colour": "red"}], "v": 2}
    project = {"id": "p", "name": "P", "projectName": "p", "steps": steps, "team": {"id": 1}}
    (found,) = await Stage(httpx.Response(200, json={"items": [project], "total": 1})).backend().projects()
    assert found.steps.steps[0].name == "a"


URLS = {
    "http://pump.example": "INSECURE_URL",
    "http://192.168.1.7:7867": "INSECURE_URL",
    "ftp://pump.example": "INVALID_URL",
    "pump.example": "INVALID_URL",
    "https://": "INVALID_URL",
    "https://user:pass@pump.example": "INVALID_URL",
    "https://pump.example/?a=b": "INVALID_URL",
    "https://pump.example?": "INVALID_URL",
    "https://pump.example/#": "INVALID_URL",
    "https://pump.example:0": "INVALID_URL",
    "https://pump.example:99999": "INVALID_URL",
    "https://pump.example:pass": "INVALID_URL",
    "https://pump example": "INVALID_URL",
    "https://%70ump": "INVALID_URL",
    "https://a..b": "INVALID_URL",
    "https://xn--zz--.com": "INVALID_URL",
    "https://\u2603\u2603.com": "INVALID_URL",
    "https://1.2.3.999": "INVALID_URL",
    "https://[fe80::1%25]x": "INVALID_URL",
    f"https://{'a' * 64}.com": "INVALID_URL",
    f"https://{'a.' * 200}com": "INVALID_URL",
    "http://[::1": "INVALID_URL",
    "": "INVALID_URL",
}


@pytest.mark.parametrize("url", URLS)
def test_an_unfit_address_is_refused(url: str) -> None:
    """A key does not travel in the open, nor to what is no address."""
    with pytest.raises(InvalidRequest) as fault:
        HttpBackend(url, SECRET)
    assert fault.value.code == URLS[url]
    assert "pass" not in fault.value.message


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:1",
        "http://127.0.0.1:1/",
        "http://[::1]:1",
        "http://[::1%25lo]:1",
        "https://[fe80::1%25eth0]:1",
        "https://b\u00fccher.example",
        "https://pump.example./",
        "HTTPS://Pump_1.example/a",
        "https://pump.example/a",
    ],
)
async def test_a_fit_address_is_taken(url: str) -> None:
    """This machine may be reached in the open, others by https."""
    await HttpBackend(url, SECRET).aclose()


async def test_the_open_road_must_be_asked_for() -> None:
    """Plain http to another machine is for those who say so."""
    await HttpBackend("http://pump.example", SECRET, allow_plain_http=True).aclose()


@pytest.mark.parametrize("url", ["http://[::1%25lo]:{port}", "http://localhost:{port}"])
async def test_a_server_that_is_named_with_its_zone_is_reached(url: str) -> None:
    """An IPv6 address with a zone, escaped as in any URL, is looked up as the system writes it."""
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    backend = HttpBackend(url.format(port=port), SECRET)
    with pytest.raises(Unreachable, match="nothing answers there"):
        await backend.me()
    await backend.aclose()


CERTIFICATES = {
    "nowhere": ("SSL_CERT_FILE", "/nowhere/ca.pem", "INVALID_CA_FILE"),
    "a folder": ("SSL_CERT_FILE", "{folder}", "INVALID_CA_FILE"),
    "no certificates": ("SSL_CERT_FILE", "{empty}", "INVALID_CA_FILE"),
    "damaged": ("SSL_CERT_FILE", "{damaged}", "INVALID_CA_FILE"),
    "key log": ("SSLKEYLOGFILE", "/nowhere/keys.log", "INVALID_KEY_LOG"),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_what_the_environment_says_of_tls_is_named(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates and key log that can't be used are told before anything is sent, with the variable."""
    variable, value, code = CERTIFICATES[case]
    (tmp_path / "empty").touch()
    damaged = tmp_path / "damaged"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv(variable, value.format(folder=tmp_path, empty=tmp_path / "empty", damaged=damaged))
    with pytest.raises(Misconfigured, match=variable) as fault:
        HttpBackend("https://pump.example", SECRET)
    assert fault.value.code == code


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ké", "a\r\nX: y"])
def test_an_unfit_key_is_refused_without_showing_it(key: str) -> None:
    """A pasted key with a line end in it is told, and not shown."""
    with pytest.raises(NotAuthenticated) as fault:
        HttpBackend("https://pump.example", key)
    assert not key or key not in fault.value.message


async def test_the_key_is_in_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Neither an error, its traceback, a repr nor a log line holds the key."""
    caplog.set_level("DEBUG")
    faults: list[Callable[[], Reply]] = [
        lambda: httpx.ConnectError("refused"),
        lambda: httpx.Response(500),
        lambda: httpx.Response(400, json={}),
    ]
    for fault in faults:
        backend = Stage(*(fault() for _ in range(3))).backend()
        with pytest.raises(ApiError) as caught:
            await backend.projects()
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert SECRET not in shown + repr(caught.value) + repr(backend)
    assert SECRET not in caplog.text
