"""Deciding the request on the screen: an outcome with note and reason code, answers, and acts on its task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_client.request_facts import request_kind
from pumpup_tui.components.note_questions import note_question
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.decisions.desk import VERB_WORDS, Intent, Phase, Verb
from pumpup_tui.text.attachment_names import attachments_of
from pumpup_tui.text.firewall import line
from pumpup_tui.text.needs_words import refused_words
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from api_client.models import InboxItem
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.components.screen_parts import ArmedView
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.precedent_loader import PrecedentLoader
    from pumpup_tui.inbox.request_list import RequestList
    from pumpup_tui.inbox.request_view import RequestView


class DecisionController:
    """Arms what the reader chooses for the request on the screen, or for its task."""

    def __init__(
        self,
        screen: Screen[None],
        context: Context,
        *,
        requests: RequestList,
        view: RequestView,
        pane: RequestPane,
        precedents: PrecedentLoader,
        armed_view: ArmedView,
        prompt: Prompt,
        ask_note: Callable[[], None],
    ) -> None:
        """Take the parts that hold the request, and `ask_note`, which asks for the armed decision's note."""
        self._screen = screen
        self._context = context
        self._outbox = context.outbox
        self._requests = requests
        self._view = view
        self._pane = pane
        self._precedents = precedents
        self._armed_view = armed_view
        self._prompt = prompt
        self._ask_note = ask_note

    # Arming.

    def arm(self, verb: Verb) -> None:
        """Arm an outcome for the request as shown; open the form of an elicitation."""
        row = self._requests.row
        if row is None:
            self._outbox.hint("nothing to decide here")
            return
        elicitation = request_kind(row.event_type) == "elicitation"
        refusal = self._context.refusal("answer" if elicitation else "decide")
        if not refusal and not (elicitation and verb == "REJECT"):  # any reviewer may decline
            refusal = self._policy_refusal(verb, row)
            declines = f" · {self._context.key('decide.deny')} declines it" if refusal and elicitation else ""
            refusal += declines
        if refusal:
            self._outbox.cancel(refusal)
        else:
            self._pane.open()
            self._arm_shown(verb, elicitation=elicitation)

    def _policy_refusal(self, verb: Verb, row: InboxItem) -> str:
        """Return why the project's policy does not let the reader decide so; empty where it does."""
        loaded = self._pane.loaded
        needs = loaded.detail.needs if loaded is not None and self._pane.is_read else row.needs
        return refused_words(needs, verb, self._context.status.reviewer, self._context.stamp)

    def _arm_shown(self, verb: Verb, *, elicitation: bool) -> None:
        loaded = self._pane.loaded
        if loaded is None or not self._pane.is_read:
            self._outbox.cancel("still reading this request: try again when all of it is shown")
        elif loaded.detail.result is not None:
            self._outbox.cancel("this request is already settled")
        elif self._view.left_out and verb in ("APPROVE", "EDIT_AND_APPROVE"):
            self._outbox.cancel(f"too long to be approved where it can't all be shown: {self._view.too_long}")
        elif elicitation:
            self._answer(verb, loaded)
        else:
            self._decide(verb, loaded)

    def _decide(self, verb: Verb, loaded: RequestLoaded) -> None:
        self._outbox.arm(intent_of(verb, loaded, self._context.status.reviewer))
        self._pane.read_next()
        if self._outbox.desk.armed is not None and self._outbox.desk.armed.lacks_note:
            self._ask_note()

    def _answer(self, verb: Verb, loaded: RequestLoaded) -> None:
        if verb == "REJECT":
            self._decide("WITHDRAW", loaded)
            return
        if verb != "APPROVE":
            opens, declines = self._context.key("decide.approve"), self._context.key("decide.deny")
            self._outbox.cancel(f"an elicitation takes answers: {opens} opens its form, {declines} declines it")
            return
        request_id = loaded.detail.event.id
        if self._outbox.desk.in_flight(request_id):
            self._outbox.hint("these answers are already in flight")
            return
        # Brings the form's widgets, which the first paint must not wait for.
        from pumpup_tui.form.screen import AnswerScreen

        form = AnswerScreen(
            self._context,
            loaded,
            self._faults(request_id),
            self._view.unseen_paragraphs(),
            beside=self._view.beside_form(loaded),
            show_attachments=self._pane.show_attachments,
        )
        self._screen.app.push_screen(form, self._answered)

    def _answered(self, intent: Intent | None) -> None:
        if intent is None:
            return
        self._outbox.arm(intent)
        if intent.verb != "ANSWER":
            self._ask_note()  # also where one is there from before: only what was reviewed is sent by its key alone
        elif (sent := self._outbox.confirm(self._screen.app)) is not None:
            self._armed_view.confirmed(sent)

    def _faults(self, request_id: str) -> dict[str, str]:
        """Return what the backend refused of the last answers to a request, by field."""
        for sent in reversed(self._outbox.desk.sent):
            if sent.intent.target == request_id and sent.phase is Phase.REFUSED:
                return dict(sent.faults)
        return {}

    # While something is armed.

    def cursor_moved(self, request_id: str | None) -> None:
        """Disarm: the cursor left the request that was armed."""
        armed = self._outbox.desk.armed
        if armed is not None and armed.target != request_id:
            self._outbox.cancel(f"{VERB_WORDS[armed.verb]} taken back: you moved on, nothing was sent")

    def become_narrow(self) -> None:
        """Show the request where a decision on it is armed; else what has the keys."""
        if self._outbox.desk.armed is not None and self._armed_view.is_visible():
            self._pane.open()
            self._pane.focus()
        else:
            self._pane.follow_focus()

    # A reason code.

    def choose_reason(self) -> None:
        """Pick the armed decision's reason code out of those of the project, or type one."""
        armed, loaded = self._outbox.desk.armed, self._pane.loaded
        if armed is None or loaded is None or armed.verb not in OUTCOMES:
            self._outbox.hint("a reason code goes with a decision: arm one first")
            return
        from pumpup_tui.inbox.reason_screen import ReasonPicker

        picker = ReasonPicker(self._screen, self._context, self._prompt, self._precedents)
        picker.ask(loaded.detail.project.id, armed.reason_code, self._reason_chosen)

    def _reason_chosen(self, code: str) -> None:
        if self._outbox.desk.armed is not None:
            self._outbox.give_reason(code)

    # On the task.

    def take_task(self) -> None:
        """Arm taking the task; giving it back, where it is the reader's own."""
        row = self._requests.row
        if refusal := self._context.refusal("assign"):
            self._outbox.cancel(refusal)
        elif row is None or not self._pane.is_read:
            self._outbox.cancel("no task to take here")
        else:
            me = self._context.status.reviewer
            assignee = "" if row.assignee_id == me else me
            self._outbox.arm(Intent("ASSIGN", row.task_id, row.task_name, assignee=assignee))

    def write_note(self) -> None:
        """Write the armed decision's note; where nothing is armed, a note on the task."""
        desk = self._outbox.desk
        if desk.armed is not None:
            self._ask_note()
        elif refusal := self._context.refusal("note"):
            self._outbox.hint(refusal)
        elif (lost := desk.lost_note()) is not None:
            label = f"note on {line(lost.task_name, 40)}"
            self._prompt.ask(note_question(self._context, label, lost.note), self._lost_note_written)
        elif self._pane.loaded is not None:
            task = self._pane.loaded.detail.task
            kept = self._outbox.kept_notes.find(task.id)
            text = kept.note if kept is not None else ""
            question = note_question(self._context, "note on the task", text, task_name=task.name)
            self._prompt.ask(question, self._task_note_written)

    def _task_note_written(self, text: str | None) -> None:
        note, loaded = (text or "").strip(), self._pane.loaded
        if note and loaded is not None:
            task = loaded.detail.task
            self._outbox.arm(Intent("NOTE", task.id, task.name, note=note))

    def _lost_note_written(self, text: str | None) -> None:
        note, lost = (text or "").strip(), self._outbox.desk.lost_note()
        if note and lost is not None:
            self._outbox.arm(Intent("NOTE", lost.task_id, lost.task_name, note=note, made_of=lost.target))


def intent_of(verb: Verb, loaded: RequestLoaded, reviewer: str) -> Intent:
    """Return a decision on a request as it is shown to a reviewer."""
    detail = loaded.detail
    summary = str(detail.event.payload.get("summary", ""))
    intent = Intent(
        verb,
        detail.event.id,
        summary,
        request_hash=detail.hash,
        task_id=detail.task.id,
        task_name=detail.task.name,
        attachments=tuple(attachment.upload_id for attachment in attachments_of(detail)),
    )
    return intent.under(detail.needs, reviewer, blind=detail.blind)
