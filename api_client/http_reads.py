"""Reads of a server: one GET each, its answer as the contract's model."""

from __future__ import annotations

import asyncio
from math import ceil
from typing import TypeVar

import httpx
import orjson

from api_client.backend import WAIT_MAX
from api_client.connection import PATIENCE, Call, Connection
from api_client.errors import UnexpectedAnswer
from api_client.response_limits import ANSWER_MOST, LIST_MOST, BodyLimit
from api_client.wire import Wire, read, read_json

M = TypeVar("M", bound=Wire)

SLICE = 200
"""Items of a whole list that are read in one go: a few milliseconds."""


class Reader:
    """The GETs of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(
        self,
        kind: type[M],
        path: str,
        *,
        patience: float = PATIENCE,
        most: int = ANSWER_MOST,
        **params: str | int | None,
    ) -> M:
        """Return what the server answers, of at most `most` bytes; parameters that are None are left out.

        Raises:
            ApiError: as `Connection.send`.
            UnexpectedAnswer: the answer is no `kind`.
        """
        return _read(kind, await self._send(path, params, patience, most))

    async def get_all(self, kind: type[M], path: str, *, patience: float = PATIENCE) -> list[M]:
        """Return a list that comes whole, however long: others have their turn while it is read.

        Raises:
            ApiError: as `get`.
        """
        response = await self._send(path, {}, patience, LIST_MOST)
        found: list[M] = []
        try:
            items = orjson.loads(response.content)["items"]
            for start in range(0, len(items), SLICE):
                found += [read(kind, item) for item in items[start : start + SLICE]]
                await asyncio.sleep(0)
        except (ValueError, TypeError, KeyError):
            raise _unexpected(response) from None
        return found

    async def get_settled(self, kind: type[M], path: str, *, wait: float = 0) -> M | None:
        """Return a result, None while it is pending: for `wait` seconds, where the server knows how to wait."""
        seconds = min(ceil(wait), WAIT_MAX)
        response = await self._send(path, {"wait": seconds or None}, PATIENCE + seconds, ANSWER_MOST)
        return None if response.status_code == httpx.codes.NO_CONTENT else _read(kind, response)

    async def _send(self, path: str, params: dict[str, str | int | None], patience: float, most: int) -> httpx.Response:
        asked = {name: str(value) for name, value in params.items() if value is not None}
        call = Call("GET", path, params=asked, patience=patience, limit=BodyLimit(most))
        return await self._connection.send(call)


def _read(kind: type[M], response: httpx.Response) -> M:
    try:
        return read_json(kind, response.content)
    except ValueError:
        raise _unexpected(response) from None


def _unexpected(response: httpx.Response) -> UnexpectedAnswer:
    asked = response.request
    return UnexpectedAnswer(f"The server's answer to {asked.method} {asked.url.path} is not the contract's.")
