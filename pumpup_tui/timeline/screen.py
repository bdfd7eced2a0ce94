"""The timeline: who did what, of a task, a project or everything, from either end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import Changed
from pumpup_tui.backend.timeline_query import DECISIONS, Query
from pumpup_tui.components.frame import Divider, KeyHints
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.paged_list import PagedList
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.task.screen import TaskScreen
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, joined
from pumpup_tui.timeline.calls import EventsPage, ExportState, read_page
from pumpup_tui.timeline.event_detail import event_document
from pumpup_tui.timeline.event_list import TimelineList
from pumpup_tui.timeline.export_dialog import TimelineExport
from pumpup_tui.timeline.filter_dialog import FilterScreen
from pumpup_tui.timeline.scope_line import TimelineBar

EMPTY = "Nothing has happened yet. Events appear here as agents work."
PATIENCE = 0.3
"""Seconds that may pass before it is said that something is being read."""
RETELL = 0.5
"""Seconds between two words about how far it is."""


class TimelineScreen(ReviewerScreen):
    """One line an event, with all of the one under the cursor beside it."""

    MODE = "timeline"
    AUTO_FOCUS = "#events"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("timeline.task", "one_task"),
        ("timeline.open", "open_task"),
        ("timeline.order", "turn"),
        ("timeline.follow", "follow"),
        ("timeline.filter", "filter"),
        ("timeline.search", "search"),
        ("timeline.next", "decision(1)"),
        ("timeline.previous", "decision(-1)"),
        ("timeline.export", "export"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.callbacks = ScreenCallbacks(
            show_message=self.say,
            refresh_ages=self.redraw,
            go_back=self.go_back,
            become_narrow=self._become_narrow,
        )
        self._query = Query.begun(context.last_view.recall(self.MODE))
        self._following = False
        self._new = 0
        self._looked = 0
        self._asked_at: float | None = None
        self._stopped = False
        self._told_at = 0.0
        self._later: Timer | None = None
        self._export = TimelineExport(self)

    @override
    def body(self) -> ComposeResult:
        with Horizontal(id="timeline"):
            with Vertical(id="events-side"):
                yield TimelineBar(self._bar, id="events-bar")
                yield TimelineList(self.context, id="events")
            yield Divider()
            yield Document(id="event")

    @property
    def timeline(self) -> TimelineList:
        """The list."""
        return self.query_one("#events", TimelineList)

    @property
    def shown_query(self) -> Query:
        """What is shown."""
        return replace(self._query, project_id=None if self._query.task_id else self.context.project_id)

    @property
    def is_narrowed(self) -> bool:
        """Whether it is followed, or not all of it is shown."""
        return self._following or self._query.is_filtered

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        out = (("move.back", "all events"),) if self._query.is_filtered else ()
        back = (("move.back", "list"),) if self.has_class("-detail") else (*out, ("move.enter", "event"))
        follow = ("timeline.follow", "stop following" if self._following else "follow")
        what = ("timeline.task", "all tasks" if self._query.task_id else "this task")
        decisions = ("timeline.previous timeline.next", "decisions")
        keys = (("timeline.filter", "filter"), ("timeline.search", "search"), follow, what, decisions)
        more = (("timeline.order", "order"), ("timeline.open", "open task"), ("timeline.export", "export"))
        return (*back, *keys, *more)

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "export" or self.context.key.has("timeline.export")

    # What the line over the list says.

    def _bar(self) -> tuple[str, Line]:
        query = self.shown_query
        row = self.timeline.row
        task = f"task {line(query.task_id, 40)}" if query.task_id else ""
        project = self.context.status.project
        where = task or (line(project.name, 40) if project else "everything")
        order = "newest first" if query.newest_first else "oldest first"
        left = joined((where, order, query.words()))
        if said := self._export.progress:
            return left, [(said, "accent")]
        if said := self._progress():
            return left, [(said, "accent")]
        right: list[tuple[str, str]] = [(f"{self._new:,} new  ", "warn")] if self._new else []
        if self._stopped:
            right.append(
                (f"stopped at {self._looked:,} events, {self.context.key('screens.refresh')} goes on  ", "warn")
            )
        follows = f"{self.context.key('timeline.follow')} follows" if self._new and row else ""
        right.append(("▼ following" if self._following else follows, "good"))
        return left, right

    def _progress(self) -> str:
        if self._stopped or self._asked_at is None or monotonic() - self._asked_at < PATIENCE:
            return ""
        stops = f"{self.context.key('move.back')} stops"
        if self.timeline.is_seeking:
            return f"no decision in {self._looked:,} events yet · {stops}"
        if self.shown_query.is_scanned and self._looked:
            return f"{self._looked:,} events looked at · {stops}"
        return "reading…"

    def retell(self, *, now: bool = True) -> None:
        """Say how things stand; where it is not pressing, at most twice a second."""
        wait = RETELL - (monotonic() - self._told_at)
        if now or wait <= 0:
            self._told_at = monotonic()
            self._later = None
            self.query_one(TimelineBar).retell()
        elif self._later is None:
            # What is held back is told all the same: the last word must be the true one.
            self._later = self.set_timer(wait, self.retell)

    # Reading.

    @override
    def reload(self) -> None:
        if self._stopped:
            self._stopped = False
            self.timeline.viewed()
        else:
            self._restart()

    def _restart(self) -> None:
        self._new, self._looked, self._asked_at, self._stopped = 0, 0, None, False
        self.timeline.say_when_empty("reading…")
        self.timeline.restart()
        self.retell()

    @on(PagedList.Wanted)
    def _wanted(self, event: PagedList.Wanted) -> None:
        event.stop()
        if self._stopped or not self.context.calls.is_open:
            for want in event.wants:
                self.timeline.failed(want)
            return
        if self._asked_at is None:
            self._asked_at = monotonic()
            self.set_timer(PATIENCE, self.retell)
        for want in event.wants:
            read_page(self.context.calls, self, self.shown_query, want)

    @on(EventsPage)
    def _page(self, event: EventsPage) -> None:
        event.stop()
        # Who has just gone elsewhere stays there, also where the word of it comes after this page.
        keeps_up = self._following and self._is_on_newest()
        if event.answer is None:
            self.timeline.failed(event.want)
        elif self.timeline.arrive(event.want, event.answer):
            self._looked += event.looked
            if self.timeline.pages.is_complete:
                key = self.context.key
                keys = f"{key('timeline.filter')} changes the filter, {key('move.back')} shows all."
                self.say(f"No event fits. {keys}" if self.shown_query.is_filtered else EMPTY)
            if keeps_up:
                self._to_newest()
        if not self.timeline.pages.is_waiting:
            self._asked_at, self._looked = None, self._looked if self._stopped else 0
        self._see_new()
        self.retell(now=self._asked_at is None)

    def say(self, words: str) -> None:
        """Show this where no event is shown."""
        self.timeline.say_when_empty(words)

    def redraw(self) -> None:
        """Draw again what depends on the clock."""
        self.timeline.redraw()

    # Live.

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        query = self.shown_query
        fresh = sum(query.takes(one) for one in event.events)
        if not fresh and not event.too_many:
            return
        if self._following and not self._is_at_newest():
            self._following = False
        self._new += fresh
        self.timeline.has_news(above=query.newest_first)
        self._see_new()
        self.retell(now=False)

    def _is_at_newest(self) -> bool:
        """Whether the newest row that has been read is in view."""
        return self.timeline.is_at_top if self._query.newest_first else self.timeline.is_at_last

    def _see_new(self) -> None:
        if self._new and self._is_at_newest() and not self.timeline.pages.has_unread:
            self._new = 0

    def _to_newest(self) -> None:
        if self._query.newest_first:
            self.timeline.action_go(0)
        else:
            self.timeline.go_last()

    def action_follow(self) -> None:
        """Keep the cursor on the newest event; again: no more."""
        self._following = not self._following
        if self._following:
            self._new = 0
            self._to_newest()
        self.retell()
        self.query_one(KeyHints).retell()

    @on(VirtualList.Moved, "#events")
    def _moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        if self._following and not self._is_on_newest():
            self._following = False
            self.query_one(KeyHints).retell()
        self._see_new()
        self.retell(now=False)
        row = self.timeline.row
        self.query_one("#event", Document).tell(event_document(row, self.context) if row else [], event.row_id)

    def _is_on_newest(self) -> bool:
        pages = self.timeline.pages
        return pages.cursor == 0 if self._query.newest_first else pages.cursor >= pages.count - 1

    # What is shown.

    def show(self, query: Query) -> None:
        """Show something else, from its beginning."""
        self._query = query
        self.context.last_view.note(self.MODE, query.lasting())
        self._restart()
        self._on_desk(None)

    def action_turn(self) -> None:
        """Turn the order round."""
        self.show(replace(self._query, newest_first=not self._query.newest_first))

    def action_one_task(self) -> None:
        """Show only the task of the event under the cursor; again, all."""
        row = self.timeline.row
        task_id = row.task_id if self._query.task_id is None and row is not None else None
        self.show(replace(self._query, task_id=task_id))

    def action_filter(self) -> None:
        """Choose what is shown."""

        def chosen(query: Query | None) -> None:
            if query is not None:
                self.show(query)

        self.app.push_screen(FilterScreen(self._query), chosen)

    def action_search(self) -> None:
        """Ask for a text; events that contain it are looked for in the whole timeline."""
        self.query_one(Prompt).ask(TextQuestion("events that contain", self._query.text), self._searched)

    def _searched(self, text: str | None) -> None:
        if text is not None and text != self._query.text:
            self.show(replace(self._query, text=text))

    def action_decision(self, step: int) -> None:
        """Go to the next decision, down or up the list."""
        self._stopped = False
        self.timeline.seek(step, lambda event: event.event_type in DECISIONS)

    @on(TimelineList.Sought)
    def _sought(self, event: TimelineList.Sought) -> None:
        event.stop()
        if not event.found:
            self.context.outbox.hint("no decision further that way")

    def action_export(self) -> None:
        """Ask where to, and write what is shown."""
        self._export.ask()

    @on(ExportState)
    def _export_state(self, event: ExportState) -> None:
        event.stop()
        self._export.told(event)

    # Around.

    @on(VirtualList.Chosen, "#events")
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.add_class("-detail")
        self.query_one("#event", Document).focus()
        self._on_desk(None)

    def _become_narrow(self) -> None:
        self.set_class(self.query_one("#event", Document).has_focus, "-detail")

    def go_back(self) -> None:
        """Stop what goes on; else go back from the detail, or show all events."""
        if self._export.stop() or self._stop():
            pass
        elif self.has_class("-detail"):
            self.remove_class("-detail")
        elif self._query.is_filtered:
            self.show(self._query.unfiltered())
        elif self._query.task_id is not None:
            self.action_one_task()
        self.timeline.focus()
        self._on_desk(None)
        self.retell()

    def _stop(self) -> bool:
        """Stop looking through events, where that goes on."""
        if self.timeline.is_seeking:
            self.timeline.stop_seeking()
            return True
        if self._asked_at is None or not self.shown_query.is_scanned or self._stopped:
            return False
        self._stopped = True
        key = self.context.key
        keys = f"{key('screens.refresh')} looks further, {key('move.back')} shows all."
        self.say(f"Stopped before anything was found. {keys}")
        return True

    def action_open_task(self) -> None:
        """Open the task of the event under the cursor."""
        if (row := self.timeline.row) is not None and row.task_id:
            self.app.push_screen(TaskScreen(self.context, row.task_id))
