"""One exchange with a Pump Up server: the tries, the pauses between them, and how long silence is borne."""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

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
from api_client.response_limits import ACCEPTED, ANSWER_MOST, LIMIT, BodyLimit, Bounded, Limit
from api_client.times import Clock
from api_client.transport import CONNECT_SECONDS, Dialling, Routes

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
_POOL_SECONDS = 5.0

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
    limit: Limit = field(default_factory=lambda: BodyLimit(ANSWER_MOST))
    """How much its answer may hold, unpacked."""

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
            Misconfigured: the address is none (`INVALID_URL`) or is plain http to another machine (`INSECURE_URL`),
                the certificates to trust can't be read (`INVALID_CA_FILE`), or the environment names a proxy that
                can't be (`INVALID_PROXY`).
            NotAuthenticated: the key is empty or holds characters that no key has.
        """
        self.url = checked_url(base_url, allow_plain_http=allow_plain_http)
        if not (api_key.isascii() and api_key.isprintable() and api_key.split() == [api_key]):
            raise NotAuthenticated("The API key is empty or holds characters that no key has.")
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        # What is on this machine is never asked for through a proxy.
        direct = transport is not None or is_loopback(httpx.URL(self.url).host)
        self._proxies = Proxies({}) if direct else proxies_of_environment()
        # A value that can't be used is reported before anything is sent.
        self.proxy = str(self._proxies.of(httpx.URL(self.url)) or "")
        trusted = cache(lambda: trust(ca_file))
        if self.url.startswith("https:"):
            trusted()
        self._client = httpx.AsyncClient(
            base_url=self.url,
            headers={
                "Authorization": f"Bearer {api_key}",
                "X-API-Version": "0",
                "Accept": "application/json",
                "Accept-Encoding": ACCEPTED,
            },
            transport=Bounded(transport or Routes(self._proxies, trusted)),
            trust_env=False,  # the environment's proxies and certificates are read here, to be refused in words
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
            request = self._request(call)
            dialling = Dialling(self._proxies.of(request.url), is_secure=request.url.scheme == "https")
            try:
                response = await self._exchange(request, dialling, stream=stream)
                if response.is_success:
                    return response
                fault = await self._fault(response)
                if maybe_done and not isinstance(fault, AFTER_THE_KEY):
                    # An earlier try may have arrived, and this answer was given before its key was looked for.
                    fault = Unreachable(f"{self.url} does not tell what became of it: {fault}", maybe_done=True)
                maybe_done |= call.is_write and isinstance(fault, ServerFault)
                pause = self._pause_after(response, tried)
            except _LOST as lost:
                maybe_done |= call.is_write and not (dialling.failed_at or isinstance(lost, _NEVER_SENT))
                fault = self._unreachable(lost, dialling.failed_at, maybe_done=maybe_done)
                pause = self._pause(tried) if _worth_another_try(call, lost) else None
            except httpx.DecodingError:
                raise self._not_unpacked() from None
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
            raise self._unreachable(lost) from None
        except httpx.DecodingError:
            raise self._not_unpacked() from None
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _exchange(self, request: httpx.Request, dialling: Dialling, *, stream: bool) -> httpx.Response:
        request.extensions["trace"] = dialling
        async with dialling.guarded():
            # The body of a failure is read where its status is known already: see `_fault`.
            response = await self._client.send(request, stream=True)
            try:
                if response.is_success and not stream:
                    await response.aread()
            except BaseException:  # whatever ended it, also a cancelled task: the connection goes back to the pool
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
            body = b""  # the status says what to do, whatever stands beside it
        finally:
            await response.aclose()
        proxy = self._proxies.of(response.request.url)
        if proxy is not None and response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            return ProxyFailed(_refused_by(proxy, f"{self.url} is not reached", "407"))
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
        except (
            ValueError,
            TypeError,
            OverflowError,
        ):  # neither seconds nor a date: as if it were not there
            return None

    def _not_unpacked(self) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.url} sent an answer that can't be unpacked.")

    def _unreachable(self, lost: Exception, proxy: Proxy | None = None, *, maybe_done: bool = False) -> Unreachable:
        """Return what to say of a lost call; of the proxy where it came no further than that."""
        if proxy is not None:
            return ProxyFailed(_refused_by(proxy, f"{self.url} is not reached", _reason(lost)), maybe_done=maybe_done)
        if why := distrust(lost):
            words = (
                f"{self.url} is not trusted: {why}. Where it has a CA of its own, name that with --ca-file or "
                "SSL_CERT_FILE"
            )
            return Unreachable(words, maybe_done=maybe_done)
        return Unreachable(f"{self.url} can't be reached: {_reason(lost)}", maybe_done=maybe_done)


def _reason(lost: Exception) -> str:
    reason = distrust(lost) or str(lost) or type(lost).__name__
    if isinstance(lost, httpx.TimeoutException):
        return "no answer in time"
    # anyio's words for a refused connection
    return "nothing answers there" if reason == "All connection attempts failed" else reason


_NOT_LET_IN = ("407", "Invalid username/password", "Requested ")
"""What httpcore's words begin with where a proxy wants a user and password, or others."""


def _refused_by(proxy: Proxy, what: str, reason: str) -> str:
    if reason.startswith(_NOT_LET_IN):
        return (
            f"{what}: the {proxy} wants another user and password ({reason}). "
            f"Write them into {proxy.variable}, like {proxy.url.scheme}://user:password@host:port"
        )
    return (
        f"{what}: the {proxy} does not let it through ({reason}). "
        f"Correct or unset {proxy.variable}, or name the server in NO_PROXY"
    )


def _worth_another_try(call: Call, lost: Exception) -> bool:
    if distrust(lost):
        return False
    # Silence is no passing fault. Whoever reads may ask again; what became of a write only its key can tell.
    return not isinstance(lost, httpx.TimeoutException) or (call.is_write and not isinstance(lost, _NEVER_SENT))
