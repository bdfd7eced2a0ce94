"""Handlers of the calls that read, in the order of CONTRACT.md's tables: each makes one call of the backend."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Protocol
from urllib.parse import quote

import orjson
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api_client.commands import path_part
from api_client.errors import InvalidRequest, NotAuthenticated, StoreError
from api_client.settled import SettledQuery
from api_client.wire import Wire
from store.server.auth import is_still_known
from store.server.bodies import json_response, list_response, page_response
from store.server.call_context import JSON, IncomingCall
from store.server.shared_look import SharedLook

EVENT_STREAM = "text/event-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_UNFIT_FOR_A_FILE_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")


class _Result(Protocol):
    """A backend's call for a result."""

    def __call__(self, request_id: str, *, wait: float = 0) -> Awaitable[Wire | None]:
        """Return what settled the request, None while it is pending."""
        ...


async def projects(call: IncomingCall) -> Response:
    """Answer the projects whose name contains `name`."""
    return await list_response(await call.backend.projects(name=call.query("name")))


async def project(call: IncomingCall) -> Response:
    """Answer one project."""
    return json_response(await call.backend.project(call.path("project_id")))


async def tasks(call: IncomingCall) -> Response:
    """Answer the tasks of a project, or all, whose name contains `name`."""
    pieces = call.backend.task_pieces(project_id=call.query("projectId"), name=call.query("name"))
    assert isinstance(pieces, AsyncGenerator)  # noqa: S101 - so it can be closed where its reader goes
    # The first piece is made before the answer starts, so that a fault can still set its status.
    return _Stream(_from_first(await anext(pieces), pieces), media_type=JSON)


async def task(call: IncomingCall) -> Response:
    """Answer a task and its open requests, oldest first."""
    return json_response(await call.backend.task(call.path("task_id")))


async def task_events(call: IncomingCall) -> Response:
    """Answer a page of a task's timeline."""
    return await page_response(
        await call.backend.events(task_id=call.path("task_id"), cursor=call.query("cursor"), limit=call.limit())
    )


async def approval_result(call: IncomingCall) -> Response:
    """Answer the decision on an approval, 204 while it is pending."""
    return await _settled(call, call.backend.approval_result)


async def elicitation_result(call: IncomingCall) -> Response:
    """Answer the answers to an elicitation, 204 while it is pending."""
    return await _settled(call, call.backend.elicitation_result)


async def _settled(call: IncomingCall, result: _Result) -> Response:
    request_id, seconds = call.path("request_id"), call.wait()
    settled = await result(request_id)
    if settled is None and seconds:
        call.release_turn()
        settled = await call.tail.waits.answered(call.request, result(request_id, wait=seconds))
        if not is_still_known(call.request):
            raise NotAuthenticated("The API key was revoked while this call waited.")
    return Response(status_code=204) if settled is None else json_response(settled)


async def upload(call: IncomingCall) -> Response:
    """Answer what is known of an upload, with the address of its content as this caller reaches us."""
    metadata = await call.backend.upload(call.path("upload_id"))
    base = call.limits.public_url or str(call.request.base_url).rstrip("/")
    url = f"{base}/api/uploads/{path_part(metadata.id)}/content"
    return json_response(replace(metadata, url=url))


