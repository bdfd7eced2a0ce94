"""The inbox: the requests that wait for a person, and deciding them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.backend.messages import Changed, RequestLoaded
from pumpup_tui.components.frame import SCREEN_KEYS, set_title
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Verb
from pumpup_tui.inbox.act_hints import OUTCOME_KEYS, act_hints
from pumpup_tui.inbox.active_filter import InboxFilter
from pumpup_tui.inbox.armed_request import ArmedRequest
from pumpup_tui.inbox.aside import Aside
from pumpup_tui.inbox.authority_news import AuthorityNews, EscalatedList
from pumpup_tui.inbox.decision_controller import DecisionController
from pumpup_tui.inbox.detail import RequestPane
from pumpup_tui.inbox.filtering import FilterController
from pumpup_tui.inbox.loader import InboxLoader
from pumpup_tui.inbox.messages import (
    AskedBeforeRead,
    InboxPage,
    PrecedentRequests,
    PrecedentsPage,
    SettledToday,
    StandingsRead,
)
from pumpup_tui.inbox.precedent_loader import PrecedentLoader
from pumpup_tui.inbox.queue_status import QueueStatus
from pumpup_tui.inbox.request_list import RequestList
from pumpup_tui.inbox.request_view import RequestView
from pumpup_tui.inbox.selection import Selection
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.firewall import line

Narrowing: TypeAlias = Literal["search", "filters", "next tab", "previous tab", "order", "whose", "grant"]
"""The ways to narrow and to order the list, and to a grant for what is left."""
MORE = (
    ("inbox.next", "next"),
    ("inbox.search inbox.filter inbox.sort inbox.whose", "find, filter, sort, mine"),
    ("inbox.snooze", "snooze"),
    (SCREEN_KEYS, "screens"),
)


class InboxScreen(ReviewerScreen):
    """Open requests, oldest first, with all of the one under the cursor beside them."""

    MODE = "inbox"
    AUTO_FOCUS = "#requests"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("inbox.next", "step(1)"),
        ("inbox.previous", "step(-1)"),
        ("inbox.select", "select('one')"),
        ("inbox.select_all", "select('all')"),
        ("decide.approve", "act('APPROVE')"),
        ("decide.deny", "act('REJECT')"),
        ("decide.edit", "act('EDIT_AND_APPROVE')"),
        ("decide.ask", "act('REQUEST_MORE_INFO')"),
        ("decide.escalate", "act('ESCALATE')"),
        ("decide.reason", "reason"),
        ("inbox.overdue", "overdue"),
        ("inbox.take", "assign('me')"),
        ("inbox.assign", "assign('anyone')"),
        ("inbox.snooze", "snooze"),
        ("inbox.note", "comment"),
        ("inbox.search", "narrow('search')"),
        ("inbox.match", "match(-1)"),
        ("inbox.filter", "narrow('filters')"),
        ("inbox.next_tab", "narrow('next tab')"),
        ("inbox.previous_tab", "narrow('previous tab')"),
        ("inbox.sort", "narrow('order')"),
        ("inbox.whose", "narrow('whose')"),
        ("inbox.grant", "narrow('grant')"),
        ("inbox.fold", "look('fold')"),
        ("inbox.attachments", "look('attachments')"),
        ("inbox.raw", "look('raw')"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        hints, prompt = self.key_hints, self.prompt
        self._filter = narrowing = InboxFilter(context.key, context.preferences.filters)
        self.requests = requests = RequestList(context, id="requests")
        self.request_view = view = RequestView(context, id="detail")
        self.precedents = precedents = PrecedentLoader(self, context, view)
        self.pane = pane = RequestPane(self, context, requests=requests, view=view, precedents=precedents, hints=hints)
        self._status = status = QueueStatus(self, context, requests, narrowing)
        self.loader = loader = InboxLoader(
            self, context, requests=requests, pane=pane, narrowing=narrowing, status=status
        )
        self.selection = Selection(
            self, context, requests=requests, pane=pane, precedents=precedents, loader=loader, hints=hints
        )
        self.filters = FilterController(
            self, context, requests=requests, loader=loader, narrowing=narrowing, prompt=prompt, hints=hints
        )
        self._aside = Aside(self, context, requests=requests, view=view, pane=pane)
        self.armed_view = ArmedRequest(self, context, requests, view, pane)
        self.decisions = DecisionController(
            self,
            context,
            requests=requests,
            view=view,
            pane=pane,
            precedents=precedents,
            armed_view=self.armed_view,
            prompt=prompt,
            ask_note=self.action_note,
        )
        self.callbacks = ScreenCallbacks(
            show_message=requests.say_when_empty,
            call_failed=loader.failed,
            refresh_ages=self._refresh_ages,
            refresh_in_flight=self._refresh_in_flight,
            go_back=self._go_back,
            next_match=lambda: self.action_match(1),
            become_narrow=self.decisions.become_narrow,
        )

    @override
    def body(self) -> ComposeResult:
        set_title(self.request_view, "Request")
        self._status.line.choose = self.filters.use
        panes, hints = self._aside.panes, self.key_hints
        news = AuthorityNews(self, self.context, panes=panes, loader=self.loader, pane=self.pane, hints=hints)
        self.callbacks.status_changed = news.take
        yield self._status.line
        yield self._aside.panes

    @override
    def reload(self) -> None:
        self.loader.restart()
        self.call_after_refresh(self.filters.read_stored, self.loader.find_drafts)

    def show_request(self, request_id: str) -> None:
        """Put the cursor on a request and open it; where it is not loaded yet, load on until it is there."""
        self.filters.show_all()
        self.loader.go_to(request_id)

    @override
    def hints(self) -> Hints:
        back: Hints = ()
        if self.pane.is_open and self.has_class("-narrow"):
            back = (("move.back", "list"),)
        elif self._filter.is_on:
            back = (("move.back", f"clear filter: {line(self._filter.raw_words, 20)}"),)
        if self.requests.row is None:
            return (*back, MORE[1], MORE[-1]) if back else MORE[-1:]
        if self.selection.count:
            return (
                (OUTCOME_KEYS, f"decide {self.selection.count}"),
                ("inbox.select inbox.select_all", "select"),
                ("move.back", "select none"),
            )
        if isinstance(self.focused, EscalatedList):
            return (("move.enter", "open the task"), MORE[-1])
        return (*back, *act_hints(self.pane.loaded, self.context.status.reviewer), *MORE)

    # What the frame asks for.

    def _refresh_ages(self) -> None:
        self.filters.refresh_by_time()
        self.loader.show_status()
        self.requests.redraw()
        self.request_view.redraw()

    def _refresh_in_flight(self) -> None:
        self.precedents.show_news()
        self.selection.follow_batch()
        self.loader.refresh_in_flight()

    def _go_back(self) -> None:
        if self.selection.count:
            self.selection.clear()
        elif self.pane.is_open and (self.has_class("-narrow") or not self._filter.is_on):
            self.pane.close()
        elif self._filter.is_on:
            self.filters.show_all()
        self.requests.focus()
        self.refresh_decision()

    # What the calls bring.

    @on(InboxPage)
    @on(SettledToday)
    @on(StandingsRead)
    def _page_loaded(self, event: InboxPage | SettledToday | StandingsRead) -> None:
        event.stop()
        self.loader.take(event)

    @on(RequestLoaded)
    def _request_loaded(self, event: RequestLoaded) -> None:
        event.stop()
        self.pane.take(event)
        self.loader.take_standings({event.detail.event.id: event.detail})
        self._aside.follow()

    @on(PrecedentsPage)
    @on(PrecedentRequests)
    @on(AskedBeforeRead)
    def _history_loaded(self, event: PrecedentsPage | PrecedentRequests | AskedBeforeRead) -> None:
        event.stop()
        self.precedents.take(event)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        self.precedents.take_changes(event.events)
        self.loader.take_changes(event)

    # What the list reports.

    @on(VirtualList.NeedMore)
    def _more_needed(self, event: VirtualList.NeedMore) -> None:
        event.stop()
        self.loader.more()

    @on(VirtualList.Gone)
    def _row_gone(self, event: VirtualList.Gone) -> None:
        event.stop()
        self.loader.row_gone(event.row_id)

    @on(VirtualList.Moved)
    def _cursor_moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        self.decisions.cursor_moved(event.row_id)
        self.pane.follow_cursor(list_first=self.loader.is_restarted)
        self._aside.follow()

    @on(VirtualList.Chosen)
    def _row_chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.pane.enter()

    # Keys.

    def action_step(self, by: int) -> None:
        """Go to the next or previous request without a decision in flight."""
        self.requests.step(by)

    def action_overdue(self) -> None:
        """Go to the next overdue request, from the top again where none follows."""
        self.requests.step_to_overdue()

    def action_match(self, by: int) -> None:
        """Go to the next or previous match of a search: what is listed matches."""
        if self._filter.typed:
            self.requests.action_move(by)
        else:
            search, note = self.context.key("inbox.search"), self.context.key("inbox.note")
            self.context.outbox.hint(f"nothing is armed or searched for: {search} searches, {note} writes a note")

    def action_act(self, verb: Verb) -> None:
        """Arm an outcome for the request on the screen; with requests selected, for all of them."""
        if not self.selection.decide(verb):
            self.decisions.arm(verb)

    def action_reason(self) -> None:
        """Give the armed decision a reason code."""
        self.decisions.choose_reason()

    def action_assign(self, to: Literal["me", "anyone"]) -> None:
        """Take the task or give it back, or assign it to anyone."""
        if to == "me":
            self.decisions.take_task()
            return
        # Brings the dialogs, which the first paint must not wait for; snoozing too.
        from pumpup_tui.inbox.task_assigner import TaskAssigner

        TaskAssigner(self, self.context, requests=self.requests, pane=self.pane, prompt=self.prompt).choose()

    def action_snooze(self) -> None:
        """Choose until when the request is snoozed, or those that are selected."""
        from pumpup_tui.inbox.snoozing import Snoozing

        Snoozing(self, self.context, requests=self.requests, filters=self.filters, prompt=self.prompt).choose()

    def action_comment(self) -> None:
        """Write the armed decision's note, else a note on the task."""
        self.decisions.write_note()

    def action_select(self, which: Literal["one", "all"]) -> None:
        """Select the request under the cursor, or all that are shown; deselect what is selected."""
        (self.selection.toggle if which == "one" else self.selection.toggle_all)()

    def action_narrow(self, way: Narrowing) -> None:
        """Narrow or order the list."""
        filters = self.filters
        ways: Mapping[Narrowing, Callable[[], None]] = {
            "search": filters.search,
            "filters": filters.choose_filter,
            "next tab": lambda: filters.step_tab(1),
            "previous tab": lambda: filters.step_tab(-1),
            "order": filters.choose_order,
            "whose": filters.next_whose,
            "grant": filters.begin_grant,
        }
        ways[way]()

    def action_look(self, way: Literal["fold", "raw", "attachments"]) -> None:
        """Look closer: unfold long texts or spell all of them out, as before at the next press; or the attachments."""
        view = self.request_view
        {"fold": view.toggle_fold, "raw": view.toggle_raw, "attachments": self.pane.show_attachments}[way]()
