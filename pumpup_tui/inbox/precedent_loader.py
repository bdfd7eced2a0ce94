"""Loading precedents: how cases like the request on the screen were decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_client.request_facts import recommended_type
from pumpup_tui.decisions.precedents import DECIDED, Precedent, Precedents, RequestHistory
from pumpup_tui.inbox.calls import PAGE, InboxReads
from pumpup_tui.inbox.messages import AskedBeforeRead, PrecedentRequests, PrecedentsPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from textual.screen import Screen
    from textual.timer import Timer

    from api_client.models import Event
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.context import Context
    from pumpup_tui.decisions.request_changes import AskedRequest
    from pumpup_tui.inbox.request_view import RequestView

STAYS = 0.25
"""Seconds that a request is looked at before its precedents are read: not for each one that is passed by."""
FOLLOWS_UP = 0.02
"""The same for a request on whose task something was decided."""
REQUESTS_KEPT = 200
"""Requests of precedents that are kept, to be compared with the next one."""


class PrecedentLoader:
    """Reads what was decided before: similar decisions of a project, and the one after which a request asks again."""

    def __init__(self, screen: Screen[None], context: Context, view: RequestView) -> None:
        self._screen = screen
        self._view = view
        self._outbox = context.outbox
        self._reads = InboxReads(context.calls)
        self._by_project: dict[str, Precedents] = {}
        self._requests: dict[str, AskedRequest | None] = {}
        """Requests of precedents; None for one that can't be read."""
        self._comparing: Set[str] = frozenset()
        """Ids of the requests of precedents that are being read: a later read ends an earlier one."""
        self._before: AskedBeforeRead | None = None
        self._shown: RequestLoaded | None = None
        self._has_news = False
        """Whether something was read that is not drawn yet."""
        self._timer: Timer | None = None

    def show(self, loaded: RequestLoaded) -> None:
        """Show a request with the history that is known, and read more of it where the reader stays on it."""
        self._shown = loaded
        self._view.show(loaded, self._history(loaded))
        if self._timer is not None:
            self._timer.stop()
        # Where the task has a decision the request may ask again, and that is news: it is not waited with.
        stays = FOLLOWS_UP if any(event.event_type == DECIDED for event in loaded.events) else STAYS
        self._timer = self._screen.set_timer(stays, self._read)

    def clear(self) -> None:
        """Read no more: no request is shown."""
        self._shown = None

    @property
    def is_pending(self) -> bool:
        """Whether anything of the history of the request on the screen is still to be read."""
        return self._shown is not None and (
            self._lacks(self._shown) or bool(self._comparing) or not self._knows_before(self._shown)
        )

    def reason_codes(self, project_id: str) -> Sequence[tuple[str, int]]:
        """Return the reason codes of a project's decisions with how often each was used, the most used first."""
        precedents = self._by_project.get(project_id)
        return precedents.reason_codes() if precedents is not None else []

    def take(self, event: PrecedentsPage | PrecedentRequests | AskedBeforeRead) -> None:
        """Take in what was read, or that it can't be."""
        if isinstance(event, PrecedentsPage):
            self._take_page(event)
        elif isinstance(event, PrecedentRequests):
            self._requests |= event.requests
            self._comparing -= event.requests.keys()
        else:
            self._before = event
        self._redraw()

    def _take_page(self, event: PrecedentsPage) -> None:
        precedents = self._by_project.setdefault(event.project_id, Precedents())
        if event.page is None:
            precedents.give_up()
        else:
            precedents.take(event.page.items, event.page.next_cursor, last=event.page.is_last(PAGE))
        self._read()

    def take_changes(self, events: Iterable[Event]) -> None:
        """Take in the decisions that were made just now."""
        for event in events:
            if event.event_type == DECIDED and event.project_id in self._by_project:
                self._by_project[event.project_id].take_new(event)

    def show_news(self) -> None:
        """Draw what was read while a decision was armed, once none is."""
        if self._has_news:
            self._redraw()

    def _redraw(self) -> None:
        """Draw the request with what is known by now; while a decision is armed, what is shown stays as it is."""
        self._has_news = self._outbox.desk.armed is not None
        if self._shown is not None and not self._has_news:
            self._view.show(self._shown, self._history(self._shown))

    def _read(self) -> None:
        loaded = self._shown
        if loaded is None or loaded.detail.event.event_type != "APPROVAL_REQUESTED":
            return
        if not self._knows_before(loaded):
            self._reads.asked_before(self._screen, loaded.detail)
        if self._lacks(loaded):
            self._reads.precedents(self._screen, loaded.detail.project.id, self._of(loaded).cursor)
        else:
            self._read_requests(loaded)

    def _read_requests(self, loaded: RequestLoaded) -> None:
        """Read the requests of the precedents that are shown."""
        shown = [precedent.request_id for precedent in self._precedents(loaded)]
        lacking = [request_id for request_id in shown if request_id and request_id not in self._requests]
        if lacking and self._comparing != set(lacking):
            self._requests = dict(list(self._requests.items())[-REQUESTS_KEPT:])
            self._comparing = frozenset(lacking)
            self._reads.precedent_requests(self._screen, lacking)

    def _of(self, loaded: RequestLoaded) -> Precedents:
        return self._by_project.setdefault(loaded.detail.project.id, Precedents())

    def _precedents(self, loaded: RequestLoaded) -> Sequence[Precedent]:
        return self._of(loaded).of(_recommended(loaded))

    def _history(self, loaded: RequestLoaded) -> RequestHistory:
        requests = {name: asked for name, asked in self._requests.items() if asked is not None}
        before = self._before.before if self._before is not None and self._knows_before(loaded) else None
        return RequestHistory(self._precedents(loaded), requests, before)

    def _knows_before(self, loaded: RequestLoaded) -> bool:
        event = loaded.detail.event
        is_read = self._before is not None and self._before.request_id == event.id
        return is_read or event.event_type != "APPROVAL_REQUESTED"

    def _lacks(self, loaded: RequestLoaded) -> bool:
        is_approval = loaded.detail.event.event_type == "APPROVAL_REQUESTED"
        return is_approval and self._of(loaded).needs_more(_recommended(loaded))


def _recommended(loaded: RequestLoaded) -> str:
    return recommended_type(loaded.detail.event.payload.get("recommendation"))
