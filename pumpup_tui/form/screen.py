"""The screen that answers an elicitation: the form, its review, and `y`. Returns the answers; sends nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from typing_extensions import override

from api_client.fields import read_fields
from pumpup_tui.components.decision_bar import unseen_words
from pumpup_tui.components.external_editor import EditorFailed, edit_in
from pumpup_tui.components.frame import KeyHints, set_title
from pumpup_tui.components.joined_lines import Joined
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.pause_line import PauseLine
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Intent, Verb
from pumpup_tui.form.answer_title import AnswerTitle
from pumpup_tui.form.elicitation_form import ElicitationForm
from pumpup_tui.form.first_key import FirstKey
from pumpup_tui.form.review_lines import review_lines
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import hint_of
from pumpup_tui.local_state.answer_draft import Draft, bids_of, type_of
from pumpup_tui.text.attachment_names import attachments_of
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import asker_words
from pumpup_tui.text.layout import joined
from pumpup_tui.text.paragraphs import Paragraph
from pumpup_tui.textual_patches.compositor import use_exact_compositor
from styles.sheets import sheet

if TYPE_CHECKING:
    from pumpup_tui.backend.messages import RequestLoaded

BESIDE = 120
"""Columns from which the request's context stands beside the form."""
DECIDING = tuple(f"decide.{name}" for name in "approve deny edit ask escalate reason send note undo".split())  # noqa: SIM905
"""The keys of a decision."""


