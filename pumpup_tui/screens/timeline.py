"""The timeline: who did what, newest first, of a task, a project or everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.feed import PAGE
from pumpup_tui.messages import Changed, EventsPage
from pumpup_tui.screens.base import ReviewerScreen
from pumpup_tui.screens.task import TaskScreen
from pumpup_tui.widgets.lines import Document
from pumpup_tui.widgets.prompt import Prompt
from pumpup_tui.widgets.timeline_list import TimelineList, event_document
from pumpup_tui.widgets.virtual_list import VirtualList

EMPTY = "Nothing has happened yet. Events appear here as agents work."


class TimelineScreen(ReviewerScreen):
    """One line an event, with all of the one under the cursor beside it."""

    MODE = "timeline"
    AUTO_FOCUS = "#events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "one_task", "one task", id="timeline.task", tooltip="only this event's task; again: all"),
        Binding("o", "open_task", "task", id="timeline.open", tooltip="open the event's task"),
        Binding("/", "search", "search", id="timeline.search", tooltip="show what contains a text, of what is loaded"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._task_id: str | None = None
        self._cursor: str | None = None
        self._complete = False
        self._reading = False
        self._needle = ""

    @override
    def body(self) -> ComposeResult:
        with Horizontal(id="timeline"):
            yield TimelineList(self.context, id="events")
            yield Document(id="event")

    @property
    def timeline(self) -> TimelineList:
        """The list."""
        return self.query_one("#events", TimelineList)

    @property
    def scope(self) -> tuple[str, str]:
        """What is shown: ("task", id), ("project", id) or ("all", "")."""
        if self._task_id is not None:
            return "task", self._task_id
        project_id = self.context.project_id
        return ("project", project_id) if project_id else ("all", "")

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        what = ("t", "all tasks") if self._task_id else ("t", "this task")
        back = (("esc", "list"),) if self.has_class("-detail") else (("enter", "event"),)
        return (*back, what, ("o", "open task"), ("/", "search"), ("p", "project"), ("1 2 3", "screens"))

    # Reading.

    @override
    def reload(self) -> None:
        self._reading = True
        self.context.feed.events(self, self.scope)

    @on(EventsPage)
    def _page(self, event: EventsPage) -> None:
        event.stop()
        if event.scope != self.scope:
            return
        self._reading = False
        self._cursor = event.page.next_cursor or self._cursor
        self._complete = len(event.page.items) < PAGE
        self.timeline.say_when_empty(EMPTY)
        if event.first:
            self.timeline.show(event.page.items)
        else:
            self.timeline.add(event.page.items)

    @on(VirtualList.NeedMore)
    def _more(self, event: VirtualList.NeedMore) -> None:
        event.stop()
        if not (self._complete or self._reading):
            self._reading = True
            self.context.feed.events(self, self.scope, cursor=self._cursor)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        if event.too_many:
            self.reload()
            return
        kind, scope_id = self.scope
        fresh = [
            one
            for one in reversed(event.events)
            if kind == "all" or scope_id == (one.task_id if kind == "task" else one.project_id)
        ]
        if fresh:
            self.timeline.put_first(fresh)

    @override
    def say(self, words: str) -> None:
        self.timeline.say_when_empty(words)

    @override
    def redraw(self) -> None:
        self.timeline.redraw()

    @on(VirtualList.Moved, "#events")
    def _moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        row = self.timeline.row
        self.query_one("#event", Document).tell(event_document(row, self.context) if row else [], event.row_id)

    @on(VirtualList.Chosen, "#events")
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.add_class("-detail")
        self.query_one("#event", Document).focus()
        self._on_desk(None)

    @override
    def go_back(self) -> None:
        if self.has_class("-detail"):
            self.remove_class("-detail")
        elif self._needle:
            self._search("")
        elif self._task_id is not None:
            self.action_one_task()
        self.timeline.focus()
        self._on_desk(None)

    def action_one_task(self) -> None:
        """Show only the task of the event under the cursor; again, all."""
        row = self.timeline.row
        self._task_id = row.task_id if self._task_id is None and row is not None else None
        self.reload()
        self._on_desk(None)

    def action_open_task(self) -> None:
        """Open the task of the event under the cursor."""
        if (row := self.timeline.row) is not None and row.task_id:
            self.app.push_screen(TaskScreen(self.context, row.task_id))

    def action_search(self) -> None:
        """Search as one types."""
        self.query_one(Prompt).ask("search", "search", self._needle)

    @on(Prompt.Typed)
    @on(Prompt.Answered)
    @on(Prompt.Left)
    def _searched(self, event: Prompt.Told) -> None:
        if event.what == "search":
            self._search("" if isinstance(event, Prompt.Left) else event.text)

    def _search(self, needle: str) -> None:
        self._needle = needle
        self.timeline.search(needle)
        self.timeline.say_when_empty("Nothing matches. esc shows all." if needle else EMPTY)
