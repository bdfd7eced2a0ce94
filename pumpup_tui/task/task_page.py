"""A task's page: rows to read, some of which fold or lead on, under one cursor."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.components.scroll_view import LineScrollView
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.layout import Line
from pumpup_tui.text.paragraphs import Paragraph

NEAR_END = 20
"""Rows before the last at which more is asked for."""


@dataclass(frozen=True)
class PageRow:
    """One row; `key` is what the cursor is pinned to."""

    paragraph: Paragraph
    key: Hashable = None
    folds: bool = False
    leads: bool = False
    """Whether enter goes on from it."""


class TaskPage(LineScrollView, can_focus=True):
    """Rows of any height, wrapped; the cursor stays on its row whatever rows come."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("move.down", "move(1)"),
        ("move.up", "move(-1)"),
        ("move.first", "move(-1000000)"),
        ("move.last", "move(1000000)"),
        ("move.page_down", "page(1)"),
        ("move.page_up", "page(-1)"),
        ("task.fold", "fold"),
        ("task.unfold", "fold(True)"),
        ("task.close", "fold(False)"),
        ("task.request", "choose"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Fold(Message):
        """A nested value is to be opened, closed, or with None the other way round."""

        def __init__(self, key: Hashable, open_: bool | None) -> None:
            super().__init__()
            self.key = key
            self.open = open_

    class Chosen(Message):
        """Enter on anything that does not fold; `key` is the row's."""

        def __init__(self, key: Hashable) -> None:
            super().__init__()
            self.key = key

    class NearEnd(Message):
        """The cursor nears the last row."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._rows: list[PageRow] = []
        self._wrapped: list[tuple[int, Line]] = []
        """Each drawn line, and the row that it is of."""
        self._tops: list[int] = []
        self._cursor = 0

    @property
    def row(self) -> PageRow | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def reading_width(self) -> int:
        """Cells of a line of text: beside it are the cursor, the margin and the scrollbar."""
        return max(20, self.size.width - 3)

    def show_rows(self, rows: Sequence[PageRow]) -> None:
        """Show these rows; the cursor stays on the one with its key."""
        key = self.row.key if self.row is not None else None
        self._rows = list(rows)
        if key is not None:
            self._cursor = next((n for n, row in enumerate(rows) if row.key == key), self._cursor)
        self._cursor = max(0, min(self._cursor, len(rows) - 1))
        self._wrap()

    def go_to(self, key: Hashable) -> None:
        """Put the cursor on the row with this key; it stays where there is none."""
        index = next((number for number, row in enumerate(self._rows) if row.key == key), None)
        if index is not None:
            self._to(index)

    def on_resize(self) -> None:
        """Wrap at the new width."""
        self._wrap()

    @override
    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        if index >= len(self._wrapped):
            return paint(self, [], self.size.width)
        number, line = self._wrapped[index]
        mark = ("▌", "accent") if number == self._cursor and self.has_focus else (" ", "")
        return paint(self, [mark, *line], self.size.width)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows; empty ones are passed over."""
        step = 1 if by > 0 else -1
        index = max(0, min(self._cursor + by, len(self._rows) - 1))
        while 0 < index < len(self._rows) - 1 and not self._rows[index].paragraph.has_text:
            index += step
        self._to(index)

    def action_page(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self.action_move(direction * max(1, self.size.height // 2))

    def action_fold(self, open_: bool | None = None) -> None:
        """Open or close the value under the cursor."""
        if self.row is not None and self.row.folds:
            self.post_message(self.Fold(self.row.key, open_))

    def action_choose(self) -> None:
        """Open the value under the cursor, or go on."""
        if self.row is not None and self.row.folds:
            self.action_fold()
        else:
            self.post_message(self.Chosen(self.row.key if self.row is not None else None))

    def _to(self, index: int) -> None:
        old, self._cursor = self._cursor, index
        for number in {old, index}:
            top, height = self._place(number)
            # The mark alone changes: one cell a line is sent.
            self.refresh(Region(0, top - self.scroll_offset.y, 1, height))
        self._in_view()
        if index >= len(self._rows) - NEAR_END:
            self.post_message(self.NearEnd())

    def _place(self, number: int) -> tuple[int, int]:
        if number >= len(self._tops):
            return 0, 0
        after = self._tops[number + 1] if number + 1 < len(self._tops) else len(self._wrapped)
        return self._tops[number], after - self._tops[number]

    def _in_view(self) -> None:
        """Scroll by half a page where the cursor's row is not in view: a scroll is sent whole."""
        top, height = self._place(self._cursor)
        first, room = self.scroll_offset.y, max(1, self.size.height)
        if self._cursor == 0:
            self.scroll_to(y=0, animate=False)
        elif top < first or top + height > first + room:
            self.scroll_to(y=max(0, top - room // 2), animate=False)

    def _wrap(self) -> None:
        room = self.reading_width
        wrapped: list[tuple[int, Line]] = []
        self._tops = []
        for number, row in enumerate(self._rows):
            self._tops.append(len(wrapped))
            wrapped += [(number, piece) for piece in row.paragraph.wrapped(room)]
        if wrapped != self._wrapped:
            self._wrapped = wrapped
            self.fit_height(len(wrapped))
            self.refresh()