class AnswerScreen(ModalScreen[Intent | None]):
    """The form of a request. The draft is stored when it is left."""

    CSS_PATH = sheet("answer")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (BESIDE, "-wide")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("form.review", "review"),
        ("form.edit", "edit"),
        ("form.context", "context"),
        ("form.context_down", "scroll_context(1)"),
        ("form.context_up", "scroll_context(-1)"),
        ("form.attachments", "attachments"),
        ("form.decline", "decline"),
        ("form.next", "app.focus_next"),
        ("form.previous", "app.focus_previous"),
        ("decide.send", "yes"),
        ("form.leave", "back"),
    )

    def __init__(
        self,
        context: Context,
        loaded: RequestLoaded,
        faults: Mapping[str, str],
        not_seen: Sequence[Paragraph],
        *,
        beside: Sequence[Paragraph] = (),
        show_attachments: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what is answered.

        Args:
            context: What all screens share.
            loaded: The request.
            faults: What was refused of its last answers, by field.
            not_seen: What of it was not on the screen yet.
            beside: What is read beside the form: context, attachments, timeline.
            show_attachments: Opens the attachments.
        """
        super().__init__()
        use_exact_compositor(self)
        self.context = context
        self.draft = Draft()
        self._loaded = loaded
        payload = loaded.detail.event.payload
        self._fields = read_fields(payload.get("fields") or ())
        self._bids = bids_of(payload)
        self._faults = faults
        self._not_seen = not_seen
        self._beside = beside
        self._show_attachments = show_attachments
        self._reviewed: Intent | None = None
        key = context.key
        decides = {decision_key for name in DECIDING for decision_key in key.keys(name)}
        self._first_key = FirstKey(decides, self._refused, self._tell_state)

    @override
    def compose(self) -> ComposeResult:
        detail = self._loaded.detail
        yield PauseLine(self.context)
        yield AnswerTitle(
            detail.task.name,
            asker_words(detail.event.subject or "", detail.event.source),
            str(detail.event.payload.get("summary", "")),
        )
        with Horizontal(id="desk"):
            with Vertical(id="answer"):
                yield Document(id="review")
            yield Document(id="beside")
        yield KeyHints(self._hints, always=False)

    async def on_mount(self) -> None:
        """Begin at the first field, or at the first that was refused, with the answers as they were left."""
        detail_id = self._loaded.detail.event.id
        self.draft = await self.context.drafts.open(detail_id, self._fields)
        key, first_key = self.context.key, self._first_key
        form = ElicitationForm(
            self._fields,
            self._bids,
            self.draft,
            now=self._now,
            key=key,
            zone=self.context.zone,
            first_key=first_key,
        )
        self._place_context()
        beside = self.query_one("#beside", Document)
        beside.set_paragraphs(self._beside, detail_id)
        set_title(beside, "Context", f"{key('form.context')} {key('form.context_up')} {key('form.context_down')}")
        await self.query_one("#answer").mount(form, before="#review")
        self._tell_state()
        if self._faults:
            self.query_one(AnswerTitle).show_state("the last answers were refused: see the fields marked ✗", "bad")
            form.show_faults(self._faults)
        form.row.focus_control()

    @property
    def form(self) -> ElicitationForm:
        """The form."""
        return self.query_one(ElicitationForm)

    def _now(self) -> datetime:
        return self.context.clock().astimezone(self.context.zone)

    # The context beside the form, or over it.

    def on_resize(self) -> None:
        """Say the summary once: in the title, or beside the form."""
        self._place_context()

    def _place_context(self) -> None:
        title = self.query_one(AnswerTitle)
        title.is_short = self.app.size.width >= BESIDE and bool(self._beside)
        title.update_lines()

    @property
    def _reads_context(self) -> bool:
        return self.has_class("-context")

    def action_context(self) -> None:
        """Read the context, over the form where there is no room beside it; or go back to the form."""
        beside = self.query_one("#beside", Document)
        if self._reads_context or not self._beside:
            self._leave_context()
            return
        self.form.row.collect()  # the last key's message may still be in flight
        self.add_class("-context")
        beside.can_focus = True
        beside.focus()
        self.query_one(KeyHints).update_lines()

    def _leave_context(self) -> None:
        self.remove_class("-context")
        if self._reviewed is not None:
            self.query_one("#review").focus()
        else:
            self.form.row.focus_control()
        self.query_one("#beside").can_focus = False
        self.query_one(KeyHints).update_lines()

    def action_scroll_context(self, by: int) -> None:
        """Scroll the context, wherever the keys are; over the form where it has no room beside it."""
        beside = self.query_one("#beside", Document)
        if not beside.display or not beside.size.height:
            self.action_context()
        elif by > 0:
            beside.action_page_down()
        else:
            beside.action_page_up()

    def action_attachments(self) -> None:
        """Look at the request's attachments."""
        if attachments_of(self._loaded.detail):
            self._show_attachments()
        else:
            self.show_hint("this request has no attachments")

    def _hints(self) -> Sequence[tuple[str, str]]:
        if self._reads_context:
            return (
                ("form.context", "back to the form"),
                ("move.down move.up", "scroll"),
                ("form.attachments", "attachments"),
            )
        if self._reviewed is not None:
            send = "show the rest" if self.query_one("#review", Document).unseen else "send"
            return (("decide.send", send), ("form.leave", "back to the form"))
        form = self.form if self.query(ElicitationForm) else None
        chooses = (("form.toggle", "choose"),) if form is not None and form.row.is_chosen else ()
        bid = (("form.bid", "suggestion"),) if form is not None and form.row.can_restore else ()
        return (
            ("form.next", "next"),
            *chooses,
            *bid,
            ("form.review", "review"),
            ("form.context", "context"),
            ("form.decline", "decline"),
            ("form.leave", "leave, answers saved"),
        )

    @on(ElicitationForm.Changed)
    def _changed(self, event: ElicitationForm.Changed) -> None:
        event.stop()
        self._first_key.begin()  # also where it was pasted or clicked
        self.context.drafts.save(self._loaded.detail.event.id)
        if self.query_one(AnswerTitle).tone == "muted":
            self._tell_state()  # what a key was refused for stays until the next one
        self.query_one(KeyHints).update_lines()

    @on(ElicitationForm.Moved)
    def _moved(self, event: ElicitationForm.Moved) -> None:
        event.stop()
        self._first_key.begin()
        self._tell_state()
        self.query_one(KeyHints).update_lines()

    def _refused(self, key: str) -> None:
        next_, review = self.context.key("form.next"), self.context.key("form.review")
        words = f"{hint_of(key)} decides nothing in a form, and was not typed"
        self.query_one(AnswerTitle).show_state(f"{words}: → begins here, {next_} goes on, {review} reviews", "warn")

    def show_hint(self, words: str) -> None:
        """Show this until the next key."""
        if words:
            self.query_one(AnswerTitle).show_state(words, "warn")
        elif self._reviewed is not None:
            self._tell_review()
        else:
            self._tell_state()

    @on(Joined)
    def _tell_joined(self, event: Joined) -> None:
        event.stop()
        self.query_one(AnswerTitle).show_state(f"{event.words} into one: this field has one line", "warn")

    def _tell_state(self) -> None:
        key, count = self.context.key, len(self._fields)
        words = f"{key('form.review')} reviews, then {key('decide.send')} sends"
        set_title(self.query_one("#answer"), f"field {self.form.index + 1}/{count} · {self._left_words()}")
        if self.context.drafts.fault:
            self.query_one(AnswerTitle).show_state(
                f"{words} · not saved on the disk: {self.context.drafts.fault}", "warn"
            )
        else:
            self.query_one(AnswerTitle).show_state(words)

    def _left_words(self) -> str:
        required, others = self.form.form.left()
        words = f"{required} required left" if required else "nothing required left"
        return f"{words} · {others} to fix" if others else words

    def action_review(self) -> None:
        """Show all answers as they would be sent; or all faults at their fields."""
        form = self.form
        self.remove_class("-context")
        form.row.collect()
        form.row.settle()
        answers, faults = form.form.check()
        if faults:
            count = len(faults)
            words = f"✗ {count} answer{'s need' if count != 1 else ' needs'} fixing: see the fields marked ✗"
            self._end_review()
            form.show_faults(faults)
            self._tell_state()  # names the field that it is at now
            self._first_key.wait(self.context.key.keys("decide.send"))  # who reviews is about to send
            self.query_one(AnswerTitle).show_state(words, "bad")
            return
        form.show_faults({})
        self._reviewed = self._intent("ANSWER", answers)
        self.add_class("-review")
        set_title(self.query_one("#answer"), "review")
        review = self.query_one("#review", Document)
        lines, whole = review_lines(form.form, answers, self._not_seen)
        review.set_paragraphs(lines, object(), whole=whole)
        review.focus()
        self._tell_review()

    @on(Document.Seen)
    def _tell_review(self) -> None:
        """Say what `y` does now: all of the review must have been on the screen before it sends."""
        if self._reviewed is None:
            return
        review, send = self.query_one("#review", Document), self.context.key("decide.send")
        unseen = review.unseen if review.is_drawn else 0
        does = f"{unseen_words(unseen)} yet, {send} shows them" if unseen else f"{send} sends"
        keys = f"{does}, {self.context.key('form.leave')} goes back"
        who, opened = line(self.context.status.reviewer, 60), self.context.outbox.opened.words(self._reviewed)
        self.query_one(AnswerTitle).show_state(joined((f"ANSWER · as {who}", opened, keys)), "warn")
        self.query_one(KeyHints).update_lines()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "edit" or self.context.key.has("form.edit")

    def action_edit(self) -> None:
        """Hand a long text to the user's editor."""
        row = self.form.row
        row.collect()
        typed = self.draft.typed.get(row.form_field.id, "")
        if self._reviewed is not None or type_of(row.form_field) != "TextArea" or not isinstance(typed, str):
            return
        try:
            row.put(edit_in(self.app, typed))
        except EditorFailed as error:
            self.query_one(AnswerTitle).show_state(line(error, 300), "warn")

    def _end_review(self) -> None:
        self._reviewed = None
        self.remove_class("-review")
        self.query_one(KeyHints).update_lines()

    def action_yes(self) -> None:
        """Return what was reviewed, if the key was pressed on purpose."""
        if self._reviewed is None or self._reads_context:
            return
        review = self.query_one("#review", Document)
        if fault := self.context.outbox.guard.fault():
            self.query_one(AnswerTitle).show_state(fault, "warn")
        elif review.unseen:
            review.show_unseen()
        else:
            self.dismiss(self._reviewed)

    def action_decline(self) -> None:
        """Leave, to decline with a reason; what was typed is saved, in case that is taken back."""
        self._leave(self._intent("WITHDRAW", {}))

    def _intent(self, verb: Verb, answers: Mapping[str, Any]) -> Intent:
        detail = self._loaded.detail
        summary = str(detail.event.payload.get("summary", ""))
        task = detail.task
        return Intent(
            verb,
            detail.event.id,
            summary,
            request_hash=detail.hash,
            answers=answers,
            task_id=task.id,
            task_name=task.name,
            attachments=tuple(attachment.upload_id for attachment in attachments_of(detail)),
        )

    def _leave(self, intent: Intent | None) -> None:
        for form in self.query(ElicitationForm):
            form.row.collect()  # the last key's message may still be in flight
            form.row.settle()
            self.context.drafts.save(self._loaded.detail.event.id)
        self.dismiss(intent)

    def action_back(self) -> None:
        """Go back to the form; from there, leave; the draft is stored."""
        if self._reads_context:
            self._leave_context()
        elif self._reviewed is None:
            self._leave(None)
        else:
            self._end_review()
            self._tell_state()
            self._first_key.wait(self.context.key.keys("decide.send"))
            self.form.row.focus_control()
