"""The insights: figures of today or another range, and what waits, is late or stuck now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, Changed
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.context import Context
from pumpup_tui.insights.feed import InsightsFeed
from pumpup_tui.insights.figure_export import FiguresExport
from pumpup_tui.insights.figures_view import FiguresView
from pumpup_tui.insights.messages import FiguresCounted
from pumpup_tui.insights.pane_lines import Target
from pumpup_tui.insights.range_choice import RangeChoice
from pumpup_tui.insights.range_line import RangeLine
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, joined

if TYPE_CHECKING:
    from textual import events

    from pumpup_tui.insights.figure_rows import Dimension, RangeFigures
    from pumpup_tui.insights.ranges import Range

_BY: Mapping[str, Dimension] = {"projects": "project", "reviewers": "reviewer", "agents": "agent"}
"""What the figures of a pane are by; those of the others are by day."""
RANGE_KEYS = ("insights.today", "insights.week", "insights.month", "insights.range")


class InsightsScreen(ReviewerScreen):
    """Panes of figures, and a line to choose their range."""

    MODE = "insights"
    AUTO_FOCUS = "#figures"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("insights.today", "range(1)"),
        ("insights.week", "range(7)"),
        ("insights.month", "range(30)"),
        ("insights.range", "type_range"),
        ("insights.copy", "copy"),
        ("insights.export", "export"),
    )

    def __init__(self, context: Context, follow: Callable[[Target, Range], None]) -> None:
        """Take what goes where a row leads to."""
        super().__init__(context)
        self._follow = follow
        self.view = view = FiguresView(id="figures")
        self._choice = choice = RangeChoice(context, self.MODE)
        self._range_line = RangeLine(lambda: choice.choices(RANGE_KEYS), self._state)
        self._feed = InsightsFeed(context, self, choice)
        self._export = FiguresExport(context, self, self.prompt)
        self.callbacks = ScreenCallbacks(
            show_message=view.say,
            call_failed=self._call_failed_here,
            refresh_ages=self._minute_passed,
            refresh_in_flight=lambda: None,
            go_back=self._go_back,
        )

    @override
    def body(self) -> ComposeResult:
        yield self._range_line
        yield self.view

    @override
    def hints(self) -> Hints:
        back = (("move.back", self._choice.before),) if self._choice.before else ()
        ranges = ((" ".join(RANGE_KEYS), "range"),)
        save = (("insights.copy", "copy"), ("insights.export", "export"))
        return (*back, ("move.enter", "open"), *ranges, *save, ("screens.project", "project"))

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "export" or self.context.key.has("insights.export")

    def _state(self) -> tuple[str, Line]:
        project = self.context.status.project
        asker = f"agent {line(self._choice.by_whom, 40)}" if self._choice.by_whom else ""
        scope = joined((asker, line(project.name, 40) if project else "all projects"))
        progress = self._feed.progress()
        return self._choice.caption, [(f"{progress} · ", "accent"), (scope, "muted")] if progress else [
            (scope, "muted")
        ]

    # Reading.

    @override
    def reload(self) -> None:
        self.view.say("counting…")
        self._feed.restart()
        self._range_line.update_lines()

    @on(FiguresCounted)
    def _counted(self, event: FiguresCounted) -> None:
        event.stop()
        if self._feed.take(event):
            self.view.show(event.counted.panes)
            self._range_line.update_lines()

    def _call_failed_here(self, event: CallFailed) -> None:
        self._feed.fail(event.call_id)
        self._range_line.update_lines()

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        self._feed.note(event.events, too_many=event.too_many, in_view=self.is_active)

    @override
    def on_screen_resume(self, event: events.ScreenResume) -> None:
        super().on_screen_resume(event)
        self._feed.catch_up_soon()

    def _minute_passed(self) -> None:
        if self.context.status.connected and self.is_active:
            self._feed.minute_passed()

    # Keys.

    def _choose(self, days: int | None = None, text: str = "") -> str:
        """Choose a range, and return why it can't be; empty where it can."""
        fault = self._choice.choose(days, text)
        if not fault:
            self._choose_again()
        return fault

    def action_range(self, days: int) -> None:
        """Show the figures of the last days, today the last of them."""
        self._choose(days)

    def action_type_range(self) -> None:
        """Ask for a range."""
        example = "7d, yesterday, last week, 2026-11-01..2026-11-07"
        self.prompt.ask_until_taken("range", example, lambda text: self._choose(text=text))

    @on(RangeLine.Clicked)
    def _range_clicked(self, event: RangeLine.Clicked) -> None:
        event.stop()
        (self.action_type_range if event.place == 3 else lambda: self._choose((1, 7, 30)[event.place]))()

    def _go_back(self) -> None:
        """Show the range from which this one was opened."""
        if self._choice.go_back():
            self._choose_again()

    def _choose_again(self) -> None:
        self.view.clear("counting…")
        self.reload()
        self.refresh_decision()

    @on(FiguresView.Chosen)
    def _chosen(self, event: FiguresView.Chosen) -> None:
        event.stop()
        target = event.target
        if target.kind == "agent":
            self._choice.open_agent(target.id)
        elif target.kind != "period" or self._choice.range().unit == "hour":
            self._follow(target, self._choice.range_of(target))
            return
        else:
            self._choice.open_period(target.id)
        self._choose_again()

    def action_copy(self) -> None:
        """Copy the figures as they are shown, as Markdown."""
        if (figures := self._counted_figures()) is not None:
            from pumpup_tui.insights.figure_tables import markdown

            self.app.copy_to_clipboard(markdown(figures))
            self.context.outbox.hint("the figures are copied as Markdown")

    def action_export(self) -> None:
        """Write the figures to a file: those by what the cursor's pane is by."""
        if (figures := self._counted_figures()) is not None:
            spot = self.view.spot
            self._export.ask(figures, _BY.get(spot.pane if spot else "", "day"))

    def _counted_figures(self) -> RangeFigures | None:
        """Return the figures that are shown; say so where there are none yet."""
        if self._feed.figures is None:
            self.context.outbox.hint("nothing is counted yet")
        return self._feed.figures
