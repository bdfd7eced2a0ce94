"""The inbox's queue: reading it, what comes and goes, its order, and where the cursor is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed, Changed, InboxCount, RequestLoaded, RequestsArrived
from pumpup_tui.components.frame import Divider, KeyHints
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import VERB_WORDS
from pumpup_tui.inbox.calls import InboxFeed
from pumpup_tui.inbox.messages import InboxPage
from pumpup_tui.inbox.queue_line import QueueLine, QueueState
from pumpup_tui.inbox.request_detail import RequestDetail
from pumpup_tui.inbox.request_list import RequestList

if TYPE_CHECKING:
    from api_client.models import Event, InboxItem
    from pumpup_tui.backend.messages import CallId

REQUESTED = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
PATIENCE = 0.1
"""Seconds that a request may take to be read before what the list knows of it is shown meanwhile."""
SETTLED = "the request you were on is settled: the cursor is on its neighbour"
NOT_READ = "read again from the beginning: the request you were on is settled, or further down"
EMPTY = "Nothing waits for you. Requests appear here as agents ask."


class QueueScreen(ReviewerScreen):
    """Open requests, with all of the one under the cursor beside them.

    While a decision is armed nothing in the list moves: what goes stays until then, what comes is counted.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.callbacks = ScreenCallbacks(
            show_message=self.say,
            refresh_ages=self.redraw,
            refresh_in_flight=self.redraw_on_way,
            go_back=self.go_back,
            become_narrow=self.become_narrow,
        )
        self._reads = InboxFeed(context.calls)
        self._reading_call: CallId | None = None
        self._loaded: RequestLoaded | None = None
        self._cursor: str | None = None
        self._complete = False
        self._reading = False
        self._read_again = False
        self._patience: Timer | None = None
        self._begun_anew = False
        """Whether the last change of the list was that it was read from its beginning."""
        self._leaving: set[str] = set()
        self._waiting: dict[str, InboxItem] = {}
        """What came or changed while a decision was armed, and is not shown yet."""
        self._news = 0
        self._ahead: RequestLoaded | None = None
        """The request that would be next, read while this one's decision is armed."""
        self._count = ""
        self._opened: set[str] = set()
        """Ids of requests that were shown in whole."""

    @override
    def body(self) -> ComposeResult:
        yield QueueLine()
        with Horizontal(id="inbox"):
            yield RequestList(self.context, id="requests")
            yield Divider()
            yield RequestDetail(self.context, id="detail")

    @property
    def requests(self) -> RequestList:
        """The list."""
        return self.query_one("#requests", RequestList)

    @property
    def detail(self) -> RequestDetail:
        """The detail pane."""
        return self.query_one("#detail", RequestDetail)

    @property
    def is_read(self) -> bool:
        """Whether all of the request under the cursor is shown."""
        row = self.requests.row
        return row is not None and self._loaded is not None and self._loaded.detail.event.id == row.request_id

    # What its parts say.

    @property
    def _needs_all(self) -> bool:
        """Whether what is shown hangs on requests that are not read yet."""
        return self.requests.queue.order.needs_all or self.requests.is_going_last

    @property
    def _filter_words(self) -> str:
        """What is shown of all, empty where it is all."""
        return ""

    @property
    def _when_empty(self) -> str:
        return EMPTY

    def _forget(self, ids: Iterable[str]) -> None:
        """Let go of what is known of requests that went."""

    def _show_detail(self, loaded: RequestLoaded) -> None:
        """Show all of a request."""
        self.detail.show(loaded)

    # Reading.

    @override
    def reload(self) -> None:
        self._reading = True
        self._waiting, self._news = {}, 0
        self._reading_call = self._reads.first(self, self.context.project_id)

    @on(InboxPage)
    def _page(self, event: InboxPage) -> None:
        event.stop()
        before = self.requests.row.request_id if self.requests.row else None
        was_complete, self._reading = self._complete and not event.first, event.goes_on
        self._cursor = event.page.next_cursor or self._cursor
        self._complete = event.last
        self.requests.say_when_empty(self._when_empty)
        self._begun_anew = event.first
        if event.first:
            with self.requests.changing() as queue:
                queue.show(event.page.items)
        elif self.context.outbox.desk.armed is not None:
            self._waiting |= {item.request_id: item for item in event.page.items}
            self._news += len(event.page.items) if was_complete else 0
        elif event.page.items:
            with self.requests.changing() as queue:
                queue.add(event.page.items)
        self._tell_queue()
        self._show_none_if_empty()
        row = self.requests.row
        if event.first and self._loaded is None and row is not None and row.request_id == before:
            # Nobody moved for what could not be read during an outage: it is asked for with the list.
            self.context.reads.request(self, row.request_id)
        if not event.goes_on:
            self._go_on()

    def _go_on(self) -> None:
        """Read what else is wanted, and go to the real end once it is there."""
        again, self._read_again = self._read_again, False
        if not self._complete and self._needs_all:
            self._read_on(to_end=True)
        elif again:
            self._read_on()
        if self._complete and self.requests.is_going_last:
            self.requests.action_go(-1)
            self.requests.is_going_last = False

    def _read_on(self, *, to_end: bool = False) -> None:
        if self._reading or not self.context.status.connected:
            return  # `_page` goes on with what is wanted then
        self._reading = True
        self._reading_call = self._reads.on(self, self.context.project_id, self._cursor, to_end=to_end)
        self._tell_queue()

    @on(CallFailed)
    def _not_read(self, event: CallFailed) -> None:
        if event.call_id == self._reading_call:
            self._reading = False
            self._tell_queue()

    @on(VirtualList.NeedMore)
    def _more(self, event: VirtualList.NeedMore) -> None:
        event.stop()
        if not self._complete:
            self._read_on(to_end=self._needs_all)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        if event.too_many:
            self.reload()
            return
        desk = self.context.outbox.desk
        self._leaving |= {one.in_response_to for one in event.events if one.in_response_to}
        self._follow(event.events)
        if desk.armed is None:
            self._catch_up()
        elif desk.armed.target in self._leaving and not desk.hint:
            key = self.context.key
            words = f"{key('decide.send')} tells who, {key('move.back')} lets it go"
            self.context.outbox.hint(f"someone settled this meanwhile: {words}")
        shown_project = self.context.project_id
        asked = [
            str(one.payload.get("summary", ""))
            for one in event.events
            if one.event_type in REQUESTED and shown_project in (None, one.project_id)
        ]
        if asked:
            self.post_message(RequestsArrived(asked))
        if self._complete and asked:
            self._read_again = self._reading
            self._read_on()
        shown = self._loaded.detail.task.id if self._loaded else None
        if desk.armed is None and self.requests.row and any(one.task_id == shown for one in event.events):
            self.context.reads.request(self, self.requests.row.request_id)

    def _follow(self, events: Iterable[Event]) -> None:
        """Take over who a waiting task is given to, and the step it is moved to."""
        for event in events:
            if event.event_type != "ASSIGNMENT" and event.transition_to is None:
                continue
            # With what came while a decision was armed: a request may be of the task and not shown yet.
            shown = {item.request_id: item for item in self.requests.queue.of_task(event.task_id)}
            came = {name: item for name, item in self._waiting.items() if item.task_id == event.task_id}
            for request_id, item in (shown | came).items():
                self._waiting[request_id] = self.context.followed(item, event)

    def _catch_up(self) -> None:
        """Take settled requests off the list and show those that came; while something is armed, nothing moves."""
        if not (self._leaving or self._waiting):
            return
        self._begun_anew = False
        gone, self._leaving = self._leaving, set()
        came, self._waiting, self._news = self._waiting, {}, 0
        with self.requests.changing() as queue:
            queue.add(came.values())
            queue.take_away(gone)
        self._forget(gone)
        self._tell_queue()
        self._show_none_if_empty()

    def _tell_queue(self) -> None:
        """Tell the count and the state of the queue."""
        queue = self.requests.queue
        count = f"{queue.total}{'' if self._complete else '+'}"
        if count != self._count and (queue.total or self._complete):
            self._count = count
            self.post_message(InboxCount(count))
        overdue = queue.overdue()
        first = min((item.overdue_at for item in overdue if item.overdue_at), default=None)
        self.query_one(QueueLine).tell(
            QueueState(
                order=queue.order.words,
                only=self._filter_words,
                matched=queue.matched,
                total=queue.total,
                complete=self._complete,
                reading=self._reading and self._needs_all,
                news=self._news,
                selected=len(self.requests.selected),
                overdue=len(overdue),
                overdue_for=self.context.age(first) if first else "",
            )
        )

    # The request under the cursor.

    @on(VirtualList.Gone, "#requests")
    def _gone(self, event: VirtualList.Gone) -> None:
        event.stop()
        desk = self.context.outbox.desk
        own = any(one.intent.target == event.row_id for one in desk.sent)
        if self.requests.row is not None and not own and desk.armed is None:
            self.context.outbox.hint(NOT_READ if self._begun_anew and not self._complete else SETTLED)

    @on(VirtualList.Moved, "#requests")
    def _moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        armed = self.context.outbox.desk.armed
        if armed is not None and armed.target != event.row_id:
            self.context.outbox.cancel(f"{VERB_WORDS[armed.verb]} taken back: you moved on, nothing was sent")
        elif armed is None:
            self.context.outbox.cancel()  # what it said was about another request
        self._loaded = None
        row = self.requests.row
        ahead, self._ahead = self._ahead, None
        if row is None:
            self._show_none()
        elif ahead is not None and ahead.detail.event.id == row.request_id:
            self._request(ahead)
            self.set_timer(PATIENCE, self._read_request)  # it may have changed since
        else:
            if self._patience is not None:
                self._patience.stop()  # it is the last request's: now it would show this one half read
            self._patience = self.set_timer(PATIENCE, self._show_item)
            if self._begun_anew:
                self.call_after_refresh(self._read_request)  # the list first: it is what the eye waits for
            else:
                self._read_request()

    def _read_request(self) -> None:
        row = self.requests.row
        if row is not None:
            self.context.reads.request(self, row.request_id)

    def _read_ahead(self) -> None:
        """Read the request that would be next, so that it is there the moment this one is decided."""
        if (following := self._following(1)) is not None:
            self.context.reads.request(self, following, ahead=True)

    def _show_item(self) -> None:
        """Show what the list knows of a request that is not read yet."""
        row = self.requests.row
        if row is not None and self._loaded is None:
            self.detail.show_item(row)

    @on(RequestLoaded)
    def _request(self, event: RequestLoaded) -> None:
        event.stop()
        row = self.requests.row
        armed = self.context.outbox.desk.armed
        if row is not None and row.request_id != event.detail.event.id:
            self._ahead = event if armed is not None else None
        if row is None or row.request_id != event.detail.event.id or armed is not None:
            return
        before, self._loaded = self._loaded, event
        self._show_detail(event)
        if self.has_class("-wide") or self.has_class("-detail"):
            self._opened.add(row.request_id)
        if before is None:
            self.query_one(KeyHints).retell()

    def _show_none_if_empty(self) -> None:
        if self.requests.row is None:
            self._show_none()

    def _show_none(self) -> None:
        self._loaded = None
        self.detail.show_none("")
        self.remove_class("-detail")
        self.query_one(KeyHints).retell()

    def say(self, words: str) -> None:
        """Say this where no request is shown."""
        self.requests.say_when_empty(words)

    def redraw(self) -> None:
        """Draw again what tells ages."""
        self._tell_queue()
        self.requests.redraw()
        self.detail.redraw()

    def redraw_on_way(self) -> None:
        """Draw again what tells what is on its way."""
        if self.context.outbox.desk.armed is None:
            self._catch_up()
        self.requests.redraw_on_way()

    # Moving.

    def _open_detail(self) -> None:
        """Have the whole request in view: what is decided is always shown."""
        self.add_class("-detail")
        if self.requests.row is not None and self._loaded is not None:
            self._opened.add(self.requests.row.request_id)
        if self.has_class("-narrow"):
            self.set_focus(self.detail)  # at once: what opens next, as a note, must have it after that
        self.query_one(KeyHints).retell()

    def go_back(self) -> None:
        """Go back to the list, or show all of it."""

    def become_narrow(self) -> None:
        """Show the detail alone, or the list."""
        # What is decided is always shown; else what has the keys is.
        if self.context.outbox.desk.armed is not None and self.armed_view.is_visible():
            self._open_detail()
            self.set_focus(self.detail)
        else:
            self.set_class(self.detail.has_focus, "-detail")

    def action_step(self, by: int) -> None:
        """Go to the next or previous request that nothing is on its way for."""
        self._step(by)

    def _step(self, by: int) -> bool:
        found = self._following(by)
        return found is not None and self.requests.select(found)

    def _following(self, by: int) -> str | None:
        desk = self.context.outbox.desk
        return self.requests.queue.beyond(by, lambda request_id: desk.in_flight(request_id) is None)

    @on(VirtualList.Chosen, "#requests")
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self._open_detail()
        self.detail.focus()
