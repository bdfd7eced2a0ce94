"""Answering an elicitation: the form, its review, and `y`. Returns what to send; sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from typing_extensions import override

from api_client.fields import read_fields
from pumpup_tui.answering import Draft, bids_of, check
from pumpup_tui.context import Context
from pumpup_tui.decision import Intent
from pumpup_tui.sheets import sheet
from pumpup_tui.text import clean, line
from pumpup_tui.widgets.elicitation_form import ElicitationForm, FieldRow
from pumpup_tui.widgets.frame import KeyHints
from pumpup_tui.widgets.lines import Document, Lines
from pumpup_tui.widgets.painting import Line, crop, fit, wrap

if TYPE_CHECKING:
    from pumpup_tui.messages import RequestLoaded

__all__ = ["AnswerScreen", "Draft"]

SUMMARY_LINES = 4


class AnswerTitle(Lines):
    """What is answered, and how far it is."""

    def __init__(self, task: str, summary: str) -> None:
        super().__init__()
        self._about = task
        self._summary = summary
        self.state = ""
        self.tone = "muted"

    @override
    def lines(self, width: int) -> Sequence[Line]:
        summary = wrap([(clean(self._summary, limit=2_000), "")], width - 2)
        shown: list[Line] = [[(crop(f" Elicitation · {line(self._about, 200)}", width), "strong")]]
        shown += [[(" ", ""), *part] for part in summary[:SUMMARY_LINES]]
        if len(summary) > SUMMARY_LINES:
            shown.append([(f" … {len(summary) - SUMMARY_LINES} more lines beside the list", "muted")])
        return [*shown, [(fit(f" {self.state}", width), self.tone)]]

    def tell(self, state: str, tone: str = "muted") -> None:
        """Say how far it is."""
        self.state, self.tone = state, tone
        self.retell()


class AnswerScreen(ModalScreen[Intent | None]):
    """A request's form. Leaving it keeps the draft."""

    CSS_PATH = sheet("answer")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "review", "review", show=False, id="form.review", tooltip="review all answers, then y sends"),
        Binding("tab", "app.focus_next", "next field", show=False, id="form.next", tooltip="next field"),
        Binding("shift+tab", "app.focus_previous", show=False, id="form.previous", tooltip="previous field"),
        Binding("y", "yes", "send", show=False, id="decide.send"),
        Binding("escape", "back", "back", show=False, id="form.leave", tooltip="back; what is typed is kept"),
    ]

    def __init__(self, context: Context, loaded: RequestLoaded, draft: Draft | None, faults: Mapping[str, str]) -> None:
        super().__init__()
        self.context = context
        self.draft = draft or Draft()
        self._loaded = loaded
        payload = loaded.detail.event.payload
        self._fields = read_fields(payload.get("fields") or ())
        self._bids = bids_of(payload)
        self._faults = faults
        self._reviewed: Intent | None = None

    @override
    def compose(self) -> ComposeResult:
        detail = self._loaded.detail
        yield AnswerTitle(detail.task.name, str(detail.event.payload.get("summary", "")))
        with Vertical(id="answer"):
            yield ElicitationForm(self._fields, self._bids, self.draft, self._faults)
            yield Document(id="review")
        yield KeyHints(self._hints, always=False)

    def on_mount(self) -> None:
        """Begin at the first field, or at the first that was refused."""
        self._tell_state()
        form = self.query_one(ElicitationForm)
        if self._faults:
            self.query_one(AnswerTitle).tell("the last answers were refused: see the fields marked ✗", "bad")
            self.call_after_refresh(form.tell_faults, self._faults)
        elif first := next(iter(form.query(FieldRow)), None):
            self.call_after_refresh(first.focus_control)

    def _hints(self) -> Sequence[tuple[str, str]]:
        if self._reviewed is not None:
            return (("y", "send"), ("esc", "back to the form"))
        return (
            ("tab", "next"),
            ("space", "choose"),
            ("=", "agent's bid"),
            ("ctrl+r", "review"),
            ("esc", "leave, kept"),
        )

    def _tell_state(self) -> None:
        count = len(self._fields)
        words = f"{count} field{'s' if count != 1 else ''} · ctrl+r reviews, then y sends"
        self.query_one(AnswerTitle).tell(words)

    def action_review(self) -> None:
        """Show all answers as they would be sent; or all faults at their fields."""
        kept, faults = check(self._fields, self.draft)
        form = self.query_one(ElicitationForm)
        if faults:
            count = len(faults)
            words = f"✗ {count} answer{'s' if count != 1 else ''} can't be taken: see the fields marked ✗"
            self.query_one(AnswerTitle).tell(words, "bad")
            self._end_review()
            form.tell_faults(faults)
            return
        form.tell_faults({})
        detail = self._loaded.detail
        summary = str(detail.event.payload.get("summary", ""))
        self._reviewed = Intent("ANSWER", detail.event.id, summary, request_hash=detail.hash, answers=kept)
        self.add_class("-review")
        review = self.query_one("#review", Document)
        review.tell(self._review_lines(kept))
        review.focus()
        self.query_one(AnswerTitle).tell(
            f"ANSWER · as {line(self.context.status.reviewer, 60)} · y sends, esc goes back", "warn"
        )
        self.query_one(KeyHints).retell()

    def _review_lines(self, kept: Mapping[str, object]) -> list[Line]:
        lines: list[Line] = []
        for one in self._fields:
            whose = "the agent's bid" if one.id in self._bids and one.id not in self.draft.touched else ""
            lines.append([(line(one.label, 200), "strong"), (f"  {whose}", "muted")])
            lines += _answer_lines(kept[one.id]) if one.id in kept else [[("  left out", "muted")]]
            lines.append([])
        return lines

    def _end_review(self) -> None:
        self._reviewed = None
        self.remove_class("-review")
        self.query_one(KeyHints).retell()

    def action_yes(self) -> None:
        """Return what was reviewed, if the key was pressed on purpose."""
        if self._reviewed is None:
            return
        if fault := self.context.outbox.guard.fault():
            self.query_one(AnswerTitle).tell(fault, "warn")
        else:
            self.dismiss(self._reviewed)

    def action_back(self) -> None:
        """Go back to the form; from there, leave with the draft kept."""
        if self._reviewed is None:
            self.dismiss(None)
            return
        self._end_review()
        self._tell_state()
        if first := next(iter(self.query(FieldRow)), None):
            first.focus_control()


def _answer_lines(answer: object) -> list[Line]:
    if isinstance(answer, bool):
        return [[("  yes" if answer else "  no", "")]]
    if isinstance(answer, list):
        return [[(f"  • {line(one)}", "")] for one in answer] or [[("  none", "muted")]]
    return [[(f"  {part}", "")] for part in clean(str(answer), limit=5_000).split("\n")]
