"""The proxies that an environment names: ordinary values work, others are named, and none of it shows a password."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme

from api_client.commands import Comment
from api_client.errors import Misconfigured, ProxyFailed
from api_client.http import HttpBackend
from api_client.proxies import proxies_of_environment
from tests.server.stand_in import Connecting, Socks, StandIn, closed_port, running

SERVER = "https://pump.example"
NOTE = Comment(task_id="tsk_1", message="x")
SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the tester's own."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def ca(tmp_path: Path) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return authority, file


@pytest.fixture
async def server(ca: tuple[trustme.CA, Path]) -> AsyncIterator[StandIn]:
    """The server that the proxies lead to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca[0].issue_cert("pump.example").configure_cert(context)
    async with running(StandIn(), context) as stand_in:
        yield stand_in


async def _no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def backend_of(ca_file: Path, url: str = SERVER) -> HttpBackend:
    return HttpBackend(url, "pk_x", ca_file=ca_file, sleep=_no_wait, allow_plain_http=True)


@pytest.mark.parametrize(
    ("variable", "value", "asked"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:{http}", ["CONNECT pump.example:443 HTTP/1.1"]),
        ("https_proxy", "127.0.0.1:{http}", ["CONNECT pump.example:443 HTTP/1.1"]),
        ("HTTPS_PROXY", "  http://127.0.0.1:{http}/ ", ["CONNECT pump.example:443 HTTP/1.1"]),
        ("ALL_PROXY", "HTTP://127.0.0.1:{http}", ["CONNECT pump.example:443 HTTP/1.1"]),
        ("ALL_PROXY", "socks5://127.0.0.1:{socks}", ["pump.example:443"]),
        ("all_proxy", "socks5h://127.0.0.1:{socks}", ["pump.example:443"]),
        ("ALL_PROXY", "socks://127.0.0.1:{socks}/", ["pump.example:443"]),
        ("HTTPS_PROXY", "socks5://bob:s3%40cr3t@127.0.0.1:{socks}", ["bob:s3@cr3t", "pump.example:443"]),
    ],
)
async def test_an_ordinary_value_works(
    variable: str,
    value: str,
    asked: list[str],
    server: StandIn,
    ca: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Calls go through the proxy, whatever way its address is commonly written."""
    async with running(Connecting(behind=server.port)) as http, running(Socks(behind=server.port)) as socks:
        monkeypatch.setenv(variable, value.format(http=http.port, socks=socks.port))
        backend = backend_of(ca[1])
        assert await backend.projects() == ()
        assert backend.proxy.endswith(f"that {variable} names")
        assert "cr3t" not in backend.proxy
        await backend.aclose()
        assert http.asked + socks.asked == asked
    assert server.asked


async def test_plain_http_goes_through_it_too(ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is asked for what is not https."""
    async with running(Connecting()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://bob:{SECRET}@127.0.0.1:{proxy.port}")
        backend = backend_of(ca[1], "http://pump.example")
        assert await backend.projects() == ()
        await backend.aclose()
    assert proxy.asked[0].startswith("GET http://pump.example/api/projects")
    assert any(line.startswith("Proxy-Authorization: Basic ") for line in proxy.asked)


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_exempt"),
    [
        ("[::1]", "https://pump.example", False),
        ("[2001:db8::1]", "https://[2001:db8::1]", True),
        ("2001:db8::1", "https://[2001:db8::1]:7867", True),
        ("[2001:db8::1]:7867", "https://[2001:db8::1]", False),
        ("fe80::/10", "https://pump.example", False),
        ("fe80::/10", "https://[fe80::17]", True),
        ("[fe80::]/10", "https://[fe80::17]", True),
        ("10.0.0.0/8, 192.168.0.0/16", "https://192.168.7.1", True),
        ("10.0.0.0/8", "https://11.0.0.1", False),
        ("10.0.0.1:443", "https://10.0.0.1", True),
        ("*", "https://pump.example", True),
        ("pump.example", "https://pump.example", True),
        ("PUMP.example.", "https://pump.example", True),
        ("example", "https://pump.example", True),
        ("ump.example", "https://pump.example", False),
        (".example", "https://pump.example", True),
        (".pump.example", "https://pump.example", False),
        ("*.example", "https://pump.example", True),
        ("pump.example:8443", "https://pump.example", False),
        ("https://pump.example", "https://pump.example", True),
        ("http://pump.example", "https://pump.example", False),
        ("bücher.example", "https://bücher.example", True),
        ("localhost, ,,127.0.0.1", "https://pump.example", False),
        ("", "https://pump.example", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy(no_proxy: str, url: str, is_exempt: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, domains, addresses and networks, as curl and others take them."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv(name, no_proxy)
    assert (proxies_of_environment().of(httpx.URL(url)) is None) is is_exempt


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_variable_names_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And an empty lowercase one takes back the uppercase one."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    assert proxies_of_environment().of(httpx.URL(SERVER)) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("https_proxy", "")
    assert proxies_of_environment().of(httpx.URL(SERVER)) is None


UNUSABLE = {
    "HTTPS_PROXY": [
        "foo://bar",
        f"foo://bob:{SECRET}@bar",
        f"socks4://bob:{SECRET}@127.0.0.1:1080",
        "http://",
        "http://proxy.example:0",
        "http://proxy.example:99999",
        f"http://bob:{SECRET}@proxy example:1",
        f"http://{SECRET}:12#x@proxy.example:3128",
        f"http://{SECRET}:12/x@proxy.example:3128",
        f"http://{SECRET}:12?x@proxy.example:3128",
        f"{SECRET} x://y",
        "http://xn--zz--.com",
        "http://" + "a" * 70,
    ],
    "NO_PROXY": [
        "[::1",
        "fe80::/129",
        "10.0.0.0/33",
        f"bob:{SECRET}@pump.example",
        "a b/c",
        "pump.example:x",
        "[pump]",
    ],
}


@pytest.mark.parametrize(
    ("variable", "value"), [(name, value) for name, values in UNUSABLE.items() for value in values]
)
def test_what_can_not_be_used_is_named(
    variable: str, value: str, ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words say which variable and what to write; a password is not in them."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv(variable, value)
    with pytest.raises(Misconfigured, match=rf"{variable} can't be used.*(like|Write)") as fault:
        backend_of(ca[1])
    assert fault.value.code == "INVALID_PROXY"
    assert SECRET not in fault.value.message


async def test_what_no_call_goes_by_is_nobodys_business(
    ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server on this machine, one in NO_PROXY and one of the other scheme are reached past a bad value."""
    monkeypatch.setenv("HTTPS_PROXY", "foo://bar")
    await backend_of(ca[1], "https://127.0.0.1:1").aclose()
    await backend_of(ca[1], "http://pump.example").aclose()
    monkeypatch.setenv("NO_PROXY", ".example")
    await backend_of(ca[1]).aclose()


FAILING = {
    "dead http": ("http", "", "nothing answers there"),
    "dead socks": ("socks5", "", "nothing answers there"),
    "refusing http": ("http", "refuses", "502"),
    "refusing socks": ("socks5", "refuses", "Connection refused"),
    "closed http": ("http", "wants a password", "another user and password"),
    "closed socks": ("socks5", "wants a password", "another user and password"),
    "no socks": ("socks5", "http", "does not answer as a SOCKS5 proxy does"),
    "silent http": ("http", "silent", "no answer in time"),
    "silent socks": ("socks5", "silent", "no answer in time"),
}


@pytest.mark.parametrize("case", FAILING)
async def test_a_proxy_that_fails_is_named_and_the_server_is_not_blamed(
    case: str, ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words name proxy and variable without the password; a write is known not to have happened."""
    scheme, mode, words = FAILING[case]
    monkeypatch.setattr("api_client.transport.CONNECT_SECONDS", 0.3)
    monkeypatch.setattr("api_client.http_writes.WRITE_PATIENCE", 0.5)
    user = "" if case == "closed socks" else f"bob:{SECRET}@"
    async with running((Socks if scheme == "socks5" else Connecting)(mode=mode)) as proxy:
        port = proxy.port if mode else closed_port()
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{user}127.0.0.1:{port}")
        backend = backend_of(ca[1])
        with pytest.raises(ProxyFailed) as fault:
            await backend.submit(NOTE, key="k")
        await backend.aclose()
    assert f"proxy {scheme}://127.0.0.1:{port} that ALL_PROXY names" in fault.value.message
    assert words in fault.value.message
    assert "can't be reached" not in fault.value.message
    assert SECRET not in fault.value.message
    assert fault.value.maybe_done is False
    assert "NO_PROXY" in fault.value.message or "Write them into ALL_PROXY" in fault.value.message


async def test_a_407_on_plain_http_is_the_proxys(ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What wants a password on the way is not taken for the server."""
    async with running(Connecting(mode="wants a password")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        backend = backend_of(ca[1], "http://pump.example")
        with pytest.raises(ProxyFailed, match="HTTP_PROXY"):
            await backend.projects()
        await backend.aclose()


async def test_a_server_behind_a_proxy_keeps_its_own_certificate(
    server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that is not trusted is told of the server, not of the proxy."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    async with running(Connecting(behind=server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        backend = backend_of(other)
        with pytest.raises(Exception, match=r"https://pump\.example is not trusted"):
            await backend.projects()
        await backend.aclose()
