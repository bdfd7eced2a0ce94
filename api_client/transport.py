"""The making of a connection: which transport carries a call, and how far it came where it failed on the way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from typing_extensions import override

from api_client.proxies import Proxies, Proxy

CONNECT_SECONDS = 2.0
"""For the connection itself, and once more for TLS: enough for the system to ask a second time."""

# Few in flight: past four, httpx serves fewer calls a second. An idle connection is dropped before the server's own
# limit of idleness, so that a call is seldom sent into a closing one.
_POOL = httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=4.0)


class Routes(httpx.AsyncBaseTransport):
    """Carries each request straight, or through the proxy that the environment names for it."""

    def __init__(self, proxies: Proxies, trusted: Callable[[], ssl.SSLContext]) -> None:
        """Take the proxies, and what checks certificates, asked for when a call first needs it."""
        self._proxies, self._trusted = proxies, trusted
        self._open: dict[tuple[Proxy | None, bool], httpx.AsyncHTTPTransport] = {}

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the server's answer.

        Raises:
            Misconfigured: a variable names a proxy that can't be.
        """
        way = (self._proxies.of(request.url), request.url.scheme == "https")
        if way not in self._open:
            self._open[way] = self._transport(*way)
        return await self._open[way].handle_async_request(request)

    def _transport(self, proxy: Proxy | None, is_secure: bool) -> httpx.AsyncHTTPTransport:
        over = None
        if proxy is not None:
            context = self._trusted() if proxy.url.scheme == "https" else None
            over = httpx.Proxy(proxy.url, ssl_context=context)
        return httpx.AsyncHTTPTransport(
            verify=self._trusted() if is_secure else False, limits=_POOL, trust_env=False, proxy=over
        )

    @override
    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._open.values():
            await transport.aclose()


class Dialling:
    """Notes on one call's connection, as httpx's `trace` extension reports it.

    httpcore leaves a connection open where a call is cancelled during TLS or SOCKS, sets no limit to a SOCKS proxy's
    silence, and lets through whatever its parser makes of a proxy that speaks something else.
    """

    def __init__(self, proxy: Proxy | None, *, is_secure: bool) -> None:
        """Take what the call goes through, and whether it is meant to agree TLS with the server."""
        self._proxy, self._is_secure = proxy, is_secure
        self._stream: Any = None
        self._is_dialled = self._is_through = self._is_in_socks = False
        self._limit: asyncio.Timeout | None = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Take in what happens to the connection."""
        of, _, what = event.partition(".")
        if what == "connect_tcp.started":
            self._is_dialled = True
        elif what == "connect_tcp.complete":
            self._stream = info["return_value"]
            # Plain http is read and passed on by the proxy itself; all else goes through a tunnel that it makes first.
            self._is_through = not (self._is_secure or (self._proxy and self._proxy.is_socks))
        elif what == "start_tls.started":
            # TLS with what is behind the proxy, not with the proxy.
            self._is_through = self._is_through or of == "proxy"
        elif what == "start_tls.complete":
            self._stream = None
        elif what.startswith("setup_socks5_connection."):
            self._is_in_socks = not what.endswith(".complete")
            self._is_through = not self._is_in_socks
            if self._limit is not None and not what.endswith(".failed"):
                due = asyncio.get_running_loop().time() + CONNECT_SECONDS
                self._limit.reschedule(due if what.endswith(".started") else None)

    @property
    def failed_at(self) -> Proxy | None:
        """The proxy, where the call came no further than to it: the server was never asked."""
        return self._proxy if self._is_dialled and not self._is_through else None

    @asynccontextmanager
    async def guarded(self) -> AsyncIterator[None]:
        """Run a call: close what is half open where it fails, and end a SOCKS proxy's silence.

        Raises:
            httpx.ConnectTimeout: the SOCKS proxy said nothing for `CONNECT_SECONDS`.
            httpx.ProxyError: what answers there is no SOCKS proxy.
        """
        try:
            async with asyncio.timeout(None) as self._limit:
                yield
        except asyncio.CancelledError:
            await self._drop()
            raise
        except TimeoutError:
            await self._drop()
            raise httpx.ConnectTimeout("") from None
        except Exception as fault:  # assertions and more, out of bytes that no SOCKS proxy sends
            if not self._is_in_socks:
                raise
            await self._drop()
            if isinstance(fault, httpx.ProxyError):
                raise
            raise httpx.ProxyError("it does not answer as a SOCKS5 proxy does") from None

    async def _drop(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
