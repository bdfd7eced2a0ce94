"""The rows of long lists against a plain list: what is drawn and where the cursor is always agree with it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pumpup_tui.backend.page_requests import PageRequest, PageResult
from pumpup_tui.components.paged_rows import Paged
from pumpup_tui.components.searchable_rows import SearchableRows

PAGE = 4


class Source:
    """A list of ids that grows at both ends, paged by cursors that go both ways."""

    def __init__(self, rows: list[str]) -> None:
        self.rows = rows

    def answer(self, want: PageRequest) -> PageResult[str]:
        if want.kind in ("first", "last"):
            return self._end(down=want.kind == "first", limit=want.limit)
        assert want.cursor is not None
        return self._page(want.cursor, down=want.down, limit=want.limit)

    def _end(self, *, down: bool, limit: int) -> PageResult[str]:
        if not self.rows:
            return PageResult([], None, more=False)
        edge = self.rows[0] if down else self.rows[-1]
        page = self._page(edge, down=down, limit=limit)
        return PageResult(page.rows, page.cursor, page.more, edge=[edge], edge_cursor=edge)

    def _page(self, cursor: str, *, down: bool, limit: int) -> PageResult[str]:
        # A cursor of a row that went stands where it was: the number in its id.
        beyond = (
            [row for row in self.rows if place(row) > place(cursor)]
            if down
            else [row for row in self.rows if place(row) < place(cursor)][::-1]
        )
        rows = beyond[:limit]
        end = rows[-1] if rows else cursor
        return PageResult(rows if down else rows[::-1], end, more=len(rows) == limit)


def place(row: str) -> int:
    return int(row)


class AnyPages(RuleBasedStateMachine):
    """Pages that arrive in any order, around a view that scrolls, resizes and moves."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: Paged[str] = Paged(str, keep=6, ahead=2, page=PAGE)
        self.open: list[PageRequest] = []
        self.top, self.height = 0, 5
        self.pinned: str | None = None
        self.going_last = False

    @initialize(size=st.integers(0, 40))
    def begin(self, size: int) -> None:
        self.source = Source([str(number) for number in range(size)])
        self.look()

    def look(self) -> None:
        self.top = max(0, min(self.top, self.pages.count - self.height))
        self.open += self.pages.wants(self.top, self.height)
        self.pinned = self.pages.cursor_id

    def step(self) -> None:
        """What the cursor is on is what it was on, where that is known."""
        assert self.pinned is None or self.pages.cursor_id == self.pinned
        self.look()

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def one_arrives(self, data: st.DataObject) -> None:
        want = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        mark = self.pages.mark(self.top)
        drawn = self.pages.row(self.top)
        assert self.pages.arrive(want, self.source.answer(want))
        found = self.pages.find(mark)
        if drawn is not None and found is not None:
            assert self.pages.row(found) == drawn
            self.top = found
        if self.going_last and self.pages.cursor == self.pages.count - 1:
            self.pinned, self.going_last = None, False
        self.step()

    @precondition(lambda self: self.open)
    @rule()
    def one_fails(self) -> None:
        self.pages.failed(self.open.pop(0))
        self.step()

    @rule(by=st.integers(-30, 30))
    def scroll(self, by: int) -> None:
        self.top += by
        self.step()

    @rule(height=st.integers(1, 12))
    def resize(self, height: int) -> None:
        self.height = height
        self.step()

    @rule(by=st.sampled_from([-1, 1, -3, 3, -20, 20]))
    def move(self, by: int) -> None:
        before = self.pages.cursor
        self.pages.go(before + by)
        self.going_last = False
        self.bring_into_view()

    @rule()
    def home(self) -> None:
        self.pages.go(0)
        self.going_last = False
        assert self.pages.cursor == 0
        self.bring_into_view()

    @rule()
    def end(self) -> None:
        self.going_last = not self.pages.go_last()
        if not self.going_last:
            assert self.pages.cursor == max(0, self.pages.count - 1)
        self.bring_into_view()

    @rule(many=st.integers(1, 6))
    def rows_come_above(self, many: int) -> None:
        first = place(self.source.rows[0]) if self.source.rows else 0
        self.source.rows[:0] = [str(first - number) for number in range(many, 0, -1)]
        self.pages.has_news(above=True)
        self.step()

    @rule(many=st.integers(1, 6))
    def rows_come_below(self, many: int) -> None:
        last = place(self.source.rows[-1]) if self.source.rows else 0
        self.source.rows += [str(last + number) for number in range(1, many + 1)]
        self.pages.has_news(above=False)
        self.step()

    @rule()
    def all_arrives(self) -> None:
        """Once everything that was asked for has come, what is in view is drawn, and no row is missing."""
        for _ in range(200):
            if not self.open:
                break
            want = self.open.pop()
            mark = self.pages.mark(self.top)
            self.pages.arrive(want, self.source.answer(want))
            self.going_last = False
            self.top = self.pages.find(mark) or self.top
            self.look()
        assert not self.open
        self.look()
        for index in range(self.top, min(self.top + self.height, self.pages.count)):
            assert self.pages.row(index) is not None
        if self.pages.is_complete and self.pages.held == self.pages.count and not self.news_above():
            rows = [self.pages.row(index) for index in range(self.pages.count)]
            assert rows == self.source.rows[: len(rows)]  # what came below is read once the end is looked at

    def news_above(self) -> bool:
        return bool(self.source.rows) and self.pages.row(0) != self.source.rows[0]

    def bring_into_view(self) -> None:
        cursor = self.pages.cursor
        self.top = min(max(self.top, cursor - self.height + 1), cursor)
        self.look()

    @invariant()
    def the_cursor_is_on_its_id(self) -> None:
        row = self.pages.row(self.pages.cursor)
        if self.pages.cursor_id is not None:
            assert row == self.pages.cursor_id

    @invariant()
    def rows_stand_in_order(self) -> None:
        """What is drawn is a run of the list: neighbours here are neighbours there, but across the gap."""
        known = [(index, self.pages.row(index)) for index in range(self.pages.count)]
        there = {row: index for index, row in enumerate(self.source.rows)} if hasattr(self, "source") else {}
        for (index, row), (other_index, other) in pairwise(known):
            if row is not None and other is not None:
                assert there[other] == there[row] + 1, (index, other_index)

    @invariant()
    def memory_is_flat(self) -> None:
        assert self.pages.held <= 2 * 6 + self.height + 12 * PAGE


