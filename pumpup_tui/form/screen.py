"""The screen that answers an elicitation: the form, its review, and `y`. Returns the answers; sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from typing_extensions import override

from api_client.fields import read_fields
from pumpup_tui.components.decision_bar import unseen_words
from pumpup_tui.components.external_editor import EditorFailed, edit_in
from pumpup_tui.components.frame import KeyHints
from pumpup_tui.components.joined_lines import Joined
from pumpup_tui.components.line_widgets import Document, Lines
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.form.elicitation_form import ElicitationForm
from pumpup_tui.form.first_key import FirstKey
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import hint_of
from pumpup_tui.local_state.answer_draft import AnyForm, Draft, bids_of, check, type_of
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import asker_words
from pumpup_tui.text.layout import Line, Run, crop, fit
from pumpup_tui.text.paragraphs import Paragraph, foreign, ours
from pumpup_tui.textual_patches.compositor import use_exact_compositor
from styles.sheets import sheet

if TYPE_CHECKING:
    from pumpup_tui.backend.messages import RequestLoaded

SUMMARY_LINES = 4
LABEL = 24
"""Cells of the column of labels in the review; a longer one stands over its answer."""
TEXT = 64_000
"""Characters of a label, a description or an answer: what a body may hold (CONTRACT.md part 3, Limits)."""
DECIDING = tuple(f"decide.{name}" for name in "approve deny edit ask escalate reason send note undo".split())  # noqa: SIM905
"""The keys of a decision."""


class AnswerTitle(Lines):
    """The title of a form: the request that is answered, and the progress."""

    def __init__(self, task: str, asker: str, summary: str) -> None:
        super().__init__()
        self._about = task
        self._asker = asker
        self._summary = summary
        self.state = ""
        self.tone = "muted"

    @override
    def lines(self, width: int) -> Sequence[Line]:
        summary = foreign((clean(self._summary.strip(), limit=2_000), "")).wrapped(width - 2)
        shown: list[Line] = [
            [(crop(f" Elicitation · asked by {self._asker} · {line(self._about, 200)}", width), "strong")]
        ]
        shown += summary[:SUMMARY_LINES]
        if len(summary) > SUMMARY_LINES:
            shown.append([(f" … {len(summary) - SUMMARY_LINES} more lines beside the list", "muted")])
        return [*shown, [(fit(f" {self.state}", width), self.tone)]]

    def show_state(self, state: str, tone: str = "muted") -> None:
        """Show the progress."""
        self.state, self.tone = state, tone
        self.update_lines()


class AnswerScreen(ModalScreen[Intent | None]):
    """The form of a request. The draft is stored when it is left."""

    CSS_PATH = sheet("answer")
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("form.review", "review"),
        ("form.edit", "edit"),
        ("form.next", "app.focus_next"),
        ("form.previous", "app.focus_previous"),
        ("decide.send", "yes"),
        ("form.leave", "back"),
    )

    def __init__(
        self, context: Context, loaded: RequestLoaded, faults: Mapping[str, str], not_seen: Sequence[Paragraph]
    ) -> None:
        """Take the request, what was refused of its last answers, and what of it was not on the screen yet."""
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
        self._reviewed: Intent | None = None
        key = context.key
        decides = {decision_key for name in DECIDING for decision_key in key.keys(name)}
        self._first_key = FirstKey(decides, self._refused, self._tell_state)

    @override
    def compose(self) -> ComposeResult:
        detail = self._loaded.detail
        yield AnswerTitle(
            detail.task.name,
            asker_words(detail.event.subject or "", detail.event.source),
            str(detail.event.payload.get("summary", "")),
        )
        with Vertical(id="answer"):
            yield Document(id="review")
        yield KeyHints(self._hints, always=False)

    async def on_mount(self) -> None:
        """Begin at the first field, or at the first that was refused, with the answers as they were left."""
        self.draft = await self.context.drafts.open(self._loaded.detail.event.id, self._fields)
        key, first_key = self.context.key, self._first_key
        form = ElicitationForm(self._fields, self._bids, self.draft, now=self._now, key=key, first_key=first_key)
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

    def _hints(self) -> Sequence[tuple[str, str]]:
        if self._reviewed is not None:
            send = "show the rest" if self.query_one("#review", Document).unseen else "send"
            return (("decide.send", send), ("form.leave", "back to the form"))
        return (
            ("form.next", "next"),
            ("form.toggle", "choose"),
            ("form.bid", "agent's bid"),
            ("form.review", "review"),
            ("form.leave", "leave, kept"),
        )

    @on(ElicitationForm.Changed)
    def _changed(self, event: ElicitationForm.Changed) -> None:
        event.stop()
        self._first_key.begin()  # also where it was pasted or clicked
        self.context.drafts.save(self._loaded.detail.event.id)

    @on(ElicitationForm.Moved)
    def _moved(self, event: ElicitationForm.Moved) -> None:
        event.stop()
        self._first_key.begin()
        self._tell_state()

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
        keys = f"{key('form.review')} reviews, then {key('decide.send')} sends"
        words = f"field {self.form.index + 1} of {count} · {keys}"
        if self.context.drafts.fault:
            self.query_one(AnswerTitle).show_state(
                f"{words} · not kept on the disk: {self.context.drafts.fault}", "warn"
            )
        else:
            self.query_one(AnswerTitle).show_state(words)

    def action_review(self) -> None:
        """Show all answers as they would be sent; or all faults at their fields."""
        form = self.form
        form.row.collect()
        answers, faults = check(self._fields, self.draft)
        if faults:
            count = len(faults)
            words = f"✗ {count} answer{'s' if count != 1 else ''} can't be taken: see the fields marked ✗"
            self._end_review()
            form.show_faults(faults)
            self._first_key.wait(self.context.key.keys("decide.send"))  # who reviews is about to send
            self.query_one(AnswerTitle).show_state(words, "bad")
            return
        form.show_faults({})
        detail = self._loaded.detail
        summary = str(detail.event.payload.get("summary", ""))
        self._reviewed = Intent("ANSWER", detail.event.id, summary, request_hash=detail.hash, answers=answers)
        self.add_class("-review")
        review = self.query_one("#review", Document)
        lines, whole = self._review_lines(answers)
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
        who = line(self.context.status.reviewer, 60)
        self.query_one(AnswerTitle).show_state(f"ANSWER · as {who} · {keys}", "warn")
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

    def _review_lines(self, answers: Mapping[str, object]) -> tuple[list[Paragraph], list[Paragraph]]:
        """Return what would be sent, and of it what must have been on the screen: all but the fields left out."""
        lines: list[Paragraph] = []
        whole: list[Paragraph] = []
        room = min(LABEL, max((cell_len(line(field.label, LABEL)) for field in self._fields), default=0))
        for field in self._fields:
            is_bid = field.id in self._bids and field.id not in self.draft.touched
            paragraphs = _field_lines(field, room, answers, is_bid=is_bid)
            lines += paragraphs
            whole += paragraphs if field.id in answers else []
        unseen = [ours(("Not seen yet of the request", "warn")), *self._not_seen, ours()]
        rest = unseen if self._not_seen else []
        return [*rest, *lines], [*rest, *whole]

    def _end_review(self) -> None:
        self._reviewed = None
        self.remove_class("-review")
        self.query_one(KeyHints).update_lines()

    def action_yes(self) -> None:
        """Return what was reviewed, if the key was pressed on purpose."""
        if self._reviewed is None:
            return
        review = self.query_one("#review", Document)
        if fault := self.context.outbox.guard.fault():
            self.query_one(AnswerTitle).show_state(fault, "warn")
        elif review.unseen:
            review.show_unseen()
        else:
            self.dismiss(self._reviewed)

    def action_back(self) -> None:
        """Go back to the form; from there, leave; the draft is stored."""
        if self._reviewed is None:
            for form in self.query(ElicitationForm):
                form.row.collect()  # the last key's message may still be in flight
                self.context.drafts.save(self._loaded.detail.event.id)
            self.dismiss(None)
            return
        self._end_review()
        self._tell_state()
        self._first_key.wait(self.context.key.keys("decide.send"))
        self.form.row.focus_control()


def _field_lines(field: AnyForm, room: int, values: Mapping[str, object], *, is_bid: bool) -> list[Paragraph]:
    """Return a field's label, its answer in a column that no label reaches into, and its description."""
    label, lines = line(field.label, TEXT), list[Paragraph]()
    if cell_len(label) > room:
        lines.append(foreign((label, "strong")))
        label = ""
    answers = _answers(values[field.id]) if field.id in values else [("left out", "muted")]
    for number, answer in enumerate(answers):
        beside = f"{fit(label if number == 0 else '', room)}  "
        whose = "  ◇ the agent's bid" if is_bid and number == len(answers) - 1 else ""
        lines.append(foreign((beside, "strong"), answer, (whose, "accent"), indent=room + 2))
    if field.description:
        lines.append(foreign((clean(field.description.strip(), limit=TEXT), "muted")))
    return lines


def _answers(answer: object) -> list[Run]:
    if isinstance(answer, bool):
        return [("= yes" if answer else "= no", "")]
    if isinstance(answer, list):
        return [(f"• {line(item, TEXT)}", "") for item in answer] or [("none", "muted")]
    return [(f"= {clean(str(answer), limit=TEXT)}", "")]
