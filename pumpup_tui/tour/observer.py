"""The app with the demo's tour: a line over the key hints names the next thing to do, and goes on as it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.command import CommandPalette
from typing_extensions import override

from pumpup_tui.app import PumpUpApp
from pumpup_tui.components.frame import KeyHints
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.decisions.desk import Phase
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.text.labels import kind_of
from pumpup_tui.text.layout import Line, width_of, wrap
from pumpup_tui.textual_patches.stylesheets import sheet
from pumpup_tui.tour.steps import Moment, Tour

LEAST = 30
"""Cells for the words beside the tour's own keys; where there are fewer, these stand below."""


class TourLine(Lines):
    """What to do next, and the keys that skip it or end the tour."""

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


class TouringApp(PumpUpApp):
    """Looks at what the person does after each key, and each quarter of a second."""

    CSS_PATH: ClassVar[Any] = [sheet("app"), sheet("tour")]
    IN_DEMO = True
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("tour.skip", "tour_skip"),
        ("tour.end", "tour_end"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tour = Tour(self.context.key, holds=self.context.preferences.grace_seconds > 0)

    @override
    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self._look()  # what it acts on, however short that has been there
            self.call_after_refresh(self._look)
        await super().on_event(event)

    @override
    def _tick(self) -> None:
        super()._tick()
        self._look()

    @override
    def _desk_changed(self) -> None:
        super()._desk_changed()
        self._look()

    def action_tour_skip(self) -> None:
        """Go on to the next step."""
        self.tour.skip()
        self._tell()

    def action_tour_end(self) -> None:
        """End the tour: its line goes."""
        self.tour.end()
        self._tell()

    def _look(self) -> None:
        if self.is_running and not self.tour.is_over:
            self.tour.see(self._moment())
            self._tell()

    def _tell(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ReviewerScreen) and screen.is_mounted:
                for told in screen.query(TourLine):
                    told.retell()
                if not self.tour.is_over and not screen.query(TourLine) and (hints := screen.query(KeyHints)):
                    screen.mount(TourLine(self.tour, self.context.key), before=hints.first())

    def _moment(self) -> Moment:
        from pumpup_tui.inbox.screen import InboxScreen
        from pumpup_tui.timeline.screen import TimelineScreen

        desk = self.context.outbox.desk
        below = next((one for one in self.screen_stack if isinstance(one, ReviewerScreen)), None)
        inbox = below if isinstance(below, InboxScreen) and below.is_mounted else None
        row = inbox.requests.row if inbox is not None else None
        return Moment(
            mode=self.current_mode,
            over=self._over(),
            cursor=row.request_id if row is not None else None,
            kind=kind_of(row.event_type) if row is not None else "",
            opened=inbox is not None and inbox.has_class("-detail"),
            armed=desk.armed.verb if desk.armed is not None else "",
            sent={one.key: one.intent.verb for one in desk.sent},
            held=frozenset(one.key for one in desk.sent if one.phase is Phase.HELD),
            narrowed=isinstance(below, TimelineScreen) and below.is_narrowed,
        )

    def _over(self) -> str:
        from pumpup_tui.components.dialogs import HelpScreen

        if isinstance(self.screen, CommandPalette):
            return "palette"
        return "help" if isinstance(self.screen, HelpScreen) else "more" if self.screen.is_modal else ""
