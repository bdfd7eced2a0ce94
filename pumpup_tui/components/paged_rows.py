"""A list too long to hold: which rows are where, which pages to ask for, and which one the cursor is on.

Knows nothing of drawing and asks nobody: `wants` says what is missing around the view, `arrive` takes it, in any
order. The list is known from its top and, once someone asked for the end, from its bottom too; between the two
stands one *gap* of unknown length, drawn as one row, which closes from the side that is looked at. Pages far from
the view give their rows up and keep the place to read them from again, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar

from pumpup_tui.backend.page_requests import PAGE, PAGE_MOST, Edges, Kind, PageRequest, PageResult, Slot
from pumpup_tui.components.placed_pages import PlacedPages

T = TypeVar("T")
AHEAD = 80
"""Rows beyond the view that are asked for before they are needed."""
KEEP = 1000
"""Rows beyond the view that stay in memory."""


class Paged(PlacedPages[T]):
    """Pages of rows, with a cursor pinned to an id."""

    def __init__(self, id_of: Callable[[T], str], *, keep: int = KEEP, ahead: int = AHEAD, page: int = PAGE) -> None:
        super().__init__()
        self._id_of = id_of
        self._keep, self._ahead, self._page = keep, ahead, page
        self._numbers = count(1)
        self.cursor_id: str | None = None
        self.is_to_first = False
        """Whether the cursor goes to the first row of what is being read above it."""
        self.lost: str | None = None
        """The id that the cursor was on, where that row went; until it is read."""
        self.reset()

    def reset(self, at: str | None = None) -> None:
        """Forget all rows: another list begins, about the row with the id `at`. What was asked for is not taken."""
        self._begin_at = at
        self.forget_places()
        self._begun = False
        self._top_open = self._bottom_open = False
        self._edges = Edges()
        self._asked: dict[int, tuple[PageRequest, Slot[T] | None]] = {}
        self._at: tuple[Slot[T], int] | None = None
        self._to_last = self.is_to_first = False

    # What is where.

    @property
    def count(self) -> int:
        """How many rows are known, the gap counted as one."""
        return self._lay().total

    @property
    def is_complete(self) -> bool:
        """Whether both ends are known and nothing is missing between them."""
        return self._gap is None

    @property
    def is_read(self) -> bool:
        """Whether anything has come yet."""
        return self._begun

    @property
    def has_unread(self) -> bool:
        """Whether rows have come at either end that are not read yet."""
        return self._top_open or self._bottom_open or self._asked_of("new", "tail")

    @property
    def held(self) -> int:
        """How many rows are in memory."""
        return sum(len(slot.rows) for slot in self._slots if slot.rows)

    @property
    def is_waiting(self) -> bool:
        """Whether something was asked for that has not come."""
        return bool(self._asked)

    def row(self, index: int) -> T | None:
        """Return a row, None where it is not here (yet)."""
        found = self.place(index)
        if found is None or found[0].rows is None:
            return None
        return found[0].rows[found[1]]

    def where(self, row_id: str) -> int | None:
        """Return the index of a row in memory."""
        for slot in self._slots:
            for offset, row in enumerate(slot.rows or ()):
                if self._id_of(row) == row_id:
                    return self.index_of(slot) + offset
        return None

    def mark(self, index: int) -> object:
        """Return what finds the row at `index` again after others have come and gone."""
        return self.place(index)

    def find(self, mark: object) -> int | None:
        """Return where a marked row is now, None where it went."""
        if not isinstance(mark, tuple):
            return None
        slot: Slot[T] = mark[0]
        offset: int = mark[1]
        if id(slot) not in self._lay().of or not slot.count:
            return None
        return self.index_of(slot) + min(offset, slot.count - 1)

    @property
    def cursor(self) -> int:
        """The index that the cursor is on."""
        return 0 if self._at is None else self.index_of(self._at[0]) + self._at[1]

    @property
    def pinned_id(self) -> str | None:
        """The id that the cursor is on; None on the very first row, which is the list's beginning."""
        return self.cursor_id if self.cursor or self._top_open else None

    # The cursor.

    def go(self, index: int) -> None:
        """Put the cursor on a row, the nearest where there is none; never on the gap."""
        self._to_last = self.is_to_first = False
        total = self.count
        index = max(0, min(index, total - 1))
        if total and index == self._lay().gap:
            index = index + 1 if index > self.cursor and index + 1 < total else index - 1
        self._put(self.place(index))

    def go_first(self) -> bool:
        """Put the cursor on the first row, or on the one that is being read above it; return False where none is."""
        self.go(0)
        self.is_to_first = self._asked_of("new")
        return not self._top_open

    def go_last(self) -> bool:
        """Put the cursor on the last row; return False where that has to be asked for first."""
        if self._gap is None or self._gap < len(self._slots):
            self.go(self.count - 1)
            return True
        self._to_last = True
        return False

    def _put(self, place: tuple[Slot[T], int] | None) -> None:
        if place is not None:
            self._at = place
            slot, offset = place
            self.cursor_id = None if slot.rows is None else self._id_of(slot.rows[offset])

    # What is missing.

    def wants(self, top: int, height: int, also: int | None = None) -> list[PageRequest]:
        """Return what to ask for, each once, and give up what is far.

        Args:
            top: The first row in view.
            height: How many rows are in view.
            also: A row beyond the view that is looked at too.
        """
        if self._asked_of("first"):
            return []
        if not self._begun:
            return [self._ask("first", cursor=self._begin_at)]
        low, high = top - self._ahead, top + height + self._ahead
        found = self._wants_near(low, high, looking_from_below=top + height // 2 > (self._lay().gap or 0))
        near = {id(slot) for slot, _ in self._near(top - self._keep, top + height + self._keep)}
        if also is not None:
            gap = self._lay().gap
            found += self._wants_near(also, also + 1, looking_from_below=gap is not None and also > gap, many=True)
            near |= {id(slot) for slot, _ in self._near(also - self._page, also + self._page)}
        if self._to_last and not self.has_bottom:
            found += [] if self._asked_of("last") else [self._ask("last", down=False)]
        elif self._to_last and not self._asked_of("down", "up"):
            found.append(self._gap_want(looking_from_below=True))
        self._give_up(near)
        return found

    def _wants_near(self, low: int, high: int, *, looking_from_below: bool, many: bool = False) -> list[PageRequest]:
        found = [
            self._ask("again", slot, cursor=slot.anchor[0], down=slot.anchor[1], limit=slot.count)
            for slot, _ in self._near(low, high)
            if slot.rows is None and slot.anchor is not None and not slot.asked
        ]
        gap = self._lay().gap
        if gap is not None and low <= gap < high and not self._asked_of("down", "up"):
            found.append(self._gap_want(looking_from_below=looking_from_below, many=many))
        if self._top_open and self._edges.top is not None and low <= 0 and not self._asked_of("new"):
            self._top_open = False
            found.append(self._ask("new", cursor=self._edges.top, down=False, limit=PAGE_MOST))
        at_end = high >= self.count and self.has_bottom
        if self._bottom_open and at_end and self._edges.bottom is not None and not self._asked_of("tail"):
            self._bottom_open = False
            found.append(self._ask("tail", cursor=self._edges.bottom, limit=PAGE_MOST))
        return found

    def has_news(self, *, above: bool) -> None:
        """Take note that rows have come at the top, or at the bottom."""
        if self._begun and self._gap is None and not self._slots:
            self._begun, self._gap, self._layout = False, 0, None  # the list was empty: it begins anew
        elif above:
            self._top_open = True
        else:
            self._bottom_open = True  # where the bottom is not known yet, this waits until it is

    def failed(self, want: PageRequest) -> None:
        """Take note that what was asked for will not come: it may be asked for again."""
        known, _ = self._answered(want)
        self._top_open = self._top_open or (known and want.kind == "new")
        self._bottom_open = self._bottom_open or (known and want.kind == "tail")

    @property
    def has_bottom(self) -> bool:
        """Whether the last row is known."""
        return self._gap is None or self._edges.below_gap is not None

    def _gap_want(self, *, looking_from_below: bool, many: bool = False) -> PageRequest:
        limit = PAGE_MOST if many else 0
        if looking_from_below and self._edges.below_gap is not None:
            return self._ask("up", cursor=self._edges.below_gap, down=False, limit=limit)
        return self._ask("down", cursor=self._edges.above_gap, limit=limit)

    def _ask(
        self, kind: Kind, slot: Slot[T] | None = None, *, cursor: str | None = None, down: bool = True, limit: int = 0
    ) -> PageRequest:
        want = PageRequest(kind, next(self._numbers), cursor, down, limit or self._page)
        self._asked[want.number] = (want, slot)
        if slot is not None:
            slot.asked = True
        return want

    def _asked_of(self, *kinds: Kind) -> bool:
        return any(want.kind in kinds for want, _ in self._asked.values())

    def _answered(self, want: PageRequest) -> tuple[bool, Slot[T] | None]:
        asked = self._asked.pop(want.number, None)
        if asked is None:
            return False, None
        slot = asked[1]
        if slot is not None:
            slot.asked = False
        return True, slot

    def _give_up(self, near: set[int]) -> None:
        for slot in self._slots:
            at_cursor = self._at is not None and self._at[0] is slot
            if slot.anchor is not None and id(slot) not in near and not at_cursor:
                slot.rows = None

    # What comes.

    def arrive(self, want: PageRequest, answer: PageResult[T]) -> bool:
        """Take what was asked for; return False where nobody waits for it any more."""
        known, slot = self._answered(want)
        if not known:
            return False
        if slot is not None:
            self._refill(slot, list(answer.rows))
        elif want.kind in ("first", "last"):
            self._arrive_end(want.kind == "first", answer)
        elif want.kind == "new":
            self._insert(0, answer.rows, want)
            self._edges.top = answer.cursor or self._edges.top
            self._top_open = self._top_open or answer.more
        elif want.kind == "tail":
            self._insert(len(self._slots), answer.rows, want)
            self._edges.bottom = answer.cursor or self._edges.bottom
            self._bottom_open = self._bottom_open or answer.more
        elif self._gap is not None:
            self._arrive_in_gap(want, answer)
        self._layout = None
        if self._at is None:
            self._put(self.place(answer.start))
        if self._to_last and self.go_last():
            self._to_last = False
        if want.kind == "new" and self.is_to_first:
            self.go(0)
        return True

    def _arrive_end(self, first: bool, answer: PageResult[T]) -> None:
        anchor = None if answer.edge_cursor is None else (answer.edge_cursor, first)
        if first:
            self._begun, self._gap = True, 0
            self._edges.top, self._edges.above_gap = answer.edge_cursor, answer.cursor
            self._top_open = answer.begins_within
            self._join([*answer.edge, *answer.rows], None if answer.edge else anchor, down=True)
        elif self._gap is not None:
            self._edges.bottom, self._edges.below_gap = answer.edge_cursor, answer.cursor
            self._join([*answer.rows, *answer.edge], None if answer.edge else anchor, down=False)
        if not answer.more:
            self._close()

    def _arrive_in_gap(self, want: PageRequest, answer: PageResult[T]) -> None:
        if want.down:
            self._edges.above_gap = answer.cursor or want.cursor
        else:
            self._edges.below_gap = answer.cursor or want.cursor
        anchor = None if want.cursor is None else (want.cursor, want.down)
        self._join(answer.rows, anchor, down=want.down)
        if not answer.more:
            self._close()

    def _join(self, rows: Sequence[T], anchor: tuple[str, bool] | None, *, down: bool) -> None:
        """Put rows at one side of the gap; where they reach the other side, it is closed."""
        if self._gap is None:
            return
        beyond = self._slots[self._gap :] if down else self._slots[: self._gap][::-1]
        other = next((slot.ends[0 if down else 1] for slot in beyond if slot.count), None)
        ids = [self._id_of(row) for row in rows]
        met = other in ids
        if met:
            cut = ids.index(str(other))
            rows = rows[:cut] if down else rows[cut + 1 :]
        if rows:
            self._slots.insert(self._gap, self._slot(rows, anchor))
            self._gap += 1 if down else 0
        if met:
            self._close()
        self._layout = None

    def _close(self) -> None:
        if self._edges.below_gap is None:
            self._edges.bottom = self._edges.above_gap
        self._gap = None
        self._to_last = self._to_last and bool(self._slots)

    def _insert(self, index: int, rows: Sequence[T], want: PageRequest) -> None:
        if rows and want.cursor is not None:
            self._slots.insert(index, self._slot(rows, (want.cursor, want.down)))
            if self._gap is not None and index <= self._gap:
                self._gap += 1

    def _slot(self, rows: Sequence[T], anchor: tuple[str, bool] | None) -> Slot[T]:
        return Slot(list(rows), len(rows), anchor, (self._id_of(rows[0]), self._id_of(rows[-1])))

    def _refill(self, slot: Slot[T], rows: list[T]) -> None:
        # What was cut off where two windows met is cut off again.
        rows = rows[: slot.count] if slot.anchor and slot.anchor[1] else rows[-slot.count :]
        slot.rows, slot.count = rows, len(rows)
        self._layout = None
        if rows:
            slot.ends = (self._id_of(rows[0]), self._id_of(rows[-1]))
        if self._at is not None and self._at[0] is slot:
            self._settle()

    def _settle(self) -> None:
        """Find the cursor's row again in its page; where it is gone, its neighbour."""
        if self._at is None:
            return
        slot, offset = self._at
        ids = [self._id_of(row) for row in slot.rows or ()]
        if self.cursor_id in ids:
            self._at = (slot, ids.index(str(self.cursor_id)))
            return
        self.lost = self.cursor_id or self.lost
        if ids:
            self._put((slot, min(offset, len(ids) - 1)))
        else:
            start, self._at = self.index_of(slot), None
            self._put(self.place(min(start, self.count - 1)))
