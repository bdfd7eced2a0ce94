"""Messages of the inbox's own calls."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from api_client.models import Event, InboxItem, Page
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
