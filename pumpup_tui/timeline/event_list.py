"""A timeline: one line an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message
from typing_extensions import override

from pumpup_tui.components.paged_list import PagedList
from pumpup_tui.components.record_paragraphs import WHO_CELLS
from pumpup_tui.context import Context
from pumpup_tui.text.labels import event_text, event_type_run, move_of, who_of
from pumpup_tui.text.layout import Line, fit, joined

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.backend.page_requests import PageRequest, PageResult

TYPE_CELLS = 23


class TimelineList(PagedList["Event"]):
    """Events: time, who, type, step change, text."""

    class Sought(Message):
        """A search along the list ended."""

        def __init__(self, *, found: bool) -> None:
            super().__init__()
            self.found = found

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="opening…")
        self.context = context
        self._seeking: tuple[int, Callable[[Event], bool]] | None = None
        self._sought: object = None

    @property
    def is_seeking(self) -> bool:
        """Whether a row is looked for along the list."""
        return self._seeking is not None

    @override
    def row_id(self, row: Event) -> str:
        return row.id

    @override
    def draw_row(self, row: Event, width: int) -> Sequence[Line]:
        word, tone = event_type_run(row.event_type)
        head = f"{fit(self.context.stamp(row.timestamp), 12)} {fit(who_of(row), WHO_CELLS)} "
        said = joined((move_of(row), event_text(row)))
        room = width - 12 - 1 - WHO_CELLS - 1 - TYPE_CELLS - 1 - 1  # the last cell is the scrollbar's
        return [[(head, "muted"), (fit(word, TYPE_CELLS), tone), (" ", ""), (fit(said, room), ""), (" ", "")]]

    def seek(self, step: int, wanted: Callable[[Event], bool]) -> None:
        """Go to the next row that is `wanted`, down (1) or up (-1) the list; read on as far as it takes."""
        self._seeking, self._sought = (step, wanted), self.pages.mark(self.pages.cursor)
        self._seek_on()

    def stop_seeking(self) -> None:
        """Stay where the cursor is."""
        self._seeking = None
        self.look_at(None)

    @override
    def restart(self) -> None:
        self.stop_seeking()
        super().restart()

    @override
    def arrive(self, want: PageRequest, answer: PageResult[Event]) -> bool:
        taken = super().arrive(want, answer)
        if taken and self._seeking is not None:
            self._seek_on()
        return taken

    def _seek_on(self) -> None:
        if self._seeking is None:
            return
        step, wanted = self._seeking
        index = self.pages.find(self._sought)
        index = (self.pages.cursor if index is None else index) + step
        while 0 <= index < self.pages.count:
            row = self.pages.row(index)
            if row is None:
                self._sought = self.pages.mark(index - step)
                self.look_at(index)
                return
            if wanted(row):
                self.stop_seeking()
                self._to(index)
                self.post_message(self.Sought(found=True))
                return
            index += step
        self.stop_seeking()
        self.post_message(self.Sought(found=False))
