"""The rows of a timeline as drawn: its events, a line before each day, and an agent's runs of actions folded.

Pages hold events; a row is a day's line, an event, or a run of them. What a page's events fold into depends on that
page alone, so pages may go and come again without a row moving. The cursor is on an event, or on a run by its first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from pumpup_tui.backend.page_requests import PageRequest, Slot
from pumpup_tui.components.paged_rows import Paged

if TYPE_CHECKING:
    from api_client.models import Event

RUN_LEAST = 3
"""Actions in a row that are folded."""


Kind = Literal["event", "run", "day"]
_HEADING: tuple[Kind, int, int] = ("day", 0, 1)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A row: an event, a run of an agent's actions, or the line of the day that its event begins."""

    kind: Kind
    event: Event
    """The first one."""
    count: int = 1
    tasks: int = 1

    @property
    def id(self) -> str:
        """Names it among all rows."""
        # not foreign: rows are told apart by it, and it is never drawn
        return self.event.id if self.kind == "event" else f"{self.kind} {self.event.id}"


@dataclass(slots=True)
class _Folding:
    """The rows that a page's events fold into: kind, offset and number of the events of each row."""

    made_of: object
    rows: list[tuple[Kind, int, int]] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    """Offset and length of each run, folded or not."""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(slots=True)
