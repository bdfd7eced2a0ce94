"""What a handler is given: one call, and the backend acting for whoever makes it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from starlette.requests import Request
from starlette.responses import Response

from api_client.actor import Actor
from api_client.backend import PAGE, PAGE_MAX, Backend
from api_client.errors import InvalidRequest
from api_client.models import Order, Receipt, Role
from store.server.limits import Limits


class Served(Backend, Protocol):
    """A Backend that can act for many callers: what the server needs of the local store."""

    def acting_as(self, actor: Actor) -> Served:
        """Return a Backend over the same folder whose caller is `actor`."""
        ...

    async def recall(self, path: str, key: str) -> Receipt | None:
        """Return what this caller's `key` was answered on the concrete `path`; None where it was not."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One call as it came in."""

    request: Request
    backend: Served
    """Acts for the caller."""
    limits: Limits

    def path(self, name: str) -> str:
        """Return the id that stands in the path under `name`."""
        value: str = self.request.path_params[name]
        return value

    def query(self, name: str) -> str | None:
        """Return a query parameter, None where it was left out."""
        return self.request.query_params.get(name)

    def limit(self) -> int:
        """Return how many items a page may hold.

        Raises:
            InvalidRequest: `limit` is under 1 or no number.
        """
        text = self.query("limit")
        if text is None:
            return PAGE
        if not re.fullmatch(r"0*[1-9][0-9]*", text, re.ASCII):
            raise InvalidRequest("limit: must be a whole number from 1 on")
        digits = text.lstrip("0")
        return PAGE_MAX if len(digits) > len(str(PAGE_MAX)) else min(int(digits), PAGE_MAX)

    def order(self) -> Order:
        """Return the order of a list of events.

        Raises:
            InvalidRequest: it is neither `asc` nor `desc`.
        """
        text = self.query("order") or "asc"
        if text not in ("asc", "desc"):
            raise InvalidRequest("order: must be asc or desc")
        return cast("Order", text)


Handler = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the routes table: a call of the contract, and who may make it."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    roles: frozenset[Role | Literal["platform"]]


ANYONE: frozenset[Role | Literal["platform"]] = frozenset({"agent", "reviewer"})
REVIEWERS: frozenset[Role | Literal["platform"]] = frozenset({"reviewer"})
