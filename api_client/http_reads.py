"""Reads of a server: one GET each, whose response becomes a model of the contract."""

from __future__ import annotations

import asyncio
from math import ceil
from typing import TYPE_CHECKING, TypeVar

import httpx
import orjson
from msgspec.structs import replace

from api_client.backend import WAIT_MAX
from api_client.connection import PATIENCE, Call, Connection
from api_client.errors import UnexpectedAnswer
from api_client.response_limits import ANSWER_MOST, LIST_MOST, BodyLimit
from api_client.wire import Wire, read, read_json

if TYPE_CHECKING:
    from api_client.event_filter import EventFilter
    from api_client.models import Event, Page

M = TypeVar("M", bound=Wire)

SLICE = 200
"""Items of a whole list that are read without a pause: a few milliseconds."""


class HttpReads:
    """The GETs of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(
        self,
        model: type[M],
        path: str,
        *,
        patience: float = PATIENCE,
        most: int = ANSWER_MOST,
        **params: str | int | None,
    ) -> M:
        """Return the server's response, of at most `most` bytes; parameters that are None are left out.

        Raises:
            ApiError: as `Connection.send`.
            UnexpectedAnswer: the response is no `model`.
        """
        return _read(model, await self._send(path, params, patience, most))

    async def get_all(self, model: type[M], path: str, *, patience: float = PATIENCE) -> list[M]:
        """Return a list that has no pages, however long; other tasks run while it is read.

        Raises:
            ApiError: as `get`.
        """
        response = await self._send(path, {}, patience, LIST_MOST)
        models: list[M] = []
        try:
            items = orjson.loads(response.content)["items"]
            for start in range(0, len(items), SLICE):
                models += [read(model, item) for item in items[start : start + SLICE]]
                await asyncio.sleep(0)
        except (ValueError, TypeError, KeyError):
            raise _unexpected(response) from None
        return models

    async def get_settled(self, model: type[M], path: str, *, wait: float = 0) -> M | None:
        """Return a result, or None if it is pending after `wait` seconds, or at once if the server can't wait."""
        seconds = min(ceil(wait), WAIT_MAX)
        response = await self._send(path, {"wait": seconds or None}, PATIENCE + seconds, ANSWER_MOST)
        return None if response.status_code == httpx.codes.NO_CONTENT else _read(model, response)

    async def _send(self, path: str, params: dict[str, str | int | None], patience: float, most: int) -> httpx.Response:
        sent = {name: str(value) for name, value in params.items() if value is not None}
        call = Call("GET", path, params=sent, patience=patience, limit=BodyLimit(most))
        return await self._connection.send(call)


def passing(page: Page[Event], only: EventFilter, limit: int) -> Page[Event]:
    """Return what passes of a page that the server did not filter."""
    items = tuple(event for event in page.items if only.takes(event))
    return replace(page, items=items, more=None if page.is_last(limit) else True)


def _read(model: type[M], response: httpx.Response) -> M:
    try:
        return read_json(model, response.content)
    except ValueError:
        raise _unexpected(response) from None


def _unexpected(response: httpx.Response) -> UnexpectedAnswer:
    request = response.request
    return UnexpectedAnswer(f"The server's answer to {request.method} {request.url.path} is not the contract's.")
