"""The socket under the app: what no app sees is answered by the contract too, and a stop is clean."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from store.server.runner import bind, url_of
from tests.server.conftest import Served
from tests.server.sockets import exchange, listening


async def test_headers_without_an_end_are_431(served: Served) -> None:
    """Headers over the cap are refused while they still come, and told in the contract's form."""
    async with listening(served) as port:
        begun = b"GET /api/projects HTTP/1.1\r\nHost: localhost\r\n"
        status, headers, body = await exchange(port, begun, b"X-A: " + b"a" * 20_000, b"b" * 200_000)
        assert (status, headers["content-type"]) == (431, "application/json")
        assert set(json.loads(body)) == {"error"}


@pytest.mark.parametrize(
    "text", [b"nonsense\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"]
)
async def test_what_is_no_http_is_a_400(served: Served, text: bytes) -> None:
    """A request that can't be read is refused in the contract's form."""
    async with listening(served) as port:
        status, _, body = await exchange(port, text)
        assert (status, json.loads(body)["code"]) == (400, "INVALID_REQUEST")


async def test_the_server_does_not_say_what_it_runs_on(served: Served) -> None:
    """No header names the software and its version."""
    async with listening(served) as port:
        _, headers, _ = await exchange(port, b"GET /api/me HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert "server" not in headers


async def test_a_refused_upload_is_not_read_to_its_end(served: Served) -> None:
    """The 413 comes while the body is still on its way."""
    async with listening(served) as port:
        head = (
            b"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nAuthorization: Bearer %b\r\n\r\n"
        ) % served.agent.secret.encode()
        start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (start, *[b"x" * 10_000] * 20)]
        status, _, body = await exchange(port, head, *chunks)
        assert (status, set(json.loads(body))) == (413, {"error"})


def test_a_port_in_use_is_an_os_error() -> None:
    """Whoever starts a second server on a port hears so before anything is served."""
    taken = bind("127.0.0.1", 0)
    try:
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", taken.getsockname()[1])
    finally:
        taken.close()


async def test_a_stop_lets_a_call_finish(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was accepted before the stop is answered."""
    begun, stopped = asyncio.Event(), asyncio.Event()
    stop = served.app.state.stop

    async def slow(*_: object, **__: object) -> list[object]:
        begun.set()
        await stopped.wait()
        return []

    def note_stop() -> None:
        stop()
        stopped.set()

    monkeypatch.setattr(served.app.state, "stop", note_stop)
    monkeypatch.setattr(type(served.local), "projects", slow)
    call = b"GET /api/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n\r\n"
    async with listening(served) as port:
        asked = asyncio.ensure_future(exchange(port, call % served.agent.secret.encode()))
        await begun.wait()
    assert (await asked)[0] == 200


def test_the_address_of_a_socket_can_be_called() -> None:
    """An IPv6 address stands in brackets."""
    with bind("127.0.0.1", 0) as four:
        assert url_of(four) == f"http://127.0.0.1:{four.getsockname()[1]}"
    if socket.has_ipv6:
        with bind("::1", 0) as six:
            assert url_of(six) == f"http://[::1]:{six.getsockname()[1]}"
