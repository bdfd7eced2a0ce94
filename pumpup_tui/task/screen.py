"""One task: state, step graph, open requests, metadata, attachments, timeline; and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import Changed, EventsPage, ShowRequest, TaskLoaded
from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.components.frame import SCREEN_KEYS
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.components.record_paragraphs import attachment_lines, event_lines
from pumpup_tui.components.screen_parts import ArmedView, ScreenCallbacks
from pumpup_tui.components.task_moves import MOVE_KEYS, Movable, MovingScreen
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.task.json_rows import Path, json_rows
from pumpup_tui.task.step_graph import graph_lines
from pumpup_tui.task.task_page import PageRow, TaskPage
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import kind_of, status_run
from pumpup_tui.text.layout import Line
from pumpup_tui.text.paragraphs import foreign, led, ours

if TYPE_CHECKING:
    from api_client.models import Event, OpenRequest

EVENTS_KEPT = 1000
"""Events that the page shows at the most; the timeline screen has them all."""
REREAD_SECONDS = 0.4
PATIENCE = 0.3
"""Seconds that a task may take to be read before that is said."""


@dataclass(frozen=True, slots=True)
class GiveTo:
    """A choice of whom a task is given to."""

    name: str | None
    """A reviewer's name; empty for no one, None for a name that is typed."""


class ArmedOnTask(ArmedView):
    """What is armed for the one task that is shown."""

    def __init__(self, context: Context, task_id: str) -> None:
        self._outbox = context.outbox
        self._task_id = task_id

    @override
    def is_visible(self) -> bool:
        armed = self._outbox.desk.armed
        return armed is not None and armed.target == self._task_id


