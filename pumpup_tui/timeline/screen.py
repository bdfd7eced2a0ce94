"""The timeline: who did what, of a task, a project or everything, from either end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, Changed, EventsPage, ShowPast
from pumpup_tui.backend.past_moment import PastMoment
from pumpup_tui.backend.timeline_query import DECISIONS, Query
from pumpup_tui.components.frame import set_title
from pumpup_tui.components.prompt import TextQuestion
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.split_panes import SplitPanes
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.layout import Line, Run
from pumpup_tui.timeline.calls import ExportState
from pumpup_tui.timeline.event_list import TimelineList
from pumpup_tui.timeline.event_pane import EventPane
from pumpup_tui.timeline.event_search import EventSearch
from pumpup_tui.timeline.export_dialog import TimelineExport
from pumpup_tui.timeline.filter_dialog import FilterScreen
from pumpup_tui.timeline.follower import Follower
from pumpup_tui.timeline.list_reader import ListReader
from pumpup_tui.timeline.scope import TimelineScope
from pumpup_tui.timeline.scope_line import ScopeLine
from pumpup_tui.timeline.visit import TimelineVisit


class TimelineScreen(ReviewerScreen):
    """One line an event, with all of the one under the cursor beside it."""

    MODE = "timeline"
    AUTO_FOCUS = "#events"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("timeline.task", "one_task"),
        ("timeline.open", "open_task"),
        ("timeline.order", "view('order')"),
        ("timeline.follow", "follow"),
        ("timeline.filter", "filter"),
        ("timeline.search", "search"),
        ("timeline.next", "decision(1)"),
        ("timeline.previous", "decision(-1)"),
        ("timeline.fold", "view('fold')"),
        ("timeline.json", "view('json')"),
        ("past.show", "view('past')"),
        ("timeline.export", "export"),
    )

    def __init__(self, context: Context, open_task: Callable[[str], None]) -> None:
        """Take what opens a task's page."""
        super().__init__(context)
        self._open_task = open_task
        self.scope = scope = TimelineScope(context, self.MODE)
        self.visit = TimelineVisit(scope, self.show)
        self.timeline = events = TimelineList(context, id="events", is_of_task=lambda: scope.chosen.task_id is not None)
        set_title(events, "Timeline")
        self._scope_line = scope_line = ScopeLine(
            lambda: scope.runs(events.lookups.known_name(scope.chosen.task_id)), self._state
        )
        self._detail = detail = EventPane(context, events.lookups, events.redraw, scope_line.update_lines, id="event")
        set_title(detail, "Event")
        events.ask_for_names = detail.ask_for_names
        self.search = search = EventSearch(events, lambda: context.outbox.hint("no more decisions that way"))
        self._follower = Follower(events, scope)
        self._reader = ListReader(
            context, self, events=events, search=search, scope=scope, progressed=scope_line.update_lines
        )
        self._export = TimelineExport(context, self, self.prompt, scope, scope_line.update_lines)
        self.callbacks = ScreenCallbacks(
            show_message=events.say_when_empty,
            call_failed=self._call_failed_here,
            refresh_ages=events.redraw,
            go_back=self._go_back,
            become_narrow=self._become_narrow,
        )

    @override
    def body(self) -> ComposeResult:
        with SplitPanes(id="timeline", last_view=self.context.last_view):
            with Vertical(id="events-side"):
                yield self._scope_line
                yield self.timeline
            yield self._detail

    @property
    def is_narrowed(self) -> bool:
        """Whether it is followed, or not all of it is shown."""
        return self._follower.is_on or self.scope.chosen.is_filtered

    @override
    def hints(self) -> Hints:
        word = "back" if self.visit.is_on else "all events"
        out = (("move.back", word),) if self.scope.chosen.is_filtered else ()
        back = (("move.back", "list"),) if self.has_class("-detail") else (*out, ("move.enter", "event"))
        follow = ("timeline.follow", "stop following" if self._follower.is_on else "follow")
        what = ("timeline.task", "all tasks" if self.scope.chosen.task_id else "this task")
        decisions = ("timeline.previous timeline.next", "decisions")
        keys = (("timeline.filter", "filter"), ("timeline.search", "search"), follow, what, decisions)
        more = (("timeline.order", "order"), ("timeline.open", "open task"), ("timeline.export", "export"))
        return (*back, *keys, *more)

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "export" or self.context.key.has("timeline.export")

    def _state(self) -> Line:
        """Return the right of the line over the list: what goes on, else what is new."""
        if progress := self._export.progress or self._reader.progress():
            return [(progress, "accent")]
        key, new = self.context.key, self._follower.new
        state: list[Run] = [(f"{new:,} new  ", "warn")] if new else []
        if self._reader.is_stopped:
            stopped = f"stopped at {self._reader.looked:,} events, {key('screens.refresh')} goes on  "
            state.append((stopped, "warn"))
        follows = f"{key('timeline.follow')} follows" if new and self.timeline.row else ""
        return [*state, ("▼ following" if self._follower.is_on else follows, "good")]

    def _become_narrow(self) -> None:
        self.set_class(self._detail.has_focus, "-detail")

    # Reading.

    @override
    def reload(self) -> None:
        if self._reader.is_stopped:
            self._reader.resume()
        else:
            self._restart()

    def _restart(self, at: str | None = None) -> None:
        self._follower.new = 0
        self.timeline.all_rows.folds = not self.scope.chosen.is_filtered
        self._reader.restart(at)
        self._scope_line.update_lines()

    @on(TimelineList.Wanted)
    def _wanted(self, event: TimelineList.Wanted) -> None:
        event.stop()
        self._reader.ask(event.requests)

    @on(EventsPage)
    def _page(self, event: EventsPage) -> None:
        event.stop()
        # Who has just gone elsewhere stays there, also where the word of it comes after this page.
        keeps_up = self._follower.is_on and self._follower.is_on_newest
        if self._reader.take(event) and keeps_up:
            self._follower.go_to_newest()
        self._page_came()

    def _call_failed_here(self, event: CallFailed) -> None:
        if self._reader.fail(event.call_id):
            self._page_came()

    def _page_came(self) -> None:
        self._reader.settle()
        self._follower.note_seen()
        if self._reader.is_reading:
            self._scope_line.update_soon()
        else:
            self._scope_line.update_lines()

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        self._detail.take_changes(event.events)
        query, name = self.scope.query, self.timeline.lookups.known_name
        fresh = sum(query.takes(one, name(one.task_id)) for one in event.events)
        if fresh or event.too_many:
            self._follower.take_news(fresh)
            self._scope_line.update_soon()

    @on(VirtualList.Moved, "#events")
    def _moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        if self._follower.stop_if_left():
            self.key_hints.update_lines()
        self._follower.note_seen()
        self._scope_line.update_soon()
        self._detail.show(self.timeline.row, self.timeline.all_rows.events(self.timeline.model.cursor))

    @on(VirtualList.Chosen, "#events")
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.add_class("-detail")
        self._detail.focus()
        self.refresh_decision()

    # Keys.

    def show(self, query: Query) -> None:
        """Show another query's events, about the one under the cursor where they can be read from there."""
        turned = query.newest_first != self.scope.chosen.newest_first
        self.scope.choose(query)
        keeps = self.context.can("history") and not turned and not self._follower.is_on
        self._restart(self.timeline.pages.pinned_id if keeps else None)
        self.refresh_decision()

    def show_task(self, task_id: str) -> None:
        """Show all events of one task, also where the screen is about to be mounted and has read nothing yet."""
        query = replace(self.scope.chosen.unfiltered(), task_id=task_id)
        if self.is_mounted:
            self.show(query)
        else:
            self.scope.choose(query)

    def _go_back(self) -> None:
        """Stop what goes on; else leave the detail, then the filter, then the task."""
        if self._export.stop() or self.search.stop() or self._reader.stop():
            pass
        elif self.has_class("-detail"):
            self.remove_class("-detail")
        elif self.visit.end():
            pass
        elif self.scope.chosen.is_filtered:
            self.show(self.scope.chosen.unfiltered())
        elif self.scope.chosen.task_id is not None:
            self.action_one_task()
        self.timeline.focus()
        self.refresh_decision()
        self._scope_line.update_lines()

    def action_one_task(self) -> None:
        """Show only the task of the event under the cursor; again, all."""
        row = self.timeline.row
        task_id = row.event.task_id if self.scope.chosen.task_id is None and row is not None else None
        self.show(replace(self.scope.chosen, task_id=task_id))

    def action_open_task(self) -> None:
        """Open the task of the event under the cursor."""
        if (row := self.timeline.row) is not None and row.event.task_id:
            self._open_task(row.event.task_id)

    def action_filter(self) -> None:
        """Choose what is shown."""

        def chosen(query: Query | None) -> None:
            if query is not None:
                self.show(query)

        self.app.push_screen(FilterScreen(self.scope.chosen, self.context), chosen)

    def action_search(self) -> None:
        """Ask for a text; events that contain it are looked for in the whole timeline."""

        def answered(text: str | None) -> None:
            if text is not None and text != self.scope.chosen.text:
                self.show(replace(self.scope.chosen, text=text))

        self.prompt.ask(TextQuestion("events that contain", self.scope.chosen.text), answered)

    def action_follow(self) -> None:
        """Keep the cursor on the newest event; again: no more."""
        self._follower.toggle()
        self._scope_line.update_lines()
        self.key_hints.update_lines()

    def action_decision(self, step: int) -> None:
        """Go to the next decision, down or up the list."""
        self._reader.is_stopped = False
        self.search.start(step, lambda event: event.event_type in DECISIONS)

    def action_view(self, what: str) -> None:
        """Turn the order round, open or close a run, show JSON or words, or the event's task as it was then."""
        if what == "order":
            self.show(replace(self.scope.chosen, newest_first=not self.scope.chosen.newest_first))
        elif what == "fold":
            self.timeline.toggle_run()
        elif what == "past" and (row := self.timeline.row) is not None and self.context.can("history"):
            self.post_message(ShowPast(PastMoment.of(row.event), task_id=row.event.task_id))
        elif what == "json":
            self._detail.turn()

    def action_export(self) -> None:
        """Ask where to, and write what is shown."""
        self._export.ask()

    @on(ExportState)
    def _export_state(self, event: ExportState) -> None:
        event.stop()
        self._export.take(event)