TestAnyPages = AnyPages.TestCase
TestAnyPages.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


class AnyList(RuleBasedStateMachine):
    """A list in memory: rows come, go and are searched for."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: SearchableRows[str] = SearchableRows(str, str)
        self.plain: list[str] = []
        self.needle = ""
        self.next = 0

    def shown(self) -> list[str]:
        return [row for row in self.plain if self.needle in row]

    def check(self, before: str | None, at: int) -> None:
        shown = self.shown()
        assert list(self.listed.shown) == shown
        if before in shown:
            assert self.listed.cursor_id == before
        elif shown:
            assert self.listed.cursor == min(at, len(shown) - 1)
        if shown:
            assert shown[self.listed.cursor] == self.listed.cursor_id
        else:
            assert self.listed.cursor_id is None
        assert self.listed.lost is None or self.listed.lost not in self.plain
        self.listed.lost = None

    @rule(many=st.integers(0, 5))
    def add(self, many: int) -> None:
        before, at = self.listed.cursor_id, self.listed.cursor
        new = [str(self.next + number) for number in range(many)]
        self.next += many
        self.plain += new
        self.listed.add([*self.plain[:2], *new])
        self.check(before, at)

    @rule(data=st.data())
    def take_away(self, data: st.DataObject) -> None:
        before, at = self.listed.cursor_id, self.listed.cursor
        gone = data.draw(st.sets(st.sampled_from(self.plain))) if self.plain else set()
        self.plain = [row for row in self.plain if row not in gone]
        self.listed.take_away(gone)
        assert self.listed.lost == (before if before in gone else None)
        self.check(before, at)

    @rule(needle=st.sampled_from(["", "1", "2"]))
    def search(self, needle: str) -> None:
        before, at = self.listed.cursor_id, self.listed.cursor
        self.needle = needle
        self.listed.search(needle)
        self.check(before, at)

    @rule(index=st.integers(-3, 50))
    def go(self, index: int) -> None:
        self.listed.go(index)
        assert self.listed.cursor == max(0, min(index, len(self.shown()) - 1))

    @rule(rows=st.permutations(["3", "12", "21", "40"]))
    def show(self, rows: list[str]) -> None:
        before, at = self.listed.cursor_id, self.listed.cursor
        self.plain = list(rows)
        self.next = max(self.next, 41)
        self.listed.show(rows)
        self.check(before, at)


TestAnyList = AnyList.TestCase
TestAnyList.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize("size", [0, 1, 3, 1000])
def test_the_end_is_one_page_away(size: int) -> None:
    """The last row is reached by its own page, whatever lies between."""
    source = Source([str(number) for number in range(size)])
    pages: Paged[str] = Paged(str, page=PAGE, ahead=1)
    asked = 0
    pages.go_last()
    for _ in range(10):
        for want in pages.wants(pages.cursor, 5):
            asked += 1
            pages.arrive(want, source.answer(want))
        pages.go_last()
    assert pages.cursor_id == (str(size - 1) if size else None)
    assert asked <= 10


def test_a_late_page_of_another_list_is_not_taken() -> None:
    """What was asked for before the list was begun anew changes nothing."""
    source = Source(["1", "2"])
    pages: Paged[str] = Paged(str)
    (want,) = pages.wants(0, 5)
    pages.reset()
    assert not pages.arrive(want, source.answer(want))
    assert pages.count == 1
    assert not pages.is_read
