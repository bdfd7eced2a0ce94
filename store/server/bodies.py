"""JSON in and out, exactly: a body that can't be stored as it was sent is refused, not adjusted."""

from __future__ import annotations

import asyncio
import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Never, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api_client.body_limits import BodyLimits, check_body
from api_client.commands import REPLAYED_HEADER, Command, read_command
from api_client.errors import InvalidRequest
from api_client.models import Page, Receipt
from api_client.wire import Json, Wire
from store.server.limits import capped

C = TypeVar("C", bound=Command)

JSON = "application/json"
_PIECE = 64 * 1024
_FEW = 50
"""Items of a page that are written out at once."""
_SHORT = 500
"""Items of a list that are written out in a few milliseconds."""
INLINE_BYTES = 4_000
"""A body up to this size is read and checked on the event loop: at worst in 1 ms (measured, 16 kB take 4), which is
near what a change of threads costs."""
_READERS = ThreadPoolExecutor(2, thread_name_prefix="body-reader")
"""Apart from the store's threads, so that large bodies wait for each other and for nobody else's reads."""
_APART = (b" :", b"\t:", b"\n:", b"\r:")
"""A colon with a blank before it, behind a key or within a text."""
_KEY_SHOWN = 60
_MANY_DIGITS = re.compile(rb"[0-9]{19}")
"""A part of every integer over 64 bits, and of other texts too."""


async def read_body(request: Request, cap: int) -> bytes:
    """Return the body.

    Raises:
        TooLarge: it is over `cap` bytes.
    """
    return await capped(request, cap).body()


async def read_command_in(kind: type[C], body: bytes, limits: BodyLimits, **path_values: str) -> C:
    """Return the command that `body` spells; a large one is read and checked off the event loop.

    Raises:
        InvalidRequest: it spells none, or is over one of the counted limits.
    """

    def command() -> C:
        return read_command(kind, read_object(body, limits), **path_values)

    if len(body) <= INLINE_BYTES:
        return command()
    return await asyncio.get_running_loop().run_in_executor(_READERS, command)


def read_object(body: bytes, limits: BodyLimits) -> dict[str, Json]:
    """Return the JSON object that `body` spells.

    Raises:
        InvalidRequest: it is none, is over one of the counted limits, or holds what can't be stored as it was meant:
            NaN, half a surrogate pair, an integer over 64 bits, a key that stands twice in one object.
    """
    body = body.removeprefix(BOM_UTF8)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise InvalidRequest(f"The body is no JSON: {fault}") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    keys = check_body(value, limits)
    if _MANY_DIGITS.search(body) or not _has_no_more_keys(body, keys):
        _read_again(body)
    return value


def _has_no_more_keys(body: bytes, keys: int) -> bool:
    """Return whether a body has just as many keys as were read from it; False may mean either.

    A key has its colon behind its closing quote. Texts may look like that too, so there are never fewer.
    """
    if body.count(b":") == keys:
        return True
    return body.count(b'":') == keys and not any(apart in body for apart in _APART)


def _read_again(body: bytes) -> None:
    """Read with a parser that hands over what orjson passes over: the last digits of an integer, the first of two keys.

    Raises:
        InvalidRequest: an integer has over 64 bits, or a key stands twice in one object.
    """

    def refuse(digits: str) -> Never:
        raise InvalidRequest(f"The body holds an integer over 64 bits: {digits[:30]}")

    def check(digits: str) -> int:
        return int(digits) if len(digits) < 22 and -(2**63) <= int(digits) < 2**64 else refuse(digits)

    def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        unique = dict(pairs)
        if len(unique) != len(pairs):
            counted = Counter(key for key, _ in pairs)
            doubled = next(key for key, count in counted.items() if count > 1)
            raise InvalidRequest(f"{doubled[:_KEY_SHOWN]}: stands twice in one object")
        return unique

    json.loads(body, parse_int=check, object_pairs_hook=once)


def json_response(answer: Wire) -> Response:
    """Return `answer` under its wire names, optional keys without a value left out."""
    return in_pieces(answer.wire_bytes())


async def page_response(page: Page[Any]) -> Response:
    """Return a page; one of many items is written out beside the other calls, not before them."""
    return in_pieces(page.wire_bytes() if len(page.items) <= _FEW else await asyncio.to_thread(page.wire_bytes))


def in_pieces(body: bytes) -> Response:
    """Return an answer of JSON; a large one is handed on as fast as it is read, in pieces."""
    return Response(body, media_type=JSON) if len(body) <= _PIECE else _InPieces(body, media_type=JSON)


class _InPieces(Response):
    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _PIECE):
            piece, more = self.body[start : start + _PIECE], start + _PIECE < len(self.body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})


async def list_response(items: Sequence[Wire]) -> Response:
    """Return a list that comes whole; a long one is written out beside the other calls, not before them."""
    body = _list(items) if len(items) <= _SHORT else await asyncio.to_thread(_list, items)
    return in_pieces(body)


def _list(items: Sequence[Wire]) -> bytes:
    return b'{"items":[' + b",".join(one.wire_bytes() for one in items) + b"]}"


def receipt_response(receipt: Receipt, status: int = 201) -> Response:
    """Return what a write answered, and whether it was remembered."""
    headers = {REPLAYED_HEADER: "true"} if receipt.replayed else {}
    return Response(orjson.dumps(receipt.answer), status, headers, "application/json")
