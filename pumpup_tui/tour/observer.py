"""The demo's tour over a running app: a line over the key hints names the next thing to do, until it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from api_client.request_facts import request_kind
from pumpup_tui.components.frame import KeyHints
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.decisions.desk import Desk
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.text.layout import Line, width_of, wrap
from pumpup_tui.tour.steps import Moment, Tour
from styles.sheets import sheet

if TYPE_CHECKING:
    from textual import events
    from textual.app import App

    from pumpup_tui.context import Context

SHEET = sheet("tour")
LEAST = 30
"""Cells for the words beside the tour's own keys; where there are fewer, these stand below."""


class TourLine(Lines):
    """The next thing to do, and the keys that skip it or end the tour."""

    def __init__(self, tour: Tour, key: KeyNames) -> None:
        super().__init__()
        self._tour = tour
        self._key = key

    @override
    def lines(self, width: int) -> Sequence[Line]:
        words = self._tour.words()
        if not words:
            return []
        keys = f"{self._key('tour.skip')} skip  {self._key('tour.end')} end tour "
        room = width - width_of([(keys, "")]) - 3
        wrapped = wrap([(words, "strong")], room if room >= LEAST else width - 2)
        lines: list[Line] = [[(" ", ""), *runs] for runs in wrapped]
        if room < LEAST:
            return [*lines, [(f" {keys}", "muted")]]
        gap = " " * (width - width_of(lines[0]) - width_of([(keys, "")]))
        return [[*lines[0], (gap, ""), (keys, "muted")], *lines[1:]]


class TourObserver:
    """Watches what the person does, after each key and a few times a second, and shows the next step."""

    def __init__(self, app: App[None], context: Context) -> None:
        """Begin the tour of an app that is mounted."""
        self._app = app
        self._context = context
        self._tour = Tour(context.key, holds=context.preferences.grace_seconds > 0)
        signals = context.signals
        signals.key_heard.subscribe(app, self._key_heard, immediate=True)
        signals.tick.subscribe(app, self._look, immediate=True)
        signals.desk_changed.subscribe(app, self._look, immediate=True)
        signals.tour_key.subscribe(app, self._tour_key, immediate=True)

    def _tour_key(self, does: str) -> None:
        if does == "skip":
            self._tour.skip()
        else:
            self._tour.end()
        self._show()

    def _key_heard(self, _: events.Key) -> None:
        self._look()  # what it acts on, however short that has been there
        self._app.call_after_refresh(self._look)

    def _look(self, _: None = None) -> None:
        if self._app.is_running and not self._tour.is_over:
            self._tour.see(moment_of(self._app, self._context.outbox.desk))
            self._show()

    def _show(self) -> None:
        for screen in self._app.screen_stack:
            if isinstance(screen, ReviewerScreen) and screen.is_mounted:
                for shown in screen.query(TourLine):
                    shown.update_lines()
                if not self._tour.is_over and not screen.query(TourLine) and (hints := screen.query(KeyHints)):
                    screen.mount(TourLine(self._tour, self._context.key), before=hints.first())


def moment_of(app: App[None], desk: Desk) -> Moment:
    """Return what there is to see in an app now."""
    from pumpup_tui.inbox.screen import InboxScreen
    from pumpup_tui.timeline.screen import TimelineScreen

    below = next((screen for screen in app.screen_stack if isinstance(screen, ReviewerScreen)), None)
    inbox = below if isinstance(below, InboxScreen) and below.is_mounted else None
    row = inbox.requests.row if inbox is not None else None
    return Moment(
        mode=app.current_mode,
        over=_over(app),
        cursor=row.request_id if row is not None else None,
        kind=request_kind(row.event_type) if row is not None else "",
        opened=inbox is not None and inbox.has_class("-detail"),
        armed=desk.armed.verb if desk.armed is not None else "",
        sent={sent.key: sent.intent.verb for sent in desk.sent},
        held=frozenset(sent.key for sent in desk.held()),
        narrowed=isinstance(below, TimelineScreen) and below.is_narrowed,
    )


def _over(app: App[None]) -> str:
    from pumpup_tui.shell.help_screen import HelpScreen
    from pumpup_tui.shell.palette import PaletteScreen

    if isinstance(app.screen, PaletteScreen):
        return "palette"
    return "help" if isinstance(app.screen, HelpScreen) else "more" if app.screen.is_modal else ""
