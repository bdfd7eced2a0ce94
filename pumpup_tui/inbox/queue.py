"""The open requests that are read: sifted, sorted, grouped, the cursor on one of them. Knows nothing of drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias, Union

from pumpup_tui.inbox.filter import Test, is_overdue, searched
from pumpup_tui.inbox.order import Order

if TYPE_CHECKING:
    from api_client.models import InboxItem


@dataclass(frozen=True, slots=True)
class Heading:
    """The row over a group: its raw name, and how many are in it."""

    name: str
    count: int


QueueRow: TypeAlias = Union["InboxItem", Heading]


def row_id_of(row: QueueRow) -> str:
    """Return the id that a row is known by; a heading's is no request's."""
    return f"\0{row.name}" if isinstance(row, Heading) else row.request_id  # not foreign: an id, drawn nowhere


class Queued:
    """Requests in the order that was chosen, the cursor pinned to an id and never on a heading.

    Requests may come and go around the cursor. Where its own goes, the cursor moves to the one that took its place,
    and `lost` is the id that went until it is read.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._all: dict[str, InboxItem] = {}
        self._texts: dict[str, str] = {}
        self._shown: list[QueueRow] = []
        self._places: dict[str, int] = {}
        self._test: Test | None = None
        self.order = Order()
        self.matched = 0
        """How many requests are shown."""
        self.cursor = 0
        self.cursor_id: str | None = None
        self.lost: str | None = None
        self._overdue: Sequence[InboxItem] = ()
        self._overdue_at: datetime | None = None

    # What a list asks.

    @property
    def count(self) -> int:
        """How many rows there are, headings among them."""
        return len(self._shown)

    def row(self, index: int) -> QueueRow | None:
        """Return a row, None where there is none."""
        return self._shown[index] if 0 <= index < len(self._shown) else None

    def where(self, row_id: str) -> int | None:
        """Return a row's index, None where it is not shown."""
        return self._places.get(row_id)

    def mark(self, index: int) -> object:
        """Return what finds the row at `index` again after others have come and gone."""
        row = self.row(index)
        return None if row is None else row_id_of(row)

    def find(self, mark: object) -> int | None:
        """Return where a marked row is now, None where it went."""
        return self._places.get(mark) if isinstance(mark, str) else None

    def go(self, index: int) -> None:
        """Put the cursor on a request, the nearest in the direction that it came from."""
        back = index < self.cursor
        last = len(self._shown) - 1
        index = max(0, min(index, last))
        if isinstance(self.row(index), Heading):
            # A heading is always followed by a request, and but for the first one comes after one.
            index += -1 if back and index > 0 else 1
        self.cursor = max(0, index)
        here = self.row(self.cursor)
        self.cursor_id = None if here is None else row_id_of(here)

    # What a screen asks.

    @property
    def total(self) -> int:
        """How many requests are read."""
        return len(self._all)

    @property
    def item(self) -> InboxItem | None:
        """The request under the cursor."""
        row = self.row(self.cursor)
        return None if isinstance(row, Heading) else row

    def items(self) -> Iterator[InboxItem]:
        """Yield what is shown, in order."""
        return (row for row in self._shown if not isinstance(row, Heading))

    def get(self, request_id: str) -> InboxItem | None:
        """Return a request, shown or not."""
        return self._all.get(request_id)

    def of_task(self, task_id: str) -> list[InboxItem]:
        """Return the requests that are open on a task, as far as they are read."""
        return [item for item in self._all.values() if item.task_id == task_id]

    def overdue(self) -> Sequence[InboxItem]:
        """Return what is overdue as of this minute, shown or not."""
        now = self._clock().replace(second=0, microsecond=0)
        if self._overdue_at != now:
            self._overdue_at = now
            self._overdue = [item for item in self._all.values() if is_overdue(item, now)]
        return self._overdue

    def beyond(self, by: int, takes: Callable[[str], bool]) -> str | None:
        """Return the id of the nearest request after the cursor (before it, where `by` is -1) that `takes`."""
        index = self.cursor + by
        while (row := self.row(index)) is not None:
            if not isinstance(row, Heading) and takes(row.request_id):
                return row.request_id
            index += by
        return None

    def text_of(self, item: InboxItem) -> str:
        """Return what words are looked for in; kept, for each key that is typed asks it of all."""
        kept = self._texts.get(item.request_id)
        if kept is None:
            kept = self._texts[item.request_id] = searched(item)
        return kept

    # What changes it.

    def show(self, items: Iterable[InboxItem]) -> None:
        """Take other requests in place of all."""
        self._all = {item.request_id: item for item in items}
        self._texts = {}
        self._arrange()

    def add(self, items: Iterable[InboxItem]) -> None:
        """Add requests at the end; those that are there already are replaced in their place."""
        for item in items:
            self._all[item.request_id] = item
            self._texts.pop(item.request_id, None)
        self._arrange()

    def take_away(self, ids: Iterable[str]) -> None:
        """Take requests away."""
        before = len(self._all)
        for request_id in ids:
            self._all.pop(request_id, None)
            self._texts.pop(request_id, None)
        if len(self._all) != before:
            self._arrange()

    def sift(self, test: Test | None) -> None:
        """Show only what passes; all where there is no test."""
        self._test = test
        self._arrange()

    def sort(self, order: Order) -> None:
        """Show them in another order."""
        self.order = order
        self._arrange()

    def _arrange(self) -> None:
        before, now = self.cursor_id, self._clock()
        self._overdue_at = None
        items = [item for item in self._all.values() if self._test is None or self._test(item)]
        if self.order.needs_all:
            items.sort(key=self.order.key(now))
        self.matched = len(items)
        self._shown = self._grouped(items, now) if self.order.group else list(items)
        self._places = {row_id_of(row): index for index, row in enumerate(self._shown)}
        found = self._places.get(before) if before is not None else None
        if before is not None and before not in self._all:
            self.lost = before
        self.go(self.cursor if found is None else found)

    def _grouped(self, items: Sequence[InboxItem], now: datetime) -> list[QueueRow]:
        rows: list[QueueRow] = []
        group_of = self.order.group_of(now)
        for (_, name), group in groupby(items, key=group_of):
            members = list(group)
            rows += [Heading(name, len(members)), *members]
        return rows
