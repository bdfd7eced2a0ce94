"""Deciding what is shown: an outcome with its note and reason code, answers, and what a lost race leaves to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.backend.messages import RequestLoaded
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.components.screen_parts import ArmedView
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import FINAL, Intent, Phase, Sent, Verb
from pumpup_tui.inbox.filtering import SiftingScreen
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import kind_of


class DecidingScreen(SiftingScreen):
    """A queue whose requests are decided one by one; the next one opens by itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("decide.approve", "act('APPROVE')"),
        ("decide.deny", "act('REJECT')"),
        ("decide.edit", "act('EDIT_AND_APPROVE')"),
        ("decide.ask", "act('REQUEST_MORE_INFO')"),
        ("decide.escalate", "act('ESCALATE')"),
        ("decide.reason", "reason"),
        ("inbox.take", "take"),
        ("inbox.note", "comment"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.armed_view = ArmedRequest(self)

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
                    self.armed_view.confirmed(sent)

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

        # not foreign: the id of a choice, drawn nowhere
        # cleaned again: PickScreen cleans its choices
        choices = [(f"code {code}", line(code, 80)) for code in codes]
        choices += [("type", "another…"), *([("none", "no reason code")] if armed.reason_code else [])]
        # not foreign: the id of a choice, drawn nowhere
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


class ArmedRequest(ArmedView):
    """The armed decision on the request that is shown."""

    def __init__(self, screen: DecidingScreen) -> None:
        self._screen = screen

    @property
    def _armed(self) -> Intent | None:
        return self._screen.context.outbox.desk.armed

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        armed = self._armed
        return (("decide.reason", "reason code"),) if armed is not None and armed.verb in FINAL else ()

    @override
    def is_visible(self) -> bool:
        armed, loaded = self._armed, self._screen._loaded
        if armed is None:
            return False
        if armed.verb == "NOTE" and armed.made_of:
            return True  # a lost decision's note: its request is gone, the bar shows all there is to show
        if loaded is None:
            return False
        event = loaded.detail.event
        on_task = armed.verb in ("NOTE", "ASSIGN")
        in_view = self._screen.has_class("-detail") or self._screen.has_class("-wide") or on_task
        return armed.target == (event.task_id if on_task else event.id) and in_view

    @override
    def unseen(self) -> int:
        armed, loaded = self._armed, self._screen._loaded
        is_shown = armed is not None and loaded is not None and armed.target == loaded.detail.event.id
        return self._screen.detail.unseen if is_shown else 0

    @override
    def announced(self) -> int:
        return self.unseen() if self._screen.detail.is_drawn else 0

    @override
    def show_unseen(self) -> None:
        self._screen.detail.show_unseen()

    @override
    def confirmed(self, sent: Sent) -> None:
        screen = self._screen
        if sent.intent.verb in FINAL:
            (screen.detail if screen.has_class("-narrow") else screen.requests).focus()
            if not screen._step(1):
                screen._step(-1)

    @override
    def nothing_armed(self) -> None:
        if (row := self._screen.requests.row) is not None:
            self._screen.app.copy_to_clipboard(row.request_id)
            self._screen.context.outbox.hint("the request's id is copied")


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
