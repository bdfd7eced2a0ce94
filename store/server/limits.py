"""Limits of a request: its host name, the size of its headers and of its body (CONTRACT.md part 3, Limits)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_client.body_limits import BodyLimits
from api_client.errors import ApiError, HeadersTooLarge, NotAllowed, TooLarge
from store.server.error_responses import error_response
from store.server.shares import Shares

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The names by which this machine calls itself."""

LARGE_BODY = 64_000
"""Bytes over which a body is large; the counted limits of the contract leave most calls far below."""
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps, in bytes; `within` counts what a JSON body holds, `shares` what one caller may use at a time."""

    headers: int = 16_000
    body: int = 1_000_000
    upload: int = 25_000_000
    within: BodyLimits = field(default_factory=BodyLimits)
    shares: Shares = field(default_factory=Shares)
    public_url: str = ""
    """The address under which callers reach the server, without a slash at its end; empty: what they call it."""


class Gate:
    """Refuses requests for another host, and headers over the cap, before anything else is read."""

    def __init__(self, app: ASGIApp, *, limits: Limits, hosts: Collection[str]) -> None:
        self._app, self._limits = app, limits
        # An IPv6 address is in brackets in a Host header, and without them on a command line.
        self._hosts = frozenset(
            f"[{host}]" if host.count(":") > 1 and host[0] != "[" else host.lower() for host in hosts
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer 431 or 403."""
        if fault := self._fault(scope):
            await error_response(fault)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _fault(self, scope: Scope) -> ApiError | None:
        headers = scope["headers"]
        # Each header line has four bytes more (": " and the line's end); the address counts too.
        size = sum(len(name) + len(value) + 4 for name, value in headers)
        size += len(scope.get("raw_path") or b"") + len(scope["query_string"])
        if size > self._limits.headers:
            return HeadersTooLarge(f"The headers are over {self._limits.headers} bytes.")
        # A page of another site may be made to resolve to this machine: its requests carry that site's name.
        if _host_name(headers) not in self._hosts:
            return NotAllowed("This server does not answer for that host name.")
        return None


def _host_name(headers: Collection[tuple[bytes, bytes]]) -> str:
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1").lower()
    named = _HOST.fullmatch(host)
    return named["name"].rstrip(".") if named else ""


def is_large(request: Request) -> bool:
    """Return whether a body is large enough to need a turn of its own, or has no declared length."""
    declared = request.headers.get("content-length", "")
    return int(declared) > LARGE_BODY if declared.isdecimal() else "transfer-encoding" in request.headers


def capped(request: Request, cap: int) -> Request:
    """Return `request` with a body that raises `TooLarge` as soon as more than `cap` bytes have come."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > cap:
        raise TooLarge(_words(cap))
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > cap:
            raise TooLarge(_words(cap))
        return message

    return Request(request.scope, receive)


def _words(cap: int) -> str:
    return f"The body is over {cap} bytes."
