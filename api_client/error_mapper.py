"""The only place where a server's response becomes the error that the caller of a Backend sees."""

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
    error_type.status: error_type
    for error_type in (NotAuthenticated, NotAllowed, NotFound, Conflict, TooLarge, HeadersTooLarge)
}

_UNAVAILABLE = frozenset({408, 502, 503, 504})
"""Statuses of a server that can't answer at present, and of a gateway before one."""


def fault_of(status: int, body: bytes) -> ApiError:
    """Return the error that a response other than 2xx stands for."""
    refusal = _object_in(body)
    words = next((refusal[key] for key in ("message", "error") if isinstance(refusal.get(key), str)), None)
    words = words or f"The server answered {status}."
    if status == InvalidRequest.status:
        return _invalid(refusal, words)
    if status == TooManyRequests.status:
        return TooManyRequests(words)
    if status in _UNAVAILABLE:
        return Unavailable(words)
    if status >= ServerFault.status:
        return ServerFault(words)
    if error_type := _BY_STATUS.get(status):
        return _with_needs(error_type(words), refusal)
    return UnexpectedAnswer(f"The server answered {status}, which is no answer of this contract: {words}")


def _with_needs(fault: ApiError, refusal: Mapping[str, Any]) -> ApiError:
    if isinstance(fault, NotAllowed) and isinstance(refusal.get("needs"), dict):
        fault.needs = refusal["needs"]
    return fault


def _invalid(refusal: Mapping[str, Any], words: str) -> InvalidRequest:
    code, fields = refusal.get("code"), refusal.get("fields")
    if code == InvalidAnswers.code and isinstance(fields, dict):
        return InvalidAnswers({str(field_id): str(fault) for field_id, fault in fields.items()})
    return InvalidRequest(words, code=code if isinstance(code, str) else None)


def _object_in(body: bytes) -> Mapping[str, Any]:
    try:
        refusal = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return refusal if isinstance(refusal, dict) else {}
