"""The arguments of a handler: one request, and the backend acting for its caller."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, cast

from starlette.requests import Request
from starlette.responses import Response

from api_client.actor import Actor
from api_client.backend import PAGE, PAGE_MAX, WAIT_MAX, Backend
from api_client.commands import Command
from api_client.errors import InvalidRequest
from api_client.event_filter import DEED_FILTERS, EventFilter, deed_filter
from api_client.models import Order, Receipt, Role
from api_client.times import in_utc
from api_client.wire import Wire
from store.core.figures import Figures
from store.core.health import Health
from store.server.limits import Limits
from store.server.shares import Ticket
from store.server.stream import Tail


class Served(Backend, Protocol):
    """A Backend that can act for many callers: what the server needs of a store."""

    def acting_as(self, actor: Actor) -> Served:
        """Return a Backend over the same record whose caller is `actor`."""
        ...

    def task_pieces(self, *, project_id: str | None = None, name: str | None = None) -> AsyncIterator[bytes]:
        """Yield what `tasks` returns as the JSON of a list, in pieces."""
        ...

    async def recall(self, path: str, key: str) -> Receipt | None:
        """Return what this caller's `key` was answered on the concrete `path`; None where it was not."""
        ...

    async def check(self) -> None:
        """Check that writes can be recorded; raises `StoreError` where they can't."""
        ...

    async def figures(self, since: int) -> Figures:
        """Return the record's figures, with the decisions after the event at `since`."""
        ...

    async def health(self) -> Health | None:
        """Return the state of the database behind the record; None where there is none, as for a folder.

        Raises:
            StoreError: the database can't be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """One request, with what its handler needs."""

    request: Request
    backend: Served
    """Acts for the caller."""
    limits: Limits
    tail: Tail
    """The new events of all timelines."""
    ticket: Ticket | None = None
    """What the call holds of its caller's share; None for a call that needs no key."""

    def path(self, name: str) -> str:
        """Return the id in the path called `name`."""
        value: str = self.request.path_params[name]
        return value

    def query(self, name: str) -> str | None:
        """Return a query parameter, None where it was left out."""
        return self.request.query_params.get(name)

    def header(self, name: str) -> str | None:
        """Return a header's text, None where it was left out."""
        return self.request.headers.get(name)

    async def acquire_turn(self) -> None:
        """Wait for the caller's turn, once the body has come."""
        if self.ticket is not None:
            await self.ticket.acquire_turn()

    def release_turn(self) -> None:
        """Release the caller's turn, before a call that only waits.

        Raises:
            TooManyRequests: the caller waits for as many answers as it may already.
        """
        if self.ticket is not None:
            self.ticket.release_turn()

    def limit(self) -> int:
        """Return the number of items that a page may have.

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

    def wait(self) -> int:
        """Return the seconds that a result may be waited for.

        Raises:
            InvalidRequest: `wait` is no whole number from 0 to 60.
        """
        # Agents poll without it, thousands at a time: then the query is not even looked into.
        text = self.query("wait") if self.request.scope["query_string"] else None
        if text is None:
            return 0
        if not re.fullmatch(r"[0-9]{1,2}", text, re.ASCII) or int(text) > WAIT_MAX:
            raise InvalidRequest(f"wait: must be a whole number of seconds from 0 to {WAIT_MAX}")
        return int(text)

    def event_filter(self) -> EventFilter:
        """Return the events that are asked for.

        Raises:
            InvalidRequest: `since` or `until` is no time with its zone, or `deed` is none.
        """
        times = self.moment("since"), self.moment("until")
        deed = deed_filter(self.query("deed"))
        if self.query("deed") and not deed:
            raise InvalidRequest(f"deed: must be one of {', '.join(DEED_FILTERS)}")
        return EventFilter(*times, self.query("decidedBy") or "", self.query("outcome") or "", deed)

    def moment(self, name: str) -> datetime | None:
        """Return a query parameter that is a time, None where it was left out.

        Raises:
            InvalidRequest: it is no time with its zone.
        """
        text = self.query(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return in_utc(moment)
        except (ValueError, OverflowError):
            pass
        raise InvalidRequest(f"{name}: must be a time with its zone, like 2026-01-31T09:30:00Z")

    def order(self) -> Order:
        """Return the order of a list of events.

        Raises:
            InvalidRequest: it is neither `asc` nor `desc`.
        """
        text = self.query("order") or "asc"
        if text not in ("asc", "desc"):
            raise InvalidRequest("order: must be asc or desc")
        return cast("Order", text)


Handler = Callable[[IncomingCall], Awaitable[Response]]
Roles = frozenset[Role | Literal["platform"]]
Shapes = type[Wire] | tuple[type[Wire], ...] | None
"""What the body of an answer holds: one of these objects, or none of the contract's."""

JSON, TEXT = "application/json", "text/plain"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the routes table: a call of the contract, who may make it, and what may come of it."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Handler
    roles: Roles
    answers: Mapping[int, Shapes]
    """The answers other than errors, by status."""
    query: tuple[str, ...] = ()
    """The query parameters that it looks at."""
    takes: type[Command] | None = None
    """What its JSON body spells."""
    media: str = JSON
    """The media type of its answers' bodies."""
    large: bool = False
    """Whether an answer may take memory: a list, a page, or something that holds a task's metadata."""
    goes_on: bool = False
    """Whether its response may take long once it has begun: a stream, or an upload's content."""

    asks: type[Command] | None = None
    """The command whose body a call has that writes nothing."""
    often: bool = False
    """Whether agents ask it all the time: then it is looked for before all others."""

    @property
    def name(self) -> str:
        """The call's own name, among all calls."""
        return self.takes.__name__ if self.takes else self.handler.__name__

    @property
    def summary(self) -> str:
        """What the call does, in a sentence."""
        return ((self.takes or self.handler).__doc__ or "").partition("\n")[0]


NO_ONE_ASKED: Roles = frozenset()
"""For a call that is answered without a key."""
ANYONE: Roles = frozenset({"agent", "reviewer"})
REVIEWERS: Roles = frozenset({"reviewer"})
