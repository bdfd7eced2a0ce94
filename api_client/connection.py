"""One exchange with a Pump Up server: the tries, the timeouts, and the one place where a status becomes an error."""

from __future__ import annotations

import random
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import httpx
import orjson

from api_client.errors import (
    ApiError,
    Conflict,
    HeadersTooLarge,
    InvalidAnswers,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServerFault,
    TooLarge,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from api_client.times import Clock

Sleep = Callable[[float], Awaitable[object]]

TRIES = 3
"""How often a read or a keyed write is sent at the most."""
FIRST_PAUSE = 0.25
"""Seconds between the first two tries, doubled after each, with up to half of it more by chance."""
LONGEST_PAUSE = 20.0
"""Seconds. A server that asks for more is not waited for: the caller hears its `retry_after`."""

_TIMEOUT = httpx.Timeout(connect=3.0, read=10.0, write=10.0, pool=10.0)
# Few in flight: past four, httpx serves fewer calls a second. A kept connection is dropped before the server's own
# limit of idleness, so that a call is seldom sent into a closing one.
_POOL = httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=4.0)

_WORTH_ANOTHER_TRY = frozenset({408, 429, 500, 502, 503, 504})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_BY_STATUS: Mapping[int, type[ApiError]] = {
    kind.status: kind for kind in (NotAuthenticated, NotAllowed, NotFound, Conflict, TooLarge, HeadersTooLarge)
}


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the server. `content` as a stream can be sent only once."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | bytes] = field(default_factory=dict)
    content: bytes | AsyncIterable[bytes] | None = None

    @property
    def tries(self) -> int:
        """How often this call may be sent."""
        return TRIES if self.content is None or isinstance(self.content, bytes) else 1


class Connection:
    """A server's address and a key, over one shared pool of connections."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        clock: Clock,
        sleep: Sleep,
        jitter: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_plain_http: bool = False,
    ) -> None:
        """Check the address; nothing is sent yet.

        Raises:
            InvalidRequest: the address is none, or is plain http to another machine (code `INSECURE_URL`).
            NotAuthenticated: the key is empty or holds characters that no key has.
        """
        self.url = checked_url(base_url, allow_plain_http=allow_plain_http)
        if not (api_key.isascii() and api_key.isprintable() and api_key.split() == [api_key]):
            raise NotAuthenticated("The API key is empty or holds characters that no key has.")
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._client = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {api_key}", "X-API-Version": "0", "Accept": "application/json"},
            timeout=_TIMEOUT,
            limits=_POOL,
            transport=transport,
            # What is on this machine is never asked for through a proxy.
            trust_env=not _is_loopback(httpx.URL(self.url).host),
        )

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    async def send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        """Return the server's 2xx answer; try again where that is safe and may help.

        Raises:
            ApiError: the class and code that the status and body name.
            Unreachable: no answer came; `maybe_done` where a write may have arrived.
        """
        maybe_done = False
        for tries_left in reversed(range(call.tries)):
            try:
                response = await self._client.send(self._request(call), stream=stream)
                if response.is_success:
                    return response
                fault = await self._fault(response)
                pause = self._pause(call.tries - tries_left, response)
            except httpx.TransportError as lost:
                maybe_done |= call.method == "POST" and not isinstance(lost, _NEVER_SENT)
                fault = Unreachable(self._words(lost), maybe_done=maybe_done)
                pause = self._pause(call.tries - tries_left, None)
            except httpx.DecodingError:
                raise UnexpectedAnswer(f"{self.url} sent an answer that can't be unpacked.") from None
            if not tries_left or pause is None:
                raise fault
            await self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the pieces of the answer's body, which is not held in memory.

        Raises:
            ApiError: as `send`.
            Unreachable: the connection was lost on the way.
        """
        response = await self.send(call, stream=True)
        try:
            yield response.aiter_bytes()
        except httpx.TransportError as lost:
            raise Unreachable(self._words(lost)) from None
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _request(self, call: Call) -> httpx.Request:
        pairs = call.headers.items()
        return self._client.build_request(
            call.method,
            call.path,
            params=call.params or None,
            headers=[(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in pairs],
            content=call.content,
        )

    async def _fault(self, response: httpx.Response) -> ApiError:
        try:
            body = await response.aread()
        finally:
            await response.aclose()
        fault = fault_of(response.status_code, body)
        if isinstance(fault, TooManyRequests):
            fault.retry_after = self._retry_after(response)
        return fault

    def _pause(self, tried: int, response: httpx.Response | None) -> float | None:
        """Return the seconds to wait before the next try; None where another try is of no use."""
        pause = FIRST_PAUSE * 2.0 ** (tried - 1) * (1 + self._jitter() / 2)
        if response is None:
            return pause
        if response.status_code not in _WORTH_ANOTHER_TRY:
            return None
        pause = max(pause, self._retry_after(response) or 0)
        return pause if pause <= LONGEST_PAUSE else None

    def _retry_after(self, response: httpx.Response) -> float | None:
        text: str = response.headers.get("Retry-After", "")
        try:
            if text.isdecimal():
                return float(text)
            due = parsedate_to_datetime(text)
            return max(0.0, (due - self._clock()).total_seconds())
        except (ValueError, TypeError):  # neither seconds nor a date with a zone: as if it were not there
            return None

    def _words(self, lost: httpx.TransportError) -> str:
        reason = str(lost) or type(lost).__name__
        if isinstance(lost, httpx.TimeoutException):
            reason = "no answer in time"
        elif reason == "All connection attempts failed":  # anyio's words for a refused connection
            reason = "nothing answers there"
        return f"{self.url} can't be reached: {reason}"


def fault_of(status: int, body: bytes) -> ApiError:
    """Return the error that an answer other than 2xx names: the only translation from a status to a class."""
    told = _told(body)
    words = next((told[key] for key in ("message", "error") if isinstance(told.get(key), str)), None)
    words = words or f"The server answered {status}."
    if status == InvalidRequest.status:
        return _invalid(told, words)
    if status == TooManyRequests.status:
        return TooManyRequests(words)
    if status >= ServerFault.status:
        return ServerFault(words)
    if kind := _BY_STATUS.get(status):
        return kind(words)
    return UnexpectedAnswer(f"The server answered {status}, which is no answer of this contract: {words}")


def _invalid(told: Mapping[str, Any], words: str) -> InvalidRequest:
    code, fields = told.get("code"), told.get("fields")
    if code == InvalidAnswers.code and isinstance(fields, dict):
        return InvalidAnswers({str(field_id): str(fault) for field_id, fault in fields.items()})
    return InvalidRequest(words, code=code if isinstance(code, str) else None)


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def checked_url(base_url: str, *, allow_plain_http: bool) -> str:
    """Return `base_url` as it may be called.

    Raises:
        InvalidRequest: it is no http address (`INVALID_URL`), or its key would travel in the open (`INSECURE_URL`).
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise InvalidRequest("The server's address is no URL.", code="INVALID_URL") from None
    if url.scheme not in ("http", "https") or not url.host:
        words = "The server's address must be like https://host or http://127.0.0.1:7867."
        raise InvalidRequest(words, code="INVALID_URL")
    if url.userinfo or url.query or url.fragment:
        raise InvalidRequest("The server's address must hold no user, query or fragment.", code="INVALID_URL")
    if url.scheme == "http" and not allow_plain_http and not _is_loopback(url.host):
        raise InvalidRequest(
            f"{base_url} is plain http to another machine: the API key would travel in the open. Use https.",
            code="INSECURE_URL",
        )
    return str(url).rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
