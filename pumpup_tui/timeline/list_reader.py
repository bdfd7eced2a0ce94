"""Reading the pages that the timeline's list asks for, and stopping a search that finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.backend.messages import CallId, EventsPage
    from pumpup_tui.backend.page_requests import PageRequest
    from pumpup_tui.context import Context
    from pumpup_tui.timeline.event_list import TimelineList
    from pumpup_tui.timeline.event_search import EventSearch
    from pumpup_tui.timeline.scope import TimelineScope

EMPTY = "Nothing has happened yet. Events appear here as agents work."
PATIENCE = 0.3
"""Seconds that a read may take before its progress is shown."""


class ListReader:
    """The reads in flight for one list. A query that looks at events one by one can be stopped, and goes on later."""

    def __init__(
        self,
        context: Context,
        screen: Screen[None],
        *,
        events: TimelineList,
        search: EventSearch,
        scope: TimelineScope,
        progressed: Callable[[], None],
    ) -> None:
        """Take the list, its search and its scope, and what to call to show the progress."""
        self._context = context
        self._screen = screen
        self._events = events
        self._search = search
        self._scope = scope
        self._progressed = progressed
        self._in_flight: dict[CallId, PageRequest] = {}
        self._asked_at: float | None = None
        self.looked = 0
        """Events that were looked at since something was asked for."""
        self.is_stopped = False
        """Whether the reader stopped looking; what is asked for then is not read."""

    @property
    def is_reading(self) -> bool:
        """Whether a page is in flight."""
        return self._asked_at is not None

    def restart(self, at: str | None = None) -> None:
        """Read the timeline from its beginning, or about the event `at`."""
        self.looked, self._asked_at, self.is_stopped = 0, None, False
        self._events.say_when_empty("reading…")
        self._events.restart(at)

    def resume(self) -> None:
        """Read on from where it was stopped."""
        self.is_stopped = False
        self._events.viewed()

    def ask(self, requests: Sequence[PageRequest]) -> None:
        """Read these pages."""
        if self.is_stopped or not self._context.calls.is_open:
            for request in requests:
                self._events.pages.failed(request)
            return
        if self._asked_at is None:
            self._asked_at = monotonic()
            self._screen.set_timer(PATIENCE, self._progressed)
        for request in requests:
            self._in_flight[self._context.reads.timeline(self._screen, self._scope.query, request)] = request

    def take(self, event: EventsPage) -> bool:
        """Take a page; return False where it brought no rows that anyone waits for."""
        self._in_flight = {call: request for call, request in self._in_flight.items() if request != event.request}
        if not self._events.arrive(event.request, event.result):
            return False
        self._search.go_on()
        self.looked += event.looked
        if self._events.pages.is_complete:
            self._events.say_when_empty(self._nothing_here())
        return True

    def fail(self, call_id: CallId) -> bool:
        """Note that a call failed; return False where it was none of these."""
        request = self._in_flight.pop(call_id, None)
        if request is not None:
            self._events.pages.failed(request)
        return request is not None

    def settle(self) -> None:
        """Note that nothing is in flight any more, if that is so."""
        if not self._events.pages.is_waiting:
            self._asked_at = None
            self.looked = self.looked if self.is_stopped else 0

    def stop(self) -> bool:
        """Stop looking through events one by one; return False where that is not going on."""
        if self._asked_at is None or not self._scope.query.is_scanned or self.is_stopped:
            return False
        self.is_stopped = True
        key = self._context.key
        keys = f"{key('screens.refresh')} looks further, {key('move.back')} shows all."
        self._events.say_when_empty(f"Stopped before anything was found. {keys}")
        return True

    def progress(self) -> str:
        """Return the state of a read that takes its time, in clean words; empty where none does."""
        if self.is_stopped or self._asked_at is None or monotonic() - self._asked_at < PATIENCE:
            return ""
        stops = f"{self._context.key('move.back')} stops"
        if self._search.is_on:
            return f"no decision in {self.looked:,} events yet · {stops}"
        if self._scope.query.is_scanned and self.looked:
            return f"{self.looked:,} events looked at · {stops}"
        return "reading…"

    def _nothing_here(self) -> str:
        if not self._scope.query.is_filtered:
            return EMPTY
        key = self._context.key
        return f"No matching events. {key('timeline.filter')} changes the filter, {key('move.back')} shows all."
