"""Going to the next event of a kind, reading on for as long as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.timeline.event_list import TimelineList


class EventSearch:
    """One search along a timeline's list, up or down from the cursor."""

    def __init__(self, events: TimelineList, not_found: Callable[[], None]) -> None:
        """Take the list, and what to call where a search has come to its end."""
        self._events = events
        self._not_found = not_found
        self._wanted: Callable[[Event], bool] | None = None
        self._step = 1
        self._mark: object = None
        """The row that was looked at last."""
        self._restarts = 0

    @property
    def is_on(self) -> bool:
        """Whether a row is looked for; a list that begins again ends the search."""
        return self._wanted is not None and self._restarts == self._events.restarts

    def start(self, step: int, wanted: Callable[[Event], bool]) -> None:
        """Go to the next row that is `wanted`, down (1) or up (-1) the list."""
        self._step, self._wanted = step, wanted
        self._mark = self._events.pages.mark(self._events.pages.cursor)
        self._restarts = self._events.restarts
        self.go_on()

    def stop(self) -> bool:
        """Stay where the cursor is; return False where nothing is looked for."""
        was = self.is_on
        self._wanted = None
        self._events.look_at(None)
        return was

    def go_on(self) -> None:
        """Look through the rows that are loaded; ask for the next ones where none of them is wanted."""
        wanted, pages, step = self._wanted, self._events.pages, self._step
        if wanted is None or not self.is_on:
            return
        index = pages.find(self._mark)
        index = (pages.cursor if index is None else index) + step
        while 0 <= index < pages.count:
            row = pages.row(index)
            if row is None:
                self._mark = pages.mark(index - step)
                self._events.look_at(index)
                return
            if wanted(row):
                self.stop()
                self._events.move_to(self._events.all_rows.row_of(index))
                return
            index += step
        self.stop()
        self._not_found()
