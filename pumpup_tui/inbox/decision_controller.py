"""Deciding what is shown: an outcome with its note and reason code, answers, and what a lost race leaves to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from typing_extensions import override

from pumpup_tui.backend.messages import RequestLoaded
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.decisions.desk import FINAL, Intent, Phase, Sent, Verb
from pumpup_tui.inbox.filtering import SiftingScreen
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import kind_of


class DecidingScreen(SiftingScreen):
    """A queue whose requests are decided one by one; the next one opens by itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "act('APPROVE')", "approve", id="decide.approve", tooltip="approve; answer an elicitation"),
        Binding("d", "act('REJECT')", "deny", id="decide.deny", tooltip="deny"),
        Binding("e", "act('EDIT_AND_APPROVE')", "edit", id="decide.edit", tooltip="edit and approve, with a note"),
        Binding("i", "act('REQUEST_MORE_INFO')", "ask", id="decide.ask", tooltip="ask for more, with a note"),
        Binding("!", "act('ESCALATE')", "escalate", id="decide.escalate", tooltip="escalate"),
        Binding("w", "reason", "reason", id="decide.reason", tooltip="why: the armed decision's reason code"),
        Binding("t", "take", "take", id="inbox.take", tooltip="take the task, or give it back"),
        Binding("c", "comment", "note", id="inbox.note", tooltip="note: the armed decision's, else on the task"),
    ]

    @override
    def armed_hints(self) -> Sequence[tuple[str, str]]:
        armed = self.context.outbox.desk.armed
        decides = armed is not None and armed.verb in FINAL
        return (("decide.reason", "reason code"),) if decides else ()

    # Arming.

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
        elif self.detail.left_out and verb in ("APPROVE", "EDIT_AND_APPROVE"):
            outbox.cancel(f"too long to be approved where it can't all be shown: {self.detail.too_long}")
        elif elicitation:
            self._answer(verb, loaded)
        else:
            outbox.arm(intent_of(verb, loaded))
            self._read_ahead()
            if outbox.desk.armed is not None and outbox.desk.armed.lacks_note:
                self.action_note()

    def _answer(self, verb: Verb, loaded: RequestLoaded) -> None:
        if verb != "APPROVE":
            key = self.context.key("decide.approve")
            self.context.outbox.cancel(f"an elicitation takes answers: {key} opens its form")
            return
        request_id = loaded.detail.event.id
        if self.context.outbox.desk.in_flight(request_id):
            self.context.outbox.hint("these answers are on their way already")
            return
        # Brings the form's widgets, which the first paint must not wait for.
        from pumpup_tui.form.screen import AnswerScreen

        def done(intent: Intent | None) -> None:
            if intent is not None:
                self.context.outbox.arm(intent)
                if (sent := self.context.outbox.confirm(self.app)) is not None:
                    self.confirmed(sent)

        self.app.push_screen(AnswerScreen(self.context, loaded, self._faults(request_id), self.detail.not_seen()), done)

    def _faults(self, request_id: str) -> dict[str, str]:
        """Return what the backend refused of the last answers to a request."""
        for one in reversed(self.context.outbox.desk.sent):
            if one.intent.target == request_id and one.phase is Phase.REFUSED:
                return dict(one.faults)
        return {}

    # A reason code.

    def action_reason(self) -> None:
        """Pick the armed decision's reason code out of those used in the project, or type one."""
        armed = self.context.outbox.desk.armed
        if armed is None or armed.verb not in FINAL or armed.verb == "ANSWER":
            self.context.outbox.hint("a reason code goes with a decision: arm one first")
            return
        codes = self._reason_codes()
        if not codes:
            self._type_reason()
            return
        from pumpup_tui.components.dialogs import PickScreen

        choices = [(f"code {code}", line(code, 80)) for code in codes]
        choices += [("type", "another…"), *([("none", "no reason code")] if armed.reason_code else [])]
        self.app.push_screen(PickScreen("Reason code", choices, f"code {armed.reason_code}"), self._reason_chosen)

    def _type_reason(self) -> None:
        armed = self.context.outbox.desk.armed
        if armed is not None:
            self.query_one(Prompt).ask("reason code", "reason code", armed.reason_code)

    def _reason_chosen(self, choice: str | None) -> None:
        kind, _, code = (choice or "").partition(" ")
        if kind == "type":
            self._type_reason()
        elif kind in ("code", "none"):
            self.context.outbox.give_reason(code)

    # After a decision.

    @override
    def is_armed_shown(self) -> bool:
        armed = self.context.outbox.desk.armed
        if armed is None:
            return False
        if self._offered(armed):
            return True
        if self._loaded is None:
            return False
        event = self._loaded.detail.event
        on_task = armed.verb in ("NOTE", "ASSIGN")
        in_view = self.has_class("-detail") or self.has_class("-wide") or on_task
        return armed.target == (event.task_id if on_task else event.id) and in_view

    @override
    def unseen(self) -> int:
        armed, loaded = self.context.outbox.desk.armed, self._loaded
        is_shown = armed is not None and loaded is not None and armed.target == loaded.detail.event.id
        return self.detail.unseen if is_shown else 0

    @override
    def told_unseen(self) -> int:
        return self.unseen() if self.detail.is_drawn else 0

    @override
    def show_unseen(self) -> None:
        self.detail.show_unseen()

    @override
    def confirmed(self, sent: Sent) -> None:
        if sent.intent.verb in FINAL:
            (self.detail if self.has_class("-narrow") else self.requests).focus()
            if not self._step(1):
                self._step(-1)

    @override
    def nothing_armed(self) -> None:
        if (row := self.requests.row) is not None:
            self.app.copy_to_clipboard(row.request_id)
            self.context.outbox.hint("the request's id is copied")

    def action_take_back(self) -> None:
        """Take back what is held, and show it again."""
        if (intent := self.context.outbox.take_back()) is not None:
            self.requests.select(intent.target)

    # On the task.

    def action_take(self) -> None:
        """Arm taking the task; giving it back, where it is the reader's own."""
        row, outbox = self.requests.row, self.context.outbox
        if refusal := self.context.refusal("assign"):
            outbox.cancel(refusal)
        elif row is None or not self.is_read:
            outbox.cancel("nothing to take here")
        else:
            me = self.context.status.reviewer
            mine = row.assignee_id == me
            outbox.arm(Intent("ASSIGN", row.task_id, row.task_name, assignee="" if mine else me))

    def action_comment(self) -> None:
        """Write the armed decision's note; where nothing is armed, a note on the task."""
        outbox = self.context.outbox
        if outbox.desk.armed is not None:
            self.action_note()
        elif refusal := self.context.refusal("note"):
            outbox.hint(refusal)
        elif (lost := outbox.desk.lost_note()) is not None:
            self.query_one(Prompt).ask("lost note", f"note on {line(lost.task_name, 40)}", lost.note)
        elif self._loaded is not None:
            self.query_one(Prompt).ask("task note", "note on the task")

    @on(Prompt.Answered)
    def _written(self, event: Prompt.Answered) -> None:
        text, outbox = event.text.strip(), self.context.outbox
        if event.what == "reason code":
            outbox.give_reason(text)
        elif event.what == "task note" and text and self._loaded is not None:
            task = self._loaded.detail.task
            outbox.arm(Intent("NOTE", task.id, task.name, note=text))
        elif event.what == "lost note" and text and (lost := outbox.desk.lost_note()) is not None:
            outbox.arm(Intent("NOTE", lost.task_id, lost.task_name, note=text, made_of=lost.target))

    def _offered(self, armed: Intent) -> bool:
        """Whether `armed` is a lost decision's note: its request is gone, the bar shows all there is to show."""
        return armed.verb == "NOTE" and bool(armed.made_of)


def intent_of(verb: Verb, loaded: RequestLoaded) -> Intent:
    """Return a decision on a request as it is shown."""
    detail = loaded.detail
    summary = str(detail.event.payload.get("summary", ""))
    return Intent(
        verb,
        detail.event.id,
        summary,
        request_hash=detail.hash,
        task_id=detail.task.id,
        task_name=detail.task.name,
    )
