"""One outcome for several requests: the list of what will be sent, and the list of what was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed
from pumpup_tui.components.decision_bar import MARKS, batch_line
from pumpup_tui.components.frame import KeyHints
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.note_questions import note_question
from pumpup_tui.components.pause_line import PauseLine
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import NOTE_FIRST, NOTE_SAYS, Confirmed, Intent, Phase, Verb
from pumpup_tui.inbox.calls import InboxReads
from pumpup_tui.inbox.messages import ContextsRead
from pumpup_tui.inbox.planned_list import PlannedList, differs
from pumpup_tui.inbox.reason_screen import ReasonPicker
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, crop, fit, joined, width_of
from pumpup_tui.text.needs_words import refused_words
from pumpup_tui.text.outcomes import ACTS
from styles.sheets import sheet

if TYPE_CHECKING:
    from api_client.models import InboxItem
    from pumpup_tui.inbox.precedent_loader import PrecedentLoader

REASONS = 2
"""Reasons for which requests are left out that are named."""


class BatchHead(Lines):
    """The lines over a list: what is or was decided."""

    def __init__(self) -> None:
        super().__init__()
        self._head: list[Line] = []

    @override
    def lines(self, width: int) -> Sequence[Line]:
        return self._head or [[]]

    def show(self, head: Sequence[Line]) -> None:
        """Show other lines."""
        self._head = list(head)
        self.update_lines()


class BatchScreen(ModalScreen[Sequence[Intent]]):
    """Returns the decisions to send, each bound to its request as it was listed; sends nothing itself."""

    CSS_PATH = sheet("batch")
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("decide.send", "yes"),
        ("decide.note", "note"),
        ("inbox.note", "note"),
        ("decide.reason", "reason"),
        ("batch.leave_out", "leave_out"),
        ("move.back", "dismiss"),
    )

    def __init__(
        self, context: Context, verb: Verb, items: Sequence[InboxItem], precedents: PrecedentLoader, opened: Set[str]
    ) -> None:
        """Take the requests, what knows their project's reason codes, and the ids of those that were shown in whole."""
        super().__init__()
        self._opened = opened
        self.context = context
        self._verb = verb
        reviewer, stamp = context.status.reviewer, context.stamp
        refused = {item.request_id: refused_words(item.needs, verb, reviewer, stamp) for item in items}
        self._items = [item for item in items if not refused[item.request_id]]
        self._refusals = Counter(words for words in refused.values() if words)
        """Why requests were left out from the start, and how many for each reason."""
        self.left_out: set[str] = {request_id for request_id, words in refused.items() if words}
        """The ids of the requests that were left out, and of those that were removed."""
        self._precedents = precedents
        self._note, self._code = context.outbox.kept_notes.offered_to_all(self._plain_intents())
        self._fault = ""

    @override
    def compose(self) -> ComposeResult:
        yield PauseLine(self.context)
        yield BatchHead()
        yield PlannedList(self._verb)
        yield Prompt()
        yield KeyHints(self._hints, always=False)

    def on_resize(self) -> None:
        """Name the columns that have room now."""
        self._show_head()

    def on_mount(self) -> None:
        """List the decisions; ask for the note where there must be one."""
        planned = self.query_one(PlannedList)
        planned.say_when_empty(f"nothing is left to decide: {self.context.key('move.back')} goes back")
        planned.take_agreements({one.target: one.does for one in self._plain_intents() if one.agreement})
        planned.show(self._items)
        self.set_focus(planned)
        self._show_head()
        InboxReads(self.context.calls).contexts(self, [item.request_id for item in self._items])
        if self._lacks_note and self._items:
            self.action_note()

    @on(ContextsRead)
    def _contexts_read(self, event: ContextsRead) -> None:
        event.stop()
        self.query_one(PlannedList).take_contexts(event.contexts)
        self._show_head()

    @on(CallFailed)
    def _call_failed(self, event: CallFailed) -> None:
        event.stop()  # the rows are shown without columns

    @property
    def _lacks_note(self) -> bool:
        return Intent(self._verb, "", "", note=self._note).lacks_note

    def _hints(self) -> Sequence[tuple[str, str]]:
        does = "show the rest" if self.query_one(PlannedList).unseen() else "send"
        send = () if self._lacks_note or not self._items else (("decide.send", does),)
        keys = (("decide.note", "note"), ("decide.reason", "reason code"), ("batch.leave_out", "remove"))
        return (*send, *keys, ("move.back", "cancel"))

    def _show_head(self) -> None:
        status, count = self.context.status, len(self._items)
        tags = f" [{', '.join(line(tag, 30) for tag in status.tags)}]" if status.tags else ""
        act = ACTS[self._verb]
        title: Line = [
            (f" {act.with_glyph.upper()} ", act.armed),
            (f" {count:,} request{'s' if count != 1 else ''} · as {line(status.reviewer, 40)}{tags}", "strong"),
        ]
        columns = self.query_one(PlannedList).header()
        self.query_one(BatchHead).show([title, *self._warnings(), *self._additions(), *columns])
        self.query_one(KeyHints).update_lines()

    def _warnings(self) -> Iterator[Line]:
        """Yield a line for each thing to know before the decisions are sent."""
        for words, count in self._refusals.most_common(REASONS):
            yield [(f" ⊘ {count:,} left out: {crop(words, 200)}", "warn")]
        if len(self._refusals) > REASONS:
            yield [(f" ⊘ {len(self._refusals) - REASONS:,} more reasons left others out", "warn")]
        if agreed := sum(bool(self._intent(item).agreement) for item in self._items):
            decided = len(self._items) - agreed
            yield [(f" {decided:,} will be decided, {agreed:,} only agreed to: they need more people", "warn")]
        others = sum(differs(item, self._verb) for item in self._items)
        if others:
            yield [(f" ≠ for {others:,} of them the agent recommends something else", "warn")]
        if unopened := sum(item.request_id not in self._opened for item in self._items):
            yield [(f" {unopened:,} of them not opened: a row shows the beginning of what is asked", "warn")]
        unseen = self.query_one(PlannedList).unseen()
        if unseen:  # from the first frame on: a line that came later would cover a row that was drawn
            rows = f"{unseen:,} row{'s' if unseen != 1 else ''} not seen yet"
            yield [(f" {rows}: {self.context.key('decide.send')} shows them", "warn")]

    def _additions(self) -> Iterator[Line]:
        """Yield a line each for the note and the reason code, and for a fault."""
        if self._lacks_note:
            says, key = NOTE_SAYS[self._verb], self.context.key("decide.note")
            yield [(f" needs a note, the same for all: {says}; {key} writes it", "warn")]
        elif self._note:
            yield [(f" note for each: {line(self._note, 300)}", "muted")]
        if self._code:
            yield [(f" reason code: {line(self._code, 80)}", "muted")]
        if self._fault:
            yield [(f" {self._fault}", "warn")]

    def action_yes(self) -> None:
        """Return the decisions, if the key was pressed on purpose."""
        self._fault = self.context.outbox.guard.fault()
        if self._lacks_note:
            self._fault = f"{NOTE_FIRST}: {self.context.key('decide.note')} writes it"
        if self._fault or not self._items:
            self._show_head()
        elif self.query_one(PlannedList).unseen():
            self.query_one(PlannedList).show_unseen()
        else:
            self.dismiss([self._intent(item) for item in self._items])

    def _intent(self, item: InboxItem) -> Intent:
        return replace(self._plain_intent(item), note=self._note, reason_code=self._code)

    def _plain_intent(self, item: InboxItem) -> Intent:
        intent = Intent(
            self._verb,
            item.request_id,
            item.summary,
            request_hash=item.hash,
            task_id=item.task_id,
            task_name=item.task_name,
        )
        return intent.under(item.needs, self.context.status.reviewer, blind=item.blind)

    def _plain_intents(self) -> list[Intent]:
        return [self._plain_intent(item) for item in self._items]

    def _keep_typed(self) -> None:
        self.context.outbox.kept_notes.remember([self._intent(item) for item in self._items])

    @on(PlannedList.Seen)
    def _seen(self) -> None:
        self._show_head()

    def show_hint(self, words: str) -> None:
        """Show a hint until the next key."""
        if words != self._fault:
            self._fault = words
            self._show_head()

    def action_note(self) -> None:
        """Write the note that goes with each."""
        question = note_question(self.context, "note for each", self._note)
        self.query_one(Prompt).ask(question, self._note_written)

    def action_reason(self) -> None:
        """Choose the reason code that goes with each, or type one."""
        if self._items:
            picker = ReasonPicker(self, self.context, self.query_one(Prompt), self._precedents)
            picker.ask(self._items[0].project_id, self._code, self._code_given)

    def action_leave_out(self) -> None:
        """Leave the request under the cursor as it is."""
        planned = self.query_one(PlannedList)
        if (row := planned.row) is not None:
            self._items = [item for item in self._items if item.request_id != row.request_id]
            planned.take_away([row.request_id])
            self.left_out.add(row.request_id)
            self._show_head()

    @on(Prompt.Toggled)
    def _prompt_toggled(self, event: Prompt.Toggled) -> None:
        event.stop()
        self.query_one(KeyHints).show_typing(self.query_one(Prompt).hints)

    def _note_written(self, note: str | None) -> None:
        if note is not None:
            self._note = note.strip()
            self._fault = ""
            self._keep_typed()
            self._show_head()
        elif self._lacks_note:
            self.dismiss(None)

    def _code_given(self, code: str) -> None:
        self._code, self._fault = code, ""
        self._keep_typed()
        self._show_head()


