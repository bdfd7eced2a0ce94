"""Error responses: one table from exceptions to statuses and bodies (CONTRACT.md part 1, Errors)."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Mapping

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from api_client.errors import (
    ApiError,
    InvalidAnswers,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    ServerFault,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    TooManyRequests,
)

log = logging.getLogger("pumpup.server")

_ROUTER_WORDS = {404: "There is no such call.", 405: "This call does not take this method."}
_STORE_WORDS: Mapping[type[StoreError], str] = {
    StoreBusy: "The store is busy; try again.",
    StoreReadOnly: "The store takes no writes at present.",
    StoreFull: "The server's disk is nearly full: uploads are not accepted until there is room. Nothing was recorded.",
    StoreError: "The store did not take it; nothing was recorded.",
}


def error_response(fault: ApiError) -> Response:
    """Return the response for `fault`: its status, and a body without details of the server."""
    headers = {}
    if isinstance(fault, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(fault, TooManyRequests) and fault.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(fault.retry_after))
    return _answer(fault.status or ServerFault.status, _body(fault), headers)


def _body(fault: ApiError) -> dict[str, object]:
    if isinstance(fault, InvalidAnswers):
        return {"code": fault.code, "message": fault.message, "fields": fault.fields}
    if isinstance(fault, InvalidRequest):
        return {"code": fault.code, "message": fault.message}
    if isinstance(fault, StoreError):
        # Its own message is for the folder's owner: it may name paths.
        return {"error": next(words for kind, words in _STORE_WORDS.items() if isinstance(fault, kind))}
    if isinstance(fault, NotAllowed) and fault.needs is not None:
        return {"error": fault.message, "needs": fault.needs}
    return {"error": fault.message}


def _answer(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")


def logged_response(scope: Scope, fault: ApiError) -> Response:
    """Return the response for `fault`, having logged it where it is the store's: its owner needs to know."""
    if isinstance(fault, StoreError):
        kind = (fault.code, fault.message)
        log.error("%s: %s: %s", _call_of(scope), fault.code, fault.message, extra={"kind": kind})
    return error_response(fault)


def _on_api_error(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, ApiError)  # noqa: S101 - what the table below registers it for
    return logged_response(request.scope, fault)


def _on_http_exception(_request: Request, fault: Exception) -> Response:
    """Answer for Starlette's own router and form parser."""
    assert isinstance(fault, HTTPException)  # noqa: S101 - what the table below registers it for
    if fault.status_code == InvalidRequest.status:
        return error_response(InvalidRequest(fault.detail))
    words = _ROUTER_WORDS.get(fault.status_code, fault.detail)
    return _answer(fault.status_code, {"error": words}, fault.headers)


def _on_disconnect(_request: Request, _fault: Exception) -> Response:
    return error_response(InvalidRequest("The request ended before its body did."))  # nobody reads it


HANDLERS: Mapping[type[Exception], ExceptionHandler] = {
    ApiError: _on_api_error,
    HTTPException: _on_http_exception,
    ClientDisconnect: _on_disconnect,
}
"""What the app does with each exception that leaves a handler."""


def _call_of(scope: Scope) -> str:
    # The path as it came, still escaped: decoded it may hold control characters.
    return f"{scope['method']} {scope.get('raw_path', b'').decode('ascii', 'replace')}"


class LastResort:
    """Answers 500 where something unforeseen goes wrong, with nothing of it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as fault:  # one faulty call must not end the others, whatever it met
            # The fault's own words may hold what a caller sent: neither a terminal nor a log should get that.
            place = "".join(traceback.format_tb(fault.__traceback__))
            kind = (type(fault), place)
            log.error("%s failed: %s\n%s", _call_of(scope), type(fault).__name__, place, extra={"kind": kind})
            if started:
                raise
            await error_response(ServerFault("The server failed; this is not your doing."))(scope, receive, send)
