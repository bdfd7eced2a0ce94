"""One exchange with a Pump Up server: the tries, the pauses between them, and how long silence is borne."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from api_client.addresses import checked_url, distrust, is_loopback, same_origin, trust
from api_client.errors import (
    AFTER_THE_KEY,
    ApiError,
    NotAuthenticated,
    ServerFault,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from api_client.faults import fault_of
from api_client.times import Clock

Sleep = Callable[[float], Awaitable[object]]

TRIES = 3
"""How often a read or a keyed write is sent at the most."""
FIRST_PAUSE = 0.25
"""Seconds between the first two tries, doubled after each, with up to half of it more by chance."""
LONGEST_PAUSES = 20.0
"""Seconds between all tries of a call. Where a server asks for more, the caller hears its `retry_after` at once."""

PATIENCE = 10.0
"""Seconds of silence after which an answer is not waited for, where the call names no other limit."""
WRITE_PATIENCE = 5.0
"""The same for keyed writes: what became of one is asked again by its key, so less is lost by asking early."""
SHORT_PATIENCE = 2.0
"""The same for calls that ask whether the server is there: a person must know within three seconds."""
SHORT_TRIES, SHORT_PAUSES = 2, 1.2
"""How often such a call is sent at the most, and the seconds between its tries."""
CONNECT_SECONDS = 2.0
"""For the connection itself, and once more for TLS: enough for the system to ask a second time."""
_POOL_SECONDS = 5.0

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
# Bytes that break TLS midway come as an SSLError past httpx's own errors.
_LOST = (httpx.TransportError, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the server. `content` as a stream can be sent only once.

    `path` may be a whole URL: where that is another server's, the key stays at home.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | bytes] = field(default_factory=dict)
    content: bytes | AsyncIterable[bytes] | None = None
    patience: float = PATIENCE

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method == "POST"

    @property
    def pauses(self) -> float:
        """Seconds that may pass between its tries, all together."""
        return LONGEST_PAUSES if self.patience > SHORT_PATIENCE else SHORT_PAUSES

    @property
    def tries(self) -> int:
        """How often this call may be sent: a stream can't be sent again, and whoever waits for a sign hears it soon."""
        if not (self.content is None or isinstance(self.content, bytes)):
            return 1
        return TRIES if self.patience > SHORT_PATIENCE else SHORT_TRIES


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
        ca_file: Path | None = None,
    ) -> None:
        """Check the address; nothing is sent yet.

        Raises:
            InvalidRequest: the address is none, or is plain http to another machine (code `INSECURE_URL`), or the
                certificates to trust can't be read (`INVALID_CA_FILE`).
            NotAuthenticated: the key is empty or holds characters that no key has.
        """
        self.url = checked_url(base_url, allow_plain_http=allow_plain_http)
        if not (api_key.isascii() and api_key.isprintable() and api_key.split() == [api_key]):
            raise NotAuthenticated("The API key is empty or holds characters that no key has.")
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._client = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {api_key}", "X-API-Version": "0", "Accept": "application/json"},
            limits=_POOL,
            transport=transport,
            verify=trust(self.url, ca_file),
            # What is on this machine is never asked for through a proxy.
            trust_env=not is_loopback(httpx.URL(self.url).host),
        )

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    async def send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        """Return the server's 2xx answer; try again where that is safe and may help.

        Raises:
            ApiError: the class and code that the status and body name.
            Unreachable: no answer came; `maybe_done` where a write may have arrived.
        """
        maybe_done, paused = False, 0.0
        for tried in range(1, call.tries + 1):
            try:
                response = await self._exchange(self._request(call), stream=stream)
                if response.is_success:
                    return response
                fault = await self._fault(response)
                if maybe_done and not isinstance(fault, AFTER_THE_KEY):
                    # An earlier try may have arrived, and this answer was given before its key was looked for.
                    fault = Unreachable(f"{self.url} does not tell what became of it: {fault}", maybe_done=True)
                maybe_done |= call.is_write and isinstance(fault, ServerFault)
                pause = self._pause_after(response, tried)
            except _LOST as lost:
                maybe_done |= call.is_write and not isinstance(lost, _NEVER_SENT)
                fault = Unreachable(self._words(lost), maybe_done=maybe_done)
                pause = self._pause(tried) if _worth_another_try(call, lost) else None
            except httpx.DecodingError:
                raise UnexpectedAnswer(f"{self.url} sent an answer that can't be unpacked.") from None
            if tried == call.tries or pause is None or paused + pause > call.pauses:
                raise fault
            paused += pause
            await self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[httpx.Response]:
        """Give an answer whose body is read piece by piece and not held in memory.

        Raises:
            ApiError: as `send`.
            Unreachable: the connection was lost on the way.
        """
        response = await self.send(call, stream=True)
        try:
            yield response
        except _LOST as lost:
            raise Unreachable(self._words(lost)) from None
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _exchange(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        handshake = _Handshake()
        request.extensions["trace"] = handshake
        try:
            return await self._client.send(request, stream=stream)
        except asyncio.CancelledError:
            await handshake.drop()
            raise

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
        return request

    async def _fault(self, response: httpx.Response) -> ApiError:
        try:
            body = await response.aread()
        finally:
            await response.aclose()
        fault = fault_of(response.status_code, body)
        if isinstance(fault, TooManyRequests):
            fault.retry_after = self._retry_after(response)
        return fault

    def _pause(self, tried: int) -> float:
        return FIRST_PAUSE * 2.0 ** (tried - 1) * (1 + self._jitter() / 2)

    def _pause_after(self, response: httpx.Response, tried: int) -> float | None:
        """Return the seconds to wait before the next try; None where another try is of no use."""
        if response.status_code not in _WORTH_ANOTHER_TRY:
            return None
        return max(self._pause(tried), self._retry_after(response) or 0)

    def _retry_after(self, response: httpx.Response) -> float | None:
        text: str = response.headers.get("Retry-After", "")
        try:
            if text.isdecimal():
                return float(text)
            due = parsedate_to_datetime(text)
            return max(0.0, (due - self._clock()).total_seconds())
        except (ValueError, TypeError):  # neither seconds nor a date with a zone: as if it were not there
            return None

    def _words(self, lost: Exception) -> str:
        if why := distrust(lost):
            return (
                f"{self.url} is not trusted: {why}. Where it has a CA of its own, name that with --ca-file or "
                "SSL_CERT_FILE"
            )
        reason = str(lost) or type(lost).__name__
        if isinstance(lost, httpx.TimeoutException):
            reason = "no answer in time"
        elif reason == "All connection attempts failed":  # anyio's words for a refused connection
            reason = "nothing answers there"
        return f"{self.url} can't be reached: {reason}"


class _Handshake:
    """Notes on which connection TLS is being agreed: where a call is cancelled meanwhile, httpcore leaves it open."""

    def __init__(self) -> None:
        self._stream: Any = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of what happens to a connection, as httpx's `trace` extension tells it."""
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]
        elif event == "connection.start_tls.complete":
            self._stream = None

    async def drop(self) -> None:
        """Close it."""
        if self._stream is not None:
            await self._stream.aclose()


def _worth_another_try(call: Call, lost: Exception) -> bool:
    if distrust(lost):
        return False
    # Silence is no passing fault. Whoever reads may ask again; what became of a write only its key can tell.
    return not isinstance(lost, httpx.TimeoutException) or (call.is_write and not isinstance(lost, _NEVER_SENT))