class BatchResultList(VirtualList[Confirmed]):
    """The decisions of a batch, two lines each: the state, and its reason."""

    ROW_HEIGHT = 2

    def __init__(self, context: Context) -> None:
        super().__init__(id="batch", empty="all taken back: nothing was sent")
        self.context = context

    @override
    def row_id(self, row: Confirmed) -> str:
        return row.key

    @override
    def draw_row(self, row: Confirmed, width: int) -> Sequence[Line]:
        glyph, tone = MARKS[row.phase]
        head: Line = [(f"{glyph} {row.word.upper()}  ", tone)]
        first: Line = [*head, (fit(line(row.intent.title, 300), max(0, width - width_of(head))), "")]
        when = f"at {self.context.stamp(row.since)}" if row.phase is Phase.RECORDED else ""
        about = joined(
            (
                row.does,
                line(row.intent.task_name, 100),
                when,
                self.context.in_zone(line(row.detail, 300)),
            )
        )
        return [first, [("  ", ""), (fit(about, width - 2), "muted")]]


class BatchResults(ModalScreen[None]):
    """The state of each decision of a batch, as it changes. Closing it stops nothing."""

    CSS_PATH = sheet("batch")
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("decide.undo", "take_back"),
        ("modal.close", "dismiss"),
        ("move.enter", "dismiss"),
    )

    def __init__(self, context: Context, batch: str) -> None:
        super().__init__()
        self.context = context
        self._batch = batch
        self._listed: dict[str, Confirmed] = {}

    @override
    def compose(self) -> ComposeResult:
        yield PauseLine(self.context)
        yield BatchHead()
        yield BatchResultList(self.context)
        yield KeyHints(self._hints, always=False)

    def on_mount(self) -> None:
        """List the decisions, and follow them."""
        self.context.desk_changed.subscribe(self, self._changed)
        self.query_one(BatchResultList).focus()
        self._changed(None)

    @property
    def _sent(self) -> Sequence[Confirmed]:
        return [sent for sent in self.context.outbox.desk.sent if sent.batch == self._batch]

    def _hints(self) -> Sequence[tuple[str, str]]:
        held = any(sent.phase is Phase.HELD for sent in self._sent)
        return (*((("decide.undo", "take all back"),) if held else ()), ("modal.close", "close"))

    def _changed(self, _: Any) -> None:
        sent = {decision.key: replace(decision, until=None) for decision in self._sent}
        results = self.query_one(BatchResultList)
        if sent.keys() != self._listed.keys():
            results.show(sent.values())
        elif sent != self._listed:
            results.add(sent.values())
        self._listed = sent
        self.query_one(BatchHead).show([[(" ", ""), *batch_line(self._sent, self.context.clock())]])
        self.query_one(KeyHints).update_lines()

    def action_take_back(self) -> None:
        """Take back what is still held."""
        self.context.outbox.take_back()
