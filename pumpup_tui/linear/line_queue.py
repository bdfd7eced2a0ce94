"""The open requests of linear mode: read, filtered, and gone through one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from api_client.backend import PAGE_MAX
from api_client.request_query import Reader, read_filter
from pumpup_tui.backend.blind_review import hidden_page
from pumpup_tui.inbox.queue import Heading, RequestQueue
from pumpup_tui.text.durations import stamp

if TYPE_CHECKING:
    from datetime import tzinfo

    from api_client.backend import Backend
    from api_client.models import InboxItem, Me
    from api_client.times import Clock
    from pumpup_tui.local_state.snoozes import Snoozes

READ_MOST = 10_000
"""Requests that are read at the most, the oldest first."""


class LineQueue:
    """Open requests in the order and the sections of the screens as of the last reading, and the place in them."""

    def __init__(self, backend: Backend, me: Me, clock: Clock, snoozes: Snoozes) -> None:
        self._backend, self._me, self._clock, self._snoozes = backend, me, clock, snoozes
        self._sections: dict[str, str] = {}
        """By request, the raw name of its section; empty where there is only one."""
        self._items: list[InboxItem] = []
        self._settled: set[str] = set()
        self._at = 0
        self.filter = ""
        self.project_id: str | None = None
        self.is_cut = False
        """Whether there are more than are read."""

    async def load(self) -> None:
        """Read the open requests again; the place stays at its request, or at the one after it.

        Raises:
            ApiError: they could not be read.
        """
        here, cursor, items = self.current, None, list["InboxItem"]()
        while len(items) < READ_MOST:
            page = await self._backend.inbox(project_id=self.project_id, cursor=cursor, limit=PAGE_MAX, context=True)
            items, cursor = [*items, *hidden_page(page, self._me.subject).items], page.next_cursor or cursor
            if page.is_last(PAGE_MAX):
                break
        self.is_cut = len(items) >= READ_MOST
        await self._snoozes.read()
        self._arrange([item for item in items if item.request_id not in self._settled])
        self._return_to(here)

    def _arrange(self, items: Sequence[InboxItem]) -> None:
        queue = RequestQueue(self._reader)
        queue.is_complete = True
        queue.replace(items)
        self._items, self._sections, section = [], {}, ""
        for row in map(queue.row, range(queue.count)):
            if isinstance(row, Heading):
                section = row.name
            elif row is not None:
                self._items.append(row)
                self._sections[row.request_id] = section

    def _reader(self) -> Reader:
        return Reader(self._me.subject, self._clock(), frozenset(self._me.capabilities), self._snoozes.by_request)

    def section(self, item: InboxItem) -> str:
        """Return the name of the section that a request stands in; empty where there is only one."""
        return self._sections.get(item.request_id, "")

    def mark(self, item: InboxItem, zone: tzinfo | None) -> str:
        """Return until when a request is snoozed, in clean words behind a comma; empty where it is not."""
        reader = self._reader()
        if not reader.has_snoozed(item):
            return ""
        return f", snoozed until {stamp(reader.snoozed[item.request_id], reader.now, zone)}"

    def narrow(self, filter_text: str) -> None:
        """Show those alone that pass a filter; all with an empty one."""
        here, self.filter = self.current, filter_text
        self._return_to(here)

    @property
    def items(self) -> Sequence[InboxItem]:
        """Those that pass the filter."""
        test = read_filter(self.filter, self._reader()).test
        return self._items if test is None else [item for item in self._items if test(item)]

    @property
    def current(self) -> InboxItem | None:
        """The request that is talked about; None where there is none."""
        items = self.items
        return items[min(self._at, len(items) - 1)] if items else None

    @property
    def number(self) -> int:
        """The place of the current request, from 1."""
        return min(self._at, len(self.items) - 1) + 1

    def step(self, by: int) -> bool:
        """Go some requests on, or back; return whether there was one."""
        to = self.number - 1 + by
        if not 0 <= to < len(self.items):
            return False
        self._at = to
        return True

    def at(self, number: int) -> InboxItem | None:
        """Return the request of a number in the list, from 1; None where there is none."""
        items = self.items
        return items[number - 1] if 1 <= number <= len(items) else None

    def settle(self, request_id: str) -> None:
        """Leave a request out: a decision on it is in flight."""
        self._settled.add(request_id)
        index = next((index for index, item in enumerate(self.items) if item.request_id == request_id), None)
        self._items = [item for item in self._items if item.request_id != request_id]
        if index is not None and index < self._at:
            self._at -= 1

    def reopen(self, request_id: str) -> None:
        """Take a request in again with the next reading: nothing was decided."""
        self._settled.discard(request_id)

    def go_to(self, request_id: str) -> None:
        """Go to a request, where it is there."""
        found = (index for index, item in enumerate(self.items) if item.request_id == request_id)
        self._at = next(found, self._at)

    def _return_to(self, here: InboxItem | None) -> None:
        if here is not None:
            self.go_to(here.request_id)
