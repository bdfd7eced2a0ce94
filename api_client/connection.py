"""Calls to a Pump Up server: tries, pauses between them, and timeouts."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TypedDict

import httpx

from api_client.addresses import checked_url, distrust, is_loopback, same_origin, trust
from api_client.error_mapper import fault_of
from api_client.errors import (
    AFTER_THE_KEY,
    ApiError,
    NotAuthenticated,
    ProxyFailed,
    ServerFault,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from api_client.proxies import Proxies, Proxy, proxies_of_environment
from api_client.response_limits import ACCEPTED, ANSWER_MOST, LIMIT, BodyLimit, Limit, LimitedTransport
from api_client.times import Clock, utc_now
from api_client.transport import CONNECT_SECONDS, ConnectionTrace, ProxyTransport

Sleep = Callable[[float], Awaitable[object]]

TRIES = 3
"""The most tries of a read or of a write with a key."""
FIRST_PAUSE = 0.25
"""Seconds between the first two tries, doubled after each, with a jitter of up to half of it."""
LONGEST_PAUSES = 20.0
"""Seconds of all pauses of a call together. If a server asks for more, the caller gets its `retry_after` at once."""

PATIENCE = 10.0
"""Read timeout in seconds, where the call has no other."""
WRITE_PATIENCE = 5.0
"""The same for writes with a key, which can be sent again without harm: the key finds the earlier one."""
SHORT_PATIENCE = 2.0
"""The same for calls that find out whether the server is there: a person must know within three seconds."""
SHORT_TRIES, SHORT_PAUSES = 2, 1.2
"""The most tries of such a call, and the seconds of its pauses."""
_POOL_SECONDS = 5.0

_RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
# A TLS stream that breaks midway raises an SSLError, which httpx does not translate.
_LOST = (httpx.TransportError, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the server. `content` as a stream can be sent only once.

    `path` may be a whole URL; if that is another server's, the API key is not sent.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | bytes] = field(default_factory=dict)
    content: bytes | AsyncIterable[bytes] | None = None
    patience: float = PATIENCE
    limit: Limit = field(default_factory=lambda: BodyLimit(ANSWER_MOST))
    """The limit of its decompressed response."""
    only_reads: bool = False
    """Whether it changes nothing, whatever its method."""

    @property
    def is_write(self) -> bool:
        """Whether the call may change something."""
        return self.method != "GET" and not self.only_reads

    @property
    def pauses(self) -> float:
        """The most seconds of all pauses between tries together."""
        return LONGEST_PAUSES if self.patience > SHORT_PATIENCE else SHORT_PAUSES

    @property
    def tries(self) -> int:
        """The most tries: one for a stream, which can't be sent again, and few if a person waits for the response."""
        if not (self.content is None or isinstance(self.content, bytes)):
            return 1
        return TRIES if self.patience > SHORT_PATIENCE else SHORT_TRIES


class ConnectionOptions(TypedDict, total=False):
    """The parts of a connection that have defaults."""

    clock: Clock
    """The present time, for a `Retry-After` that is a date."""
    sleep: Sleep
    """Waits between tries, for tests."""
    jitter: Callable[[], float]
    """A random number from 0 to 1, which spreads the tries of many clients."""
    transport: httpx.AsyncBaseTransport | None
    """Carries the requests, for tests."""
    allow_plain_http: bool
    """Lets the key be sent unencrypted to another machine."""
    ca_file: Path | None
    """The only certificates that are trusted, as PEM; None for the well-known ones."""