async def upload_content(call: IncomingCall) -> Response:
    """Answer an upload's bytes, in a way in which no browser shows or runs them."""
    metadata = await call.backend.upload(call.path("upload_id"))
    pieces = call.backend.download(metadata.id)
    assert isinstance(pieces, AsyncGenerator)  # noqa: S101 - so it can be closed where its reader goes
    # The first piece is read before the answer starts, so that a fault can still set its status.
    first = await anext(pieces, b"")
    headers = {
        "Content-Type": metadata.content_type
        if _MEDIA_TYPE.fullmatch(metadata.content_type)
        else "application/octet-stream",
        "Content-Length": str(metadata.size),
        "Content-Disposition": disposition(metadata.file_name or metadata.id),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return _Stream(_from_first(first, pieces), headers=headers)


async def me(call: IncomingCall) -> Response:
    """Answer who the caller is."""
    caller = await call.backend.me()
    return json_response(replace(caller, capabilities=(*caller.capabilities, "stream")))


async def open_requests(call: IncomingCall) -> Response:
    """Answer a page of the inbox."""
    limit, project_id, context = call.limit(), call.query("projectId"), call.query("context")
    if context not in (None, "true", "false"):
        raise InvalidRequest("context: must be true or false")
    page = await call.backend.inbox(
        project_id=project_id, cursor=call.query("cursor"), limit=limit, context=context == "true"
    )
    return await page_response(page)


async def request(call: IncomingCall) -> Response:
    """Answer all that a reviewer is shown of a request."""
    return json_response(await call.backend.request(call.path("request_id")))


async def board(call: IncomingCall) -> Response:
    """Answer a board's counts, or with `step` a page of that column's cards."""
    return await _board(call, None)


async def _board(call: IncomingCall, at: str | None) -> Response:
    project_id, step, cursor, limit = call.path("project_id"), call.query("step"), call.query("cursor"), call.limit()
    if step is None:
        return json_response(await call.backend.board(project_id, at=at))
    return await page_response(await call.backend.cards(project_id, step, cursor=cursor, limit=limit, at=at))


async def past_board(call: IncomingCall) -> Response:
    """Answer a board's counts as they were, or with `step` a page of that column's cards."""
    return await _board(call, call.query("at") or "")


async def past_task(call: IncomingCall) -> Response:
    """Answer a task and its open requests as they were."""
    return json_response(await call.backend.task(call.path("task_id"), at=call.query("at") or ""))


async def events(call: IncomingCall) -> Response:
    """Answer a page of a task's, a project's or all timelines."""
    return await page_response(
        await call.backend.events(
            project_id=call.query("projectId"),
            task_id=call.query("taskId"),
            types=[name for name in (call.query("types") or "").split(",") if name],
            order=call.order(),
            cursor=call.query("cursor"),
            limit=call.limit(),
            only=call.event_filter(),
        )
    )


async def settled_requests(call: IncomingCall) -> Response:
    """Answer a page of the requests that were settled in a time, each with what settled it."""
    query = SettledQuery(
        project_id=call.query("projectId"),
        since=call.moment("since"),
        until=call.moment("until"),
        order=call.order(),
        cursor=call.query("cursor"),
        limit=call.limit(),
    )
    return await page_response(await call.backend.settled(query))


async def health(call: IncomingCall) -> Response:
    """Answer whether the server takes calls and can record what is written: 503 where it can't."""
    look: SharedLook = call.request.app.state.health
    try:
        database = await look.health()
    except (StoreError, TimeoutError):
        return Response(b'{"status":"failing","error":"The store can\'t record writes."}', 503, media_type=JSON)
    if database is None:
        return Response(b'{"status":"ok"}', media_type=JSON)
    return Response(orjson.dumps({"status": "ok", "database": database.wire()}), media_type=JSON)


async def event_stream(call: IncomingCall) -> Response:
    """Answer new events as they come, as server-sent events, for as long as they are read."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if call.request.method == "HEAD":
        return Response(headers=headers, media_type=EVENT_STREAM)
    frames = call.tail.frames(call.header("last-event-id") or call.query("cursor"))
    # The first piece is read before the answer starts, so that a bad cursor can still set its status.
    pieces = _while_known(call.request, _from_first(await anext(frames), frames))
    return _Stream(pieces, headers=headers, media_type=EVENT_STREAM)


class _Stream(StreamingResponse):
    """A stream whose source is closed as soon as its reader disconnects."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert isinstance(self.body_iterator, AsyncGenerator)  # noqa: S101 - what it is made with
        async with aclosing(self.body_iterator):
            await super().__call__(scope, receive, send)


def disposition(name: str) -> str:
    """Return the `Content-Disposition` of a file called `name`: always an attachment, never a path (RFC 6266, 5987)."""
    clean = _UNFIT_FOR_A_FILE_NAME.sub("_", name).strip(" .")[:150] or "upload"
    plain = clean.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='', errors='replace')}"


async def _from_first(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


async def _while_known(request: Request, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the pieces until the caller's key is revoked: not one after that."""
    async with aclosing(pieces):
        async for piece in pieces:
            try:
                if not is_still_known(request):
                    return
            except StoreError:
                return  # its reader comes back, and is told
            yield piece