class TaskScreen(MovingScreen):
    """A task, its requests an enter away."""

    MODE = "board"
    AUTO_FOCUS = "#task"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("task.assign", "assign"),
        ("task.note", "comment"),
    )

    def __init__(self, context: Context, task_id: str) -> None:
        super().__init__(context)
        self.armed_view = ArmedOnTask(context, task_id)
        self.callbacks = ScreenCallbacks(
            show_message=self.say,
            refresh_ages=self._tell,
            go_back=self.go_back,
            project=lambda: self._loaded.project if self._loaded else context.status.project,
        )
        self._task_id = task_id
        self._loaded: TaskLoaded | None = None
        self._events: list[Event] = []
        self._more: str | None = None
        self._reading_more = False
        self._patience: Timer | None = None
        self._opened: set[Path] = set()
        self._to_read = False

    @override
    def body(self) -> ComposeResult:
        yield TaskPage(id="task")

    @property
    def page(self) -> TaskPage:
        """The rows."""
        return self.query_one(TaskPage)

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        request = (("task.request", "open request"),) if self._open else ()
        can = self.context.can
        closed = self._loaded is not None and self._loaded.detail.task.status == "CLOSED"
        offers = ((MOVE_KEYS, "move", "move"), ("task.assign", "assign", "assign"), ("task.note", "note", "note"))
        keys = [(key, word) for key, word, needs in offers if can(needs) and (not closed or word == "note")]
        return (*request, *keys, ("task.fold", "fold"), ("move.back", "back"), (SCREEN_KEYS, "screens"))

    @property
    def _open(self) -> Sequence[OpenRequest]:
        """What is open on the task, oldest first."""
        return self._loaded.detail.open_requests if self._loaded else ()

    # Reading.

    @override
    def reload(self) -> None:
        if self._loaded is None and self._patience is None:
            self._patience = self.set_timer(PATIENCE, lambda: self.say("reading the task…"))
        self.context.reads.task(self, self._task_id)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        mine = event.too_many or any(one.task_id == self._task_id for one in event.events)
        if mine and not self._to_read:
            self._to_read = True
            self.set_timer(REREAD_SECONDS if self._loaded and event.too_many else 0.01, self._read_again)

    def _read_again(self) -> None:
        self._to_read = False
        self.reload()

    @on(TaskLoaded)
    def _task_loaded(self, event: TaskLoaded) -> None:
        event.stop()
        before = self._loaded.detail.task.current_step if self._loaded else None
        self._loaded = event
        newest = {one.id for one in event.events.items}
        older = [one for one in self._events if one.id not in newest]
        # Events further down stay where the newest page meets them; where it does not, it begins anew.
        meets = len(older) < len(self._events)
        self._events = [*event.events.items, *(older if meets else ())][:EVENTS_KEPT]
        if not (meets and older):
            full = len(event.events.items) >= len(self._events) and not event.events.is_last(100)
            self._more = event.events.next_cursor if full else None
        self._disarm_moved(before, event.detail.task.current_step)
        self._tell()
        self._on_status(self.context.status)
        self._on_desk(None)

    def _disarm_moved(self, before: str | None, now: str) -> None:
        armed = self.context.outbox.desk.armed
        if armed is not None and armed.verb == "MOVE" and before not in (None, now) and self.armed_view.is_visible():
            self.context.outbox.cancel(f"the task went to {line(now, 80)} meanwhile: nothing was sent")

    @on(TaskPage.NearEnd)
    def _near_end(self, event: TaskPage.NearEnd) -> None:
        event.stop()
        if self._more is not None and not self._reading_more and len(self._events) < EVENTS_KEPT:
            self._reading_more = True
            self.context.reads.events(self, ("task", self._task_id), cursor=self._more, group="task events")

    @on(EventsPage)
    def _older(self, event: EventsPage) -> None:
        event.stop()
        self._reading_more = False
        known = {one.id for one in self._events}
        self._events += [one for one in event.page.items if one.id not in known]
        self._more = event.page.next_cursor if not event.page.is_last(100) else None
        self._tell()

    def say(self, words: str) -> None:
        """Show this until the task is read."""
        if self._patience is not None:
            self._patience.stop()  # it must not come after what is said now
            self._patience = None
        if self._loaded is None:
            self.page.tell([PageRow(ours()), PageRow(ours((words, "muted")))])

    # What stands on the page.

    @override
    def on_resize(self, event: events.Resize) -> None:
        """Draw the graph at the new width."""
        self.call_after_refresh(self._tell)

    def _tell(self) -> None:
        if self._loaded is not None and self.is_mounted:
            parts = (
                self._state(),
                self._graph(),
                self._requests(),
                self._metadata(),
                self._attached(),
                self._timeline(),
            )
            self.page.tell([row for part in parts for row in part])

    def _state(self) -> list[PageRow]:
        loaded = self._loaded
        if loaded is None:
            return []
        task = loaded.detail.task
        given = f"given to @{line(loaded.assignee, 60)}" if loaded.assignee else "given to no one"
        where = f" · {line(loaded.project.name, 80)} · {given}"
        rows = [
            PageRow(foreign((line(task.name, 500), "strong")), "name"),
            PageRow(ours(status_run(task.status), (where, "muted")), "state"),
        ]
        if task.external_id:
            rows.append(PageRow(led([("external id  ", "muted")], (line(task.external_id), "")), "external"))
        return rows

    def _entered(self) -> datetime | None:
        """Return when the task came into its step, None where that is further back than what is loaded."""
        return next((one.timestamp for one in self._events if one.transition_to or _creates(one)), None)

    def _graph(self) -> list[PageRow]:
        loaded = self._loaded
        if loaded is None:
            return []
        task, steps = loaded.detail.task, loaded.project.steps
        entered, step = self._entered(), steps.step(task.current_step)
        here = f"here, {self.context.age(entered)}" if entered else "here"
        if step and entered and step.timeout_seconds and task.status != "CLOSED":
            due = entered + timedelta(seconds=step.timeout_seconds)
            here += " ◷ overdue" if due <= self.context.clock() else f", due {self.context.stamp(due)}"
        width = self.page.reading_width
        rows = [PageRow(ours()), PageRow(ours(("Steps", "muted")), "steps")]
        for step, lines in zip(steps.in_graph_order(), graph_lines(steps, task.current_step, width, here), strict=True):
            rows += [PageRow(ours(*one), ("step", step.name, n)) for n, one in enumerate(lines)]
        return rows

    def _requests(self) -> list[PageRow]:
        if not self._open:
            return []
        key = self.context.key("task.request")
        several = len(self._open) > 1
        rows = [PageRow(ours())]
        if several:
            head: Line = [(f"{len(self._open)} open requests, oldest first", "warn")]
            rows.append(PageRow(ours(*head, (f"   {key} opens the one under the cursor", "muted")), "requests"))
        opens: Line = [] if several else [(f"   {key} opens it", "muted")]
        askers = {one.id: one.subject for one in self._events if one.subject}
        for request in self._open:
            asker = askers.get(request.request_id)
            by = f" by {line(asker, 80)}" if asker else ""
            words = f"? {kind_of(request.event_type)}{by}, open for {self.context.age(request.requested_at)}: "
            said = led([(words, "warn")], (line(request.summary), ""), *opens)
            rows.append(PageRow(said, ("request", request.request_id), leads=True))
        return rows

    def _metadata(self) -> list[PageRow]:
        metadata = self._loaded.detail.task.metadata if self._loaded else {}
        if not metadata:
            return [PageRow(ours()), PageRow(ours(("Metadata  none", "muted")), "metadata")]
        rows = [PageRow(ours()), PageRow(ours(("Metadata", "muted")), "metadata")]
        return [
            *rows,
            *(PageRow(one.said, ("json", one.path), folds=one.folds) for one in json_rows(metadata, self._opened)),
        ]

    def _attached(self) -> list[PageRow]:
        loaded = self._loaded
        lines = attachment_lines(loaded.detail.task.attachments, loaded.uploads) if loaded else []
        return [PageRow(one, ("attachment", n) if one.has_text else None) for n, one in enumerate(lines)]

    def _timeline(self) -> list[PageRow]:
        rows = [PageRow(ours()), PageRow(ours(("── Timeline, newest first " + "─" * 12, "muted")), "timeline")]
        lines = event_lines(self._events, self.context)
        rows += [PageRow(one, ("event", event.id)) for event, one in zip(self._events, lines, strict=True)]
        if self._more is not None:
            older = f"older ones are on the timeline ({self.context.key('screens.timeline')})"
            words = "reading more…" if len(self._events) < EVENTS_KEPT else older
            rows.append(PageRow(ours((words, "muted")), "more"))
        return rows

    @on(TaskPage.Fold)
    def _fold(self, event: TaskPage.Fold) -> None:
        event.stop()
        if isinstance(event.key, tuple) and event.key[0] == "json":
            path = event.key[1]
            opens = path not in self._opened if event.open is None else event.open
            (self._opened.add if opens else self._opened.discard)(path)
            self._tell()

    @on(TaskPage.Chosen)
    def _chosen(self, event: TaskPage.Chosen) -> None:
        event.stop()
        keys = [("request", request.request_id) for request in self._open]
        key = event.key if event.key in keys else keys[0] if len(keys) == 1 else None
        if key is not None:
            self.post_message(ShowRequest(key[1]))
        elif keys:
            # None is picked unseen: which one is meant is for the reader to say.
            self.page.go_to(keys[0])
            self.context.outbox.hint(f"{len(keys)} requests are open: {self.context.key('move.down')} goes to the next")
        else:
            self.context.outbox.hint("nothing is open on this task")

    def go_back(self) -> None:
        """Leave the task."""
        self.app.pop_screen()

    # What can be done.

    @override
    def movable(self) -> Movable | None:
        loaded = self._loaded
        if loaded is None:
            return None
        task, asked = loaded.detail.task, bool(loaded.detail.open_requests)
        return Movable(task.id, task.name, task.current_step, task.status, asked, loaded.project)

    def action_assign(self) -> None:
        """Choose whom the task is given to."""
        loaded, outbox = self._loaded, self.context.outbox
        if refusal := self.context.refusal("assign"):
            outbox.cancel(refusal)
        elif loaded is None:
            outbox.cancel("still reading this task")
        elif loaded.detail.task.status == "CLOSED":
            outbox.cancel("this task is closed: it takes notes only")
        else:
            me = self.context.status.reviewer
            choices = [
                Choice(GiveTo(me), f"to me ({me})"),  # not foreign: PickScreen cleans its choices
                Choice(GiveTo(None), "to a name…"),
            ]
            if loaded.assignee:
                # not foreign: PickScreen cleans its choices
                choices.append(Choice(GiveTo(""), f"to no one: {loaded.assignee} gives it back"))
            self.app.push_screen(PickScreen("Give this task", choices), self._assignee_chosen)

    def _assignee_chosen(self, chosen: GiveTo | None) -> None:
        if chosen is None:
            return
        if chosen.name is not None:
            self._arm_assign(chosen.name)
        else:
            self.query_one(Prompt).ask(TextQuestion("give the task to"), self._assignee_typed)

    def _assignee_typed(self, name: str | None) -> None:
        if name and name.strip():
            self._arm_assign(name.strip())

    def _arm_assign(self, name: str) -> None:
        if self._loaded is not None:
            task = self._loaded.detail.task
            self.context.outbox.arm(Intent("ASSIGN", task.id, task.name, assignee=name))

    def action_comment(self) -> None:
        """Write a note on the task."""
        if refusal := self.context.refusal("note"):
            self.context.outbox.cancel(refusal)
        elif self._loaded is not None:
            self.query_one(Prompt).ask(TextQuestion("note on the task", takes_lines=True), self._note_written)

    def _note_written(self, text: str | None) -> None:
        if text and text.strip() and self._loaded is not None:
            task = self._loaded.detail.task
            self.context.outbox.arm(Intent("NOTE", task.id, task.name, note=text.strip()))


def _creates(event: Event) -> bool:
    return event.event_type == "TASK_CREATED"
