"""Following a timeline: the cursor goes to each new event until someone moves it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pumpup_tui.timeline.event_list import TimelineList
    from pumpup_tui.timeline.scope import TimelineScope


class Follower:
    """The newest end of a list: whether the cursor stays on it, and how many events came that were not in view yet."""

    def __init__(self, events: TimelineList, scope: TimelineScope) -> None:
        """Take the list, and the scope, whose order says which end is the newest."""
        self._events = events
        self._scope = scope
        self.is_on = False
        self.new = 0
        """Events that came and were not in view yet."""

    @property
    def is_on_newest(self) -> bool:
        """Whether the cursor is on the newest row."""
        pages = self._events.pages
        return (
            pages.cursor == 0
            if self._scope.query.newest_first
            else self._events.model.cursor >= self._events.model.count - 1
        )

    @property
    def _is_newest_in_view(self) -> bool:
        return self._events.is_at_top if self._scope.query.newest_first else self._events.is_at_last

    def toggle(self) -> None:
        """Go to the newest event and stay there; turn that off where it is on."""
        self.is_on = not self.is_on
        if self.is_on:
            self.new = 0
            self.go_to_newest()

    def go_to_newest(self) -> None:
        """Move the cursor to the newest event."""
        if self._scope.query.newest_first:
            self._events.action_go(0)
        else:
            self._events.go_last()

    def take_news(self, count: int) -> None:
        """Note that events have come; the list reads them once their end is in view."""
        if self.is_on and not self._is_newest_in_view:
            self.is_on = False
        self.new += count
        self._events.has_news(above=self._scope.query.newest_first)
        self.note_seen()

    def note_seen(self) -> None:
        """Count no event as new once all of them have been read and are in view."""
        if self.new and self._is_newest_in_view and not self._events.pages.has_unread:
            self.new = 0

    def stop_if_left(self) -> bool:
        """Stop following where the cursor is no longer on the newest row; return whether it was stopped now."""
        stops = self.is_on and not self.is_on_newest
        if stops:
            self.is_on = False
        return stops
