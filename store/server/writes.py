"""Handlers of the calls that write: one for every command with a JSON body, and one for uploads."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from api_client.commands import KEY_MAX, Command, ReceiveUpload
from api_client.errors import InvalidRequest, TooLarge
from store.server.bodies import read_body, read_command_in, receipt_response
from store.server.call_context import Handler, IncomingCall
from store.server.limits import capped

OWN_KEY = ("PUT", "DELETE")
"""The methods whose calls may leave the key out (CONTRACT.md part 1: it is asked on every POST)."""
NO_BODY = b"{}"
_FORM_SLACK = 64 * 1024
"""Bytes that a form may hold beside the file itself."""
_PIECE = 256 * 1024


def write(kind: type[Command]) -> Handler:
    """Return the handler of a command: cap, replay, form, submit, in the contract's order of faults."""

    async def handler(call: IncomingCall) -> Response:
        body = await read_body(call.request, call.limits.body)
        await call.acquire_turn()
        key = idempotency_key(call.request)
        if kind.method == "DELETE":
            body = body or NO_BODY
        ids: dict[str, str] = call.request.path_params
        try:
            command = await read_command_in(kind, body, call.limits.within, **ids)
        except InvalidRequest:
            # A repeat is answered whatever its body says now. With a body that reads well, `submit` looks for it.
            receipt = await call.backend.recall(kind.location_of(**ids), key)
            if receipt is None:
                raise
        else:
            receipt = await call.backend.submit(command, key=key)
        return receipt_response(receipt, 201 if kind.method == "POST" else 200)

    return handler


def idempotency_key(request: Request) -> str:
    """Return the call's key; one that nobody else has where a PUT or DELETE leaves it out.

    Raises:
        InvalidRequest: a POST leaves it out, or it is empty or over 255 characters.
    """
    if request.method in OWN_KEY and "idempotency-key" not in request.headers:
        return secrets.token_urlsafe(16)
    # Starlette reads headers as latin-1, most clients write UTF-8. What is no UTF-8 stays latin-1: two keys
    # must never become one.
    key = request.headers.get("idempotency-key", "")
    with suppress(UnicodeDecodeError):
        key = key.encode("latin-1").decode()
    if not 1 <= len(key) <= KEY_MAX:
        raise InvalidRequest(f"Idempotency-Key: this header must be there, with 1 to {KEY_MAX} characters")
    return key


async def upload(call: IncomingCall) -> Response:
    """Take in the form's one file, which is spooled to the disk while it comes."""
    cap = call.limits.upload
    if not call.request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InvalidRequest("The body must be multipart/form-data with a part called file.")
    limited = capped(call.request, cap + _FORM_SLACK)
    async with limited.form(max_files=8, max_fields=8, max_part_size=_FORM_SLACK) as form:
        if unknown := sorted({name for name in form if name != "file"}):
            raise InvalidRequest(f"{unknown[0]}: unknown key")
        files = form.getlist("file")
        if len(files) != 1 or not isinstance(file := files[0], UploadFile):
            raise InvalidRequest("file: must be there once, as a file")
        await call.acquire_turn()
        if (file.size or 0) > cap:
            raise TooLarge(f"The file is over {cap} bytes.")
        receipt = await call.backend.submit(_described(file), key="upload", content=_pieces(file))
    return receipt_response(receipt)


def _described(file: UploadFile) -> ReceiveUpload:
    name = (file.filename or "").replace("%22", '"')  # as browsers and the SDK send it
    return ReceiveUpload(file_name=name, content_type=file.content_type or "application/octet-stream")


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
