"""Loading precedents: how cases like the request on the screen were decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.decisions.precedents import DECIDED, Precedent, Precedents
from pumpup_tui.inbox.calls import PAGE, InboxReads
from pumpup_tui.text.labels import recommended_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.screen import Screen
    from textual.timer import Timer

    from api_client.models import Event
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.messages import PrecedentsPage
    from pumpup_tui.inbox.request_view import RequestView

STAYS = 0.25
"""Seconds that a request is looked at before its precedents are read: not for each one that is passed by."""


class PrecedentLoader:
    """Reads a project's decisions, as far back as the request on the screen needs them."""

    def __init__(self, screen: Screen[None], context: Context, view: RequestView) -> None:
        self._screen = screen
        self._view = view
        self._reads = InboxReads(context.calls)
        self._by_project: dict[str, Precedents] = {}
        self._shown: RequestLoaded | None = None
        self._timer: Timer | None = None

    def show(self, loaded: RequestLoaded) -> None:
        """Show a request with the precedents that are known, and read more of them where the reader stays on it."""
        self._shown = loaded
        self._view.show(loaded, self._precedents(loaded))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(STAYS, self._read) if self._lacks(loaded) else None

    def clear(self) -> None:
        """Read no more: no request is shown."""
        self._shown = None

    @property
    def is_pending(self) -> bool:
        """Whether precedents of the request on the screen are still to be read."""
        return self._shown is not None and self._lacks(self._shown)

    def reason_codes(self) -> Sequence[str]:
        """Return the reason codes of the decisions in the request's project, the most used first."""
        return self._of(self._shown).reason_codes() if self._shown is not None else []

    def take(self, event: PrecedentsPage) -> None:
        """Take in a page of decisions, or that none can be read."""
        precedents = self._by_project.setdefault(event.project_id, Precedents())
        if event.page is None:
            precedents.give_up()
        else:
            precedents.take(event.page.items, event.page.next_cursor, last=event.page.is_last(PAGE))
        loaded = self._shown
        if loaded is not None and loaded.detail.project.id == event.project_id:
            if shown := self._precedents(loaded):
                self._view.show(loaded, shown)
            self._read()

    def take_changes(self, events: Iterable[Event]) -> None:
        """Take in the decisions that were made just now."""
        for event in events:
            if event.event_type == DECIDED and event.project_id in self._by_project:
                self._by_project[event.project_id].take_new(event)

    def _read(self) -> None:
        loaded = self._shown
        if loaded is not None and self._lacks(loaded):
            self._reads.precedents(self._screen, loaded.detail.project.id, self._of(loaded).cursor)

    def _of(self, loaded: RequestLoaded) -> Precedents:
        return self._by_project.setdefault(loaded.detail.project.id, Precedents())

    def _precedents(self, loaded: RequestLoaded) -> Sequence[Precedent]:
        return self._of(loaded).of(_recommended(loaded))

    def _lacks(self, loaded: RequestLoaded) -> bool:
        is_approval = loaded.detail.event.event_type == "APPROVAL_REQUESTED"
        return is_approval and self._of(loaded).needs_more(_recommended(loaded))


def _recommended(loaded: RequestLoaded) -> str:
    return recommended_type(loaded.detail.event.payload.get("recommendation"))