class _Layout:
    made_of: object
    slots: list[Slot[Event]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """The first row of each page, which may be a day's line."""
    headed: list[bool] = field(default_factory=list)
    """Whether a page begins with a day's line."""
    gap: int | None = None
    total: int = 0


class TimelineRows:
    """Rows over pages of events, as a list draws them (`row_window.Rows`)."""

    def __init__(self, pages: Paged[Event], day_of: Callable[[Event], date]) -> None:
        """Take the pages, and what returns an event's day in the viewer's zone."""
        self.pages = pages
        self.folds = True
        """Whether runs are folded."""
        self._day_of = day_of
        self._unfolded: set[str] = set()
        self._changes = 0
        self._layout: _Layout | None = None

    # Rows and the cursor.

    @property
    def lost(self) -> str | None:
        """The id that the cursor was on, where that event went."""
        return self.pages.lost

    @lost.setter
    def lost(self, value: str | None) -> None:
        self.pages.lost = value

    @property
    def count(self) -> int:
        """How many rows are known, the gap counted as one."""
        return self._lay().total

    @property
    def cursor(self) -> int:
        """The row that the cursor is on."""
        return self.row_of(self.pages.cursor)

    @property
    def cursor_id(self) -> str | None:
        """The id of the event that the cursor is on; None where it is not known yet."""
        return self.pages.cursor_id

    def row(self, index: int) -> TimelineRow | None:
        """Return a row, None where it is not here (yet)."""
        found = self._locate(index)
        if found is None or found[0].rows is None:
            return None
        slot, at = found
        events = slot.rows or []
        kind, offset, count = _HEADING if at < 0 else self._body(slot).rows[at]
        if offset >= len(events):
            return None
        tasks = len({event.task_id for event in events[offset : offset + count]}) if kind == "run" else 1
        return TimelineRow(kind, events[offset], count, tasks)

    def events(self, index: int) -> Sequence[Event]:
        """Return the events of a row."""
        found = self._locate(index)
        if found is None or found[0].rows is None or found[1] < 0:
            return ()
        _, offset, count = self._body(found[0]).rows[found[1]]
        return found[0].rows[offset : offset + count]

    def is_day(self, index: int) -> bool:
        """Return whether a row is a day's line."""
        found = self._locate(index)
        return found is not None and (found[1] < 0 or self._body(found[0]).rows[found[1]][0] == "day")

    def where(self, row_id: str) -> int | None:
        """Return the row of an event in memory."""
        index = self.pages.where(row_id.rpartition(" ")[2])
        return None if index is None else self.row_of(index)

    def mark(self, index: int) -> object:
        """Return what finds the row at `index` again after others have come and gone."""
        return self.pages.mark(self.event_of(index)), self.is_day(index)

    def find(self, mark: object) -> int | None:
        """Return where a marked row is now, None where it went."""
        if not isinstance(mark, tuple):
            return None
        index = self.pages.find(mark[0])
        if index is None:
            return None
        row = self.row_of(index)
        return row - 1 if mark[1] and row and self.is_day(row - 1) else row

    def go(self, index: int) -> None:
        """Put the cursor on a row, the nearest where there is none; never on a day's line."""
        index = max(0, min(index, self.count - 1))
        if self.is_day(index):
            index = index - 1 if index < self.cursor and index else index + 1
        self.pages.go(self.event_of(index))

    def toggle(self) -> bool:
        """Open the run under the cursor, or close the one that its event is of; return whether there is one."""
        found = self._locate(self.cursor)
        if found is None or found[0].rows is None or found[1] < 0:
            return False
        slot, events = found[0], found[0].rows
        _, offset, _ = self._body(slot).rows[found[1]]
        run = next((begin for begin, count in self._body(slot).runs if begin <= offset < begin + count), None)
        if run is None:
            return False
        self._unfolded ^= {events[run].id}
        self._changes += 1
        self.pages.go(self.pages.index_of(slot) + run)
        return True

    # Pages.

    def wants(self, top: int, height: int, also: int | None) -> list[PageRequest]:
        """Return what to ask for around the rows in view; `also` is an event beyond them that is looked at too."""
        first, end = self.event_of(top), top + height
        beyond = max(0, end - self.count)
        last = self.pages.count + beyond if beyond else self.event_of(end)
        return self.pages.wants(first, max(1, last - first), also)

    def event_of(self, index: int) -> int:
        """Return the index of a row's first event among all events."""
        layout = self._lay()
        if layout.gap is not None and index == layout.gap:
            return self.pages.gap or 0
        found = self._locate(index)
        if found is None:
            return max(0, self.pages.count - 1) if index >= layout.total else 0
        slot, at = found
        body = self._body(slot)
        return self.pages.index_of(slot) + (body.rows[at][1] if 0 <= at < len(body.rows) else 0)

    def row_of(self, event: int) -> int:
        """Return the row that the event with this index among all events is in."""
        layout = self._lay()
        place = self.pages.place(event)
        if place is None:
            return layout.gap or 0
        slot, offset = place
        number = layout.slots.index(slot)
        rows = self._body(slot).rows
        at = bisect_right(rows, offset, key=lambda row: row[1]) - 1
        return layout.starts[number] + layout.headed[number] + max(0, at)

    # Where it stands.

    def _lay(self) -> _Layout:
        made_of = (self.pages.version, self._changes, self.folds)
        if self._layout is None or self._layout.made_of != made_of:
            self._layout = self._laid(made_of)
        return self._layout

    def _laid(self, made_of: object) -> _Layout:
        layout, day = _Layout(made_of), None
        for slot in self.pages.sections():
            if slot is None:
                layout.gap, layout.total, day = layout.total, layout.total + 1, None
                continue
            body = self._body(slot)
            is_headed = bool(body.rows) and body.first_day != day
            layout.slots.append(slot)
            layout.starts.append(layout.total)
            layout.headed.append(is_headed)
            layout.total += is_headed + len(body.rows)
            day = body.last_day
        return layout

    def _locate(self, index: int) -> tuple[Slot[Event], int] | None:
        """Return the page of a row and its place there; -1 for the day's line that the page begins with."""
        layout = self._lay()
        number = bisect_right(layout.starts, index) - 1
        if number < 0 or index == layout.gap or index >= layout.total:
            return None
        slot = layout.slots[number]
        at = index - layout.starts[number] - layout.headed[number]
        return (slot, at) if at < len(self._body(slot).rows) else None

    def _body(self, slot: Slot[Event]) -> _Folding:
        known = slot.shape
        if slot.rows is None and isinstance(known, _Folding):
            return known  # it comes again as it was
        made_of = (id(slot.rows), slot.count, self._changes, self.folds)
        if not isinstance(known, _Folding) or known.made_of != made_of:
            known = slot.shape = self._made(slot.rows, slot.count, made_of)
        return known

    def _made(self, events: Sequence[Event] | None, count: int, made_of: object) -> _Folding:
        if not events:
            return _Folding(made_of, [("event", offset, 1) for offset in range(count)])
        body = _Folding(made_of, first_day=self._day_of(events[0]), last_day=self._day_of(events[-1]))
        day = body.first_day
        for offset, length in self._parts(events):
            if (its_day := self._day_of(events[offset])) != day:
                body.rows.append(("day", offset, 1))
                day = its_day
            if length >= RUN_LEAST:
                body.runs.append((offset, length))
            if length >= RUN_LEAST and self.folds and events[offset].id not in self._unfolded:
                body.rows.append(("run", offset, length))
            else:
                body.rows += [("event", one, 1) for one in range(offset, offset + length)]
        return body

    def _parts(self, events: Sequence[Event]) -> Iterator[tuple[int, int]]:
        """Yield offset and length of each run of one agent's actions on one day, and of each other event."""
        offset = 0
        for key, group in groupby(events, self._run_key):
            length = sum(1 for _ in group)
            if key is None:
                yield from ((one, 1) for one in range(offset, offset + length))
            else:
                yield offset, length
            offset += length

    def _run_key(self, event: Event) -> tuple[str | None, date] | None:
        is_plain = event.event_type == "ACTION" and event.source == "AGENT" and event.transition_to is None
        return (event.subject, self._day_of(event)) if is_plain else None
