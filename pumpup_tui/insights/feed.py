"""The insights' calls: one count at a time, in a worker; what is new is added to it, at most once a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from pumpup_tui.components.task_turn import TaskRules
from pumpup_tui.insights.counting import Counted, Counting
from pumpup_tui.insights.messages import FiguresCounted

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from api_client.backend import Backend
    from api_client.models import Event, Project
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.context import Context
    from pumpup_tui.insights.figure_rows import RangeFigures
    from pumpup_tui.insights.range_choice import RangeChoice

CATCH_UP_SECONDS = 1.0
"""Between two reads of what is new: a thousand decisions a second cost no more than one read."""
MOST_EVENTS = 5_000
"""Events that are waited with for the next read; of more, all is counted again."""
_GROUP = "insights"


class InsightsFeed:
    """Counts for one screen."""

    def __init__(self, context: Context, screen: Screen[None], choice: RangeChoice) -> None:
        self._context, self._screen, self._choice = context, screen, choice
        self._counting: Counting | None = None
        self._counted: Counted | None = None
        self._call: CallId | None = None
        self._events: list[Event] = []
        self._has_news = self._must_restart = False
        self._must_look = True
        """Whether the tasks that are stuck are to be looked for."""
        self._timer: Timer | None = None

    @property
    def figures(self) -> RangeFigures | None:
        """The figures that are shown; None before the first are counted."""
        return self._counted.figures if self._counted else None

    def progress(self) -> str:
        """Return how far it is counted, in clean words; empty where all is."""
        counted = self._counted
        if self._call is None or (counted is not None and counted.back_to is None):
            return ""
        if counted is None or counted.back_to is None:
            return "counting…"
        return f"counting… {counted.rows:,} settled requests, back to {self._context.stamp(counted.back_to)}"

    def restart(self) -> None:
        """Count everything anew."""
        context = self._context
        names = {project.id: project.name for project in context.status.projects}
        self._events, self._has_news, self._must_restart = [], False, False
        self._must_look = True
        self._counted = None
        chosen, asker = self._choice.range(), self._choice.by_whom
        me = context.status.reviewer
        counting = self._counting = Counting(chosen, context.project_id, names, context.clock, asker=asker, me=me)

        def report(counted: Counted) -> None:
            self._screen.post_message(FiguresCounted(counting, counted))

        self._ask(counting, lambda backend: counting.count(backend, report))

    def take(self, event: FiguresCounted) -> bool:
        """Take figures in; return False where they are of a count that was given up."""
        if event.counting is not self._counting:
            return False
        self._counted = event.counted
        if event.done:
            self._call = None
            self._go_on(event.counting)
        return True

    def _go_on(self, counting: Counting) -> None:
        """Look for what is stuck, once the figures are there; else count what is new."""
        context = self._context
        if self._must_look and context.can("board"):
            self._must_look = False
            chosen = context.status.project
            projects = (chosen,) if chosen else context.status.projects
            deeds = context.can("deeds")
            self._ask(counting, lambda backend: counting.look_for_stuck(backend, projects, self._rules_of, deeds=deeds))
        elif self._has_news:
            self.catch_up_soon()

    def _rules_of(self, project: Project) -> TaskRules:
        return TaskRules.of(self._context.clock(), self._context.preferences.stuck, project.project_name)

    def _ask(self, counting: Counting, read: Callable[[Backend], Awaitable[Counted]]) -> None:
        async def call(backend: Backend) -> FiguresCounted:
            return FiguresCounted(counting, await read(backend), done=True)

        self._call = self._context.calls.ask(self._screen, "the figures", call, group=_GROUP)

    def fail(self, call_id: CallId) -> None:
        """Note that a call failed; the next one reads what it has not."""
        if call_id == self._call:
            self._call = None
            self._must_restart = self._counted is None or self._counted.back_to is not None

    def note(self, events: Sequence[Event], *, too_many: bool, in_view: bool) -> None:
        """Note that there are new events, and count them soon where the screen is in view."""
        self._events += events
        self._has_news = True
        self._must_look |= self._counting is not None and any(map(self._counting.is_about, events))
        self._must_restart |= too_many or len(self._events) > MOST_EVENTS
        if self._must_restart:
            self._events = []
        if in_view:
            self.catch_up_soon()

    def minute_passed(self) -> None:
        """Count on with the clock: what is overdue, how old the oldest is, and which day it is."""
        counting = self._counting
        self._must_restart |= counting is not None and self._choice.is_over(counting.range)
        self._has_news = self._must_look = True
        self.catch_up_soon()

    def catch_up_soon(self) -> None:
        """Count what is new, at most once a second, and not before what is being counted is."""
        if self._has_news and self._timer is None and self._call is None:
            self._timer = self._screen.set_timer(CATCH_UP_SECONDS, self._catch_up)

    def _catch_up(self) -> None:
        self._timer = None
        counting = self._counting
        if self._call is not None or counting is None:
            return
        if self._must_restart or not counting.is_complete:
            self.restart()
            return
        events, self._events, self._has_news = self._events, [], False

        self._ask(counting, lambda backend: counting.catch_up(backend, events))
