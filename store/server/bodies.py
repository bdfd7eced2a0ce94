"""JSON in and out, exactly: what could not be kept as it was sent is refused, not bent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Never

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api_client.commands import REPLAYED_HEADER
from api_client.errors import InvalidRequest
from api_client.models import Receipt
from api_client.wire import Json, Wire
from store.server.limits import capped

DEEPEST = 100
"""Levels of objects and lists in a body: the journal's writer and every reader's parser take more."""
_SHORT = 500
"""Items of a list that are written out in a few milliseconds."""
_BEYOND_INTEGERS = float(2**63)


async def read_body(request: Request, cap: int) -> bytes:
    """Return the body.

    Raises:
        TooLarge: it is over `cap` bytes.
    """
    return await capped(request, cap).body()


def read_object(body: bytes) -> dict[str, Json]:
    """Return the JSON object that `body` spells.

    Raises:
        InvalidRequest: it is none, or holds what can't be kept: NaN, half a surrogate pair, an integer over 64 bits,
            more than `DEEPEST` levels.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise InvalidRequest(f"The body is no JSON: {fault}") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if _holds_huge_number(value):
        _refuse_huge_integers(body)
    return value


def _holds_huge_number(root: Json) -> bool:
    """Walk all values; tell whether any number is so large that orjson may have read an integer as a float."""
    huge = False
    waiting: list[tuple[Json, int]] = [(root, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, float):
            huge = huge or abs(value) >= _BEYOND_INTEGERS
        elif isinstance(value, (dict, list)):
            if depth > DEEPEST:
                raise InvalidRequest(f"The body is nested deeper than {DEEPEST} levels.")
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((item, depth + 1) for item in inner)
    return huge


def _refuse_huge_integers(body: bytes) -> None:
    """Read the digits again: orjson makes a float of an integer over 64 bits, and its last digits are lost."""

    def refuse(digits: str) -> Never:
        raise InvalidRequest(f"The body holds an integer over 64 bits: {digits[:30]}")

    def check(digits: str) -> int:
        return int(digits) if len(digits) < 22 and -(2**63) <= int(digits) < 2**64 else refuse(digits)

    json.loads(body, parse_int=check)


def json_response(answer: Wire) -> Response:
    """Return `answer` under its wire names, optional keys without a value left out."""
    return Response(answer.wire_bytes(), media_type="application/json")


async def list_response(items: Sequence[Wire]) -> Response:
    """Return a list that comes whole; a long one is written out beside the other calls, not before them."""
    body = _list(items) if len(items) <= _SHORT else await asyncio.to_thread(_list, items)
    return Response(body, media_type="application/json")


def _list(items: Sequence[Wire]) -> bytes:
    return b'{"items":[' + b",".join(one.wire_bytes() for one in items) + b"]}"


def receipt_response(receipt: Receipt) -> Response:
    """Return what a write answered, and whether it was remembered."""
    headers = {REPLAYED_HEADER: "true"} if receipt.replayed else {}
    return Response(orjson.dumps(receipt.answer), 201, headers, "application/json")
