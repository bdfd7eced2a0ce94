"""The open requests that are loaded: filtered, sorted, grouped, with a cursor on one of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, TypeAlias, Union

from api_client.request_query import QueriedRequest, Reader, Test, is_overdue, searched
from pumpup_tui.inbox.order import OTHERS_DECIDE, PLAIN_SECTION, Group, Order

if TYPE_CHECKING:
    from api_client.models import InboxItem


@dataclass(frozen=True, slots=True)
class Heading:
    """The row over a group."""

    name: str
    """The group's name, raw."""
    count: int
    """The number of its requests that are loaded."""
    more: bool = False
    """Whether there may be more, not loaded yet."""
    overdue: int = 0
    """The number of overdue requests, where the name does not say so."""

    @property
    def request_id(self) -> str:
        """The row's id: no request's."""
        return f"\0{self.name}"  # not foreign: an id, drawn nowhere


SNOOZED = "snoozed"
"""The heading over what the reader snoozed."""
QueueRow: TypeAlias = Union["InboxItem", Heading]


def row_id_of(row: QueueRow) -> str:
    """Return a row's id; a heading's is no request's."""
    return row.request_id


class RequestQueue:
    """Requests in the chosen order, with the cursor pinned to an id and never on a heading.

    Requests may come and go around the cursor. Where its own goes, the cursor moves to the one that took its place,
    and `lost` is the id that went, until the list has reported it.
    """

    def __init__(self, reader: Callable[[], Reader]) -> None:
        """Take what returns the person and the time that sections depend on."""
        self._reader = reader
        self._all: dict[str, InboxItem] = {}
        self._texts: dict[str, str] = {}
        self._rows: list[QueueRow] = []
        self._indexes: dict[str, int] = {}
        self._test: Test | None = None
        self.order = Order()
        self.has_demands = False
        """Whether a policy says of any of them who may decide it."""
        self.is_complete = False
        """Whether all requests are loaded; set before the last ones are added."""
        self.matched = 0
        """The number of requests that pass the filter."""
        self.cursor = 0
        self.cursor_id: str | None = None
        self.lost: str | None = None
        self._overdue: Sequence[InboxItem] = ()
        self._overdue_at: datetime | None = None

    # The rows, as a list draws them.

    @property
    def count(self) -> int:
        """The number of rows, headings among them."""
        return len(self._rows)

    def row(self, index: int) -> QueueRow | None:
        """Return a row, None where there is none."""
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def where(self, row_id: str) -> int | None:
        """Return a row's index, None where it is not shown."""
        return self._indexes.get(row_id)

    def mark(self, index: int) -> object:
        """Return a mark that finds the row at `index` again after others have come and gone."""
        row = self.row(index)
        return None if row is None else row_id_of(row)

    def find(self, mark: object) -> int | None:
        """Return a marked row's index now, None where it went."""
        return self._indexes.get(mark) if isinstance(mark, str) else None

    def go(self, index: int) -> None:
        """Put the cursor on a request, the nearest in the direction that it came from."""
        back = index < self.cursor
        last = len(self._rows) - 1
        index = max(0, min(index, last))
        if isinstance(self.row(index), Heading):
            # A heading is always followed by a request, and but for the first one comes after one.
            index += -1 if back and index > 0 else 1
        self.cursor = max(0, index)
        row = self.row(self.cursor)
        self.cursor_id = None if row is None else row_id_of(row)

    # The requests.

    @property
    def total(self) -> int:
        """The number of requests that are loaded."""
        return len(self._all)

    @property
    def item(self) -> InboxItem | None:
        """The request under the cursor."""
        row = self.row(self.cursor)
        return None if isinstance(row, Heading) else row

    def items(self) -> Iterator[InboxItem]:
        """Yield the requests that pass the filter, in order."""
        return (row for row in self._rows if not isinstance(row, Heading))

    def get(self, request_id: str) -> InboxItem | None:
        """Return a request, also one that does not pass the filter."""
        return self._all.get(request_id)

    def of_task(self, task_id: str) -> list[InboxItem]:
        """Return the requests that are open on a task, as far as they are loaded."""
        return [item for item in self._all.values() if item.task_id == task_id]

    def overdue(self) -> Sequence[InboxItem]:
        """Return the requests that are overdue as of this minute, also those that do not pass the filter."""
        now = self._reader().now.replace(second=0, microsecond=0)
        if self._overdue_at != now:
            self._overdue_at = now
            self._overdue = [item for item in self._all.values() if is_overdue(item, now)]
        return self._overdue

    def beyond(self, by: int, accepts: Callable[[str], bool]) -> str | None:
        """Return the id of the nearest request after the cursor (before it, where `by` is -1) that `accepts` it."""
        index = self.cursor + by
        while (row := self.row(index)) is not None:
            if not isinstance(row, Heading) and accepts(row.request_id):
                return row.request_id
            index += by
        return None

    def next_overdue(self) -> str | None:
        """Return the id of the next overdue request after the cursor, from the top again where none follows."""
        now = self._reader().now
        rows = [*self._rows[self.cursor + 1 :], *self._rows[: self.cursor]]
        requests = (row for row in rows if not isinstance(row, Heading))
        return next((item.request_id for item in requests if is_overdue(item, now)), None)

    def text_of(self, item: QueriedRequest) -> str:
        """Return the text that words are searched in; cached, since each key that is typed searches all of them."""
        text = self._texts.get(item.request_id)
        if text is None:
            text = self._texts[item.request_id] = searched(item)
        return text

    # Changes.

    def replace(self, items: Iterable[InboxItem]) -> None:
        """Hold these requests in place of all others."""
        self._all = {item.request_id: item for item in items}
        self.has_demands = any(item.needs is not None for item in self._all.values())
        self._texts = {}
        self._arrange()

    def add(self, items: Iterable[InboxItem]) -> None:
        """Add requests at the end; those that are there already are replaced in their place."""
        for item in items:
            self._all[item.request_id] = item
            self.has_demands = self.has_demands or item.needs is not None
            self._texts.pop(item.request_id, None)
        self._arrange()

    def remove(self, ids: Iterable[str]) -> None:
        """Remove requests."""
        before = len(self._all)
        for request_id in ids:
            self._all.pop(request_id, None)
            self._texts.pop(request_id, None)
        if len(self._all) != before:
            self._arrange()

    def filter(self, test: Test | None) -> None:
        """Show only the requests that pass a test; all where there is none."""
        self._test = test
        self._arrange()

    def sort(self, order: Order) -> None:
        """Show the requests in another order."""
        self.order = order
        self._arrange()

    def rearrange(self) -> None:
        """Arrange the requests again: time has passed, or the reader snoozed one."""
        self._arrange()

    def _arrange(self) -> None:
        before, reader = self.cursor_id, self._reader()
        self._overdue_at = None
        items = list(self._all.values())
        if self._test is not None:
            items = list(filter(self._test, items))
        self.matched = len(items)
        self._rows = self._arranged(items, reader)
        # Without a call for each of many rows.
        self._indexes = dict(zip([row.request_id for row in self._rows], count(), strict=False))
        index = self._indexes.get(before) if before is not None else None
        if before is not None and before not in self._all:
            self.lost = before
        self.go(self.cursor if index is None else index)

    def _arranged(self, items: list[InboxItem], reader: Reader) -> list[QueueRow]:
        """Return the rows: what the reader snoozed comes last, whatever the order."""
        snoozed: list[InboxItem] = []
        if reader.snoozed:
            snoozed = [item for item in items if reader.has_snoozed(item)]
            items = [item for item in items if not reader.has_snoozed(item)]
        if self.order.sort != "age":
            items.sort(key=self.order.key)
        rows = self._grouped(items, reader, alone=not snoozed) if self.order.group else list[QueueRow](items)
        if snoozed:
            snoozed.sort(key=lambda item: reader.snoozed[item.request_id])
            overdue = sum(is_overdue(item, reader.now) for item in snoozed)
            rows += [Heading(SNOOZED, len(snoozed), more=not self.is_complete, overdue=overdue), *snoozed]
        return rows

    def _grouped(self, items: Sequence[InboxItem], reader: Reader, *, alone: bool) -> list[QueueRow]:
        groups: dict[Group, list[InboxItem]] = defaultdict(list)
        group_of = self.order.group_of
        for item in items:
            groups[group_of(item, reader)].append(item)
        if alone and self.order.has_sections and [place for place, _ in groups] == [PLAIN_SECTION]:
            return list(items)  # a heading that separates nothing from nothing
        rows: list[QueueRow] = []
        for (_, name), members in sorted(groups.items(), key=lambda group: group[0][0]):
            overdue = sum(is_overdue(item, reader.now) for item in members) if name == OTHERS_DECIDE else 0
            rows += [Heading(name, len(members), more=not self.is_complete, overdue=overdue), *members]
        return rows
