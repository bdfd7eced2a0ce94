"""Reads of a server: one GET each, its answer as the contract's model."""

from __future__ import annotations

from typing import TypeVar

import httpx
from pydantic import ValidationError

from api_client.connection import PATIENCE, Call, Connection
from api_client.errors import UnexpectedAnswer
from api_client.models import Wire

M = TypeVar("M", bound=Wire)


class Reader:
    """The GETs of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, kind: type[M], path: str, *, patience: float = PATIENCE, **params: str | int | None) -> M:
        """Return what the server answers; parameters that are None are left out.

        Raises:
            ApiError: as `Connection.send`.
            UnexpectedAnswer: the answer is no `kind`.
        """
        return _read(kind, await self._send(path, params, patience))

    async def get_settled(self, kind: type[M], path: str) -> M | None:
        """Return a result, None while it is pending."""
        response = await self._send(path, {}, PATIENCE)
        return None if response.status_code == httpx.codes.NO_CONTENT else _read(kind, response)

    async def _send(self, path: str, params: dict[str, str | int | None], patience: float) -> httpx.Response:
        asked = {name: str(value) for name, value in params.items() if value is not None}
        return await self._connection.send(Call("GET", path, params=asked, patience=patience))


def _read(kind: type[M], response: httpx.Response) -> M:
    try:
        return kind.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        asked = response.request
        raise UnexpectedAnswer(
            f"The server's answer to {asked.method} {asked.url.path} is not the contract's."
        ) from None
