"""One task: state, step graph, open requests, metadata, attachments, timeline; and what can be done with it."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, CallId, Changed, EventsPage, ShowPast, ShowRequest, TaskLoaded
from pumpup_tui.backend.page_requests import PageRequest
from pumpup_tui.backend.past_moment import PastMoment
from pumpup_tui.backend.timeline_query import Query
from pumpup_tui.components.frame import SCREEN_KEYS, HeaderLine, set_title
from pumpup_tui.components.past_view import ask_moment
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ArmedView, ScreenCallbacks
from pumpup_tui.components.task_moves import MOVE_ACTIONS, MOVE_KEYS, Movable, TaskMoves
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.task.page_rows import TaskRows
from pumpup_tui.task.record import EVENTS_PAGE, TaskRecord
from pumpup_tui.task.task_actions import TaskActions
from pumpup_tui.task.task_page import PageRow, TaskPage
from pumpup_tui.text.firewall import line
from pumpup_tui.text.paragraphs import ours

REREAD_SECONDS = 0.4
"""The pause before a task is read again because of more changes than come one by one."""
ROOMY = 120
"""Columns from which metadata and attachments stand beside the timeline."""
PATIENCE = 0.3
"""Seconds that a task may take to be read before the page says so."""


class ArmedOnTask(ArmedView):
    """The armed act on the one task that is shown."""

    def __init__(self, context: Context, task_id: str) -> None:
        self._outbox = context.outbox
        self._task_id = task_id

    @override
    def is_visible(self) -> bool:
        armed = self._outbox.desk.armed
        return armed is not None and armed.target == self._task_id

    def disarm_if_moved(self, before: str | None, now: str) -> None:
        """Disarm a move where the task has gone to another step by itself."""
        armed = self._outbox.desk.armed
        if armed is not None and armed.verb == "MOVE" and before not in (None, now) and self.is_visible():
            self._outbox.cancel(f"the task went to {line(now, 80)} meanwhile: nothing was sent")


class TaskScreen(ReviewerScreen):
    """A task, its requests an enter away."""

    MODE = "board"
    AUTO_FOCUS = "#task"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *MOVE_ACTIONS, ("task.assign", "assign"), ("task.note", "comment"), ("past.show", "past")
    )

    def __init__(self, context: Context, task_id: str) -> None:
        super().__init__(context)
        self.page = TaskPage(id="task")
        self.facts = TaskPage(id="facts")
        set_title(self.page, "Task")
        set_title(self.facts, "Metadata and attachments")
        self._record = record = TaskRecord(task_id)
        self._rows = TaskRows(context, record)
        self._armed = self.armed_view = ArmedOnTask(context, task_id)
        self._moves = TaskMoves(context, self, self._movable)
        self._actions = TaskActions(context, self, self.prompt, record)
        self.callbacks = ScreenCallbacks(
            show_message=self._show_message,
            call_failed=self._call_failed_here,
            status_changed=lambda _: self._show_rows(),
            refresh_ages=self._show_rows,
            go_back=self._go_back,
            project=lambda: record.loaded.project if record.loaded else context.status.project,
        )
        self._reading_older: CallId | None = None
        """The call that reads older events, while it is in flight."""
        self._patience: Timer | None = None
        self._will_reread = False

    @override
    def body(self) -> ComposeResult:
        self.set_class(self.app.size.width >= ROOMY, "-roomy")
        with Horizontal():
            yield self.page
            yield self.facts

    @override
    def hints(self) -> Hints:
        request = (("task.request", "open request"),) if self._record.open_requests else ()
        can, closed = self.context.can, self._record.is_closed
        offers = ((MOVE_KEYS, "move", "move"), ("task.assign", "assign", "assign"), ("task.note", "note", "note"))
        keys = [(key, word) for key, word, needs in offers if can(needs) and (not closed or word == "note")]
        return (*request, *keys, ("task.fold", "fold"), ("move.back", "back"), (SCREEN_KEYS, "screens"))

    # Reading.

    @property
    def is_loaded(self) -> bool:
        """Whether the task has been read."""
        return self._record.loaded is not None

    @override
    def reload(self) -> None:
        if self._record.loaded is None and self._patience is None:
            self._patience = self.set_timer(PATIENCE, lambda: self._show_message("reading the task…"))
        self.context.reads.task(self, self._record.task_id)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        mine = event.too_many or any(one.task_id == self._record.task_id for one in event.events)
        if mine and not self._will_reread:
            self._will_reread = True
            self.set_timer(REREAD_SECONDS if self._record.loaded and event.too_many else 0.01, self._read_again)

    def _read_again(self) -> None:
        self._will_reread = False
        self.reload()

    @on(TaskLoaded)
    def _task_loaded(self, event: TaskLoaded) -> None:
        event.stop()
        loaded = self._record.loaded
        before = loaded.detail.task.current_step if loaded else None
        self._record.take(event)
        self._armed.disarm_if_moved(before, event.detail.task.current_step)
        self._show_rows()
        self.query_one(HeaderLine).update_lines()
        self.refresh_decision()

    @on(TaskPage.NearEnd)
    def _near_end(self, event: TaskPage.NearEnd) -> None:
        event.stop()
        record = self._record
        if record.older is not None and self._reading_older is None and not record.is_full:
            request, query = PageRequest("down", 0, record.older, limit=EVENTS_PAGE), Query(task_id=record.task_id)
            self._reading_older = self.context.reads.timeline(self, query, request, group="task events")

    @on(EventsPage)
    def _older_events(self, event: EventsPage) -> None:
        event.stop()
        self._reading_older = None
        self._record.take_older(event.result)
        self._show_rows()

    def _call_failed_here(self, event: CallFailed) -> None:
        if event.call_id == self._reading_older:
            self._reading_older = None  # the next move near the end asks again

    # The page.

    def _go_back(self) -> None:
        self.app.pop_screen()

    def _show_message(self, words: str) -> None:
        if self._patience is not None:
            self._patience.stop()  # it must not come after these words
            self._patience = None
        if self._record.loaded is None:
            self.page.show_rows([PageRow(ours()), PageRow(ours((words, "muted")))])

    def _show_rows(self) -> None:
        if self._record.loaded is None or not self.is_mounted:
            return
        if self.has_class("-roomy"):
            self.page.show_rows(self._rows.story())
            self.facts.show_rows(self._rows.facts())
        else:
            self.page.show_rows(self._rows.rows())

    @override
    def on_resize(self, event: events.Resize) -> None:
        """Choose between one page and two."""
        is_roomy = event.size.width >= ROOMY
        if is_roomy != self.has_class("-roomy"):
            self.set_class(is_roomy, "-roomy")
            if not is_roomy and self.facts.has_focus:
                self.page.focus()
            self._show_rows()

    @on(TaskPage.Fold)
    def _fold(self, event: TaskPage.Fold) -> None:
        event.stop()
        if isinstance(event.key, tuple) and event.key[0] == "json":
            self._rows.fold(event.key[1], event.open)
            self._show_rows()

    @on(TaskPage.Chosen)
    def _chosen(self, event: TaskPage.Chosen) -> None:
        event.stop()
        keys = [("request", request.request_id) for request in self._record.open_requests]
        key = event.key if event.key in keys else keys[0] if len(keys) == 1 else None
        if key is not None:
            self.post_message(ShowRequest(key[1]))
        elif keys:
            # None is picked unseen: which one is meant is for the reader to say.
            self.page.go_to(keys[0])
            self.context.outbox.hint(f"{len(keys)} requests are open: {self.context.key('move.down')} goes to the next")
        else:
            self.context.outbox.hint("nothing is open on this task")

    # Acting on it.

    def _movable(self) -> Movable | None:
        loaded = self._record.loaded
        if loaded is None:
            return None
        task, asked = loaded.detail.task, bool(loaded.detail.open_requests)
        return Movable(task.id, task.name, task.current_step, task.status, asked, loaded.project)

    def action_toward(self, direction: int) -> None:
        """Arm a move to the nearest exit on one side."""
        self._moves.toward(direction)

    def action_choose_exit(self) -> None:
        """Choose among the step's exits."""
        self._moves.choose_exit()

    def action_assign(self) -> None:
        """Choose whom the task is given to."""
        self._actions.assign()

    def action_past(self) -> None:
        """Show the task as it was after the event under the cursor; on another row, ask for a time."""
        key = self.page.row.key if self.page.row is not None else None
        event = next((one for one in self._record.events if key == ("event", one.id)), None)

        def show(moment: PastMoment) -> None:
            self.post_message(ShowPast(moment, task_id=self._record.task_id))

        if event is not None and self.context.can("history"):
            show(PastMoment.of(event))
        else:
            ask_moment(self.prompt, self.context, show)

    def action_comment(self) -> None:
        """Write a note on the task."""
        self._actions.comment()
