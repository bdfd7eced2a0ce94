"""Writes of a server: one call each, sent again under the same key if its response was lost."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable

import orjson

from api_client.commands import HTTP_COMMANDS, REPLAYED_HEADER, Command, ReceiveUpload
from api_client.connection import WRITE_PATIENCE, Call, Connection
from api_client.errors import InvalidRequest, NotAllowed, UnexpectedAnswer
from api_client.idempotency_header import header_key
from api_client.models import Receipt
from api_client.upload_form import upload_form
from api_client.wire import Json


class HttpWrites:
    """The commands of one connection."""

    def __init__(self, connection: Connection, boundary: Callable[[], str]) -> None:
        self._connection, self._boundary = connection, boundary

    async def submit(self, command: Command, key: str, content: AsyncIterable[bytes] | None) -> Receipt:
        """Carry out a command (see `Backend.submit`)."""
        if isinstance(command, ReceiveUpload):
            return await self._upload(command, content)
        if type(command) not in HTTP_COMMANDS:
            raise NotAllowed(f"{type(command).__name__} is the platform's own.")
        headers: dict[str, str | bytes] = {"Idempotency-Key": header_key(key), "Content-Type": "application/json"}
        try:
            body = orjson.dumps(command.body())
        except orjson.JSONEncodeError as fault:
            raise InvalidRequest(f"This can't be written as JSON: {fault}") from None
        return await self._write(
            Call(command.method, command.location(), headers=headers, content=body, patience=WRITE_PATIENCE)
        )

    async def _write(self, call: Call) -> Receipt:
        response = await self._connection.send(call)
        try:
            answer: Json = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise UnexpectedAnswer(f"The server's answer to {call.method} {call.path} is no JSON object.")
        return Receipt(answer=answer, replayed=response.headers.get(REPLAYED_HEADER) == "true")

    async def _upload(self, command: ReceiveUpload, content: AsyncIterable[bytes] | None) -> Receipt:
        if content is None:
            raise InvalidRequest("An upload needs its content.")
        boundary = self._boundary()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return await self._write(
            Call("POST", command.path, headers=headers, content=upload_form(command, content, boundary))
        )
