"""Loading the open requests: page by page, and as they come and go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from api_client.request_facts import agreed_id, settled_id
from pumpup_tui.backend.messages import CallFailed, Changed, RequestsArrived
from pumpup_tui.inbox.calls import PAGE, InboxReads
from pumpup_tui.inbox.empty_state import DoneToday, words_when_empty
from pumpup_tui.inbox.messages import InboxPage, SettledToday, StandingsRead
from pumpup_tui.inbox.standings import Standings, changed_by, end_words

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.models import Event, InboxItem, RequestDetail
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.active_filter import InboxFilter
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.queue_status import QueueStatus
    from pumpup_tui.inbox.request_list import RequestList

EVERYTHING = float("inf")
AHEAD = 2_000
"""Requests that are loaded without being asked for, so that the sections of most inboxes are whole."""
AHEAD_SECONDS = 0.3
"""The pause before these are loaded: the first rows, and the request under the cursor, come first."""
SHARE = 0.5
"""Pages on the way to the end are shown when this share of the list is new: arranging it costs its length."""
REQUESTED = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
NOT_READ = "Refreshed from the beginning; the request you were on is decided, or further down"


class InboxLoader:
    """Loads the open requests, and changes the list as they come and go.

    While a decision is armed nothing in the list moves: requests that are gone stay until then, new ones are counted.
    """

    def __init__(
        self,
        to: MessagePump,
        context: Context,
        *,
        requests: RequestList,
        pane: RequestPane,
        narrowing: InboxFilter,
        status: QueueStatus,
    ) -> None:
        """Take the screen that the calls answer, and the parts that show what is loaded."""
        self._to = to
        self._context = context
        self._requests = requests
        self._pane = pane
        self._filter = narrowing
        self._status = status
        self._reads = InboxReads(context.calls, lambda: context.status.reviewer)
        self._standings = Standings(to, context, requests, self._reads)
        self._cursor: str | None = None
        self._call: CallId | None = None
        """The latest call for a page."""
        self.is_complete = False
        """Whether all requests are loaded."""
        self.is_restarted = False
        """Whether the list's last change was that it was loaded from its beginning."""
        self._is_reading = False
        self._reads_again = False
        self._gone: set[str] = set()
        self._end = ("", "")
        """The id of the last request under the cursor that nobody decided, and the words for how it came to its end."""
        self._arrived: dict[str, InboxItem] = {}
        """Requests that came or changed while a decision was armed, and are not shown yet."""
        self._news = 0
        self._unshown: list[InboxItem] = []
        """Requests of pages on the way to the end that are not shown yet."""
        self._done: DoneToday | None = None
        """What was done today, once it was read."""
        self._wanted: str | None = None
        """The request to put the cursor on once it is loaded."""

    # Pages.

    @property
    def _needs_all(self) -> bool:
        """Whether the list depends on requests that are not loaded yet."""
        requests = self._requests
        is_asked_for = requests.queue.order.needs_all or requests.is_going_last or self._wanted is not None
        return is_asked_for or self._filter.is_on

    def restart(self) -> None:
        """Load the list from its beginning."""
        self._is_reading = True
        self._arrived, self._news, self._unshown = {}, 0, []
        self._standings.restart()
        self._call = self._reads.first(self._to, self._context.project_id, self._context.snoozes.read)

    def more(self) -> None:
        """Load what follows, where there is more: the next page, or all that the order needs."""
        if not self.is_complete:
            # In sections the next page would not come in at the end, where the reader looks.
            needs_all = self._needs_all or self._requests.queue.order.has_sections
            self._read_on(EVERYTHING if needs_all and self._requests.total >= AHEAD else self._most)

    @property
    def _most(self) -> float:
        """The number of requests to load next."""
        if self._needs_all:
            return EVERYTHING
        return AHEAD if self._requests.queue.order.has_sections else PAGE

    def take(self, event: InboxPage | SettledToday | StandingsRead) -> None:
        """Show a page that has come, what was done today, or what was read again."""
        if isinstance(event, SettledToday):
            self._done = event.done
            self._show_when_empty()
        elif isinstance(event, StandingsRead):
            self._standings.take()
            self.take_standings(event.details)
        else:
            self._take_page(event)

    def _take_page(self, event: InboxPage) -> None:
        before = self._requests.row.request_id if self._requests.row else None
        was_complete, self._is_reading = self.is_complete and not event.first, event.goes_on
        self._cursor = event.page.next_cursor or self._cursor
        self.is_complete, self.is_restarted = event.last, event.first
        self._show_when_empty()
        self._add(event, was_complete=was_complete)
        self._rows_changed()
        row = self._requests.row
        if event.first and row is not None and row.request_id == before and not self._pane.agrees_with(row):
            # The cursor did not move to what could not be read during an outage: it is read with the list. So is what
            # another policy is in force for by now.
            self._pane.read()
        if not event.goes_on:
            self._go_on()
            self._read_done()

    def _add(self, event: InboxPage, *, was_complete: bool) -> None:
        items, requests = event.page.items, self._requests
        if event.first:
            with requests.changing() as queue:
                queue.is_complete = self.is_complete
                queue.replace(items)
        elif self._context.outbox.desk.armed is not None:
            self._arrived |= {item.request_id: item for item in items}
            self._news += len(items) if was_complete else 0
        else:
            self._unshown += items
            if not event.goes_on or len(self._unshown) >= requests.total * SHARE:
                self._show_unshown()

    def _show_unshown(self) -> None:
        unshown, self._unshown = self._unshown, []
        queue = self._requests.queue
        if unshown or queue.is_complete != self.is_complete:
            with self._requests.changing():
                queue.is_complete = self.is_complete
                queue.add(unshown)

    def _go_on(self) -> None:
        """Load what else is needed; go to the real end, or to the wanted request, once that is loaded."""
        again, self._reads_again = self._reads_again, False
        if not self._load_rest() and again:
            self._read_on()
        if self.is_complete and self._requests.is_going_last:
            self._requests.action_go(-1)
            self._requests.is_going_last = False
        self._show_wanted()

    def _load_rest(self) -> bool:
        """Load the rest of the list where it is needed; return whether it is."""
        if self.is_complete:
            return False
        if self._needs_all:
            self._read_on(EVERYTHING)
        elif self._requests.queue.order.has_sections and self._requests.total < AHEAD:
            self._to.set_timer(AHEAD_SECONDS, self._read_ahead)
        return self._needs_all

    def _read_ahead(self) -> None:
        """Load what the sections hold, where nothing else is being loaded by now."""
        if not self.is_complete and self._requests.total < AHEAD:
            self._read_on(self._most)

    def _read_on(self, most: float = PAGE) -> None:
        if self._is_reading or not self._context.status.connected:
            return  # the page that comes next goes on with what is needed then
        self._is_reading = True
        self._call = self._reads.on(self._to, self._context.project_id, self._cursor, most=most)
        self.show_status()

    def failed(self, event: CallFailed) -> None:
        """Note that a page, or what was to be read again, will not come."""
        self._standings.failed(event.call_id)
        if event.call_id == self._call:
            self._is_reading = False
            self._show_unshown()
            self.show_status()

    def find_drafts(self) -> None:
        """Find the drafts of earlier terminals, and mark their rows."""

        async def find() -> None:
            await self._context.drafts.find()
            self._requests.call_later(self._requests.redraw)

        self._context.writes.start("drafts that are there", find)

    # Another filter or order.

    def filter_changed(self) -> None:
        """Load the requests that another filter needs, and show what there is."""
        self._load_rest()
        self._show_when_empty()
        self._rows_changed()

    def order_changed(self) -> None:
        """Load the requests that another order needs."""
        self._load_rest()
        self.show_status()

    def show_status(self) -> None:
        """Show the count and the state of the queue."""
        reading = self._is_reading and self._needs_all
        self._status.show(complete=self.is_complete, reading=reading, news=self._news)

    def _show_when_empty(self) -> None:
        if self._filter.is_on:
            words = self._filter.words_when_empty(complete=self.is_complete)
        else:
            has_projects = bool(self._context.status.projects) or self._context.project_id is not None
            words = words_when_empty(self._context.key, self._done, has_projects=has_projects)
        self._requests.say_when_empty(words)

    def _read_done(self) -> None:
        """Read what was done today, where nothing is left to do."""
        if self.is_complete and not self._requests.total and self._context.status.connected:
            context = self._context
            midnight = context.clock().astimezone(context.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            self._reads.done_today(self._to, context.project_id, context.status.reviewer, midnight)

    def _rows_changed(self) -> None:
        self.show_status()
        self._pane.close_if_empty()

    # Going to one request.

    def go_to(self, request_id: str) -> None:
        """Put the cursor on a request and open it; where it is not loaded yet, load on until it is there."""
        self._wanted = request_id
        self._load_rest()
        self._show_wanted()

    def _show_wanted(self) -> None:
        if self._wanted is None or self._context.outbox.desk.armed is not None:
            self._wanted = None  # what is armed stays under the cursor
        elif self._requests.select(self._wanted):
            self._wanted = None
            self._pane.open()
        elif self.is_complete and not self._is_reading:
            self._wanted = None
            self._context.outbox.hint("that request is no longer open, or is in another project")

    def row_gone(self, row_id: str | None) -> None:
        """Explain that the request under the cursor is gone, where the reader has not settled it."""
        desk = self._context.outbox.desk
        own = any(sent.intent.target == row_id for sent in desk.sent)
        if self._requests.row is not None and not own and desk.armed is None:
            is_unread = self.is_restarted and not self.is_complete
            ended_id, words = self._end
            ended = words if row_id == ended_id else "Decided elsewhere"
            self._context.outbox.hint(NOT_READ if is_unread else f"{ended}; moved to the next one")

    # Changes.

    def take_changes(self, event: Changed) -> None:
        """Follow what happened in the store."""
        if event.too_many:
            self.restart()
            return
        desk, row = self._context.outbox.desk, self._requests.row
        for one in event.events:
            if settled := settled_id(one):
                self._gone.add(settled)
                if row is not None and settled == row.request_id and (words := end_words(one)):
                    self._end = settled, words
        self._follow(event.events)
        self._standings.follow_events(event.events)
        if desk.armed is None:
            self._catch_up()
        elif desk.armed.target in self._gone and not desk.hint:
            self._explain_settled()
        elif desk.armed.agreement and any(agreed_id(one) == desk.armed.target for one in event.events):
            send, back = self._context.key("decide.send"), self._context.key("move.back")
            self._context.outbox.hint(f"somebody agreed meanwhile: {send} may decide it now, {back} dismisses")
        self._read_new(event.events)
        if desk.armed is None:
            self._pane.refresh_on(event.events)

    def take_standings(self, details: Mapping[str, RequestDetail | None]) -> None:
        """Show the standing of requests as it is now; those that are settled by now are gone."""
        queue = self._requests.queue
        listed = {name: item for name in details if (item := self._arrived.get(name) or queue.get(name)) is not None}
        self._gone |= {name for name in listed if (detail := details[name]) is not None and detail.result is not None}
        self._arrived |= changed_by(listed, details)
        self._catch_up()

    def _explain_settled(self) -> None:
        key = self._context.key
        words = f"{key('decide.send')} shows who, {key('move.back')} dismisses"
        self._context.outbox.hint(f"decided elsewhere meanwhile: {words}")

    def _read_new(self, events: Iterable[Event]) -> None:
        project_id = self._context.project_id
        summaries = [
            str(event.payload.get("summary", ""))
            for event in events
            if event.event_type in REQUESTED and project_id in (None, event.project_id)
        ]
        if summaries:
            self._to.post_message(RequestsArrived(summaries))
            if self.is_complete:
                self._reads_again = self._is_reading
                self._read_on()

    def _follow(self, events: Iterable[Event]) -> None:
        """Take over the assignee and the step of each task that an event gave another one."""
        for event in events:
            if event.event_type != "ASSIGNMENT" and event.transition_to is None:
                continue
            # With what came while a decision was armed: a request may be of the task and not shown yet.
            listed = {item.request_id: item for item in self._requests.queue.of_task(event.task_id)}
            arrived = {name: item for name, item in self._arrived.items() if item.task_id == event.task_id}
            for request_id, item in (listed | arrived).items():
                self._arrived[request_id] = self._context.followed(item, event)

    def refresh_in_flight(self) -> None:
        """Show the state of the decisions in flight, and what waited for a decision that is no longer armed."""
        if self._status.tally.take(self._context.outbox.desk):
            self._read_done()
            self.show_status()
        self._standings.follow_desk()
        self._catch_up()
        self._requests.redraw_in_flight()

    def _catch_up(self) -> None:
        """Remove settled requests and show those that came; while a decision is armed, nothing moves."""
        if self._context.outbox.desk.armed is not None:
            return
        if self._gone or self._arrived:
            self._take_over()
        row = self._requests.row
        if row is not None and self._pane.is_read and not self._pane.agrees_with(row):
            self._pane.read()  # its standing changed in the list meanwhile

    def _take_over(self) -> None:
        self.is_restarted = False
        gone, self._gone = self._gone, set()
        arrived, self._arrived, self._news = self._arrived, {}, 0
        self._requests.take_over(arrived.values(), gone)
        self._rows_changed()
        self._read_done()
