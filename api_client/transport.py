"""The transports of calls, direct or through a proxy, and a trace of how far a connection came before it failed."""

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
"""Seconds for the connection itself, and again for TLS: enough for the system to send a second SYN."""

# Few in flight: past four, httpx serves fewer calls a second. An idle connection is dropped before the server's own
# idle timeout, so that a call is seldom sent into a closing one.
_POOL = httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=4.0)


class ProxyTransport(httpx.AsyncBaseTransport):
    """A transport that sends each request directly, or through the proxy that the environment names for it."""

    def __init__(self, proxies: Proxies, tls_context: Callable[[], ssl.SSLContext]) -> None:
        """Take the proxies, and a function that returns the TLS context, called when a request first needs it."""
        self._proxies, self._tls_context = proxies, tls_context
        self._open: dict[tuple[Proxy | None, bool], httpx.AsyncHTTPTransport] = {}

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the server's response.

        Raises:
            Misconfigured: a variable names a proxy that can't be used.
        """
        route = (self._proxies.of(request.url), request.url.scheme == "https")
        if route not in self._open:
            self._open[route] = self._transport(*route)
        return await self._open[route].handle_async_request(request)

    def _transport(self, proxy: Proxy | None, is_secure: bool) -> httpx.AsyncHTTPTransport:
        httpx_proxy = None
        if proxy is not None:
            context = self._tls_context() if proxy.url.scheme == "https" else None
            httpx_proxy = httpx.Proxy(proxy.url, ssl_context=context)
        return httpx.AsyncHTTPTransport(
            verify=self._tls_context() if is_secure else False, limits=_POOL, trust_env=False, proxy=httpx_proxy
        )

    @override
    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._open.values():
            await transport.aclose()


class ConnectionTrace:
    """The progress of one call's connection, as httpx's `trace` extension reports it.

    httpcore leaves a connection open if a call is cancelled during TLS or SOCKS, has no timeout for a SOCKS proxy, and
    passes on any exception of its parser if the proxy speaks another protocol.
    """

    def __init__(self, proxy: Proxy | None, *, is_secure: bool) -> None:
        """Take the call's proxy, and whether the server is called over TLS."""
        self._proxy, self._is_secure = proxy, is_secure
        self._stream: Any = None
        self._is_started = self._is_past_proxy = self._is_in_socks = False
        self._timeout: asyncio.Timeout | None = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Note an event of the connection."""
        source, _, name = event.partition(".")
        if name == "connect_tcp.started":
            self._is_started = True
        elif name == "connect_tcp.complete":
            self._stream = info["return_value"]
            # A proxy reads and forwards plain http itself; all else goes through a tunnel that it opens first.
            self._is_past_proxy = not (self._is_secure or (self._proxy and self._proxy.is_socks))
        elif name == "start_tls.started":
            # TLS with the server behind the proxy, not with the proxy.
            self._is_past_proxy = self._is_past_proxy or source == "proxy"
        elif name == "start_tls.complete":
            self._stream = None
        elif name.startswith("setup_socks5_connection."):
            self._is_in_socks = not name.endswith(".complete")
            self._is_past_proxy = not self._is_in_socks
            if self._timeout is not None and not name.endswith(".failed"):
                due = asyncio.get_running_loop().time() + CONNECT_SECONDS
                self._timeout.reschedule(due if name.endswith(".started") else None)

    @property
    def failed_at(self) -> Proxy | None:
        """The proxy, if the call came no further than to it: the server was never reached."""
        return self._proxy if self._is_started and not self._is_past_proxy else None

    @asynccontextmanager
    async def guarded(self) -> AsyncIterator[None]:
        """Run a call: close a half-open connection if it fails, and time out a silent SOCKS proxy.

        Raises:
            httpx.ConnectTimeout: the SOCKS proxy sent nothing for `CONNECT_SECONDS`.
            httpx.ProxyError: the proxy does not speak SOCKS.
        """
        try:
            async with asyncio.timeout(None) as self._timeout:
                yield
        except asyncio.CancelledError:
            await self._drop()
            raise
        except TimeoutError:
            await self._drop()
            raise httpx.ConnectTimeout("") from None
        except Exception as fault:  # the parser raises assertions and more for bytes that no SOCKS proxy sends
            if not self._is_in_socks:
                raise
            await self._drop()
            if isinstance(fault, httpx.ProxyError):
                raise
            raise httpx.ProxyError("it does not answer as a SOCKS5 proxy does") from None

    async def _drop(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
