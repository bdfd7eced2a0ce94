"""Pages of rows and the gap between them: where each row stands, whether it is in memory or not."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import count
from typing import Generic, TypeVar

from pumpup_tui.backend.page_requests import Slot, SlotLayout, laid_out

T = TypeVar("T")


class PlacedPages(Generic[T]):
    """Pages in order, with a gap of unknown length, which stands for one row."""

    def __init__(self) -> None:
        self._versions = count(1)
        self.forget_places()

    def forget_places(self) -> None:
        """Forget all pages: nothing is known but the gap."""
        self._slots: list[Slot[T]] = []
        self._gap: int | None = 0
        self._layout: SlotLayout | None = None

    @property
    def version(self) -> int:
        """Another number whenever other rows are in other places."""
        return self._lay().version

    @property
    def gap(self) -> int | None:
        """The index of the gap, None where it is closed."""
        return self._lay().gap

    def sections(self) -> Iterator[Slot[T] | None]:
        """Yield the pages in order, and None for the gap."""
        for number, slot in enumerate(self._slots):
            if number == self._gap:
                yield None
            yield slot
        if self._gap == len(self._slots):
            yield None

    def _lay(self) -> SlotLayout:
        if self._layout is None:
            self._layout = laid_out(self._slots, self._gap, version=next(self._versions))
        return self._layout

    def index_of(self, slot: Slot[T]) -> int:
        """Return the index of a page's first row."""
        return self._lay().of.get(id(slot), 0)

    def place(self, index: int) -> tuple[Slot[T], int] | None:
        """Return the page of a row and its place there, None for the gap."""
        layout = self._lay()
        number = bisect_right(layout.starts, index) - 1
        if number < 0 or index == layout.gap:
            return None
        slot, offset = self._slots[number], index - layout.starts[number]
        return (slot, offset) if offset < slot.count else None

    def _near(self, low: int, high: int) -> Iterator[tuple[Slot[T], int]]:
        starts = self._lay().starts
        for number in range(max(0, bisect_right(starts, low) - 1), len(starts)):
            if starts[number] >= high:
                return
            if starts[number] + self._slots[number].count > low:
                yield self._slots[number], starts[number]
