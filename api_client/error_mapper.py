"""From what a server answered, or did not, to the error that the caller of a Backend sees: the only such place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    Unavailable,
    UnexpectedAnswer,
)

_BY_STATUS: Mapping[int, type[ApiError]] = {
    kind.status: kind for kind in (NotAuthenticated, NotAllowed, NotFound, Conflict, TooLarge, HeadersTooLarge)
}

_UNAVAILABLE = frozenset({408, 502, 503, 504})
"""What a server or gateway answers that has no answer at present."""


def fault_of(status: int, body: bytes) -> ApiError:
    """Return the error that an answer other than 2xx names: the only translation from a status to a class."""
    told = _told(body)
    words = next((told[key] for key in ("message", "error") if isinstance(told.get(key), str)), None)
    words = words or f"The server answered {status}."
    if status == InvalidRequest.status:
        return _invalid(told, words)
    if status == TooManyRequests.status:
        return TooManyRequests(words)
    if status in _UNAVAILABLE:
        return Unavailable(words)
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
