"""The inbox: what waits for a person, and deciding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.decision import VERB_WORDS, Intent, Phase, Sent, Verb
from pumpup_tui.feed import PAGE
from pumpup_tui.messages import Changed, InboxCount, InboxPage, RequestLoaded
from pumpup_tui.screens.base import ReviewerScreen
from pumpup_tui.telling import kind_of
from pumpup_tui.text import line
from pumpup_tui.widgets.frame import Divider, KeyHints
from pumpup_tui.widgets.prompt import Prompt
from pumpup_tui.widgets.request_detail import RequestDetail
from pumpup_tui.widgets.request_list import RequestList
from pumpup_tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from pumpup_tui.screens.answer import Draft

REQUESTED = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
PATIENCE = 0.1
"""Seconds that a request may take to be read before what the list knows of it is shown meanwhile."""
EMPTY = "Nothing waits for you. Requests appear here as agents ask."


class InboxScreen(ReviewerScreen):
    """Open requests, oldest first, with all of the one under the cursor beside them."""

    MODE = "inbox"
    AUTO_FOCUS = "#requests"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "act('APPROVE')", "approve", id="decide.approve", tooltip="approve; answer an elicitation"),
        Binding("d", "act('REJECT')", "deny", id="decide.deny", tooltip="deny"),
        Binding("e", "act('EDIT_AND_APPROVE')", "edit", id="decide.edit", tooltip="edit and approve, with a note"),
        Binding("i", "act('REQUEST_MORE_INFO')", "ask", id="decide.ask", tooltip="ask for more, with a note"),
        Binding("!", "act('ESCALATE')", "escalate", id="decide.escalate", tooltip="escalate"),
        Binding("]", "step(1)", "next", id="inbox.next", tooltip="next pending request"),
        Binding("[", "step(-1)", "previous", id="inbox.previous", tooltip="previous pending request"),
        Binding("c", "comment", "note", id="inbox.note", tooltip="note: the armed decision's, else on the task"),
        Binding("/", "search", "search", id="inbox.search", tooltip="show what contains a text"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._loaded: RequestLoaded | None = None
        self._cursor: str | None = None
        self._complete = False
        self._reading = False
        self._needle = ""
        self._leaving: set[str] = set()
        self._drafts: dict[str, Draft] = {}

    @override
    def body(self) -> ComposeResult:
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

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        more = (("]", "next"), ("/", "search"), ("1 2 3", "screens"))
        back: tuple[tuple[str, str], ...] = ()
        if self.has_class("-detail") and self.has_class("-narrow"):
            back = (("esc", "list"),)
        elif self._needle:
            back = (("esc", f"shows all, not only “{line(self._needle, 20)}”"),)
        if self.requests.row is None:
            return (*back, *more[1:]) if back else more[2:]
        if self._loaded is not None and self._loaded.detail.event.event_type == "ELICITATION_REQUESTED":
            return (*back, ("a", "answer"), *more)
        acts = (("a", "approve"), ("d", "deny"), ("e", "edit+approve"), ("i", "ask"), ("!", "escalate"))
        return (*back, *acts, *more)

    # Reading.

    @override
    def reload(self) -> None:
        self._reading = True
        self.context.feed.inbox(self, project_id=self.context.project_id)

    @on(InboxPage)
    def _page(self, event: InboxPage) -> None:
        event.stop()
        self._reading = False
        self._cursor = event.page.next_cursor or self._cursor
        self._complete = len(event.page.items) < PAGE
        self.requests.say_when_empty(EMPTY)
        if event.first:
            self.requests.show(event.page.items)
        else:
            self.requests.add(event.page.items)
        self._tell_count()
        if not self.requests.rows:
            self._show_none()
        if self.requests.is_going_last:
            self._go_on_last()

    def _go_on_last(self) -> None:
        """Go to the real end, page after page."""
        if self._complete:
            self.requests.action_go(-1)
            self.requests.is_going_last = False
        elif not self._reading:
            self._read_on()

    @on(VirtualList.Gone, "#requests")
    def _gone(self, event: VirtualList.Gone) -> None:
        event.stop()
        desk = self.context.outbox.desk
        own = any(one.intent.target == event.row_id for one in desk.sent)
        if self.requests.rows and not own and desk.armed is None:
            self.context.outbox.hint("the request you were on is settled: the cursor is on its neighbour")

    @on(VirtualList.NeedMore)
    def _more(self, event: VirtualList.NeedMore) -> None:
        event.stop()
        if not (self._complete or self._reading):
            self._read_on()

    def _read_on(self) -> None:
        self._reading = True
        self.context.feed.inbox(self, project_id=self.context.project_id, cursor=self._cursor)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        if event.too_many:
            self.reload()
            return
        armed = self.context.outbox.desk.armed
        self._leaving |= {one.in_response_to for one in event.events if one.in_response_to}
        if armed is None:
            self._let_go()
        elif armed.target in self._leaving and not self.context.outbox.desk.hint:
            self.context.outbox.hint("someone settled this meanwhile: y tells who, esc lets it go")
        if any(one.event_type in REQUESTED for one in event.events) and self._complete:
            self._read_on()
        shown = self._loaded.detail.task.id if self._loaded else None
        if armed is None and self.requests.row and any(one.task_id == shown for one in event.events):
            self.context.feed.request(self, self.requests.row.request_id)

    def _let_go(self) -> None:
        """Take settled requests off the list; while something is armed, nothing moves."""
        if self._leaving:
            gone, self._leaving = self._leaving, set()
            self.requests.take_away(gone)
            self._tell_count()
            if not self.requests.rows:
                self._show_none()

    def _tell_count(self) -> None:
        self.post_message(InboxCount(f"{self.requests.total}{'' if self._complete else '+'}"))

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
        if row is not None:
            self.set_timer(PATIENCE, self._show_item)
            self.context.feed.request(self, row.request_id)
        else:
            self._show_none()

    def _show_item(self) -> None:
        """Show what the list knows of a request that is not read yet."""
        row = self.requests.row
        if row is not None and self._loaded is None:
            self.detail.show_item(row)

    @on(RequestLoaded)
    def _request(self, event: RequestLoaded) -> None:
        event.stop()
        row = self.requests.row
        if row is None or row.request_id != event.detail.event.id or self.context.outbox.desk.armed is not None:
            return
        before, self._loaded = self._loaded, event
        self.detail.show(event)
        if before is None:
            self.query_one(KeyHints).retell()

    def _show_none(self) -> None:
        self._loaded = None
        self.detail.show_none("")
        self.remove_class("-detail")
        self.query_one(KeyHints).retell()

    @override
    def say(self, words: str) -> None:
        self.requests.say_when_empty(words)

    @override
    def redraw(self) -> None:
        if self.context.outbox.desk.armed is None:
            self._let_go()
        self.requests.redraw()

    # Moving.

    def _open_detail(self) -> None:
        """Have the whole request in view: what is decided is always shown."""
        self.add_class("-detail")
        if self.has_class("-narrow"):
            self.detail.focus()
        self.query_one(KeyHints).retell()

    def action_step(self, by: int) -> None:
        """Go to the next or previous request that nothing is on its way for."""
        rows = self.requests.rows
        here = next((index for index, row in enumerate(rows) if row is self.requests.row), 0)
        beyond = range(here + by, len(rows) if by > 0 else -1, by)
        for index in beyond:
            if self.context.outbox.desk.on_way(rows[index].request_id) is None:
                self.requests.select(rows[index].request_id)
                return

    def show_request(self, request_id: str) -> None:
        """Put the cursor on a request and open it."""
        self.requests.search("")
        if self.requests.select(request_id):
            self._open_detail()
        else:
            self.context.outbox.hint("that request is not in this list: another project's, or further down")

    @on(VirtualList.Chosen, "#requests")
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self._open_detail()
        self.detail.focus()

    @override
    def go_back(self) -> None:
        if self.has_class("-detail") and (self.has_class("-narrow") or not self._needle):
            self.remove_class("-detail")
        elif self._needle:
            self._needle = ""
            self.requests.search("")
            self.requests.say_when_empty(EMPTY)
        self.requests.focus()
        self._on_desk(None)

    def action_search(self) -> None:
        """Search as one types."""
        self.query_one(Prompt).ask("search", "search", self._needle)

    @on(Prompt.Typed)
    @on(Prompt.Answered)
    @on(Prompt.Left)
    def _searched(self, event: Prompt.Told) -> None:
        if event.what == "search":
            self._needle = "" if isinstance(event, Prompt.Left) else event.text
            self.requests.search(self._needle)
            self.requests.say_when_empty("Nothing matches. esc shows all." if self._needle else EMPTY)
            self.query_one(KeyHints).retell()
        elif event.what == "task note" and isinstance(event, Prompt.Answered):
            self._arm_comment(event.text)

    # Deciding.

    def action_act(self, verb: Verb) -> None:
        """Arm an outcome for the request as shown; open the form of an elicitation."""
        outbox = self.context.outbox
        row = self.requests.row
        if row is None:
            outbox.hint("nothing to decide here")
            return
        elicitation = kind_of(row.event_type) == "elicitation"
        if refusal := self.context.refusal("answer" if elicitation else "decide"):
            outbox.cancel(refusal)
            return
        loaded = self._loaded
        self._open_detail()
        if loaded is None or not self.is_read:
            outbox.cancel("still reading this request: try again when all of it is shown")
        elif loaded.detail.result is not None:
            outbox.cancel("this request is settled already")
        elif elicitation:
            self._answer(verb, loaded)
        else:
            summary = str(loaded.detail.event.payload.get("summary", ""))
            outbox.arm(Intent(verb, row.request_id, summary, request_hash=loaded.detail.hash))
            if outbox.desk.armed is not None and outbox.desk.armed.lacks_note:
                self.action_note()

    def _answer(self, verb: Verb, loaded: RequestLoaded) -> None:
        if verb != "APPROVE":
            self.context.outbox.cancel("an elicitation takes answers: a opens its form")
            return
        request_id = loaded.detail.event.id
        if self.context.outbox.desk.on_way(request_id):
            self.context.outbox.hint("these answers are on their way already")
            return
        # Brings pydantic and the form's widgets, which the first paint must not wait for.
        from pumpup_tui.screens.answer import AnswerScreen

        def done(intent: Intent | None) -> None:
            if intent is not None:
                self.context.outbox.arm(intent)
                if (sent := self.context.outbox.confirm(self.app)) is not None:
                    self.confirmed(sent)

        draft = self._drafts.get(request_id)
        screen = AnswerScreen(self.context, loaded, draft, self._faults(request_id))
        self._drafts[request_id] = screen.draft
        self.app.push_screen(screen, done)

    def _faults(self, request_id: str) -> dict[str, str]:
        """Return what the backend refused of the last answers to a request."""
        for one in reversed(self.context.outbox.desk.sent):
            if one.intent.target == request_id and one.phase is Phase.REFUSED:
                return dict(one.faults)
        return {}

    @override
    def is_armed_shown(self) -> bool:
        armed = self.context.outbox.desk.armed
        if armed is None or self._loaded is None:
            return False
        event = self._loaded.detail.event
        target = event.task_id if armed.verb == "NOTE" else event.id
        in_view = self.has_class("-detail") or self.has_class("-wide") or armed.verb == "NOTE"
        return armed.target == target and in_view

    @override
    def confirmed(self, sent: Sent) -> None:
        if sent.intent.verb != "NOTE":
            (self.detail if self.has_class("-narrow") else self.requests).focus()
            self.action_step(1)

    @override
    def nothing_armed(self) -> None:
        if (row := self.requests.row) is not None:
            self.app.copy_to_clipboard(row.request_id)
            self.context.outbox.hint("the request's id is copied")

    def action_take_back(self) -> None:
        """Take back what is held, and show it again."""
        if (intent := self.context.outbox.take_back()) is not None:
            self.requests.select(intent.target)

    def action_comment(self) -> None:
        """Write the armed decision's note; where nothing is armed, a note on the task."""
        if self.context.outbox.desk.armed is not None:
            self.action_note()
        elif refusal := self.context.refusal("note"):
            self.context.outbox.hint(refusal)
        elif self._loaded is not None:
            self.query_one(Prompt).ask("task note", "note on the task")

    def _arm_comment(self, text: str) -> None:
        if text.strip() and self._loaded is not None:
            task = self._loaded.detail.task
            self.context.outbox.arm(Intent("NOTE", task.id, task.name, note=text))
