"""The armed decision as the inbox shows it: on the request, or on its task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.screen_parts import ArmedView
from pumpup_tui.decisions.desk import FINAL
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.context import Context
    from pumpup_tui.decisions.desk import Confirmed, Intent
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.request_list import RequestList
    from pumpup_tui.inbox.request_view import RequestView
    from pumpup_tui.keys.key_names import Hints


class ArmedRequest(ArmedView):
    """The armed decision on the request under the cursor."""

    def __init__(
        self, screen: Screen[None], context: Context, requests: RequestList, view: RequestView, pane: RequestPane
    ) -> None:
        self._screen = screen
        self._outbox = context.outbox
        self._requests = requests
        self._view = view
        self._pane = pane

    @property
    def _armed(self) -> Intent | None:
        return self._outbox.desk.armed

    @override
    def hints(self) -> Hints:
        return (("decide.reason", "reason code"),) if self._armed is not None and self._armed.verb in OUTCOMES else ()

    @override
    def is_visible(self) -> bool:
        armed, loaded = self._armed, self._pane.loaded
        if armed is None:
            return False
        if armed.verb == "NOTE" and armed.made_of:
            return True  # a lost decision's note: its request is gone, the bar shows all there is to show
        if loaded is None:
            return False
        event = loaded.detail.event
        if armed.verb in ("NOTE", "ASSIGN"):
            return armed.target == event.task_id
        return armed.target == event.id and self._pane.is_in_view

    @override
    def unseen(self) -> int:
        armed, loaded = self._armed, self._pane.loaded
        is_shown = armed is not None and loaded is not None and armed.target == loaded.detail.event.id
        return self._view.unseen if is_shown else 0

    @override
    def announced(self) -> int:
        return self.unseen() if self._view.is_drawn else 0

    @override
    def show_unseen(self) -> None:
        self._view.show_unseen()

    @override
    def confirmed(self, sent: Confirmed) -> None:
        if sent.intent.verb in FINAL:
            (self._view if self._screen.has_class("-narrow") else self._requests).focus()
            self._requests.step_on()

    @override
    def taken_back(self, intent: Intent) -> None:
        self._requests.select(intent.target)

    @override
    def nothing_armed(self) -> None:
        if (row := self._requests.row) is not None:
            self._screen.app.copy_to_clipboard(row.request_id)
            self._outbox.hint("the request's id is copied")