class Connection:
    """A server's address and a key, over one shared pool of connections."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_plain_http: bool = False,
        ca_file: Path | None = None,
    ) -> None:
        """Check the address; nothing is sent yet. `ConnectionOptions` explains the options.

        Raises:
            Misconfigured: the address is none (`INVALID_URL`) or is plain http to another machine (`INSECURE_URL`),
                the certificates to trust can't be read (`INVALID_CA_FILE`), or the environment names a proxy that
                can't be used (`INVALID_PROXY`).
            NotAuthenticated: the key is empty or has characters that no key has.
        """
        self.url = checked_url(base_url, allow_plain_http=allow_plain_http)
        if not (api_key.isascii() and api_key.isprintable() and api_key.split() == [api_key]):
            raise NotAuthenticated("The API key is empty or holds characters that no key has.")
        self.sleep = sleep
        self._clock, self._jitter = clock, jitter
        # This machine is never called through a proxy.
        is_direct = transport is not None or is_loopback(httpx.URL(self.url).host)
        self._proxies = Proxies({}) if is_direct else proxies_of_environment()
        # Variables and certificates that can't be used are reported before anything is sent.
        self.proxy = str(self._proxies.of(httpx.URL(self.url)) or "")
        tls_context = cache(lambda: trust(ca_file))
        if self.url.startswith("https:"):
            tls_context()
        self._client = _client(self.url, api_key, transport or ProxyTransport(self._proxies, tls_context))

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    async def send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        """Return the server's 2xx response; retry where that is safe and may help.

        Raises:
            ApiError: of the class and code that status and body name.
            Unreachable: there was no response; with `maybe_done` if a write may have arrived.
        """
        maybe_done, paused = False, 0.0
        for attempt in range(1, call.tries + 1):
            request = self._request(call)
            trace = ConnectionTrace(self._proxies.of(request.url), is_secure=request.url.scheme == "https")
            try:
                response = await self._exchange(request, trace, stream=stream)
                if response.is_success:
                    return response
                fault = await self._fault(response)
                if maybe_done and not isinstance(fault, AFTER_THE_KEY):
                    # An earlier try may have arrived, and the server refused this one before it looked up the key.
                    fault = Unreachable(f"{self.url} does not tell what became of it: {fault}", maybe_done=True)
                maybe_done |= call.is_write and isinstance(fault, ServerFault)
                pause = self._pause_after(response, attempt)
            except _LOST as error:
                maybe_done |= call.is_write and not (trace.failed_at or isinstance(error, _NEVER_SENT))
                fault = self._unreachable(error, trace.failed_at, maybe_done=maybe_done)
                pause = self._pause(attempt) if _is_worth_a_retry(call, error) else None
            except httpx.DecodingError:
                raise self._not_decompressed() from None
            if attempt == call.tries or pause is None or paused + pause > call.pauses:
                raise fault
            paused += pause
            await self.sleep(pause)
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[httpx.Response]:
        """Yield a response whose body is read in pieces and not held in memory.

        Raises:
            ApiError: as `send`.
            Unreachable: the connection was lost midway.
        """
        response = await self.send(call, stream=True)
        try:
            yield response
        except _LOST as error:
            raise self._unreachable(error) from None
        except httpx.DecodingError:
            raise self._not_decompressed() from None
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _exchange(self, request: httpx.Request, trace: ConnectionTrace, *, stream: bool) -> httpx.Response:
        request.extensions["trace"] = trace
        async with trace.guarded():
            # The body of an error response is read in `_fault`, where its status is known already.
            response = await self._client.send(request, stream=True)
            try:
                if response.is_success and not stream:
                    await response.aread()
            except BaseException:  # whatever ended it, also a cancelled task: the connection must go back to the pool
                await response.aclose()
                raise
            return response

    def _request(self, call: Call) -> httpx.Request:
        pairs = call.headers.items()
        request = self._client.build_request(
            call.method,
            call.path,
            params=call.params or None,
            headers=[(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in pairs],
            content=call.content,
            timeout=httpx.Timeout(call.patience, connect=CONNECT_SECONDS, pool=_POOL_SECONDS),
        )
        if not same_origin(request.url, httpx.URL(self.url)):
            del request.headers["Authorization"]
        request.extensions[LIMIT] = call.limit
        return request

    async def _fault(self, response: httpx.Response) -> ApiError:
        try:
            body = await response.aread()
        except (UnexpectedAnswer, httpx.DecodingError):
            body = b""  # the status alone says what to do
        finally:
            await response.aclose()
        proxy = self._proxies.of(response.request.url)
        if proxy is not None and response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            return ProxyFailed(_refused_by(proxy, f"{self.url} is not reached", "407"))
        fault = fault_of(response.status_code, body)
        if isinstance(fault, TooManyRequests):
            fault.retry_after = self._retry_after(response)
        return fault

    def _pause(self, attempt: int) -> float:
        return FIRST_PAUSE * 2.0 ** (attempt - 1) * (1 + self._jitter() / 2)

    def _pause_after(self, response: httpx.Response, attempt: int) -> float | None:
        """Return the seconds to wait before the next try; None if a retry is of no use."""
        if response.status_code not in _RETRIED_STATUSES:
            return None
        return max(self._pause(attempt), self._retry_after(response) or 0)

    def _retry_after(self, response: httpx.Response) -> float | None:
        text: str = response.headers.get("Retry-After", "")
        try:
            if text.isdecimal():
                return float(text)
            due = parsedate_to_datetime(text)
            return max(0.0, (due - self._clock()).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None  # neither seconds nor a date: as if there were no header

    def _not_decompressed(self) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.url} sent an answer that can't be unpacked.")

    def _unreachable(self, error: Exception, proxy: Proxy | None = None, *, maybe_done: bool = False) -> Unreachable:
        """Return the error of a lost call, about the proxy if it came no further than that."""
        if proxy is not None:
            return ProxyFailed(_refused_by(proxy, f"{self.url} is not reached", _reason(error)), maybe_done=maybe_done)
        if why := distrust(error):
            words = (
                f"{self.url} is not trusted: {why}. Where it has a CA of its own, name that with --ca-file or "
                "SSL_CERT_FILE"
            )
            return Unreachable(words, maybe_done=maybe_done)
        return Unreachable(f"{self.url} can't be reached: {_reason(error)}", maybe_done=maybe_done)


def _client(url: str, api_key: str, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url,
        headers={
            "Authorization": f"Bearer {api_key}",
            "X-API-Version": "0",
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
        },
        transport=LimitedTransport(transport),
        trust_env=False,  # this package reads the environment's proxies and certificates, to report faults in words
    )


def _reason(error: Exception) -> str:
    reason = distrust(error) or str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    # anyio's words for a refused connection
    return "nothing answers there" if reason == "All connection attempts failed" else reason


_PROXY_LOGIN_FAILED = ("407", "Invalid username/password", "Requested ")
"""The beginnings of httpcore's messages if a proxy demands a user and password, or others."""


def _refused_by(proxy: Proxy, problem: str, reason: str) -> str:
    if reason.startswith(_PROXY_LOGIN_FAILED):
        return (
            f"{problem}: the {proxy} wants another user and password ({reason}). "
            f"Write them into {proxy.variable}, like {proxy.url.scheme}://user:password@host:port"
        )
    return (
        f"{problem}: the {proxy} does not let it through ({reason}). "
        f"Correct or unset {proxy.variable}, or name the server in NO_PROXY"
    )


def _is_worth_a_retry(call: Call, error: Exception) -> bool:
    if distrust(error):
        return False
    # A timeout is seldom a passing fault. A reader may call again; the result of a write can be found by its key alone.
    return not isinstance(error, httpx.TimeoutException) or (call.is_write and not isinstance(error, _NEVER_SENT))
