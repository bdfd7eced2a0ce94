"""A visit to the timeline from another screen: the events that it was opened for, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.timeline.scope import TimelineScope


@dataclass(frozen=True, slots=True)
class _Visit:
    shown: Query
    former: Query
    go_back: Callable[[], None]


class TimelineVisit:
    """It lasts as long as the events are those that the timeline was opened for, in whatever order."""

    def __init__(self, scope: TimelineScope, show: Callable[[Query], None]) -> None:
        """Take what is shown, and what shows another query's events."""
        self._scope, self._show = scope, show
        self._visit: _Visit | None = None

    @property
    def is_on(self) -> bool:
        """Whether escape leads back to another screen."""
        return self._present() is not None

    def _present(self) -> _Visit | None:
        visit, chosen = self._visit, self._scope.chosen
        is_on = visit is not None and replace(chosen, newest_first=visit.shown.newest_first) == visit.shown
        return visit if is_on else None

    def begin(self, query: Query, go_back: Callable[[], None]) -> None:
        """Show a query's events for another screen, to which `go_back` leads."""
        present = self._present()
        former = present.former if present else self._scope.chosen
        self._visit = _Visit(query, former, go_back)
        self._show(query)

    def end(self) -> bool:
        """Show the events from before, and the other screen again; return False where there is no visit."""
        visit, self._visit = self._present(), None
        if visit is None:
            return False
        self._show(visit.former)
        visit.go_back()
        return True
