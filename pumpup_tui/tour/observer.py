"""The demo's tour over a running app: a line over the key hints names the next thing to do, until it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.command import CommandPalette
from typing_extensions import override

from pumpup_tui.components.frame import KeyHints
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.decisions.desk import Phase
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.text.labels import request_kind
from pumpup_tui.text.layout import Line, width_of, wrap
from pumpup_tui.tour.steps import Moment, Tour
from styles.sheets import sheet

if TYPE_CHECKING:
    from textual import events

    from pumpup_tui.app import PumpUpApp

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
        said = wrap([(words, "strong")], room if room >= LEAST else width - 2)
        lines: list[Line] = [[(" ", ""), *one] for one in said]
        if room < LEAST:
            return [*lines, [(f" {keys}", "muted")]]
        gap = " " * (width - width_of(lines[0]) - width_of([(keys, "")]))
        return [[*lines[0], (gap, ""), (keys, "muted")], *lines[1:]]


class TourObserver:
    """Watches what the person does, after each key and a few times a second, and shows the next step."""

    sheet = sheet("tour")

    def __init__(self, key: KeyNames, *, holds: bool) -> None:
        """Begin the tour.

        Args:
            key: Names keys.
            holds: Whether a decision is held before it is sent.
        """
        self._key = key
        self._tour = Tour(key, holds=holds)
        self._app: PumpUpApp | None = None

    def attach(self, app: PumpUpApp) -> None:
        """Watch the app's signals."""
        self._app = app
        app.key_heard.subscribe(app, self._key_heard, immediate=True)
        app.tick.subscribe(app, self._look, immediate=True)
        app.context.desk_changed.subscribe(app, self._look, immediate=True)

    def skip(self) -> None:
        """Go on to the next step."""
        self._tour.skip()
        self._show()

    def end(self) -> None:
        """End the tour: its line goes."""
        self._tour.end()
        self._show()

    def _key_heard(self, _: events.Key) -> None:
        self._look()  # what it acts on, however short that has been there
        if self._app is not None:
            self._app.call_after_refresh(self._look)

    def _look(self, _: None = None) -> None:
        if self._app is not None and self._app.is_running and not self._tour.is_over:
            self._tour.see(moment_of(self._app))
            self._show()

    def _show(self) -> None:
        for screen in self._app.screen_stack if self._app is not None else ():
            if isinstance(screen, ReviewerScreen) and screen.is_mounted:
                for shown in screen.query(TourLine):
                    shown.update_lines()
                if not self._tour.is_over and not screen.query(TourLine) and (hints := screen.query(KeyHints)):
                    screen.mount(TourLine(self._tour, self._key), before=hints.first())


def moment_of(app: PumpUpApp) -> Moment:
    """Return what there is to see in an app now."""
    from pumpup_tui.inbox.screen import InboxScreen
    from pumpup_tui.timeline.screen import TimelineScreen

    desk = app.context.outbox.desk
    below = next((one for one in app.screen_stack if isinstance(one, ReviewerScreen)), None)
    inbox = below if isinstance(below, InboxScreen) and below.is_mounted else None
    row = inbox.requests.row if inbox is not None else None
    return Moment(
        mode=app.current_mode,
        over=_over(app),
        cursor=row.request_id if row is not None else None,
        kind=request_kind(row.event_type) if row is not None else "",
        opened=inbox is not None and inbox.has_class("-detail"),
        armed=desk.armed.verb if desk.armed is not None else "",
        sent={one.key: one.intent.verb for one in desk.sent},
        held=frozenset(one.key for one in desk.sent if one.phase is Phase.HELD),
        narrowed=isinstance(below, TimelineScreen) and below.is_narrowed,
    )


def _over(app: PumpUpApp) -> str:
    from pumpup_tui.components.dialogs import HelpScreen

    if isinstance(app.screen, CommandPalette):
        return "palette"
    return "help" if isinstance(app.screen, HelpScreen) else "more" if app.screen.is_modal else ""
