"""A task as it was at an earlier moment, with the requests as they were shown to who decided them. Read-only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from api_client.request_facts import request_kind
from pumpup_tui.backend.messages import CallFailed
from pumpup_tui.backend.past_moment import PastMoment
from pumpup_tui.backend.past_reads import PastTaskLoaded, Stepped
from pumpup_tui.components.frame import HeaderLine, set_title
from pumpup_tui.components.past_view import PAST_ACTIONS, PAST_HINTS, PastView
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.task.page_rows import TaskRows
from pumpup_tui.task.record import TaskRecord
from pumpup_tui.task.task_page import PageRow, TaskPage
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import recommendation_run
from pumpup_tui.text.needs_words import HIDDEN
from pumpup_tui.text.paragraphs import foreign, led, ours

if TYPE_CHECKING:
    from api_client.models import Event

FIELDS_MOST = 50
"""Fields and rows of context that are listed of one request."""


class PastTaskScreen(ReviewerScreen):
    """A task as it was; `<` and `>` go to its event before and after."""

    MODE = "board"
    AUTO_FOCUS = "#task"
    BINDINGS: ClassVar[list[BindingType]] = bindings(*PAST_ACTIONS)

    def __init__(self, context: Context, task_id: str, moment: PastMoment) -> None:
        """Show a task as it was at a moment."""
        super().__init__(context)
        self._past = PastView(self, moment, task_id=task_id)
        self.page = TaskPage(id="task")
        self._record = TaskRecord(task_id)
        self._rows = TaskRows(self._past.context, self._record, is_past=True)
        self._requests: tuple[Event, ...] = ()
        self._hidden: frozenset[str] = frozenset()
        set_title(self.page, self._past.title("Task"))
        self.callbacks = ScreenCallbacks(
            show_message=self._say,
            call_failed=self._call_failed_here,
            go_back=self._go_back,
            project=lambda: self._record.loaded.project if self._record.loaded else context.status.project,
        )

    @override
    def body(self) -> ComposeResult:
        yield self.page

    @override
    def hints(self) -> Hints:
        return PAST_HINTS

    @override
    def reload(self) -> None:
        if self._record.loaded is None:
            self._say("reading the task as it was…")
        self._past.reads.task(self, self._record.task_id, self._past.moment)

    @on(PastTaskLoaded)
    def _loaded(self, event: PastTaskLoaded) -> None:
        event.stop()
        self._record = TaskRecord(self._record.task_id)
        self._record.take(event.loaded)
        self._rows = TaskRows(self._past.context, self._record, is_past=True)
        self._past.event, self._requests, self._hidden = event.event, event.requests, event.hidden
        set_title(self.page, self._past.title("Task"))
        self.query_one(HeaderLine).update_lines()
        self._show_rows()

    def _show_rows(self) -> None:
        if self._record.loaded is None or not self.is_mounted:
            return
        rows = [PageRow(ours((self._past.words(), "needs")), "past"), PageRow(ours())]
        for request in self._requests:
            rows += _request_rows(request, self._past.event, is_hidden=request.id in self._hidden)
        self.page.show_rows([*rows, *self._rows.rows()])

    def _say(self, words: str) -> None:
        if self._record.loaded is None:
            self.page.show_rows([PageRow(ours((words, "muted")))])

    def _call_failed_here(self, _: CallFailed) -> None:
        self._say("It can't be shown: the line above says why.")

    @on(TaskPage.Chosen)
    def _chosen(self, event: TaskPage.Chosen) -> None:
        event.stop()
        self.context.outbox.hint(f"read-only, as it was then: {self.context.key('move.back')} returns to now")

    @on(TaskPage.Fold)
    def _fold(self, event: TaskPage.Fold) -> None:
        event.stop()
        if isinstance(event.key, tuple) and event.key[0] == "json":
            self._rows.fold(event.key[1], event.open)
            self._show_rows()

    def _go_back(self) -> None:
        self.app.pop_screen()

    @on(Stepped)
    def _stepped(self, event: Stepped) -> None:
        event.stop()
        self._past.take(event)

    def action_step(self, by: int) -> None:
        """Go to the event before or after."""
        self._past.step(by)

    def action_choose(self) -> None:
        """Ask for another time."""
        self._past.choose()


def _request_rows(request: Event, after: Event | None, *, is_hidden: bool) -> list[PageRow]:
    """Return a request as it was shown: the event never changes, so these are the words that its decider saw."""
    payload, key = request.payload, ("past request", request.id)
    settled = after is not None and after.in_response_to == request.id
    who = line(after.subject or "", 40) if settled and after is not None else ""
    seen = f", as {who} saw it" if who else ", open then" if not settled else ""
    rows = [PageRow(ours((f"The {request_kind(request.event_type)}{seen}", "strong")), key)]
    rows += [PageRow(foreign((part, ""))) for part in clean(str(payload.get("summary") or "")).split("\n")]
    context = payload.get("keyValueContext")
    pairs = list(context.items())[:FIELDS_MOST] if isinstance(context, Mapping) else []
    rows += [PageRow(led([(f"{line(name, 40)}  ", "muted")], (line(value), ""))) for name, value in pairs]
    recommended = payload.get("recommendation")
    if is_hidden:
        rows.append(PageRow(ours(("suggested  ", "muted"), (HIDDEN, "muted"))))
    if isinstance(recommended, Mapping):
        rows.append(PageRow(ours(("suggested  ", "muted"), recommendation_run(recommended, None))))
        if recommended.get("rationale"):
            rows.append(PageRow(foreign((line(recommended["rationale"]), ""))))
    fields = payload.get("fields")
    for field in fields[:FIELDS_MOST] if isinstance(fields, list) else ():
        rows.append(PageRow(led([("▫ ", "muted")], (line(field.get("label")), ""))))
    return [*rows, PageRow(ours())]
