"""A list over pages that are read as they are looked at: of any length, in flat memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from textual.message import Message
from typing_extensions import override

from pumpup_tui.backend.page_requests import PageRequest, PageResult
from pumpup_tui.components.paged_rows import Paged
from pumpup_tui.components.virtual_list import Rows, VirtualList

T = TypeVar("T")


class PagedList(VirtualList[T], Generic[T]):
    """Rows out of pages. It asks its screen for what is missing (`Wanted`), and draws what has come."""

    class Wanted(Message):
        """Pages that are missing around the view."""

        def __init__(self, wants: Sequence[PageRequest]) -> None:
            super().__init__()
            self.wants = wants

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty=empty)
        self.pages: Paged[T] = Paged(self.row_id)
        self._looked_at: int | None = None

    @property
    @override
    def model(self) -> Rows[T]:
        return self.pages

    @property
    @override
    def is_empty(self) -> bool:
        return not self.pages.is_read or self.pages.count == 0

    @property
    def is_at_top(self) -> bool:
        """Whether the first row is in view."""
        return self.scroll_offset.y == 0

    @property
    def is_at_last(self) -> bool:
        """Whether the last row is in view."""
        return self.pages.has_bottom and self._top + self.size.height >= self.pages.count

    def restart(self) -> None:
        """Begin another list: all rows go, and the first page is asked for."""
        self.pages.reset()
        self._told_id = None
        self._cache.clear()
        self._fit()
        self.scroll_to(y=0, animate=False)
        self.refresh()
        self.viewed()

    def arrive(self, want: PageRequest, answer: PageResult[T]) -> bool:
        """Take a page; return False where nobody waits for it any more."""
        was_last = want.kind == "last"
        with self._steady():
            taken = self.pages.arrive(want, answer)
        if taken:
            if was_last:
                self._in_view()
            self.viewed()
        return taken

    def failed(self, want: PageRequest) -> None:
        """Take note that a page will not come; the next move asks for it again."""
        self.pages.failed(want)

    def has_news(self, *, above: bool) -> None:
        """Take note that there are new rows at an end; they are read once that end is near the view."""
        with self._steady():
            self.pages.has_news(above=above)
        self.viewed()

    def look_at(self, index: int | None) -> None:
        """Have the rows about `index` read as if they were in view; None: no more."""
        self._looked_at = index
        if index is not None:
            self.viewed()

    @override
    def viewed(self) -> None:
        top, height = self._top, max(1, self.size.height // self.ROW_HEIGHT)
        also = self._looked_at
        if wants := self.pages.wants(top, height, also):
            self.post_message(self.Wanted(wants))

    @override
    def action_go(self, index: int) -> None:
        if index >= 0 and self.pages.has_unread_above:
            self.restart()  # much may have come since: the newest is one page away
        elif index >= 0:
            super().action_go(index)
        elif self.pages.is_read:
            self.go_last()

    def go_last(self) -> None:
        """Move the cursor to the real end, read first where it is not known."""
        old = self.pages.cursor
        if self.pages.go_last():
            super()._to(self.pages.cursor)
            self._refresh_row(old)
        else:
            self.viewed()
