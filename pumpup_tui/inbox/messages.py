"""Messages of the inbox's own calls."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api_client.models import Event, InboxItem, Page, RequestDetail
    from pumpup_tui.decisions.request_changes import AskedBefore, AskedRequest
    from pumpup_tui.inbox.empty_state import DoneToday


@dataclass(eq=False, repr=False)
class InboxPage(Message):
    """A page of open requests.

    `first` begins the list anew, `last` reaches its end; where it `goes_on`, the next page is in flight already.
    """

    page: Page[InboxItem]
    _: KW_ONLY
    first: bool
    last: bool
    goes_on: bool = False


@dataclass(eq=False, repr=False)
class SettledToday(Message):
    """Today's settled requests; None where they can't be read."""

    done: DoneToday | None


@dataclass(eq=False, repr=False)
class PrecedentsPage(Message):
    """A page of a project's decisions; None where they can't be read."""

    project_id: str
    page: Page[Event] | None


@dataclass(eq=False, repr=False)
class PrecedentRequests(Message):
    """The requests of decisions by id; those that can't be read are left out."""

    requests: Mapping[str, AskedRequest | None]


@dataclass(eq=False, repr=False)
class AskedBeforeRead(Message):
    """The decision after which a request asks again; None where it is asked for the first time."""

    request_id: str
    before: AskedBefore | None


@dataclass(eq=False, repr=False)
class ContextsRead(Message):
    """Contexts of requests by id, their values cut to what a column may show."""

    contexts: Mapping[str, Mapping[str, str]]


@dataclass(eq=False, repr=False)
class StandingsRead(Message):
    """Listed requests as they are now, by id; None for one that can't be read."""

    details: Mapping[str, RequestDetail | None]
